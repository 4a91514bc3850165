/**
 * Routing over sets of packets: the walker's own decisions, asked once for each class of values that a stack treats
 * alike, and the classes as sets.
 */
import { type Family } from '../../net/address.ts';
import { prefix } from '../../net/prefix.ts';
import { type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { inputRoute, type InputRoute } from '../walker/input-route.ts';
import { lookUpRoute, type RouteAnswer, type RouteKey } from '../walker/route-lookup.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { routingBlocks } from './constants.ts';
import { type Node } from './nodes.ts';
import { blockOnAxis, offAxis, type Space } from './space.ts';
import { headerOf, packetOf, termIn, type Term, type View } from './view.ts';
import {
  byKindOf,
  categoryOf,
  hasOwnRules,
  inRuns,
  kindOf,
  ownAddresses,
  signatureOf,
  wayKey,
  type BySource,
  type Decision,
  type Part,
  type RouteClass,
  type Run,
  type Side,
} from './route-classes.ts';

/** Destinations and sources with what becomes of packets between them. */
interface Entry {
  readonly to: RouteClass;
  readonly from: BySource;
  readonly result: InputRoute;
}

export class RoutingSets {
  private readonly space: Space;
  private readonly runs = new WeakMap<Node, Map<Family, readonly Run[]>>();
  private readonly classes = new WeakMap<Node, Map<string, readonly RouteClass[]>>();
  private readonly sets = new WeakMap<readonly Run[], Map<Term, PacketSet>>();
  private readonly inputs = new WeakMap<Node, Map<string, readonly Decision[]>>();

  private readonly tables = new WeakMap<Node, Map<string, readonly Entry[]>>();

  constructor(space: Space) {
    this.space = space;
  }

  /** The family's axis in runs that the stack's routing treats alike. */
  runsOf(node: Node, family: Family): readonly Run[] {
    let byFamily = this.runs.get(node);
    if (byFamily === undefined) this.runs.set(node, (byFamily = new Map<Family, readonly Run[]>()));
    const known = byFamily.get(family);
    if (known !== undefined) return known;
    const [least, most] = blockOnAxis(family, 0n, 0);
    const cuts = new Set<bigint>([least]);
    routingBlocks(node.stack, family, (own, value, length) => {
      if (own === 6 && value >> 118n === 0x3fan && length > 10) return;
      const [first, last] = blockOnAxis(own, value, length);
      cuts.add(first);
      if (last < most) cuts.add(last + 1n);
    });
    const starts = [...cuts].sort((a, b) => (a < b ? -1 : 1));
    const made = starts.map((first, index) => ({ first, last: (starts[index + 1] ?? most + 1n) - 1n }));
    byFamily.set(family, made);
    return made;
  }

  /** The set of headers whose term is in runs; kept for the list. */
  private setOfRuns(runs: readonly Run[], term: Term): PacketSet {
    if (typeof term === 'bigint') return inRuns(this.space, term, runs);
    let byTerm = this.sets.get(runs);
    if (byTerm === undefined) this.sets.set(runs, (byTerm = new Map<Term, PacketSet>()));
    const known = byTerm.get(term);
    if (known !== undefined) return known;
    const made = inRuns(this.space, term, runs);
    byTerm.set(term, made);
    return made;
  }

  /** Classes of destinations for a lookup that is settled but for them. */
  private classesOf(node: Node, key: Omit<RouteKey, 'destination'>, side: Side): readonly RouteClass[] {
    const { stack } = node;
    const { family } = key;
    const isPlain = !hasOwnRules(stack, family);
    const name = isPlain
      ? `${family} ${side} ${key.preferredOif ?? ''}`
      : `${side} ${JSON.stringify({ ...key, source: String(key.source) })}`;
    let byKey = this.classes.get(node);
    if (byKey === undefined) this.classes.set(node, (byKey = new Map<string, readonly RouteClass[]>()));
    const known = byKey.get(name);
    if (known !== undefined) return known;
    const found = new Map<string, { answer: RouteAnswer; runs: Run[]; kind: string }>();
    const add = (signature: string, answer: RouteAnswer, run: Run, kind: string): void => {
      const before = found.get(signature);
      if (before === undefined) found.set(signature, { answer, runs: [run], kind });
      else before.runs.push(run);
    };
    const own = ownAddresses(stack, family);
    let beforeOwn: { signature: string; answer: RouteAnswer; kind: string } | undefined;
    for (const run of this.runsOf(node, family)) {
      const { value } = offAxis(run.first);
      const isOwn = own.has(value);
      // A member of a group sees the group's addresses as its neighbours', its own (which stands for all) too.
      if (isOwn && node.group !== undefined && side === 'remote' && beforeOwn !== undefined) {
        add(beforeOwn.signature, beforeOwn.answer, run, beforeOwn.kind);
        continue;
      }
      const answer = lookUpRoute(stack, { ...key, destination: value });
      const redirect = stack.redirects.get(String(value)) ?? '';
      const category = `${categoryOf(family, value)}${isOwn ? 'o' : ''}`;
      const signature = `${signatureOf(answer)} ${category} ${redirect}`;
      const kind = `${kindOf(answer)} ${category}`;
      add(signature, answer, run, kind);
      if (!isOwn) beforeOwn = { signature, answer, kind };
    }
    const made = [...found].map(([signature, { answer, runs, kind }]) => ({
      signature,
      kind,
      answer,
      runs,
      sample: offAxis(runs[0]!.first).value,
    }));
    byKey.set(name, made);
    return made;
  }

  /** Splits a set so that no policy rule tells two packets of a part apart but by destination. */
  private byRules(stack: StackModel, views: readonly View[], set: PacketSet): readonly PacketSet[] {
    const { space } = this;
    const { bdd } = space;
    const { family } = views[0]!;
    if (!hasOwnRules(stack, family)) return [set];
    let parts: readonly PacketSet[] = [set];
    const split = (by: PacketSet): void => {
      parts = parts.flatMap((part) => [bdd.and(part, by), bdd.minus(part, by)].filter((piece) => piece !== NOTHING));
    };
    for (const rule of stack.routing[family].rules)
      for (const view of views) {
        const { value, length } = rule.from === undefined ? { value: 0n, length: 0 } : prefix(rule.from);
        if (rule.from !== undefined) split(termIn(space, view.source, ...blockOnAxis(family, value, length)));
        if (rule.protocol !== undefined || rule.sourcePorts !== undefined || rule.destinationPorts !== undefined)
          for (const name of ['icmp', 'tcp', 'udp'] as const) split(space.protocol(name));
        for (const [ports, term] of [
          [rule.sourcePorts, view.sourcePort],
          [rule.destinationPorts, view.destinationPort],
        ] as const)
          if (ports !== undefined) split(termIn(space, term, BigInt(ports[0]), BigInt(ports[1])));
      }
    return parts;
  }

  /** Routes by destination, for packets that the stack itself sends; an oif narrows the choice. */
  lookUp(
    node: Node,
    view: View,
    set: PacketSet,
    { preferredOif, iif = 'lo' }: { readonly preferredOif?: string | undefined; readonly iif?: string } = {},
  ): readonly Part<RouteClass>[] {
    const { bdd } = this.space;
    const { stack } = node;
    const parts: Part<RouteClass>[] = [];
    for (const part of this.byRules(stack, [view], set)) {
      const packet = packetOf(view, headerOf(this.space, part));
      const key = {
        family: view.family,
        source: packet.source,
        iif,
        mark: packet.mark,
        protocol: packet.protocol,
        sourcePort: packet.sourcePort,
        destinationPort: packet.destinationPort,
        ...(preferredOif === undefined ? {} : { preferredOif, ruleOif: preferredOif }),
      };
      const asked = this.destinationsOf(view, part);
      for (const routeClass of this.classesOf(node, key, 'remote')) {
        if (bdd.and(asked, this.setOfRuns(routeClass.runs, view.destination)) === NOTHING) continue;
        const meant = bdd.and(part, this.setOfRuns(routeClass.runs, view.destination));
        if (meant !== NOTHING) parts.push({ set: meant, result: routeClass });
      }
    }
    return parts;
  }

  /** What becomes of packets that came in by `dev`. */
  input(node: Node, dev: string, view: View, set: PacketSet): readonly Part<InputRoute>[] {
    const { bdd } = this.space;
    const { stack } = node;
    const answer: View = {
      ...view,
      source: view.destination,
      destination: view.source,
      sourcePort: view.destinationPort,
      destinationPort: view.sourcePort,
    };
    return this.byRules(stack, [view, answer], set).flatMap((part) => {
      const asked = this.destinationsOf(view, part);
      return this.decisions(node, dev, view, part).flatMap(({ source, parts }) => {
        const from = bdd.and(part, source);
        if (from === NOTHING) return [];
        return parts.flatMap(({ set: meant, result }) => {
          if (bdd.and(asked, meant) === NOTHING) return [];
          const both = bdd.and(from, meant);
          return both === NOTHING ? [] : [{ set: both, result }];
        });
      });
    });
  }

  /** What a set knows of destinations: most of a stack's routes are not asked for by most sets. */
  private destinationsOf(view: View, set: PacketSet): PacketSet {
    const { space } = this;
    if (typeof view.destination === 'bigint') return EVERYTHING;
    const { first, bits } = space.fields[view.destination];
    return space.bdd.exists(space.bdd.exists(set, first + bits, space.end), 0, first);
  }

  /** Sources by what becomes of packets from them. */
  private bySources(
    stack: StackModel,
    dev: string,
    packet: Packet,
    sources: readonly { readonly sample: bigint; readonly runs: readonly Run[] }[],
  ): readonly BySource[] {
    const found = new Map<string, { result: InputRoute; runs: Run[]; sample: bigint }>();
    for (const { sample, runs } of sources) {
      const result = inputRoute(stack, dev, { ...packet, source: sample });
      const signature = wayKey(result);
      const before = found.get(signature);
      if (before === undefined) found.set(signature, { result, runs: [...runs], sample });
      else before.runs.push(...runs);
    }
    for (const { runs } of found.values()) runs.sort((a, b) => (a.first < b.first ? -1 : 1));
    const parts = [...found.values()];
    if (parts.length === 1) return parts.map((it) => ({ ...it, key: '' }));
    return parts.map((it) => ({ ...it, key: it.runs.map(({ first, last }) => `${first}-${last}`).join(' ') }));
  }

  /** What becomes of packets of each class of destinations, by their sources. */
  private table(node: Node, dev: string, view: View, part: PacketSet, packet: Packet): readonly Entry[] {
    const { stack } = node;
    const { family } = view;
    const hasRules = hasOwnRules(stack, family);
    let byName = this.tables.get(node);
    if (byName === undefined) this.tables.set(node, (byName = new Map<string, readonly Entry[]>()));
    const name = `${family} ${dev}`;
    const before = hasRules ? undefined : byName.get(name);
    if (before !== undefined) return before;
    const key = {
      family,
      source: packet.source,
      iif: dev,
      mark: packet.mark,
      protocol: packet.protocol,
      sourcePort: packet.sourcePort,
      destinationPort: packet.destinationPort,
    };
    // IPv6 prefers the device that a packet came in by, of routes that are as good as each other.
    const zone = family === 6 ? { preferredOif: dev } : {};
    // With rules, a source is looked at on its own: the way back may depend on all of the packet.
    const sources: readonly { sample: bigint; runs: readonly Run[] }[] = hasRules
      ? this.runsOf(node, family).map((run) => ({ sample: offAxis(run.first).value, runs: [run] }))
      : byKindOf(this.classesOf(node, { ...key, iif: 'lo', source: 0n }, 'remote'));
    const byKind = new Map<string, readonly BySource[]>();
    const entries: Entry[] = [];
    for (const to of this.classesOf(node, { ...key, ...zone }, 'local')) {
      // A class may hold destinations that rules tell apart on the way back: the sample is one that is asked about.
      const asked = hasRules ? this.space.bdd.and(part, this.setOfRuns(to.runs, view.destination)) : EVERYTHING;
      if (asked === NOTHING) continue;
      const sample = hasRules ? packetOf(view, headerOf(this.space, asked)).destination : to.sample;
      const known = hasRules ? undefined : byKind.get(to.kind);
      const bySource = known ?? this.bySources(stack, dev, { ...packet, destination: sample }, sources);
      byKind.set(to.kind, bySource);
      for (const from of bySource) {
        // Whether a source is right depends on the device a packet would leave by, not on its next hop.
        const isSettled = known === undefined || from.result.kind !== 'forward';
        const result = isSettled
          ? from.result
          : inputRoute(stack, dev, { ...packet, source: from.sample, destination: sample });
        entries.push({ to, from, result });
      }
    }
    if (!hasRules) byName.set(name, entries);
    return entries;
  }

  private decisions(node: Node, dev: string, view: View, part: PacketSet): readonly Decision[] {
    const { stack, group } = node;
    const { family } = view;
    const hasRules = hasOwnRules(stack, family);
    const packet = packetOf(view, headerOf(this.space, part));
    const about = hasRules ? `${packet.mark} ${part}` : '';
    const name = `${family} ${dev} ${view.source} ${view.destination} ${about}`;
    let byName = this.inputs.get(node);
    if (byName === undefined) this.inputs.set(node, (byName = new Map<string, readonly Decision[]>()));
    const known = byName.get(name);
    if (known !== undefined) return known;
    const { space } = this;
    const { bdd } = space;
    const members =
      group === undefined
        ? undefined
        : inRuns(
            space,
            view.destination,
            group.addresses[family].map((value) => ({ first: value, last: value })),
          );
    const own = ownAddresses(stack, family);
    const found = new Map<
      string,
      { source: PacketSet; ways: Map<string, { result: InputRoute; sets: PacketSet[] }> }
    >();
    for (const { to, from, result } of this.table(node, dev, view, part, packet)) {
      let meant = this.setOfRuns(to.runs, view.destination);
      if (members !== undefined) meant = own.has(to.sample) ? members : bdd.minus(meant, members);
      if (hasRules) meant = bdd.and(meant, part);
      if (meant === NOTHING) continue;
      let fromThere = found.get(from.key);
      if (fromThere === undefined) {
        const source = from.key === '' ? EVERYTHING : this.setOfRuns(from.runs, view.source);
        found.set(from.key, (fromThere = { source, ways: new Map() }));
      }
      const signature = wayKey(result);
      const same = fromThere.ways.get(signature);
      if (same === undefined) fromThere.ways.set(signature, { result, sets: [meant] });
      else same.sets.push(meant);
    }
    const made = [...found.values()].map(({ source, ways }) => ({
      source,
      parts: [...ways.values()].map(({ result, sets }) => ({ result, set: bdd.union(sets) })),
    }));
    byName.set(name, made);
    return made;
  }
}
