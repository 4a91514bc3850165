/** The IP layer of a stack over sets of packets: receiving and forwarding. Mirrors `walker/ip.ts`. */
import { interfaceOf } from '../model/model.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Arriving, type Current } from './current.ts';
import { runHookSets } from './hook-sets.ts';
import { joinPassages, type HookContext, type HookPlace, type Passage } from './passages.ts';
import { ethertypes, hopsOf, leaveBy, type Outlet } from './leave-sets.ts';
import { type Node } from './nodes.ts';
import { termIn } from './view.ts';

/** Packets that are longer than an interface takes and may not be cut. */
export const oversized = ({ world }: Current, node: Node, dev: string, set: PacketSet): PacketSet => {
  const { space, options } = world;
  const { mtuBytes } = interfaceOf(node.stack, dev).it;
  if (mtuBytes >= 65535 || options.allLengths !== true) return NOTHING;
  const large = space.bdd.and(set, space.values('length', BigInt(mtuBytes + 1), 65535n));
  return large === NOTHING ? NOTHING : space.bdd.and(large, space.codes('fragment', 1, 1));
};

export const deliverSets = (
  current: Current,
  context: HookContext,
  node: Node,
  place: HookPlace,
  passages: readonly Passage[],
): void => {
  if (passages.length === 0) return;
  const input = runHookSets(context, 'input', { ...place, out: undefined }, passages);
  current.stopAt(node.stack.name, input);
  for (const it of input.passed) current.deliver(node, place.in ?? 'lo', it);
};

/** A member of a group whose own address came back to it as source. */
const toItself = ({ world }: Current, node: Node, { view, set }: Passage): PacketSet => {
  if (node.group === undefined || typeof view.destination !== 'bigint') return NOTHING;
  if (!node.group.addresses[view.family].includes(view.destination)) return NOTHING;
  return world.space.bdd.and(set, termIn(world.space, view.source, view.destination, view.destination));
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
  const { name } = node.stack;
  if (current.hopLimit <= 1) {
    current.stop('ttl_loop', name, passage.set);
    return;
  }
  const dev = outlets[0]?.hop.dev ?? '';
  const large = oversized(current, node, dev, passage.set);
  current.stop('mtu', name, large);
  const set = bdd.minus(passage.set, large);
  if (set === NOTHING) return;
  const forwarded = runHookSets(context, 'forward', { ...place, out: dev }, [{ ...passage, set }]);
  current.stopAt(name, forwarded);
  leaveBy(current, context, node, { ...place, in: undefined, out: dev }, forwarded.passed, outlets);
};

/** Packets come up from an interface of a stack. */
export const arriveSets = (current: Current, it: Arriving): void => {
  const { world } = current;
  const { bdd } = world.space;
  const { node } = it;
  const context = current.contextOf(node);
  const { name } = node.stack;
  if (it.view.family === 6 && !interfaceOf(node.stack, it.dev).settings.ipv6) {
    current.stop('interface_down', name, it.set);
    return;
  }
  const place: HookPlace = {
    in: it.dev,
    out: undefined,
    ...it.frame,
    ethertype: ethertypes[it.view.family],
    packetType: 'host',
  };
  const first = it.hasPassed
    ? { passed: [it], dropped: NOTHING, rejected: NOTHING }
    : runHookSets(context, 'prerouting', place, [{ ...it, tracking: undefined }]);
  current.stopAt(name, first);
  const local: Passage[] = [];
  for (const passage of first.passed) {
    const strange = toItself(current, node, passage);
    current.stop('martian', name, strange);
    const usual = bdd.minus(passage.set, strange);
    if (usual === NOTHING) continue;
    const byDevice = new Map<string, Outlet[]>();
    for (const { set, result } of world.routing.input(node, it.dev, passage.view, usual)) {
      if (result.kind === 'drop') current.stop(result.reason, name, set);
      // Addresses that many have do not answer.
      else if (result.kind === 'broadcast' || result.route.type === 'anycast') current.stop('no_listener', name, set);
      else if (result.kind === 'local') local.push({ ...passage, set });
      else if (result.route.type === 'broadcast') current.giveUp(set);
      else
        for (const [hop, some] of hopsOf(current, name, passage.view, result.nexthops)) {
          const outlets = byDevice.get(hop.dev);
          const outlet = { hop, set: bdd.and(set, some) };
          if (outlets === undefined) byDevice.set(hop.dev, [outlet]);
          else outlets.push(outlet);
        }
    }
    for (const outlets of byDevice.values()) {
      const set = bdd.union(outlets.map((outlet) => outlet.set));
      if (set !== NOTHING) forwardSets(current, context, node, place, { ...passage, set }, outlets);
    }
  }
  deliverSets(current, context, node, place, joinPassages(world.space, local));
  current.keep(context);
};
