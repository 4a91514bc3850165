/** A stack as /etc/network/interfaces: what others need comes first; what no stanza can say is listed. */
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type ConfigText, type Omission, type Writing } from '../dialect.ts';
import { differencesOf, normalPart } from '../differences.ts';
import { withPlainTexts } from '../plain-part.ts';
import { stackIn } from '../reading.ts';
import { routeCommand, ruleCommand, settingCommand } from '../shell-commands/say.ts';
import { readInterfaces } from './read.ts';
import { mainPath } from './sources.ts';
import { isRaisedByOthers, type NewStanza, type OptionPair, stanzasOf, sysctlsOf } from './stanzas.ts';

/** What an interface cannot be made without. */
const needsOf = (stack: Stack, name: string): readonly string[] => {
  const it = stack.interfaces[name];
  if (it === undefined) return [];
  const master = it.master === undefined ? undefined : stack.interfaces[it.master];
  const members =
    it.kind === 'bridge' || it.kind === 'bond'
      ? Object.keys(stack.interfaces).filter((other) => stack.interfaces[other]?.master === name)
      : [];
  return [
    ...members,
    ...(it.vlan === undefined ? [] : [it.vlan.link]),
    ...(it.macvlan === undefined ? [] : [it.macvlan.link]),
    ...(it.master !== undefined && master?.kind === 'vrf' ? [it.master] : []),
  ];
};

/** `lo` first, then by name, each behind what it needs. */
export const interfaceOrder = (stack: Stack): readonly string[] => {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (order.includes(name) || path.includes(name)) return;
    for (const need of needsOf(stack, name)) visit(need, [...path, name]);
    if (stack.interfaces[name] !== undefined) order.push(name);
  };
  for (const name of Object.keys(stack.interfaces).sort((a, b) => Number(b === 'lo') - Number(a === 'lo')))
    visit(name, []);
  return order;
};

/** A port that has nothing of its own is made by its bridge, a member by its bond. */
export const needsNoStanza = (stack: Stack, name: string, [only, ...more]: readonly NewStanza[]): boolean => {
  const master = stack.interfaces[stack.interfaces[name]?.master ?? ''];
  return (
    (master?.kind === 'bridge' || master?.kind === 'bond') &&
    stack.interfaces[name]?.kind === 'ethernet' &&
    only?.method === 'manual' &&
    only.options.length === 0 &&
    more.length === 0
  );
};

/** What is of no one interface; `lo` comes up before all others. */
export const generalOptions = (stack: Stack): readonly OptionPair[] => {
  const own = new Set(Object.keys(stack.interfaces).flatMap((name) => sysctlsOf(stack, name)));
  return [
    ...Object.keys(stack.sysctls)
      .filter((key) => !own.has(key))
      .map((key) => settingCommand(key, stack.sysctls[key] ?? '')),
    ...stack.rules.map(ruleCommand),
    ...stack.routes
      .filter(({ dev, nexthops }) => dev === undefined && nexthops === undefined)
      .map((route) => routeCommand(route)),
  ].map((command): OptionPair => ['up', command]);
};

/** What needs all interfaces: next hops by several of them, and what stays down though others bring it up. */
export const lastOptions = (stack: Stack): readonly OptionPair[] =>
  [
    ...Object.entries(stack.interfaces)
      .filter(([name, { up }]) => !up && isRaisedByOthers(stack, name))
      .map(([name]) => `ip link set dev ${name} down`),
    ...stack.routes.filter(({ nexthops }) => nexthops !== undefined).map((route) => routeCommand(route)),
  ].map((command): OptionPair => ['up', command]);

export const resolverOptions = ({ resolver }: Stack): readonly OptionPair[] => [
  ...(resolver === undefined || resolver.nameservers.length === 0
    ? []
    : [['dns-nameservers', resolver.nameservers.join(' ')] as const]),
  ...(resolver === undefined || resolver.search.length === 0
    ? []
    : [['dns-search', resolver.search.join(' ')] as const]),
];

const withOptions = (stanza: NewStanza, more: readonly OptionPair[]): NewStanza => ({
  ...stanza,
  options: [...stanza.options, ...more],
});

/**
 * All stanzas of a stack by interface, in the order in which they are brought up; ifup gives most of what stands in them
 * to a shell.
 */
export const allStanzas = (whole: Stack): ReadonlyMap<string, readonly NewStanza[]> => {
  const stack = withPlainTexts(whole);
  const found = new Map<string, readonly NewStanza[]>();
  const loopback: NewStanza = { name: 'lo', family: 'inet', method: 'loopback', options: generalOptions(stack) };
  const lo = stanzasOf('lo', stack).map((stanza) =>
    stanza.method === 'manual' ? { ...stanza, method: 'loopback' } : stanza,
  );
  const isMerged = lo[0]?.method === 'loopback';
  found.set('lo', isMerged ? [withOptions(loopback, lo[0]?.options ?? []), ...lo.slice(1)] : [loopback, ...lo]);
  for (const name of interfaceOrder(stack)) {
    const stanzas = stanzasOf(name, stack);
    if (name !== 'lo' && !needsNoStanza(stack, name, stanzas)) found.set(name, stanzas);
  }
  const names = [...found.keys()];
  const lastName = names.at(-1) ?? 'lo';
  const firstName = names[1] ?? 'lo';
  const last = found.get(lastName) ?? [];
  found.set(lastName, [...last.slice(0, -1), withOptions(last[last.length - 1] ?? loopback, lastOptions(stack))]);
  const [head = loopback, ...others] = found.get(firstName) ?? [];
  found.set(firstName, [withOptions(head, resolverOptions(stack)), ...others]);
  return found;
};

export const stanzaText = ({ name, family, method, options }: NewStanza): string =>
  [`iface ${name} ${family} ${method}`, ...options.map(([key, value]) => `    ${key} ${value}`)].join('\n');

/** One `auto` for each name, in front of its first stanza. */
export const sectionText = (stanzas: readonly NewStanza[]): string => {
  const seen = new Set<string>();
  return stanzas
    .map((stanza) => {
      const isFirst = !seen.has(stanza.name);
      seen.add(stanza.name);
      return `${isFirst ? `auto ${stanza.name}\n` : ''}${stanzaText(stanza)}\n`;
    })
    .join('\n');
};

const whyNot = (what: string): string => {
  if (what.startsWith('filter/')) return 'packet filters stand in files of nft or iptables';
  if (what.startsWith('services/')) return 'programs that serve have files of their own';
  return 'no option or command of interfaces(5) says it as it is';
};

/** What the files do not say of `state`, found by reading them. */
export const omissionsOf = (texts: readonly ConfigText[], state: NetworkState, stack: string): readonly Omission[] => {
  const said = normalPart(readInterfaces(texts, stack).stacks[stack]);
  return differencesOf(normalPart(wantedOf(stackIn(state, stack))), said).map((what) => ({
    stack,
    what,
    why: whyNot(what),
  }));
};

/** A plain `lo` is there without being said. */
export const wantedOf = (stack: Stack): Stack => {
  const { lo, ...others } = stack.interfaces;
  const isPlain = lo?.kind === 'loopback' && lo.addresses.length === 0 && lo.mtuBytes === 65_536;
  return isPlain ? { ...stack, interfaces: others } : stack;
};

export const writeInterfaces = (state: NetworkState, stack: string): Writing => {
  const sections = [...allStanzas(stackIn(state, stack)).values()].map(sectionText);
  const files = [{ path: mainPath, text: sections.join('\n') }];
  return { files, omissions: omissionsOf(files, state, stack) };
};
