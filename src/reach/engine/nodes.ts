/**
 * Who takes part: stacks, and groups of machines on one plain link that differ in nothing but their addresses, which are
 * followed as one. A group is represented by one of its members; a machine's packets to itself are left out of it.
 */
import { ip, type Family } from '../../net/address.ts';
import { containsPrefix, overlaps, prefix, prefixOf } from '../../net/prefix.ts';
import { stackOf, type InterfaceModel, type Model, type StackModel } from '../model/model.ts';
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

const shapeOf = (segment: Segment, stack: StackModel, it: InterfaceModel): string | undefined => {
  const parts: unknown[] = [it.name, it.it.mtuBytes, stack.stack.sysctls, stack.stack.routes];
  for (const family of [4, 6] as const) {
    const own = it.addresses.filter((address) => address.family === family && isGlobal(address));
    if (own.length > 1) return undefined;
    const [address] = own;
    if (address === undefined) continue;
    if (!segment.isPlain[family]) return undefined;
    const bits = family === 4 ? 32 : 128;
    if (address.isUnusable || address.isDeprecated || address.prefixLength > bits - 2) return undefined;
    const net = prefixOf(address, address.prefixLength);
    const host = address.value - net.value;
    const isEdge = host === 0n || host === (1n << BigInt(bits - net.length)) - 1n;
    const isPeculiar = stack.stack.routes.some((route) => {
      if (route.family !== family) return false;
      const to = prefix(route.to);
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
const spokenOf = (model: Model, { stacks }: Segment): ReadonlySet<string | bigint> =>
  new Set(
    [...stacks]
      .flatMap((name) => stackOf(model, name).stack.neighbours ?? [])
      .flatMap(({ mac, address }) => [mac, ip(address).value]),
  );

/** All nodes; `isAlone` says which stacks may be in no group. */
export const nodesOf = (
  model: Model,
  segments: readonly Segment[],
  isAlone: (stack: string) => boolean,
): readonly Node[] => {
  const grouped = new Set<string>();
  const nodes: Node[] = [];
  for (const segment of segments) {
    if (!segment.isOrderly || segment.stations.length < 3) continue;
    if ([...segment.stacks].some((name) => looksAtPorts(stackOf(model, name)))) continue;
    const byShape = new Map<string, { stack: StackModel; it: InterfaceModel }[]>();
    const spoken = spokenOf(model, segment);
    for (const it of segment.stations) {
      if (spoken.has(it.mac) || it.addresses.some(({ value }) => spoken.has(value))) continue;
      const stack = model.stacks.get(it.stack);
      if (stack === undefined || isAlone(it.stack) || onlyInterface(stack) !== it) continue;
      const shape = shapeOf(segment, stack, it);
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
      const ofFamily = (family: Family): readonly bigint[] =>
        usual
          .flatMap(({ it }) => it.addresses.filter((address) => address.family === family && isGlobal(address)))
          .map(({ value }) => onAxis(family, value))
          .sort((a, b) => (a < b ? -1 : 1));
      const addresses = { 4: ofFamily(4), 6: ofFamily(6) };
      for (const { stack } of usual) grouped.add(stack.name);
      nodes.push({
        id: `group ${segment.id} ${usual[0]!.stack.name}`,
        stack: usual[0]!.stack,
        group: {
          members: usual.map(({ stack }) => stack.name),
          addresses,
          runs: { 4: runsOf(addresses[4]), 6: runsOf(addresses[6]) },
          dev: first.it.name,
        },
      });
    }
  }
  for (const stack of model.stacks.values())
    if (!grouped.has(stack.name)) nodes.push({ id: stack.name, stack, group: undefined });
  return nodes;
};
