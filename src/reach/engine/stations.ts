/** Which station on a plain link a next hop is, where all packets of a set find the same one and nothing has to be learned. */
import { type InterfaceModel, type StackModel } from '../model/model.ts';
import { ownAddressesOf } from '../model/own-addresses.ts';
import { isEverybody } from '../walker/arp.ts';
import { type Current } from './current.ts';
import { type Node } from './nodes.ts';
import { hasOwnRules, ownAddresses } from './route-classes.ts';
import { isPlainFrom, type Segment } from './segments.ts';

/** The addresses of a stack that are good beyond one link. */
export const ownGlobals = ({ stack }: Node, family: 4 | 6): readonly bigint[] => ownAddressesOf(stack).globals[family];

/** Addresses that are for everybody on a link by some IPv4 route of a stack; undefined where whole blocks may be. */
const broadcasts = new WeakMap<StackModel['routing'], ReadonlySet<bigint> | undefined>();

const broadcastsOf = ({ routing }: StackModel): ReadonlySet<bigint> | undefined => {
  if (broadcasts.has(routing)) return broadcasts.get(routing);
  const found = [...routing[4].tables.values()].flatMap(({ lengths }) =>
    lengths.flatMap(({ routes }) => [...routes.values()].flat().filter(({ type }) => type === 'broadcast')),
  );
  const made = found.every(({ length }) => length === 32) ? new Set(found.map(({ to }) => to)) : undefined;
  broadcasts.set(routing, made);
  return made;
};

/**
 * Whether an interface answers for its address whoever of a stack's addresses asks, and nobody else does: neither the
 * settings of its stack look at the asker, nor has it one of these addresses itself (arp_process, ip_route_input_slow).
 */
const answersAnyOf = (
  { world: { links } }: Current,
  segment: Segment,
  stack: StackModel,
  { settings }: InterfaceModel,
  family: 4 | 6,
  address: bigint,
  askers: readonly bigint[],
): boolean => {
  const { arpIgnore, arpFilter, rpFilter } = settings;
  if (arpIgnore !== 0 || arpFilter || rpFilter !== 0 || hasOwnRules(stack, family)) return false;
  if (links.ownersOn(segment, family).get(address)?.length !== 1) return false;
  if (family === 6) return true;
  const own = ownAddresses(stack, family);
  const forAll = broadcastsOf(stack);
  return askers.every((asker) => !own.has(asker) && (forAll?.has(asker) === false || !isEverybody(stack, asker)));
};

/**
 * The station that a next hop on a plain link is for a source, where whoever answers would find the asker as well without
 * having learned of it: then nothing has to be remembered.
 */
const stationFor = (
  current: Current,
  node: Node,
  segment: Segment,
  from: InterfaceModel,
  family: 4 | 6,
  source: bigint,
  value: bigint,
): string | undefined => {
  const { links } = current.world;
  const [found, another] = links.resolve(segment, from, family, value, source);
  if (found?.mac === undefined || another !== undefined) return undefined;
  for (const [key] of found.learned) {
    const [stack, dev, address] = key.split(' ');
    if (stack === from.stack && dev === from.name) continue;
    const answerer = current.world.model.stacks.get(stack ?? '')?.interfaces.get(dev ?? '');
    if (answerer === undefined) return undefined;
    const asked = BigInt(address ?? '0');
    // Whoever asks back may do so with any of its addresses, unless that makes no difference.
    const all = ownGlobals(current.world.nodeOf(answerer.stack), family);
    const isOneForAll = answersAnyOf(current, segment, node.stack, from, family, asked, all);
    for (const asker of isOneForAll ? [value] : [0n, ...all]) {
      const [back, other] = links.resolve(segment, answerer, family, asked, asker);
      if (back?.mac !== from.mac || other !== undefined) return undefined;
    }
  }
  return found.mac;
};

/** The station that a next hop is for all these sources; see `stationFor`. */
const stationForAll = (
  current: Current,
  node: Node,
  segment: Segment,
  from: InterfaceModel,
  family: 4 | 6,
  sources: readonly bigint[],
  value: bigint,
): string | undefined => {
  let mac: string | undefined;
  for (const source of sources) {
    const key = `${node.id} ${from.name} ${family} ${value} ${source}`;
    const one = current.world.links.remembered(key, () =>
      stationFor(current, node, segment, from, family, source, value),
    );
    if (one === undefined || (mac !== undefined && mac !== one)) return undefined;
    mac = one;
  }
  return mac;
};

/** The station that a next hop is for all sources that a packet can have. `sourcesIn`: those of the packets at hand. */
export const oneForAll = (
  current: Current,
  node: Node,
  segment: Segment,
  from: InterfaceModel,
  family: 4 | 6,
  value: bigint,
  sourcesIn: () => readonly bigint[],
): string | undefined => {
  if (!isPlainFrom(segment, from, family)) return undefined;
  if (node.group !== undefined) return stationForAll(current, node, segment, from, family, sourcesIn(), value);
  // Mostly it is one for whatever the stack could ask with, and then no packet has to be looked at.
  const one = current.world.links.remembered(`${node.id} ${from.name} ${family} ${value}`, () =>
    stationForAll(current, node, segment, from, family, [0n, ...ownGlobals(node, family)], value),
  );
  return one ?? stationForAll(current, node, segment, from, family, sourcesIn(), value);
};
