/** Requests on their way there, and no further: who can ask what, and where it is delivered. */
import { type Family } from '../../net/address.ts';
import { EVERYTHING, type PacketSet } from './bdd.ts';
import { Current, type Delivered } from './current.ts';
import { flood } from './flood.ts';
import { emptyMemory } from './memory.ts';
import { type Node } from './nodes.ts';
import { sow, universeOf, type Seed } from './seeds.ts';
import { type World } from './world.ts';

export interface Delivery {
  readonly world: World;
  readonly seeds: ReadonlyMap<Node, readonly Seed[]>;
  /** Requests that reach a far end, as what they get there. */
  readonly delivered: readonly Delivered[];
  /** Requests that some course of leads where this engine does not follow: the walker has to be asked. */
  readonly unclear: PacketSet;
}

const families: readonly Family[] = [4, 6];

/** Sends all that can be asked, as far as it is `within` a set. */
export const deliver = (world: World, within: PacketSet = EVERYTHING): Delivery => {
  const memory = emptyMemory();
  const seeds = new Map<Node, Seed[]>();
  const current = new Current(world, memory);
  for (const family of families) {
    const universe = universeOf(world, family);
    for (const node of world.nodes) {
      const list = seeds.get(node) ?? [];
      seeds.set(node, [...list, sow(current, node, family, universe, within)]);
    }
  }
  const delivered = flood(current);
  return { world, seeds, delivered, unclear: memory.unclear };
};
