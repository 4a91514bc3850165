/** Which station on a plain link a next hop is, where all packets of a set find the same one and nothing has to be learned. */
import { stackOf, type InterfaceModel, type StackModel } from '../model/model.ts';
import { ownAddressesOf } from '../model/own-addresses.ts';
import { isEverybody } from '../walker/arp.ts';
import { askersOf } from './askers.ts';
import { type Current } from './current.ts';
import { type Askers } from './links.ts';
import { type Node } from './nodes.ts';
import { categoryOf, hasOwnRules, ownAddresses } from './route-classes.ts';
import { isPlainFrom, type Segment } from './segments.ts';

const heard = new WeakMap<StackModel['routing'], WeakMap<readonly bigint[], boolean>>();

/** Whether a stack takes ARP questions from all these addresses: unicast, not its own, and none that it takes for everybody. */
const hearsAll = (stack: StackModel, askers: readonly bigint[]): boolean => {
  let byAskers = heard.get(stack.routing);
  if (byAskers === undefined) heard.set(stack.routing, (byAskers = new WeakMap<readonly bigint[], boolean>()));
  const known = byAskers.get(askers);
  if (known !== undefined) return known;
  const own = ownAddresses(stack, 4);
  const made = askers.every((it) => !own.has(it) && categoryOf(4, it) === '' && !isEverybody(stack, it));
  byAskers.set(askers, made);
  return made;
};

/** Whether an interface answers for its address and nobody else does, and the settings of its stack do not look at who asks. */
const answersAlone = (
  { world: { links } }: Current,
  segment: Segment,
  stack: StackModel,
  { settings }: InterfaceModel,
  family: 4 | 6,
  address: bigint,
): boolean => {
  const { arpIgnore, arpFilter, rpFilter } = settings;
  if (arpIgnore !== 0 || arpFilter || rpFilter !== 0 || hasOwnRules(stack, family)) return false;
  return links.ownersOn(segment, family).get(address)?.length === 1;
};

/**
 * The same whoever of a stack's addresses asks: neither does it look at the asker, nor has it one of these addresses
 * itself (arp_process, ip_route_input_slow).
 */
const answersAnyOf = (
  current: Current,
  segment: Segment,
  stack: StackModel,
  it: InterfaceModel,
  family: 4 | 6,
  address: bigint,
  askers: readonly bigint[],
): boolean => answersAlone(current, segment, stack, it, family, address) && (family === 6 || hearsAll(stack, askers));

/** With which MAC an address that one station answers for is answered; `asking` with `asker` is one of those who may ask. */
const answerFor = (
  { world: { links } }: Current,
  segment: Segment,
  asking: InterfaceModel,
  address: bigint,
  asker: bigint,
): string | undefined =>
  // As it does not matter who asks, what one was told holds for all.
  links.answerOn(segment, address, () => {
    const [found, another] = links.resolve(segment, asking, 4, address, asker);
    return another === undefined ? found?.mac : undefined;
  });

/** Who answers for an IPv4 address, and with which MAC, whichever address of the asking stack asks; undefined where that matters. */
const ownerForAll = (
  current: Current,
  segment: Segment,
  asking: InterfaceModel,
  address: bigint,
  askers: readonly bigint[],
): { readonly owner: InterfaceModel; readonly mac: string } | undefined => {
  const { links, model } = current.world;
  const [owner] = links.ownersOn(segment, 4).get(address) ?? [];
  const [asker] = askers;
  if (owner === undefined || owner === asking || asker === undefined) return undefined;
  if (!answersAnyOf(current, segment, stackOf(model, owner.stack), owner, 4, address, askers)) return undefined;
  const fixed = stackOf(model, asking.stack).neighbours;
  if (fixed.size > 0 && fixed.has(`${asking.name} ${address}`)) return undefined;
  const mac = answerFor(current, segment, asking, address, asker);
  return mac === undefined ? undefined : { owner, mac };
};

/** Whether `asking` finds `it` by each of the addresses of its stack, whichever of its own it asks with. */
const findsBack = (
  current: Current,
  segment: Segment,
  asking: InterfaceModel,
  askers: readonly bigint[],
  it: InterfaceModel,
  addresses: readonly bigint[],
): boolean => {
  const { links, model } = current.world;
  const [asker] = askers;
  if (asker === undefined) return false;
  if (asking.stack === it.stack || stackOf(model, asking.stack).neighbours.size > 0)
    return addresses.every((address) => ownerForAll(current, segment, asking, address, askers)?.mac === it.mac);
  const stack = stackOf(model, it.stack);
  if (!hearsAll(stack, askers)) return false;
  // All else does not depend on who asks.
  const isFound = (address: bigint): boolean => {
    const [owner] = links.ownersOn(segment, 4).get(address) ?? [];
    if (owner === undefined || !answersAlone(current, segment, stackOf(model, owner.stack), owner, 4, address))
      return false;
    return answerFor(current, segment, asking, address, asker) === it.mac;
  };
  const key = `all of ${it.stack} ${it.name}`;
  return links.remembered(key, () => (addresses.every(isFound) ? it.mac : undefined)) !== undefined;
};

/** Then it asks by ARP with no others (inet_select_addr). */
const hasGlobalsOnly = ({ stack }: Node, { values }: Askers): boolean => {
  const { told, globals } = ownAddressesOf(stack);
  return values.length === globals[4].length && told[4].size === globals[4].length;
};

/** The station that an IPv4 next hop is for whatever its asker may ask with, where that follows from who owns what. */
const stationOfOwner = (
  current: Current,
  node: Node,
  segment: Segment,
  from: InterfaceModel,
  value: bigint,
): string | undefined => {
  const own = askersOf(current, node, 4);
  const there = ownerForAll(current, segment, from, value, own.values);
  if (there === undefined) return undefined;
  const other = current.world.nodeOf(there.owner.stack);
  const theirs = askersOf(current, other, 4);
  if (!hasGlobalsOnly(node, own) || !hasGlobalsOnly(other, theirs)) return undefined;
  // Whoever answers must find each of the addresses that it may be asked with at the asker as well.
  return findsBack(current, segment, there.owner, theirs.values, from, own.values) ? there.mac : undefined;
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
    const { values: all } = askersOf(current, current.world.nodeOf(answerer.stack), family);
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
  const one = current.world.links.remembered(
    `${node.id} ${from.name} ${family} ${value}`,
    () =>
      (family === 4 ? stationOfOwner(current, node, segment, from, value) : undefined) ??
      stationForAll(current, node, segment, from, family, [0n, ...askersOf(current, node, family).values], value),
  );
  return one ?? stationForAll(current, node, segment, from, family, sourcesIn(), value);
};
