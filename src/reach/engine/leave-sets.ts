/** The last hook of a stack over sets of packets, and the next hops that they leave by. */
import { type NextHopModel } from '../model/model.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Current } from './current.ts';
import { runHookSets } from './hook-sets.ts';
import { ofSet, type HookPlace, type Passage } from './passage.ts';
import { type HookContext } from './passages.ts';
import { type Node } from './nodes.ts';
import { onAxis } from './space.ts';
import { type View } from './view.ts';

export const ethertypes = { 4: 0x0800, 6: 0x86dd } as const;

/** A next hop, and the headers and courses that leave by it, of whatever comes so far. */
export interface Outlet {
  readonly hop: NextHopModel;
  readonly set: PacketSet;
}

/** Each of several next hops with the courses that take it. */
export const hopsOf = (
  { world }: Current,
  stack: string,
  view: View,
  nexthops: readonly NextHopModel[],
): readonly (readonly [NextHopModel, PacketSet])[] => {
  const key = `nexthop ${stack} ${view.source} ${view.destination} ${nexthops.length}`;
  return nexthops.map((hop, index) => [
    hop,
    nexthops.length < 2 ? 1 : world.space.unknown(key, nexthops.length, index),
  ]);
};

/** What a next hop is to translation: its address, or the destination where that is on the link. */
const nexthopOf = ({ via }: NextHopModel, view: View): View['destination'] =>
  via === undefined ? view.destination : onAxis(view.family, via);

/** Through the last hook and out by the next hops, all of one device. */
export const leaveBy = (
  current: Current,
  context: HookContext,
  node: Node,
  place: HookPlace,
  passages: readonly Passage[],
  outlets: readonly Outlet[],
): void => {
  const { bdd } = current.world.space;
  const { hooks } = node.stack;
  const [first] = outlets;
  if (first === undefined) return;
  for (const passage of passages) {
    const translates =
      hooks.get(`${passage.view.family} postrouting`)?.some(({ chain }) => chain.type === 'nat') === true;
    const groups = translates && outlets.length > 1 ? outlets.map((outlet) => [outlet]) : [outlets];
    for (const group of groups) {
      const own = groups.length === 1 ? passage : ofSet(passage, bdd.and(passage.set, group[0]!.set));
      if (own.set === NOTHING) continue;
      const last = runHookSets(context, 'postrouting', place, [own], nexthopOf(group[0]!.hop, passage.view));
      const whole = group.length === 1 ? NOTHING : bdd.union(group.map(({ set }) => set));
      for (const it of last)
        for (const { hop, set } of group)
          current.leave(node, hop, group.length === 1 ? it : ofSet(it, it.set === whole ? set : bdd.and(it.set, set)));
    }
  }
};
