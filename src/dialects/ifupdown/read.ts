/** What `ifup -a` leaves of a machine at boot, by the files below /etc/network. */
import { parseIp, printIp } from '../../net/address.ts';
import { type ConfigText, type Place, type Reading } from '../dialect.ts';
import { type RunningDraft, newRunningDraft } from '../shell-commands/running-draft.ts';
import { finishDraft } from '../shell-commands/finish-draft.ts';
import { deviceOf } from '../shell-commands/ip-address.ts';
import { runLine } from '../shell-commands/run-line.ts';
import { isInterfaceName } from '../shell-commands/values.ts';
import { bridgeHook, portVlans } from './bridge-hook.ts';
import { inheritedOptions, inheritsOf, type Parents, parentsIn } from './lineage.ts';
import { bondHook, kernelHook, vlanHook } from './link-hooks.ts';
import { families, runMethod } from './methods.ts';
import {
  environmentOf,
  type Iface,
  isElsewhere,
  isKnownOption,
  isList,
  listNamed,
  optionNamed,
  plainName,
} from './options.ts';
import { commandNames, type Stanza } from './parse.ts';
import { globbed, stanzasIn } from './sources.ts';

interface Kind {
  readonly family: string;
  readonly method: string;
}

/** What a stanza says of family and method, or has from the one that it inherits from; undefined where nobody says it. */
const kindOf = (stanza: Stanza, parents: Parents, depth = 0): Partial<Kind> => {
  const [, family, method] = stanza.head.value.split(/\s+/).filter((_, index, words) => {
    const at = words.indexOf('inherits', 1);
    return at < 0 || index < at;
  });
  const parent = depth > 8 ? undefined : parents.get(stanza);
  const inherited = parent === undefined ? {} : kindOf(parent, parents, depth + 1);
  return {
    ...inherited,
    ...(family === undefined ? {} : { family }),
    ...(method === undefined ? {} : { method }),
  };
};

/** ifup knows what is inherited from only where it stands in front. */
const checkParent = (draft: RunningDraft, stanza: Stanza, parents: Parents): void => {
  const { at, value } = stanza.head;
  if (!value.split(/\s+/).includes('inherits', 1)) return;
  const from = inheritsOf(stanza);
  const message =
    from === undefined
      ? '`inherits` names nothing to inherit from: ifup refuses the whole file'
      : `no \`iface ${from}\` of this family stands in front of this one: ifup refuses the whole file`;
  if (from === undefined || !parents.has(stanza)) draft.tell('error', 'no-parent', message, at);
};

/** Without a family: ifupdown2 takes it, and ifup of ifupdown refuses the file. */
const ifaceOf = (draft: RunningDraft, stanza: Stanza, parents: Parents): Iface | undefined => {
  const { at, value } = stanza.head;
  const words = value.split(/\s+/);
  const [name = '', , , extra] = words;
  const options = inheritedOptions(stanza, parents);
  if (!isInterfaceName(deviceOf(name))) {
    draft.tell('error', 'not-an-interface', `\`${name}\` is no name of an interface`, at);
    return undefined;
  }
  checkParent(draft, stanza, parents);
  const { family, method } = kindOf(stanza, parents);
  if (family === undefined) {
    draft.tell(
      'assumed',
      'no-family',
      `\`iface ${name}\` says no family: ifupdown2 takes it, ifupdown refuses the whole file`,
      at,
    );
    const isStatic = options.some((option) => option.name === 'address');
    return { name, family: 'inet', method: name === 'lo' ? 'loopback2' : isStatic ? 'static2' : 'manual', at, options };
  }
  if (!Object.hasOwn(families, family) || method === undefined || families[family]?.includes(method) !== true) {
    draft.tell(
      'error',
      'unknown-method',
      `\`${[family, method ?? ''].join(' ').trim()}\` is no family and method: ifup refuses the whole file`,
      at,
    );
    return undefined;
  }
  if (extra !== undefined && !words.slice(1, 4).includes('inherits'))
    draft.tell(
      'ignored',
      'extra-word',
      `\`${extra}\` behind the method is not understood, and ifup goes on without it`,
      at,
    );
  return { name, family, method, at, options };
};

const checkOptions = (draft: RunningDraft, iface: Iface): void => {
  const seen = new Set<string>();
  const script = iface.options.map(({ name, value }) => (commandNames.has(name) ? value : '')).join('\n');
  for (const { name, at } of iface.options) {
    const plain = plainName(name);
    if (seen.has(plain) && !isList(name) && !(plain === 'address' && iface.method === 'static2'))
      draft.tell(
        'error',
        'said-twice',
        `\`${name}\` is said twice: ifup joins both lines, and the second is lost or breaks a command`,
        at,
      );
    seen.add(plain);
    if (isKnownOption(name) || script.includes(`IF_${name.toUpperCase().replaceAll('-', '_')}`)) continue;
    if (isElsewhere(name))
      draft.tell('not-said', 'unsaid-option', `\`${name}\` is for another program and is not modelled`, at);
    else draft.tell('ignored', 'unknown-option', `\`${name}\` is no option that a program is known to read`, at);
  }
};

const resolver = (draft: RunningDraft, iface: Iface): void => {
  const servers = listNamed(iface, 'dns-nameservers', 'dns-nameserver');
  const at = optionNamed(iface, 'dns-nameservers', 'dns-nameserver', 'dns-search', 'dns-domain')?.at ?? iface.at;
  for (const server of servers) {
    const address = parseIp(server);
    if (address === undefined) draft.tell('error', 'not-an-address', `\`${server}\` is no IP address`, at);
    else if (!draft.nameservers.includes(printIp(address))) draft.nameservers.push(printIp(address));
  }
  for (const domain of listNamed(iface, 'dns-search', 'dns-domain'))
    if (!draft.search.includes(domain)) draft.search.push(domain);
  if (draft.nameservers.length + draft.search.length > 0) draft.origins[`${draft.stack}/resolver`] ??= at;
};

const commands = (draft: RunningDraft, iface: Iface, name: string): void => {
  const variables = environmentOf(iface);
  for (const option of iface.options) {
    if (option.name !== name) continue;
    runLine(draft, option.value, variables, { ...option.at, column: option.valueColumn });
  }
};

/** `names`: those of all interfaces that the files name, for ports that are told by pattern. */
const bringUp = (draft: RunningDraft, iface: Iface, names: readonly string[]): void => {
  checkOptions(draft, iface);
  // ifup makes VLANs that their name tells before anything else, where the device below is there.
  const isBridgeAlone =
    optionNamed(iface, 'bridge-ports') !== undefined && !draft.interfaces.has(iface.name.split('.')[0] ?? '');
  if (iface.name.includes('.') && !isBridgeAlone) vlanHook(draft, iface);
  commands(draft, iface, 'pre-up');
  bridgeHook(draft, iface, names);
  bondHook(draft, iface, names);
  if (!isBridgeAlone) vlanHook(draft, iface);
  const isUp = iface.method === 'loopback2' ? loopback2(draft, iface) : runMethod(draft, iface);
  portVlans(draft, iface);
  if (isUp) commands(draft, iface, 'up');
  else if (iface.options.some(({ name }) => name === 'up'))
    draft.tell(
      'ignored',
      'not-reached',
      `what \`up\` says for \`${iface.name}\` is not run, as bringing it up fails`,
      iface.at,
    );
  kernelHook(draft, iface, deviceOf(iface.name));
  resolver(draft, iface);
};

/** ifupdown2 gives `lo` the addresses it says. */
const loopback2 = (draft: RunningDraft, iface: Iface): boolean =>
  iface.options.every(({ name }) => name !== 'address') || runMethod(draft, { ...iface, method: 'static2' });

const wordsOf = ({ head }: Stanza): readonly string[] => head.value.split(/\s+/).filter(Boolean);

interface Chosen {
  readonly name: string;
  readonly logical: string;
  readonly at: Place;
}

/** Those that `auto` and `allow-hotplug` bring up at boot, in their order; patterns stand for what the files name. */
const chosenIn = (draft: RunningDraft, stanzas: readonly Stanza[], names: readonly string[]): readonly Chosen[] => {
  const chosen: Chosen[] = [];
  for (const stanza of stanzas) {
    const { name: keyword, at } = stanza.head;
    if (!/^(?:auto|allow-auto|allow-hotplug)$/.test(keyword)) continue;
    for (const word of wordsOf(stanza)) {
      const [physical = '', logical] = word.split('=');
      const pattern = /^([^/]*)\/([^/]*)(?:\/(\d*))?$/.exec(physical);
      if (pattern === null) chosen.push({ name: physical, logical: logical ?? physical, at });
      else if (pattern[1] !== '' || (pattern[3] ?? '') !== '')
        draft.tell('not-said', 'pattern', `which interfaces \`${word}\` means depends on the machine`, at);
      else {
        const fits = names.filter((name) => globbed(pattern[2] ?? '')?.test(name) === true);
        draft.tell(
          'assumed',
          'pattern',
          `\`${word}\` was taken for ${fits.length === 0 ? 'none' : fits.map((name) => `\`${name}\``).join(', ')}, which these files name`,
          at,
        );
        chosen.push(...fits.map((name) => ({ name, logical: logical ?? name, at })));
      }
    }
  }
  const seen = new Set<string>();
  return chosen.filter(({ name }) => !seen.has(name) && seen.add(name));
};

const tellOfOthers = (draft: RunningDraft, stanzas: readonly Stanza[]): void => {
  for (const { head } of stanzas) {
    if (head.name === 'mapping')
      draft.tell(
        'not-said',
        'mapping',
        `which stanza \`${head.value}\` gets is told by a program when it comes up`,
        head.at,
      );
    if (head.name === 'rename')
      draft.tell(
        'not-said',
        'rename',
        `\`rename ${head.value}\` gives interfaces other names; the new names were taken`,
        head.at,
      );
    if (/^allow-(?!auto$|hotplug$)/.test(head.name))
      draft.tell('ignored', 'not-at-boot', `\`${head.name}\` brings nothing up at boot`, head.at);
  }
};

export const readInterfaces = (texts: readonly ConfigText[], stack: string): Reading => {
  const draft = newRunningDraft(stack);
  const { stanzas, remarks } = stanzasIn(texts);
  draft.remarks.push(...remarks);
  tellOfOthers(draft, stanzas);
  const heads = stanzas.filter(({ head }) => head.name === 'iface');
  const templates = new Set(heads.map(inheritsOf).filter((name) => name !== undefined));
  const parents = parentsIn(stanzas);
  const ifaces = new Map<string, Iface[]>();
  for (const iface of heads.flatMap((stanza) => ifaceOf(draft, stanza, parents) ?? [])) {
    const known = ifaces.get(iface.name);
    if (known === undefined) ifaces.set(iface.name, [iface]);
    else known.push(iface);
  }
  const names = [...ifaces.keys()];
  const chosen = chosenIn(draft, stanzas, names);
  const done = new Set<string>();
  const run = (name: string, logical: string): void => {
    if (done.has(name)) return;
    done.add(name);
    for (const iface of ifaces.get(logical) ?? []) bringUp(draft, { ...iface, name }, names);
  };
  // ifup brings up `lo` first, whether it is listed or not.
  if (ifaces.has('lo')) run('lo', 'lo');
  const headed = new Set(heads.map(({ head }) => head.value.split(/\s+/)[0]));
  for (const { name, logical, at } of chosen) {
    if (ifaces.has(logical)) run(name, logical);
    else if (!headed.has(logical))
      draft.tell('error', 'no-stanza', `\`${logical}\` has no \`iface\` that could be brought up`, at);
  }
  const wanted = new Set(chosen.map(({ logical }) => logical));
  for (const [name, own] of ifaces) {
    if (done.has(name) || templates.has(name) || wanted.has(name)) continue;
    const at = own[0]?.at;
    // A port of a bridge needs no stanza that is brought up.
    const isPort = draft.interfaces.has(name) && own.every(({ options }) => options.length === 0);
    if (at !== undefined && !isPort)
      draft.tell(
        'ignored',
        'not-brought-up',
        `\`${name}\` is neither \`auto\` nor \`allow-hotplug\`: nothing brings it up at boot`,
        at,
      );
  }
  return finishDraft(draft);
};
