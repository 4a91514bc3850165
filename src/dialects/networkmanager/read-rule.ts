/** `routing-rule1` and its like: rules as ip-rule(8) spells them (nm_ip_routing_rule_from_string() in nm-setting-ip-config.c). */
import { type Family } from '../../net/address.ts';
import { type PolicyRule, type PortRange } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { type Draft } from '../draft.ts';
import { protocolNumbers } from '../names.ts';
import { ownEntry, readInteger, readPrefix } from '../plain-values.ts';
import { type Value } from './profile.ts';

const portsOf = (text: string): PortRange | undefined => {
  const [first, last = first] = text.split('-').map((part) => readInteger(part, 1, 65535));
  return first === undefined || last === undefined ? undefined : [first, last];
};

/** Words that say the same. */
const otherNames: Readonly<Record<string, string>> = {
  ...{ pref: 'priority', preference: 'priority', order: 'priority', lookup: 'table', dev: 'iif' },
};

const known = new Set([
  'priority', 'table', 'from', 'to', 'iif', 'oif', 'fwmark', 'ipproto', 'sport', 'dport', 'suppress_prefixlength', 'type',
]); // prettier-ignore

interface Words {
  readonly isNegated: boolean;
  readonly options: ReadonlyMap<string, string>;
}

const wordsOf = (text: string): Words => {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const options = new Map<string, string>();
  let isNegated = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === 'not') isNegated = true;
    else {
      options.set(ownEntry(otherNames, word) ?? word, words[index + 1] ?? '');
      index += 1;
    }
  }
  return { isNegated, options };
};

const mainTable = 254;

export const readRule = (value: Value, family: Family, { tell, rules }: Draft): void => {
  const { isNegated, options } = wordsOf(value.text);
  const number = (key: string): number | undefined => readInteger(options.get(key) ?? '', 0, 4294967295);
  const type = options.get('type') ?? 'table';
  const action = (['blackhole', 'unreachable', 'prohibit'] as const).find((it) => it === type);
  const other =
    [...options.keys()].find((key) => !known.has(key)) ??
    (action === undefined && type !== 'table' ? `type ${type}` : undefined);
  if (other !== undefined) {
    const message = `\`${other}\` of a rule has no place in the model: the rule is left out`;
    tell('not-said', 'no-words-for', message, value.at);
    return;
  }
  const priority = number('priority');
  // Without a table it is the main one.
  const said = options.get('table');
  const table = said === undefined || said === 'main' ? mainTable : number('table');
  if (priority === undefined || table === undefined) {
    const message =
      priority === undefined
        ? 'a rule needs `priority`: NetworkManager leaves it out'
        : `\`${said ?? ''}\` is no number of a table: NetworkManager leaves the rule out`;
    tell('error', 'bad-rule', message, value.at);
    return;
  }
  const prefix = (key: string): string | undefined => {
    const text = options.get(key);
    return text === undefined || /^(0\.0\.0\.0\/0|::\/0|all|any)$/.test(text) ? undefined : readPrefix(text)?.prefix;
  };
  const [mark, mask = '0xffffffff'] = (options.get('fwmark') ?? '').split('/');
  const [value32, mask32] = [readInteger(mark ?? '', 0, 4294967295), readInteger(mask, 0, 4294967295)];
  const protocol = options.get('ipproto');
  const rule: PolicyRule = {
    family,
    priority,
    ...field('from', prefix('from')),
    ...field('to', prefix('to')),
    ...field('iif', options.get('iif')),
    ...field('oif', options.get('oif')),
    ...field('mark', value32 === undefined || mask32 === undefined ? undefined : { value: value32, mask: mask32 }),
    ...field(
      'protocol',
      protocol === undefined ? undefined : (ownEntry(protocolNumbers, protocol) ?? readInteger(protocol, 1, 255)),
    ),
    ...field('sourcePorts', portsOf(options.get('sport') ?? '')),
    ...field('destinationPorts', portsOf(options.get('dport') ?? '')),
    ...field('not', isNegated ? (true as const) : undefined),
    ...field('action', action),
    ...field('suppressPrefixLength', number('suppress_prefixlength')),
    table: action === undefined ? table : 0,
  };
  rules.push(rule);
};
