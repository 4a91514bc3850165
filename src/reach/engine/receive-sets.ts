/** The IP layer of a stack over sets of packets: receiving and forwarding. Mirrors `walker/ip.ts`. */
import { interfaceOf } from '../model/model.ts';
import { ownAddressesOf } from '../model/own-addresses.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Arriving, type Current } from './current.ts';
import { runHookSets } from './hook-sets.ts';
import { ofSet, passageOf, type HookPlace, type Passage } from './passage.ts';
import { joinPassages, type HookContext } from './passages.ts';
import { ethertypes, hopsOf, leaveBy, type Outlet } from './leave-sets.ts';
import { type Node } from './nodes.ts';
import { type Decision } from './route-classes.ts';
import { onAxis } from './space.ts';
import { termIn } from './view.ts';

/** Packets that are longer than an interface takes and may not be cut. */
export const oversized = (
  { world }: Current,
  node: Node,
  dev: string,
  { view, set }: Pick<Passage, 'view' | 'set'>,
): PacketSet => {
  const { space, options } = world;
  const { mtuBytes } = interfaceOf(node.stack, dev).it;
  if (mtuBytes >= 65535 || options.allLengths !== true) return NOTHING;
  const large = space.bdd.and(set, space.values('length', BigInt(mtuBytes + 1), 65535n));
  if (large === NOTHING) return NOTHING;
  const uncut = space.bdd.and(large, space.codes('fragment', 1, 1));
  return view.isReply ? space.bdd.and(uncut, space.protocol('tcp')) : uncut;
};

export const deliverSets = (
  current: Current,
  context: HookContext,
  node: Node,
  place: HookPlace,
  passages: readonly Passage[],
): void => {
  if (passages.length === 0) return;
  for (const it of runHookSets(context, 'input', { ...place, out: undefined }, passages))
    current.deliver(node, place.in ?? 'lo', it);
};

/** Members of a group whose own address came back to it as source. */
const toItself = ({ world }: Current, node: Node, { view, set }: Passage): PacketSet => {
  if (node.group === undefined || typeof view.destination !== 'bigint') return NOTHING;
  if (!node.group.addresses[view.family].includes(view.destination)) return NOTHING;
  return world.space.bdd.and(set, termIn(world.space, view.source, view.destination, view.destination));
};

/** Datagrams to the broadcast address of one subnet that is an address of another interface: programs can answer from it. */
const ownBroadcast = ({ world: { space } }: Current, { stack }: Node, set: PacketSet, { view }: Passage): PacketSet => {
  const datagrams = space.bdd.and(set, space.protocol('udp'));
  if (datagrams === NOTHING) return NOTHING;
  const own = [...ownAddressesOf(stack).all[4]].map((value) => onAxis(4, value));
  const theirs = space.bdd.union(own.map((value) => termIn(space, view.destination, value, value)));
  return space.bdd.and(datagrams, theirs);
};

/** Packets that an interface does not pass on for their length: who forwards IPv6 never cuts. */
const stuck = (current: Current, node: Node, dev: string, passage: Passage): PacketSet => {
  const { space, options } = current.world;
  const { mtuBytes } = interfaceOf(node.stack, dev).it;
  if (passage.view.family === 4 || options.allLengths !== true || mtuBytes >= 65535)
    return oversized(current, node, dev, passage);
  return space.bdd.and(passage.set, space.values('length', BigInt(mtuBytes + 1), 65535n));
};

const forwardSets = (
  current: Current,
  context: HookContext,
  node: Node,
  place: HookPlace,
  passage: Passage,
  outlets: readonly Outlet[],
): void => {
  const { bdd } = current.world.space;
  if (current.hopLimit <= 1) return;
  const dev = outlets[0]?.hop.dev ?? '';
  const set = bdd.minus(passage.set, stuck(current, node, dev, passage));
  if (set === NOTHING) return;
  const forwarded = runHookSets(context, 'forward', { ...place, out: dev }, [ofSet(passage, set)]);
  leaveBy(current, context, node, { ...place, in: undefined, out: dev }, forwarded, outlets);
};

type Between = Pick<Decision, 'within' | 'sources' | 'destinations'>;

/** The packets that a decision is about. */
const between = ({ world: { space } }: Current, { view }: Passage, it: Between): PacketSet =>
  space.cut(space.cut(it.within, view.destination, it.destinations), view.source, it.sources);

/** ::1 is not received from anywhere else. */
const withoutLoopback = ({ world: { space } }: Current, { set, view: { family, destination } }: Passage): PacketSet => {
  if (family === 4) return set;
  const loopback = onAxis(6, 1n);
  return space.bdd.minus(set, termIn(space, destination, loopback, loopback));
};

/** Packets come up from an interface of a stack. */
export const arriveSets = (current: Current, arriving: Arriving): void => {
  const { world } = current;
  const { bdd } = world.space;
  const { view } = arriving;
  const { node, dev, hasPassed, frame } = arriving.at;
  const set = withoutLoopback(current, arriving);
  const context = current.contextOf(node);
  if (set === NOTHING || (view.family === 6 && !interfaceOf(node.stack, dev).settings.ipv6)) return;
  const place: HookPlace = {
    in: dev,
    out: undefined,
    ...frame,
    ethertype: ethertypes[view.family],
    packetType: 'host',
  };
  const first = hasPassed
    ? [passageOf(set, view, arriving.tracking)]
    : runHookSets(context, 'prerouting', place, [passageOf(set, view, undefined)]);
  const local: Passage[] = [];
  for (const passage of first) {
    const usual = bdd.minus(passage.set, toItself(current, node, passage));
    if (usual === NOTHING) continue;
    const forward = new Map<string, { readonly from: Between; readonly outlets: Outlet[] }>();
    for (const decision of world.routing.input(node, dev, passage.view, usual)) {
      const { result, destinations } = decision;
      if (result.kind === 'broadcast')
        current.giveUp(ownBroadcast(current, node, between(current, passage, decision), passage));
      // Addresses that many have do not answer.
      if (result.kind === 'drop' || result.kind === 'broadcast' || result.route.type === 'anycast') continue;
      if (result.kind === 'local') local.push(ofSet(passage, between(current, passage, decision)));
      else if (result.route.type === 'broadcast') current.giveUp(between(current, passage, decision));
      else
        for (const [hop, some] of hopsOf(current, node.stack.name, passage.view, result.nexthops)) {
          const outlet = { hop, set: bdd.and(destinations, some) };
          const key = `${decision.within} ${decision.sources} ${hop.dev}`;
          const same = forward.get(key);
          if (same === undefined) forward.set(key, { from: decision, outlets: [outlet] });
          else same.outlets.push(outlet);
        }
    }
    // What leaves by one device passes its filters as one.
    for (const { from, outlets } of forward.values()) {
      const destinations = bdd.union(outlets.map((outlet) => outlet.set));
      const forwarded = between(current, passage, { ...from, destinations });
      if (forwarded !== NOTHING) forwardSets(current, context, node, place, ofSet(passage, forwarded), outlets);
    }
  }
  deliverSets(current, context, node, place, joinPassages(world.space, local));
  current.keep(context);
};
