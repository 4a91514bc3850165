/** Sets of packets under way in one direction: what arrives where, what leaves by which next hop, what was delivered. */
import { type NextHopModel } from '../model/model.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { Circles } from './circles.ts';
import { Heap } from './heap.ts';
import { type Passage } from './passage.ts';
import { type HookContext } from './passages.ts';
import { stationsOf, type Memory } from './memory.ts';
import { type Node } from './nodes.ts';
import { inRuns } from './route-classes.ts';
import { differing } from './sessions.ts';
import { trackingKey } from './connections.ts';
import { viewKey, withMark, type View } from './view.ts';
import { type World } from './world.ts';

/** Where packets come up from an interface. */
export interface Entry {
  readonly node: Node;
  readonly dev: string;
  /** A bridge's filter has run the first hook already. */
  readonly hasPassed: boolean;
  readonly frame: { readonly sourceMac: string; readonly destinationMac: string };
}

/** Packets that come up from an interface. */
export interface Arriving extends Passage {
  readonly at: Entry;
}

/** Packets that have passed all filters of a stack. */
export interface Leaving extends Passage {
  readonly node: Node;
  readonly hop: NextHopModel;
}

const arrivingOf = ({ view, tracking, at }: Arriving, set: PacketSet): Arriving => ({ set, view, tracking, at });

const leavingOf = ({ view, tracking, node, hop }: Leaving, set: PacketSet): Leaving => ({
  set,
  view,
  tracking,
  node,
  hop,
});

const deliveredOf = ({ node, dev, view }: Delivered, set: PacketSet): Delivered => ({ node, dev, view, set });

export interface Delivered {
  readonly node: Node;
  readonly dev: string;
  readonly view: View;
  readonly set: PacketSet;
}

const firstHopLimit = 64;
/** Where there are no circles, packets are seldom longer under way; looking for circles costs something. */
const usualHops = 6;

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
  private circles: Circles | undefined;

  constructor(world: World, memory: Memory) {
    this.world = world;
    this.memory = memory;
    const { bdd } = world.space;
    this.arriving = new Heap(bdd, arrivingOf);
    this.leaving = new Heap(bdd, leavingOf);
    this.delivered = new Heap(bdd, deliveredOf);
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
    const { sessions } = this.memory;
    const { name } = context.stack;
    this.circles?.change(differing(context.space, sessions.get(name), context.sessions));
    if (context.sessions.size > 0) sessions.set(name, context.sessions);
  }

  private placeOf({ view, tracking, at: { node, dev, hasPassed, frame } }: Arriving): string {
    let sees = this.macs.get(node);
    if (sees === undefined) this.macs.set(node, (sees = seesMacs(node)));
    const macs = sees ? `${frame.sourceMac} ${frame.destinationMac}` : '';
    return `${node.id} ${dev} ${hasPassed} ${viewKey(view)} ${trackingKey(tracking)} ${macs}`;
  }

  enter({ set, view, tracking }: Passage, at: Entry): void {
    if (set === NOTHING) return;
    const it = { set, view, tracking, at };
    this.arriving.add(this.placeOf(it), it);
  }

  /** What a stack knows of a packet stays there: its mark, its connection. */
  leave(node: Node, hop: NextHopModel, { set, view }: Passage): void {
    if (set === NOTHING) return;
    const it = { set, view: withMark(view, 0), tracking: undefined, node, hop };
    this.leaving.add(`${node.id} ${hop.dev} ${hop.via ?? ''} ${viewKey(it.view)}`, it);
  }

  deliver(node: Node, dev: string, { set, view }: Passage): void {
    const plain = withMark(view, 0);
    const key = `${node.id} ${dev} ${viewKey(plain)}`;
    this.delivered.add(key, { node, dev, view: plain, set });
  }

  takeArriving(): readonly Arriving[] {
    const all = this.arriving.taken();
    if (firstHopLimit - this.hopLimit < usualHops) return all;
    const circles = (this.circles ??= new Circles(this.world.space.bdd));
    circles.know(stationsOf(this.memory));
    circles.turn();
    return all
      .map((it) => arrivingOf(it, circles.follow(this.placeOf(it), it.set)))
      .filter(({ set }) => set !== NOTHING);
  }

  takeLeaving(): readonly Leaving[] {
    return this.leaving.taken();
  }

  takeDelivered(): readonly Delivered[] {
    return this.delivered.taken();
  }
}
