/**
 * Which addresses a stack asks its neighbours with: the source of the packet at hand where it is one of its own, be it by a
 * route alone, or else one that it chooses for the neighbour (arp_solicit, inet_addr_type).
 */
import { interfaceOf, type StackModel } from '../model/model.ts';
import { ownAddressesOf } from '../model/own-addresses.ts';
import { isLocal } from '../walker/arp.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Current } from './current.ts';
import { type Askers } from './links.ts';
import { type Node } from './nodes.ts';
import { type Passage } from './passage.ts';
import { categoryOf, type Run } from './route-classes.ts';
import { blockOnAxis, offAxis, onAxis } from './space.ts';
import { headerOf, packetOf, termIn } from './view.ts';

/** Runs of the axis whose addresses are a stack's own by a route alone; loopback addresses are heard by nobody. */
const runsByRoute = ({ world: { space } }: Current, stack: StackModel): readonly Run[] => {
  const own = ownAddressesOf(stack).all[4];
  const runs = new Map<bigint, Run>();
  for (const { lengths } of stack.routing(4).tables.values())
    for (const { length, routes } of lengths)
      for (const [to, all] of routes) {
        if (!all.some(({ type }) => type === 'local') || categoryOf(4, to) === 'l') continue;
        if (length === 32 && own.has(to)) continue;
        for (const run of space.axes.address.runsBetween(...blockOnAxis(4, to, length))) {
          const { value } = offAxis(run.first);
          if (!own.has(value) && isLocal(stack, value)) runs.set(run.first, run);
        }
      }
  return [...runs.values()];
};

/** All that a stack may ask with because a packet comes from it. */
export const askersOf = (current: Current, { stack }: Node, family: 4 | 6): Askers => {
  const { globals } = ownAddressesOf(stack);
  return current.world.links.askersOf(`${stack.name} ${family}`, () => {
    const own = globals[family].map((value): Run => ({ first: onAxis(family, value), last: onAxis(family, value) }));
    const byRoute = family === 4 ? runsByRoute(current, stack) : [];
    if (byRoute.length === 0) return { runs: own, values: globals[family] };
    return {
      runs: [...own, ...byRoute],
      values: [...globals[family], ...byRoute.map(({ first }) => offAxis(first).value)],
    };
  });
};

/** The address of the member that stands for a group. */
export const ownAddress = (node: Node, family: 4 | 6): bigint | undefined =>
  interfaceOf(node.stack, node.group?.dev ?? '').addresses.find((it) => it.family === family && it.scope === 'global')
    ?.value;

/** Parts of a set by the source that the asking stack asks with: one of its own, or 0 where it is none of its own. */
export const bySource = (
  current: Current,
  node: Node,
  { view, set }: Passage,
): readonly { set: PacketSet; source: bigint }[] => {
  const { space } = current.world;
  const { bdd } = space;
  const { family, source } = view;
  if (node.group !== undefined) {
    return [{ set, source: ownAddress(node, family) ?? 0n }];
  }
  if (typeof source === 'bigint') return [{ set, source: offAxis(source).value }];
  const parts: { set: PacketSet; source: bigint }[] = [];
  let left = set;
  const { runs, values } = askersOf(current, node, family);
  for (const [index, { first, last }] of runs.entries()) {
    if (left === NOTHING) break;
    const part = bdd.and(left, termIn(space, source, first, last));
    if (part === NOTHING) continue;
    parts.push({ set: part, source: values[index]! });
    left = bdd.minus(left, part);
  }
  if (left !== NOTHING) parts.push({ set: left, source: packetOf(view, headerOf(space, left)).source });
  return parts;
};

/** Sources that a stack may ask with for packets of a set: those of its own that some have, 0 for all others. */
export const sourcesIn = (current: Current, node: Node, { view, set }: Passage): readonly bigint[] => {
  const { space } = current.world;
  const { family, source } = view;
  if (node.group !== undefined) return [ownAddress(node, family) ?? 0n];
  if (typeof source === 'bigint') return [offAxis(source).value];
  const { runs, values } = askersOf(current, node, family);
  const isMet = ({ first, last }: Run): boolean => space.meets(set, source, termIn(space, source, first, last));
  return [0n, ...values.filter((_, index) => isMet(runs[index]!))];
};
