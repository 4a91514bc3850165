/** What stacks send of their own, over sets of packets. Mirrors `walker/send.ts`. */
import { type NextHopModel } from '../model/model.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Current } from './current.ts';
import { runHookSets } from './hook-sets.ts';
import { ofSet, passageOf, type HookPlace, type Passage } from './passage.ts';
import { type HookContext } from './passages.ts';
import { ethertypes, hopsOf, leaveBy, type Outlet } from './leave-sets.ts';
import { type Node } from './nodes.ts';
import { deliverSets, oversized } from './receive-sets.ts';
import { blockOnAxis } from './space.ts';
import { termIn, termsEqual, type View } from './view.ts';

const loopback: NextHopModel = { via: undefined, dev: 'lo', weight: 1 };

/** Packets from 127.0.0.0/8 that would leave the stack, which does not let them. */
const fromLoopback = ({ world }: Current, node: Node, view: View, set: PacketSet, dev: string): PacketSet => {
  if (view.family === 6 || node.group !== undefined) return NOTHING;
  if (node.stack.interfaces.get(dev)?.settings.routeLocalnet === true) return NOTHING;
  return world.space.bdd.and(set, termIn(world.space, view.source, ...blockOnAxis(4, 127n << 24n, 8)));
};

/** The next hops of a stack's own packets; those that have none stop. */
export const waysOut = (
  current: Current,
  node: Node,
  view: View,
  set: PacketSet,
  preferredDev?: string,
): readonly Outlet[] => {
  const { bdd } = current.world.space;
  const { stack } = node;
  const found = new Map<string, Outlet>();
  const add = (hop: NextHopModel, part: PacketSet): void => {
    const key = `${hop.dev} ${hop.via ?? ''}`;
    found.set(key, { hop, set: bdd.or(found.get(key)?.set ?? NOTHING, part) });
  };
  for (const { set: part, result } of current.world.routing.lookUp(node, view, set, { preferredOif: preferredDev })) {
    const { answer, sample } = result;
    if (answer.kind !== 'route' || answer.nexthops.length === 0) continue;
    if (answer.route.type === 'broadcast') {
      // Answers of the kernel's own go out to everybody: the walker knows who takes them.
      if (view.isReply) current.giveUp(bdd.and(part, current.world.space.protocol('icmp')));
      continue;
    }
    const redirected = stack.redirects.get(String(sample));
    if (answer.route.type !== 'unicast') add(loopback, part);
    else
      for (const [hop, some] of hopsOf(current, stack.name, view, answer.nexthops)) {
        const taken = bdd.and(part, some);
        const usual = bdd.minus(taken, fromLoopback(current, node, view, taken, hop.dev));
        add(redirected === undefined ? hop : { ...hop, via: redirected }, usual);
      }
  }
  return [...found.values()].filter((outlet) => outlet.set !== NOTHING);
};

const overLoopback = (
  current: Current,
  context: HookContext,
  node: Node,
  place: HookPlace,
  passages: readonly Passage[],
): void => {
  if (passages.length === 0) return;
  const last = runHookSets(context, 'postrouting', place, passages, passages[0]!.view.destination);
  if (last.length === 0) return;
  const inside = { ...place, in: 'lo', out: undefined };
  deliverSets(current, context, node, inside, runHookSets(context, 'prerouting', inside, last));
};

const outBy = (
  current: Current,
  context: HookContext,
  node: Node,
  place: HookPlace,
  passages: readonly Passage[],
  outlets: readonly Outlet[],
): void => {
  if (outlets[0]?.hop.dev !== 'lo') leaveBy(current, context, node, place, passages, outlets);
  else for (const it of passages) overLoopback(current, context, node, place, [it]);
};

const byDevice = (outlets: readonly Outlet[]): readonly (readonly Outlet[])[] => {
  const found = new Map<string, Outlet[]>();
  for (const outlet of outlets) {
    const list = found.get(outlet.hop.dev);
    if (list === undefined) found.set(outlet.hop.dev, [outlet]);
    else list.push(outlet);
  }
  return [...found.values()];
};

const sendBy = (
  current: Current,
  context: HookContext,
  node: Node,
  passage: Passage,
  outlets: readonly Outlet[],
  preferredDev: string | undefined,
): void => {
  const { space } = current.world;
  const { bdd } = space;
  const { family } = passage.view;
  const { hooks } = node.stack;
  const place: HookPlace = {
    in: undefined,
    out: outlets[0]?.hop.dev ?? 'lo',
    ethertype: ethertypes[family],
    packetType: 'host',
  };
  const output = runHookSets(context, 'output', place, [passage]);
  const hasRouteChain = (hooks.get(`${family} output`) ?? []).some(({ chain }) => chain.type === 'route');
  for (const it of output) {
    const isMarked = hasRouteChain && it.view.mark !== passage.view.mark;
    const same = isMarked ? NOTHING : bdd.and(it.set, termsEqual(space, it.view.destination, passage.view.destination));
    if (same !== NOTHING) outBy(current, context, node, place, [ofSet(it, same)], outlets);
    const other = bdd.minus(it.set, same);
    if (other === NOTHING) continue;
    for (const again of byDevice(waysOut(current, node, it.view, other, preferredDev))) {
      const set = bdd.union(again.map((outlet) => outlet.set));
      outBy(current, context, node, { ...place, out: again[0]!.hop.dev }, [ofSet(it, set)], again);
    }
  }
};

/** Packets of a stack's own; `hop` where their route is settled already. */
export const sendSets = (
  current: Current,
  node: Node,
  view: View,
  set: PacketSet,
  more: { readonly hop?: NextHopModel; readonly preferredDev?: string } = {},
): void => {
  if (set === NOTHING) return;
  const { bdd } = current.world.space;
  const context = current.contextOf(node);
  const { hop, preferredDev } = more;
  const ways = hop === undefined ? waysOut(current, node, view, set, preferredDev) : [{ hop, set }];
  for (const outlets of byDevice(ways)) {
    const all = bdd.union(outlets.map((outlet) => outlet.set));
    const small = bdd.minus(all, oversized(current, node, outlets[0]!.hop.dev, { view, set: all }));
    if (small === NOTHING) continue;
    sendBy(current, context, node, passageOf(small, view, undefined), outlets, preferredDev);
  }
  current.keep(context);
};
