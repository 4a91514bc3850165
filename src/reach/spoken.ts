/**
 * What a state speaks of: the sets of addresses, the interface names and the MACs that its settings single out. Whoever
 * is singled out by none of them, or by the same ones, is treated alike.
 */
import { bitsOf, ip, printIp, type Family } from '../net/address.ts';
import { eui64 } from '../net/mac.ts';
import { firstOf, lastOf, networkOf, prefix, printPrefix, type Prefix } from '../net/prefix.ts';
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { type FilterMatch, type FilterTable } from '../state/packet-filter.ts';
import { type Facts } from './facts.ts';
import { stretchAt, stretchesOf, type Range, type Stretch } from './stretches.ts';

export const matchesOf = (tables: readonly FilterTable[]): readonly FilterMatch[] =>
  tables.flatMap(({ chains, subchains = [] }) =>
    [...chains, ...subchains].flatMap(({ rules }) => rules.flatMap(({ matches }) => matches)),
  );

export const wholeOf = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

/** Sets of prefixes that a stack tells addresses apart by. */
const setsOf = ({
  routes,
  rules,
  neighbourProxies,
  neighbours = [],
  filter,
  interfaces,
}: Stack): readonly string[][] => {
  const vias = routes.flatMap(({ via, source, nexthops = [] }) => [via, source, ...nexthops.map((hop) => hop.via)]);
  const verdicts = filter.flatMap(({ chains, subchains = [] }) =>
    [...chains, ...subchains].flatMap(({ rules: list }) =>
      list.flatMap(({ verdict }) => ('address' in verdict ? [verdict.address, verdict.lastAddress] : [])),
    ),
  );
  const tunnels = Object.values(interfaces).flatMap(({ tunnel, vxlan }) => [
    ...[tunnel?.local, tunnel?.remote],
    ...[vxlan?.local, ...(vxlan?.remotes ?? [])],
  ]);
  const single = [...vias, ...verdicts, ...tunnels, ...[...neighbourProxies, ...neighbours].map((it) => it.address)];
  return [
    ...routes.map(({ to }) => [to]),
    ...rules.flatMap(({ from, to }) => [from, to]).flatMap((text) => (text === undefined ? [] : [[text]])),
    ...matchesOf(filter).flatMap((match) => ('prefixes' in match ? [[...match.prefixes]] : [])),
    ...single.flatMap((text) => (text === undefined ? [] : [[wholeOf(text)]])),
  ];
};

/** The subnet itself, and its first and its last address, which mean the subnet. */
const subnetSets = (address: string, length: number): readonly string[][] => {
  const block = networkOf(address, length);
  // An address alone in its subnet is its own place only.
  if (length === (block.family === 4 ? 32 : 128)) return [];
  return [[printPrefix(block)], [wholeOf(printIp(firstOf(block)))], [wholeOf(printIp(lastOf(block)))]];
};

/** Blocks that mean something to the kernel by themselves (RFC 6890, RFC 4291). */
const known = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32'],
  ...['::/127', '::1/128', '::ffff:0:0/96', '2002::/16', 'fe80::/10', 'ff00::/8'],
];

/** By stack: its own addresses, as prefixes of one address. */
export type OwnAddresses = ReadonlyMap<string, ReadonlySet<string>>;

/** Every set of addresses that something tells apart, besides a stack's own ones that it speaks of itself. */
const allSets = (state: NetworkState, facts: Facts, own: OwnAddresses): readonly (readonly string[])[] => {
  const sets = new Map<string, readonly string[]>();
  const add = (set: readonly string[]): void => void sets.set(set.join(' '), set);
  for (const [name, stack] of Object.entries(state.stacks)) {
    const mine = own.get(name);
    for (const set of setsOf(stack)) if (!set.every((text) => mine?.has(text) === true)) add(set);
    for (const { addresses } of Object.values(stack.interfaces))
      for (const { address, prefixLength } of addresses) subnetSets(address, prefixLength).forEach(add);
  }
  for (const { address, prefixLength } of facts.addresses ?? []) subnetSets(address, prefixLength).forEach(add);
  for (const { to, via, nexthops = [] } of facts.routes ?? []) {
    add([to]);
    for (const gateway of [via, ...nexthops.map((hop) => hop.via)]) if (gateway !== undefined) add([wholeOf(gateway)]);
  }
  for (const block of known) add([block]);
  return [...sets.values()];
};

const rangesOf = (texts: readonly string[], family: Family): readonly Range[] =>
  texts
    .map((text): Prefix => prefix(text))
    .filter((block) => block.family === family)
    .map((block) => [firstOf(block).value, lastOf(block).value]);

export type AddressStretches = Readonly<Record<Family, readonly Stretch[]>>;

/** Both axes of addresses, cut by all that the state tells apart, and by `more` sets of prefixes. */
export const addressStretches = (
  state: NetworkState,
  facts: Facts,
  own: OwnAddresses,
  more: readonly (readonly string[])[] = [],
): AddressStretches => {
  const sets = [...allSets(state, facts, own), ...more];
  const cut = (family: Family): readonly Stretch[] =>
    stretchesOf(
      sets.map((texts) => rangesOf(texts, family)),
      (1n << BigInt(bitsOf(family))) - 1n,
    );
  return { 4: cut(4), 6: cut(6) };
};

/** Names the kind of an address: addresses of one kind are in the same sets. */
export const kindsOfAddresses = (
  state: NetworkState,
  facts: Facts,
  own: OwnAddresses,
): ((address: string) => string) => {
  const stretches = addressStretches(state, facts, own);
  return (text) => {
    const { family, value } = ip(text);
    return `${family} ${stretchAt(stretches[family], value)?.kind ?? ''}`;
  };
};

const linkLocal = ip('fe80::').value;

/** MACs that something speaks of, also by the link-local address that a MAC gives (RFC 4291, appendix A). */
export const stationsSpokenOf = (state: NetworkState): readonly string[] => {
  const stacks = Object.values(state.stacks);
  const macs = stacks.flatMap(({ filter, neighbours = [] }) => [
    ...matchesOf(filter).flatMap((match) => ('macs' in match ? match.macs : [])),
    ...neighbours.map(({ mac }) => mac),
  ]);
  const linkLocals = new Set(
    stacks
      .flatMap(setsOf)
      .flat()
      .filter((text) => text.startsWith('fe80:') && text.endsWith('/128')),
  );
  if (linkLocals.size === 0) return macs;
  const all = stacks.flatMap(({ interfaces }) => Object.values(interfaces).flatMap(({ mac }) => mac ?? []));
  return [...macs, ...all.filter((mac) => linkLocals.has(wholeOf(printIp(eui64(mac, linkLocal)))))];
};

/** Names of interfaces that a stack's settings speak of; `*` at the end of one stands for any ending. */
export const namesSpokenOf = ({
  routes,
  rules,
  neighbourProxies,
  neighbours = [],
  filter,
  interfaces,
}: Stack): Set<string> =>
  new Set([
    ...routes
      .flatMap(({ dev, nexthops = [] }) => [dev, ...nexthops.map((hop) => hop.dev)])
      .filter((dev) => dev !== undefined),
    ...rules.flatMap(({ iif, oif }) => [iif, oif]).filter((dev) => dev !== undefined),
    ...[...neighbourProxies, ...neighbours].map(({ dev }) => dev),
    ...matchesOf(filter).flatMap((match) => ('names' in match ? match.names : [])),
    ...Object.values(interfaces).flatMap(({ vlan, macvlan }) =>
      [vlan?.link, macvlan?.link].filter((link) => link !== undefined),
    ),
  ]);

export const isSpokenOf = (names: ReadonlySet<string>, dev: string): boolean =>
  names.has(dev) || [...names].some((name) => name.endsWith('*') && dev.startsWith(name.slice(0, -1)));
