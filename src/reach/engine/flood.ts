/**
 * Sets of packets on their way in one direction: through stacks and over links, one hop at a time, until each is
 * delivered or stops. Mirrors `walker/ip.ts` and `walker/send.ts`.
 */
import { interfaceOf, stackOf, type NextHopModel } from '../model/model.ts';
import { type Course } from '../walker/course.ts';
import { type StopReason } from '../walk.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { joinPassages, runHookSets, type HookContext, type HookPlace, type Passage } from './hook-sets.ts';
import { type Node } from './nodes.ts';
import { inRuns } from './routing-sets.ts';
import { offAxis, onAxis } from './space.ts';
import { type Sessions } from './tracking.ts';
import { transmitSets, type Onward } from './transmit.ts';
import { trackingKey } from './tracking.ts';
import { termIn, termsEqual, viewKey, type View } from './view.ts';
import { type World } from './world.ts';

/** Packets that come up from an interface. */
export interface Arriving extends Passage {
  readonly node: Node;
  readonly dev: string;
  /** A bridge's filter has run the first hook already. */
  readonly hasPassed: boolean;
  readonly frame: { readonly sourceMac: string; readonly destinationMac: string };
}

export interface Delivered {
  readonly node: Node;
  readonly view: View;
  readonly set: PacketSet;
}

/** A station that a stack knows by what went before. */
export interface Learned {
  readonly mac: string;
  readonly course: Course | undefined;
  readonly set: PacketSet;
}

/** What stacks remember from one direction to the next. */
export interface Memory {
  readonly sessions: Map<string, Sessions>;
  readonly learned: Map<string, Learned[]>;
  /** Where packets stop: sets by `reason stack`. */
  readonly stopped: Map<string, PacketSet>;
  /** Headers that take a way that this engine does not follow. */
  unclear: PacketSet;
}

export const emptyMemory = (): Memory => ({
  sessions: new Map(),
  learned: new Map(),
  stopped: new Map(),
  unclear: NOTHING,
});

const firstHopLimit = 64;
const ethertypes = { 4: 0x0800, 6: 0x86dd } as const;

const usesMacs = (node: Node): boolean =>
  node.stack.stack.filter.some(({ chains, subchains }) =>
    [...chains, ...(subchains ?? [])].some(({ rules }) =>
      rules.some(({ matches }) => matches.some(({ kind }) => kind === 'source-mac' || kind === 'destination-mac')),
    ),
  );

export class Flood {
  readonly world: World;
  readonly memory: Memory;
  private readonly delivered = new Map<string, Delivered>();
  private arriving = new Map<string, Arriving>();
  private hopLimit = firstHopLimit;
  private readonly macs = new Map<Node, boolean>();

  constructor(world: World, memory: Memory) {
    this.world = world;
    this.memory = memory;
  }

  stop(reason: StopReason, stack: string, set: PacketSet): void {
    if (set === NOTHING) return;
    const key = `${reason} ${stack}`;
    this.memory.stopped.set(key, this.world.space.bdd.or(this.memory.stopped.get(key) ?? NOTHING, set));
  }

  giveUp(set: PacketSet): void {
    this.memory.unclear = this.world.space.bdd.or(this.memory.unclear, set);
  }

  /** Follows what is under way until nothing is; what was delivered. */
  run(): readonly Delivered[] {
    while (this.arriving.size > 0) {
      const now = this.arriving;
      this.arriving = new Map();
      for (const it of now.values()) this.arrive(it);
      this.hopLimit -= 1;
    }
    return [...this.delivered.values()];
  }

  contextOf(node: Node): HookContext {
    const { world, memory } = this;
    const { stack } = node;
    return {
      space: world.space,
      filters: world.filters,
      stack,
      sessions: memory.sessions.get(stack.name) ?? new Map(),
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
    let hasMacs = this.macs.get(it.node);
    if (hasMacs === undefined) this.macs.set(it.node, (hasMacs = usesMacs(it.node)));
    const frame = hasMacs ? `${it.frame.sourceMac} ${it.frame.destinationMac}` : '';
    const key = `${it.node.id} ${it.dev} ${it.hasPassed} ${viewKey(it.view)} ${trackingKey(it.tracking)} ${frame}`;
    const before = this.arriving.get(key);
    this.arriving.set(key, before === undefined ? it : { ...before, set: this.world.space.bdd.or(before.set, it.set) });
  }

  private arrive(it: Arriving): void {
    const { world } = this;
    const { bdd } = world.space;
    const context = this.contextOf(it.node);
    const { name } = it.node.stack;
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
    this.stop('nf_drop', name, first.dropped);
    this.stop('nf_reject', name, first.rejected);
    const local: Passage[] = [];
    const onward: { passage: Passage; hop: NextHopModel }[] = [];
    for (const passage of first.passed) {
      const strange = this.toItself(it.node, passage);
      this.stop('martian', name, strange);
      const usual = bdd.minus(passage.set, strange);
      if (usual === NOTHING) continue;
      for (const { set, result } of world.routing.input(it.node, it.dev, passage.view, usual)) {
        const part = { ...passage, set };
        if (result.kind === 'drop') this.stop(result.reason, name, set);
        else if (result.kind !== 'forward') {
          if (result.kind === 'local') local.push(part);
          else this.stop('no_listener', name, set);
        } else
          for (const [hop, some] of this.hops(name, passage.view, result.nexthops))
            onward.push({ passage: { ...part, set: bdd.and(set, some) }, hop });
      }
    }
    this.deliver(context, it.node, place, joinPassages(world.space, local));
    for (const { passage, hop } of byHop(onward)) this.forward(context, it.node, place, passage, hop);
    this.keep(context);
  }

  /** A member of a group whose own address came back to it as source. */
  private toItself(node: Node, { view, set }: Passage): PacketSet {
    if (node.group === undefined || typeof view.destination !== 'bigint') return NOTHING;
    if (!node.group.addresses[view.family].includes(view.destination)) return NOTHING;
    return this.world.space.bdd.and(set, termIn(this.world.space, view.source, view.destination, view.destination));
  }

  /** Each of several next hops with the courses that take it. */
  private hops(
    stack: string,
    view: View,
    nexthops: readonly NextHopModel[],
  ): readonly (readonly [NextHopModel, PacketSet])[] {
    const key = `nexthop ${stack} ${view.source} ${view.destination}`;
    return nexthops.map((hop, index) => [
      hop,
      nexthops.length < 2 ? 1 : this.world.space.unknown(`${key} ${nexthops.length}`, nexthops.length, index),
    ]);
  }

  private deliver(context: HookContext, node: Node, place: HookPlace, passages: readonly Passage[]): void {
    if (passages.length === 0) return;
    const input = runHookSets(context, 'input', { ...place, out: undefined }, passages);
    this.stop('nf_drop', node.stack.name, input.dropped);
    this.stop('nf_reject', node.stack.name, input.rejected);
    for (const { view, set } of input.passed) {
      const plain = { ...view, mark: 0 };
      const key = `${node.id} ${viewKey(plain)}`;
      const before = this.delivered.get(key);
      const all = before === undefined ? set : this.world.space.bdd.or(before.set, set);
      this.delivered.set(key, { node, view: plain, set: all });
    }
  }

  private oversized(node: Node, dev: string, set: PacketSet): PacketSet {
    const { space } = this.world;
    const { mtuBytes } = interfaceOf(node.stack, dev).it;
    if (mtuBytes >= 65535) return NOTHING;
    const large = space.bdd.and(set, space.values('length', BigInt(mtuBytes + 1), 65535n));
    return large === NOTHING ? NOTHING : space.bdd.and(large, space.codes('fragment', 1, 1));
  }

  private forward(context: HookContext, node: Node, place: HookPlace, passage: Passage, hop: NextHopModel): void {
    const { bdd } = this.world.space;
    const { name } = node.stack;
    if (this.hopLimit <= 1) {
      this.stop('ttl_loop', name, passage.set);
      return;
    }
    const large = this.oversized(node, hop.dev, passage.set);
    this.stop('mtu', name, large);
    const set = bdd.minus(passage.set, large);
    if (set === NOTHING) return;
    const forwarded = runHookSets(context, 'forward', { ...place, out: hop.dev }, [{ ...passage, set }]);
    this.stop('nf_drop', name, forwarded.dropped);
    this.stop('nf_reject', name, forwarded.rejected);
    this.leave(context, node, { ...place, in: undefined, out: hop.dev }, forwarded.passed, hop);
  }

  /** The last hook, and onto the link. */
  private leave(
    context: HookContext,
    node: Node,
    place: HookPlace,
    passages: readonly Passage[],
    hop: NextHopModel,
  ): void {
    if (passages.length === 0) return;
    const { name } = node.stack;
    for (const passage of passages) {
      const nexthop = hop.via === undefined ? passage.view.destination : onAxis(passage.view.family, hop.via);
      const last = runHookSets(context, 'postrouting', place, [passage], nexthop);
      this.stop('nf_drop', name, last.dropped);
      this.stop('nf_reject', name, last.rejected);
      if (hop.dev === 'lo') {
        this.overLoopback(context, node, place, last.passed);
        continue;
      }
      this.keep(context);
      for (const it of last.passed) for (const next of transmitSets(this, node, hop, it)) this.cross(next);
      context.sessions = this.memory.sessions.get(name) ?? context.sessions;
    }
  }

  private overLoopback(context: HookContext, node: Node, place: HookPlace, passages: readonly Passage[]): void {
    if (passages.length === 0) return;
    const inside = { ...place, in: 'lo', out: undefined };
    const first = runHookSets(context, 'prerouting', inside, passages);
    this.stop('nf_drop', node.stack.name, first.dropped);
    this.stop('nf_reject', node.stack.name, first.rejected);
    this.deliver(context, node, inside, first.passed);
  }

  /** Over the bridges of a link, through their stacks' IP filters where these look, to where the frame comes out. */
  private cross({ passage, way, frame }: Onward): void {
    const { world } = this;
    const { bdd } = world.space;
    const family = passage.view.family;
    // What a stack knows of a packet stays there: its mark, its connection.
    const forgotten = (it: Passage): Passage => ({ ...it, tracking: undefined, view: { ...it.view, mark: 0 } });
    let live: readonly Passage[] = [forgotten(passage)];
    let hasPassed = false;
    for (const pass of way.passes) {
      const stack = stackOf(world.model, pass.stack);
      const isSilent =
        !stack.tracks[family] &&
        !['prerouting', 'forward', 'postrouting'].some((hook) => stack.hooks.has(`${family} ${hook}`));
      if (!stack.settings.bridgeFilter[family] || isSilent) continue;
      const node = world.nodeOf(pass.stack);
      const context = this.contextOf(node);
      const base = { ...frame, ethertype: ethertypes[family], packetType: 'host' as const, portIn: pass.in };
      const before = live;
      const next: Passage[] = [];
      for (const it of before) {
        const first = runHookSets(context, 'prerouting', { ...base, in: pass.bridge, out: undefined }, [
          { ...it, tracking: undefined },
        ]);
        this.stop('nf_drop', pass.stack, first.dropped);
        this.stop('nf_reject', pass.stack, first.rejected);
        for (const passed of first.passed) {
          // A frame whose packet was given another destination goes up instead of on, and is another station's there.
          const stays =
            passed.view.destination === it.view.destination
              ? passed.set
              : bdd.and(passed.set, termsEqual(world.space, passed.view.destination, it.view.destination));
          const up = bdd.minus(passed.set, stays);
          if (pass.out === undefined) next.push(passed);
          else {
            if (stays !== NOTHING) next.push({ ...passed, set: stays });
            this.stop('other_host', pass.stack, up);
          }
        }
      }
      live = next;
      if (pass.out === undefined) {
        hasPassed = true;
        this.keep(context);
        break;
      }
      const inside = { ...base, portOut: pass.out, in: pass.bridge, out: pass.bridge };
      const forwarded = live.map((it) => runHookSets(context, 'forward', inside, [it]));
      const last = forwarded
        .flatMap(({ passed }) => passed)
        .map((it) => runHookSets(context, 'postrouting', { ...inside, in: undefined }, [it]));
      for (const { dropped, rejected } of [...forwarded, ...last]) {
        this.stop('nf_drop', pass.stack, dropped);
        this.stop('nf_reject', pass.stack, rejected);
      }
      live = last.flatMap(({ passed }) => passed).map(forgotten);
      this.keep(context);
    }
    for (const it of joinPassages(world.space, live))
      this.enter({ ...it, node: world.nodeOf(way.stack), dev: way.interface, hasPassed, frame });
  }

  /** Packets of a stack's own; `hop` where their route is settled already. */
  send(node: Node, view: View, set: PacketSet, hop?: NextHopModel): void {
    if (set === NOTHING) return;
    const { world } = this;
    const { bdd } = world.space;
    const context = this.contextOf(node);
    const ways = hop === undefined ? this.waysOut(node, view, set) : [{ hop, set }];
    for (const way of ways) {
      const large = this.oversized(node, way.hop.dev, way.set);
      this.stop('mtu', node.stack.name, large);
      const small = bdd.minus(way.set, large);
      if (small !== NOTHING) this.sendBy(context, node, { view, set: small, tracking: undefined }, way.hop);
    }
    this.keep(context);
  }

  /** The next hops of a stack's own packets; those that have none stop. */
  waysOut(node: Node, view: View, set: PacketSet): readonly { readonly hop: NextHopModel; readonly set: PacketSet }[] {
    const { bdd } = this.world.space;
    const { stack } = node;
    const ways: { passage: Passage; hop: NextHopModel }[] = [];
    for (const { set: part, result } of this.world.routing.lookUp(node, view, set)) {
      const { answer, sample } = result;
      if (answer.kind !== 'route' || answer.nexthops.length === 0 || answer.route.type === 'broadcast') {
        this.stop(answer.kind === 'none' ? 'no_route' : 'route_unreachable', stack.name, part);
        continue;
      }
      const redirected = stack.redirects.get(String(sample));
      const passage = { view, set: part, tracking: undefined };
      if (answer.route.type !== 'unicast') ways.push({ passage, hop: { via: undefined, dev: 'lo', weight: 1 } });
      else
        for (const [hop, some] of this.hops(stack.name, view, answer.nexthops))
          ways.push({
            passage: { ...passage, set: bdd.and(part, some) },
            hop: redirected === undefined ? hop : { ...hop, via: redirected },
          });
    }
    return byHop(ways, (a, b) => bdd.or(a, b)).map(({ passage, hop }) => ({ hop, set: passage.set }));
  }

  private sendBy(context: HookContext, node: Node, passage: Passage, hop: NextHopModel): void {
    const { family } = passage.view;
    const { name, hooks } = node.stack;
    const place: HookPlace = { in: undefined, out: hop.dev, ethertype: ethertypes[family], packetType: 'host' };
    const output = runHookSets(context, 'output', place, [passage]);
    this.stop('nf_drop', name, output.dropped);
    this.stop('nf_reject', name, output.rejected);
    const hasRouteChain = (hooks.get(`${family} output`) ?? []).some(({ chain }) => chain.type === 'route');
    const { bdd } = this.world.space;
    for (const it of output.passed) {
      const isMarked = hasRouteChain && it.view.mark !== passage.view.mark;
      const same = isMarked
        ? NOTHING
        : bdd.and(it.set, termsEqual(this.world.space, it.view.destination, passage.view.destination));
      if (same !== NOTHING) this.leave(context, node, place, [{ ...it, set: same }], hop);
      const other = bdd.minus(it.set, same);
      if (other === NOTHING) continue;
      for (const again of this.waysOut(node, it.view, other))
        this.leave(context, node, { ...place, out: again.hop.dev }, [{ ...it, set: again.set }], again.hop);
    }
  }
}

/** Joins what leaves by the same next hop and looks alike. */
const byHop = (
  list: readonly { readonly passage: Passage; readonly hop: NextHopModel }[],
  join?: (a: PacketSet, b: PacketSet) => PacketSet,
): readonly { readonly passage: Passage; readonly hop: NextHopModel }[] => {
  if (join === undefined) return list;
  const found = new Map<string, { passage: Passage; hop: NextHopModel }>();
  for (const it of list) {
    const key = `${it.hop.dev} ${it.hop.via ?? ''}`;
    const before = found.get(key);
    found.set(
      key,
      before === undefined
        ? it
        : { ...before, passage: { ...before.passage, set: join(before.passage.set, it.passage.set) } },
    );
  }
  return [...found.values()];
};

export { offAxis };
