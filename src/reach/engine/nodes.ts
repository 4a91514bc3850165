/**
 * Who takes part: stacks, and groups of machines on one plain link that differ in nothing but their addresses, which are
 * followed as one. A group is represented by one of its members; a machine's packets to itself are left out of it.
 */
import { ip, type Family } from '../../net/address.ts';
import { containsPrefix, overlaps, prefix, prefixOf, type Prefix } from '../../net/prefix.ts';
import { stackOf, type AddressModel, type InterfaceModel, type Model, type StackModel } from '../model/model.ts';
import { onAxis } from './space.ts';
import { type Run } from './route-classes.ts';
import { type Segment } from './segments.ts';

export interface Node {
  readonly id: string;
  /** The stack itself, or a member that stands for all. */
  readonly stack: StackModel;
  readonly group: Group | undefined;
}

export interface Group {
  readonly members: readonly string[];
  /** The members' addresses on the axis, ascending; one a family and member at most. */
  readonly addresses: Readonly<Record<Family, readonly bigint[]>>;
  /** The same as runs. */
  readonly runs: Readonly<Record<Family, readonly Run[]>>;
  /** The interface that all have. */
  readonly dev: string;
  /** The link that they are on, by its number. */
  readonly segment: number;
}

/** Ascending values as runs, those without a gap as one. */
const runsOf = (values: readonly bigint[]): readonly Run[] => {
  const runs: { first: bigint; last: bigint }[] = [];
  for (const value of values) {
    const before = runs.at(-1);
    if (before?.last === value - 1n) before.last = value;
    else runs.push({ first: value, last: value });
  }
  return runs;
};

const isGlobal = (address: InterfaceModel['addresses'][number]): boolean => address.scope === 'global';

/** The one cabled interface of a machine that has nothing else. */
const onlyInterface = (stack: StackModel): InterfaceModel | undefined => {
  if (stack.interfaces.size > 2 || stack.hooks.size > 0 || stack.tracks[4] || stack.tracks[6]) return undefined;
  if (stack.stack.rules.length + stack.stack.neighbourProxies.length + stack.redirects.size + stack.neighbours.size > 0)
    return undefined;
  let found: InterfaceModel | undefined;
  for (const it of stack.interfaces.values()) {
    if (it.it.kind === 'loopback') {
      if (it.addresses.some(isGlobal)) return undefined;
    } else if (it.it.kind !== 'ethernet' || found !== undefined) return undefined;
    else found = it;
  }
  return found;
};

/** Whether an interface has several addresses of a family that are good beyond its link. */
const SEVERAL = Symbol();

/** The address of a family that is good beyond the link, where there is one only. */
const onlyGlobal = (it: InterfaceModel, family: Family): AddressModel | typeof SEVERAL | undefined => {
  let found: AddressModel | undefined;
  for (const address of it.addresses) {
    if (address.family !== family || !isGlobal(address)) continue;
    if (found !== undefined) return SEVERAL;
    found = address;
  }
  return found;
};

const shapeOf = (
  segment: Segment,
  stack: StackModel,
  it: InterfaceModel,
  prefixAt: (text: string) => Prefix,
): string | undefined => {
  const parts: unknown[] = [it.name, it.it.mtuBytes, stack.stack.sysctls, stack.stack.routes];
  for (const family of [4, 6] as const) {
    const address = onlyGlobal(it, family);
    if (address === SEVERAL) return undefined;
    if (address === undefined) continue;
    if (!segment.isPlain[family]) return undefined;
    const bits = family === 4 ? 32 : 128;
    if (address.isUnusable || address.isDeprecated || address.prefixLength > bits - 2) return undefined;
    const net = prefixOf(address, address.prefixLength);
    const host = address.value - net.value;
    const isEdge = host === 0n || host === (1n << BigInt(bits - net.length)) - 1n;
    const isPeculiar = stack.stack.routes.some((route) => {
      if (route.family !== family) return false;
      const to = prefixAt(route.to);
      return (
        route.type !== 'unicast' ||
        route.nexthops !== undefined ||
        route.source !== undefined ||
        (overlaps(to, net) && !containsPrefix(to, net))
      );
    });
    if (isEdge || isPeculiar) return undefined;
    parts.push(family, String(net.value), net.length);
  }
  return JSON.stringify(parts);
};

const looks = new WeakMap<StackModel['stack']['filter'], boolean>();

/** Whether a stack's filters see ports of its bridges, or stations; kept, as a host is asked about for each of its bridges. */
export const looksAtPorts = ({ stack: { filter } }: StackModel): boolean => {
  if (filter.length === 0) return false;
  const known = looks.get(filter) ?? seesPorts(filter);
  looks.set(filter, known);
  return known;
};

const seesPorts = (filter: StackModel['stack']['filter']): boolean =>
  filter.some((table) =>
    [...table.chains, ...(table.subchains ?? [])].some((chain) =>
      chain.rules.some((rule) =>
        rule.matches.some(
          ({ kind }) =>
            kind === 'port-in' || kind === 'port-out' || kind === 'source-mac' || kind === 'destination-mac',
        ),
      ),
    ),
  );

const gateways = (stack: StackModel): readonly string[] => stack.stack.routes.flatMap(({ via }) => via ?? []);

/** Stations that static neighbours on a link speak of, by MAC and by address: what they get is not what their like get. */
const spokenOf = (stacks: readonly StackModel[]): ReadonlySet<string | bigint> => {
  const spoken = new Set<string | bigint>();
  for (const { stack } of stacks)
    for (const { mac, address } of stack.neighbours ?? []) spoken.add(mac).add(ip(address).value);
  return spoken;
};

/** Addresses of some stations that are good beyond their link, by family, ascending on the axis. */
const addressesOf = (stations: readonly InterfaceModel[]): Group['addresses'] => {
  const values: Record<Family, bigint[]> = { 4: [], 6: [] };
  for (const { addresses } of stations)
    for (const address of addresses)
      if (isGlobal(address)) values[address.family].push(onAxis(address.family, address.value));
  for (const family of [4, 6] as const) values[family].sort((a, b) => (a < b ? -1 : 1));
  return values;
};

/** All nodes; `isAlone` says which stacks may be in no group. */
export const nodesOf = (
  model: Model,
  segments: readonly Segment[],
  isAlone: (stack: string) => boolean,
): readonly Node[] => {
  const grouped = new Set<string>();
  const nodes: Node[] = [];
  const prefixes = new Map<string, Prefix>();
  const prefixAt = (text: string): Prefix => {
    const known = prefixes.get(text) ?? prefix(text);
    prefixes.set(text, known);
    return known;
  };
  for (const segment of segments) {
    if (!segment.isOrderly || segment.stations.length < 3) continue;
    const stacks = [...segment.stacks].map((name) => stackOf(model, name));
    if (stacks.some(looksAtPorts)) continue;
    const byShape = new Map<string, { stack: StackModel; it: InterfaceModel }[]>();
    const spoken = spokenOf(stacks);
    const isSpokenOf = (it: InterfaceModel): boolean =>
      spoken.size > 0 && (spoken.has(it.mac) || it.addresses.some(({ value }) => spoken.has(value)));
    for (const stack of stacks) {
      const it = onlyInterface(stack);
      // A bridge's ports are on a link without being stations.
      if (it === undefined || it.it.master !== undefined || isAlone(stack.name) || isSpokenOf(it)) continue;
      const shape = shapeOf(segment, stack, it, prefixAt);
      if (shape === undefined) continue;
      const list = byShape.get(shape);
      if (list === undefined) byShape.set(shape, [{ stack, it }]);
      else list.push({ stack, it });
    }
    for (const members of byShape.values()) {
      const [first] = members;
      if (first === undefined) continue;
      const avoided = new Set(gateways(first.stack));
      const usual = members.filter(({ it }) => !it.it.addresses.some(({ address }) => avoided.has(address)));
      if (usual.length < 2) continue;
      const addresses = addressesOf(usual.map(({ it }) => it));
      for (const { stack } of usual) grouped.add(stack.name);
      nodes.push({
        id: `group ${segment.id} ${usual[0]!.stack.name}`,
        stack: usual[0]!.stack,
        group: {
          members: usual.map(({ stack }) => stack.name),
          addresses,
          runs: { 4: runsOf(addresses[4]), 6: runsOf(addresses[6]) },
          dev: first.it.name,
          segment: segment.id,
        },
      });
    }
  }
  for (const stack of model.stacks.values())
    if (!grouped.has(stack.name)) nodes.push({ id: stack.name, stack, group: undefined });
  return nodes;
};
