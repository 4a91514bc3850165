/** Sets of packets under way in one direction: what arrives where, what leaves by which next hop, what was delivered. */
import { type NextHopModel } from '../model/model.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { Heap } from './heap.ts';
import { type Passage } from './passage.ts';
import { type HookContext } from './passages.ts';
import { type Memory } from './memory.ts';
import { type Node } from './nodes.ts';
import { inRuns } from './route-classes.ts';
import { trackingKey } from './connections.ts';
import { viewKey, type View } from './view.ts';
import { type World } from './world.ts';

/** Packets that come up from an interface. */
export interface Arriving extends Passage {
  readonly node: Node;
  readonly dev: string;
  /** A bridge's filter has run the first hook already. */
  readonly hasPassed: boolean;
  readonly frame: { readonly sourceMac: string; readonly destinationMac: string };
}

/** Packets that have passed all filters of a stack. */
export interface Leaving extends Passage {
  readonly node: Node;
  readonly hop: NextHopModel;
}

export interface Delivered {
  readonly node: Node;
  readonly dev: string;
  readonly view: View;
  readonly set: PacketSet;
}

const firstHopLimit = 64;

const seesMacs = (node: Node): boolean =>
  node.stack.stack.filter.some(({ chains, subchains }) =>
    [...chains, ...(subchains ?? [])].some(({ rules }) =>
      rules.some(({ matches }) => matches.some(({ kind }) => kind === 'source-mac' || kind === 'destination-mac')),
    ),
  );

export class Current {
  readonly world: World;
  readonly memory: Memory;
  hopLimit = firstHopLimit;
  private readonly arriving: Heap<Arriving>;
  private readonly leaving: Heap<Leaving>;
  private readonly delivered: Heap<Delivered>;
  private readonly macs = new Map<Node, boolean>();

  constructor(world: World, memory: Memory) {
    this.world = world;
    this.memory = memory;
    const { bdd } = world.space;
    this.arriving = new Heap(bdd);
    this.leaving = new Heap(bdd);
    this.delivered = new Heap(bdd);
  }

  giveUp(set: PacketSet): void {
    this.memory.unclear = this.world.space.bdd.or(this.memory.unclear, set);
  }

  contextOf(node: Node): HookContext {
    const { world, memory } = this;
    const { stack } = node;
    return {
      space: world.space,
      filters: world.filters,
      stack,
      sessions: memory.sessions.get(stack.name) ?? new Map(),
      giveUp: (set) => this.giveUp(set),
      readings: memory.readings,
      runsOf: (family) =>
        world.routing.runsOf(node, family).map((run) => ({
          value: run.first,
          set: (term) => inRuns(world.space, term, [run]),
        })),
    };
  }

  keep(context: HookContext): void {
    if (context.sessions.size > 0) this.memory.sessions.set(context.stack.name, context.sessions);
  }

  enter(it: Arriving): void {
    if (it.set === NOTHING) return;
    let sees = this.macs.get(it.node);
    if (sees === undefined) this.macs.set(it.node, (sees = seesMacs(it.node)));
    const frame = sees ? `${it.frame.sourceMac} ${it.frame.destinationMac}` : '';
    const key = `${it.node.id} ${it.dev} ${it.hasPassed} ${viewKey(it.view)} ${trackingKey(it.tracking)} ${frame}`;
    this.arriving.add(key, it);
  }

  /** What a stack knows of a packet stays there: its mark, its connection. */
  leave(node: Node, hop: NextHopModel, { set, view }: Passage): void {
    if (set === NOTHING) return;
    const it = { node, hop, set, view: view.mark === 0 ? view : { ...view, mark: 0 }, tracking: undefined };
    this.leaving.add(`${node.id} ${hop.dev} ${hop.via ?? ''} ${viewKey(it.view)}`, it);
  }

  deliver(node: Node, dev: string, { set, view }: Passage): void {
    const plain = view.mark === 0 ? view : { ...view, mark: 0 };
    const key = `${node.id} ${dev} ${viewKey(plain)}`;
    this.delivered.add(key, { node, dev, view: plain, set });
  }

  takeArriving(): readonly Arriving[] {
    return this.arriving.taken();
  }

  takeLeaving(): readonly Leaving[] {
    return this.leaving.taken();
  }

  takeDelivered(): readonly Delivered[] {
    return this.delivered.taken();
  }
}
