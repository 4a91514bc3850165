/** Edits as commands: argument lists of ip(8), bridge(8), sysctl(8) and nft(8), for the machine as it is before the edit. */
import { ip } from '../../net/address.ts';
import { containsIp, networkOf, prefix } from '../../net/prefix.ts';
import {
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type PolicyRule,
  type PortRange,
  type Route,
  type Stack,
} from '../../state/network-state.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { type Command, type Edit } from './edit.ts';
import { chainWords, ruleWords } from './rule-text.ts';

type Argv = readonly string[];

const linkLocal = prefix('fe80::/10');
const mainTable = 254;

const ipOf = (family: 4 | 6): Argv => (family === 4 ? ['ip'] : ['ip', '-6']);

const isMetricTold = ({ family, metric }: Route): boolean => metric !== (family === 4 ? 0 : 1024);

/** Whether the kernel cannot tell the interface from the gateway. */
const needsDev = ({ via, onlink }: Route): boolean =>
  via === undefined || onlink === true || containsIp(linkLocal, ip(via));

const hopWords = (route: Route): Argv => {
  if (route.nexthops !== undefined)
    return route.nexthops.flatMap(({ via, dev, weight }) => [
      'nexthop',
      ...(via === undefined ? [] : ['via', via]),
      ...['dev', dev, 'weight', String(weight)],
    ]);
  return [
    ...(route.via === undefined ? [] : ['via', route.via]),
    ...(route.dev !== undefined && needsDev(route) ? ['dev', route.dev] : []),
    ...(route.onlink === true ? ['onlink'] : []),
  ];
};

/** A route as ip-route(8) spells it, after `add` or `replace`. */
export const routeWords = (route: Route): Argv => [
  ...(route.type === 'unicast' ? [] : [route.type]),
  prefix(route.to).length === 0 ? 'default' : route.to,
  ...hopWords(route),
  ...(route.source === undefined ? [] : ['src', route.source]),
  ...(isMetricTold(route) ? ['metric', String(route.metric)] : []),
  ...(route.table === mainTable ? [] : ['table', String(route.table)]),
];

const setRoute = (verb: 'add' | 'replace', route: Route): Argv => [
  ...ipOf(route.family),
  ...['route', verb],
  ...routeWords(route),
];

const portWords = ([first, last]: PortRange): string => (first === last ? String(first) : `${first}-${last}`);

const markWords = ({ value, mask }: NonNullable<PolicyRule['mark']>): string =>
  mask === 0xffffffff ? String(value) : `${value}/${mask}`;

/** A rule as ip-rule(8) spells it. */
const addPolicyRule = (rule: PolicyRule): Argv => {
  const pair = (name: string, value: string | number | undefined): Argv =>
    value === undefined ? [] : [name, String(value)];
  return [
    ...[...ipOf(rule.family), 'rule', 'add'],
    ...(rule.not === true ? ['not'] : []),
    ...pair('from', rule.from),
    ...pair('to', rule.to),
    ...pair('iif', rule.iif),
    ...pair('oif', rule.oif),
    ...pair('fwmark', rule.mark && markWords(rule.mark)),
    ...pair('ipproto', rule.protocol),
    ...pair('sport', rule.sourcePorts && portWords(rule.sourcePorts)),
    ...pair('dport', rule.destinationPorts && portWords(rule.destinationPorts)),
    ...pair('suppress_prefixlength', rule.suppressPrefixLength),
    ...['priority', String(rule.priority)],
    ...(rule.action === undefined ? ['lookup', String(rule.table)] : [rule.action]),
  ];
};

/** Written routes that leave by an interface: they went when it went down, or could not be there before. */
const restoredRoutes = (stack: Stack, dev: string, addresses: readonly InterfaceAddress[]): readonly Argv[] => {
  const isOnLink = (via: string): boolean =>
    addresses.some(({ address, prefixLength }) => containsIp(networkOf(address, prefixLength), ip(via)));
  return stack.routes
    .filter(
      (route) =>
        route.dev === dev ||
        (route.nexthops ?? []).some((hop) => hop.dev === dev) ||
        (route.dev === undefined && route.via !== undefined && isOnLink(route.via)),
    )
    .toSorted((a, b) => Number(a.via !== undefined) - Number(b.via !== undefined))
    .map((route) => setRoute('replace', route));
};

/** An interface that goes down loses its IPv6 addresses and its routes; they do not come back by themselves. */
const bringUp = (stack: Stack, name: string, it: Interface | undefined): readonly Argv[] => [
  ['ip', 'link', 'set', 'dev', name, 'up'],
  ...(it?.addresses ?? [])
    .filter(({ family }) => family === 6)
    .map(({ address, prefixLength }) => ['ip', '-6', 'addr', 'replace', `${address}/${prefixLength}`, 'dev', name]),
  ...restoredRoutes(stack, name, it?.addresses ?? []),
];

const setPrefixLength = (
  stack: Stack,
  { interface: name, address, prefixLength }: Extract<Edit, { kind: 'set-prefix-length' }>,
): readonly Argv[] => {
  const was = stack.interfaces[name]?.addresses.find((it) => it.address === address);
  if (was === undefined) return [];
  const words = [...ipOf(was.family), 'addr'];
  return [
    [...words, 'add', `${address}/${prefixLength}`, 'dev', name],
    [...words, 'del', `${address}/${was.prefixLength}`, 'dev', name],
    ...restoredRoutes(stack, name, [{ ...was, prefixLength }]),
  ];
};

/** An interface name may have dots; a key that has slashes keeps them (sysctl(8)). */
const sysctlName = (key: string): string => (key.includes('.') ? key : key.replaceAll('/', '.'));

const rulesOf = (table: FilterTable | undefined, chain: string): number =>
  [...(table?.chains ?? []), ...(table?.subchains ?? [])].find(({ name }) => name === chain)?.rules.length ?? 0;

const findTable = (stack: Stack, { family, name }: Pick<FilterTable, 'family' | 'name'>): FilterTable | undefined =>
  stack.filter.find((it) => it.family === family && it.name === name);

const insertRule = (stack: Stack, edit: Extract<Edit, { kind: 'insert-rule' }>): Argv => {
  const { table, chain, index, rule } = edit;
  const isLast = index >= rulesOf(findTable(stack, table), chain);
  return [
    ...['nft', isLast ? 'add' : 'insert', 'rule', table.family, table.name, chain],
    ...(isLast ? [] : ['index', String(index)]),
    ...ruleWords(table.family, rule),
  ];
};

const addChain = (stack: Stack, { table, chain }: Extract<Edit, { kind: 'add-chain' }>): readonly Argv[] => {
  const place = [table.family, table.name];
  return [
    ...(findTable(stack, table) === undefined ? [['nft', 'add', 'table', ...place]] : []),
    ['nft', 'add', 'chain', ...place, chain.name, ...chainWords(chain)],
    ...chain.rules.map((rule) => ['nft', 'add', 'rule', ...place, chain.name, ...ruleWords(table.family, rule)]),
  ];
};

const argvsOf = (stack: Stack, edit: Edit): readonly Argv[] => {
  switch (edit.kind) {
    case 'add-route':
      return [setRoute('add', edit.route)];
    // Where the kernel has refused or dropped the old one, this adds.
    case 'replace-route':
      return [setRoute('replace', edit.route)];
    case 'add-policy-rule':
      return [addPolicyRule(edit.rule)];
    case 'set-sysctl':
      return [['sysctl', '-w', `${sysctlName(edit.key)}=${edit.value}`]];
    case 'insert-rule':
      return [insertRule(stack, edit)];
    case 'add-chain':
      return addChain(stack, edit);
    case 'add-neighbour-proxy': {
      const { family, address, dev } = edit.proxy;
      return [[...ipOf(family), 'neigh', 'add', 'proxy', address, 'dev', dev]];
    }
    case 'remove-neighbour':
      return [['ip', 'neigh', 'del', edit.neighbour.address, 'dev', edit.neighbour.dev]];
    case 'bring-up':
      return bringUp(stack, edit.interface, stack.interfaces[edit.interface]);
    case 'plug-into-bridge':
      return [['ip', 'link', 'set', 'dev', edit.interface, 'master', edit.bridge]];
    case 'set-port':
      return [['bridge', 'link', 'set', 'dev', edit.interface, edit.setting, edit.isOn ? 'on' : 'off']];
    case 'set-mtu':
      return [['ip', 'link', 'set', 'dev', edit.interface, 'mtu', String(edit.mtuBytes)]];
    case 'set-prefix-length':
      return setPrefixLength(stack, edit);
  }
};

export const commandsOf = (state: NetworkState, edit: Edit): readonly Command[] => {
  const stack = state.stacks[edit.stack];
  return stack === undefined ? [] : argvsOf(stack, edit).map((argv) => ({ machine: edit.stack, argv }));
};
