/**
 * Routing over sets of packets: the walker's own decisions, asked once for each class of values that a stack treats
 * alike, and the classes as sets.
 */
import { isLinkLocal6, type Family } from '../../net/address.ts';
import { prefix } from '../../net/prefix.ts';
import { type StackModel } from '../model/model.ts';
import { inputRoute, keyOfPacket, type InputRoute } from '../walker/input-route.ts';
import { lookUpRoute, type RouteAnswer, type RouteKey } from '../walker/route-lookup.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { routingBlocks } from './constants.ts';
import { type Node } from './nodes.ts';
import { blockOnAxis, offAxis, type Space } from './space.ts';
import { headerOf, packetOf, termIn, type Term, type View } from './view.ts';
import {
  byKindOf,
  categoryOf,
  hasOwnRules,
  kindOf,
  ownAddresses,
  signatureOf,
  type Decision,
  type Part,
  type RouteClass,
  type Run,
  type Sources,
  type Side,
} from './route-classes.ts';
import { RunSets } from './run-sets.ts';
import { answerOf, splitOf, type Answer, type Split } from './route-splits.ts';

interface LookUpBy {
  readonly preferredOif?: string | undefined;
  readonly iif?: string;
}

/** A route for those packets of a set that are for some destinations. */
interface Routed {
  readonly within: PacketSet;
  readonly destinations: PacketSet;
  readonly result: RouteClass;
}

/** What is known of one node. */
interface Known {
  readonly runs: Map<Family, readonly Run[]>;
  /** By the lookup's key. */
  readonly classes: Map<string, readonly RouteClass[]>;
  /** By family and device; then by the places of both classes: of destinations, of sources. */
  readonly answers: Map<string, (Answer | undefined)[][]>;
  /** By family, device and the places of the classes of sources: by the place of the class of destinations. */
  readonly splits: Map<string, (readonly Split[])[]>;
}

export class RoutingSets {
  private readonly space: Space;
  /** By the interfaces of a node's stack, which stay the same when its filters change. */
  private readonly known = new WeakMap<StackModel['interfaces'], Known>();
  private readonly kinds = new WeakMap<readonly RouteClass[], readonly Sources[]>();
  readonly runSets: RunSets;

  constructor(space: Space) {
    this.space = space;
    this.runSets = new RunSets(space);
  }

  private knownOf({ stack: { interfaces } }: Node): Known {
    const known = this.known.get(interfaces) ?? {
      runs: new Map(),
      classes: new Map(),
      answers: new Map(),
      splits: new Map(),
    };
    this.known.set(interfaces, known);
    return known;
  }

  /** The family's axis in runs that the stack's routing treats alike. */
  runsOf(node: Node, family: Family): readonly Run[] {
    const { runs } = this.knownOf(node);
    const known = runs.get(family);
    if (known !== undefined) return known;
    const [least, most] = blockOnAxis(family, 0n, 0);
    const cuts = new Set<bigint>([least]);
    routingBlocks(node.stack, family, (own, value, length) => {
      if (own === 6 && isLinkLocal6(value) && length > 10) return;
      const [first, last] = blockOnAxis(own, value, length);
      cuts.add(first);
      if (last < most) cuts.add(last + 1n);
    });
    const starts = [...cuts].sort((a, b) => (a < b ? -1 : 1));
    const made = starts.map((first, index) => ({ first, last: (starts[index + 1] ?? most + 1n) - 1n }));
    runs.set(family, made);
    return made;
  }

  /** Classes of destinations for a lookup that is settled but for them. */
  private classesOf(node: Node, key: Omit<RouteKey, 'destination'>, side: Side): readonly RouteClass[] {
    const { stack } = node;
    const { family } = key;
    const isPlain = !hasOwnRules(stack, family);
    // Only to groups there are two sides.
    const seen = node.group === undefined ? '' : side;
    const name = isPlain
      ? `${family} ${seen} ${key.preferredOif ?? ''}`
      : `${seen} ${JSON.stringify({ ...key, source: String(key.source), destination: '' })}`;
    const { classes } = this.knownOf(node);
    const known = classes.get(name);
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
    classes.set(name, made);
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
    for (const rule of stack.routing(family).rules)
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
  lookUp(node: Node, view: View, set: PacketSet, by: LookUpBy = {}): readonly Part<RouteClass>[] {
    return this.routesFor(node, view, set, by).map(({ within, destinations, result }) => ({
      set: this.space.cut(within, view.destination, destinations),
      result,
    }));
  }

  /** The same, with the packets of each route not yet told from the others. */
  routesFor(node: Node, view: View, set: PacketSet, { preferredOif, iif = 'lo' }: LookUpBy = {}): readonly Routed[] {
    const { space } = this;
    const parts: Routed[] = [];
    for (const part of this.byRules(node.stack, [view], set)) {
      const packet = packetOf(view, headerOf(space, part));
      const device = preferredOif === undefined ? {} : { preferredOif, ruleOif: preferredOif };
      const classes = this.classesOf(node, { ...keyOfPacket(packet, iif), ...device }, 'remote');
      for (const place of this.runSets.met(classes, part, view.destination)) {
        const result = classes[place]!;
        parts.push({ within: part, destinations: this.runSets.of(result.runs, view.destination), result });
      }
    }
    return parts;
  }

  /** What becomes of packets that came in by `dev`. */
  input(node: Node, dev: string, view: View, set: PacketSet): readonly Decision[] {
    const answer: View = {
      ...view,
      source: view.destination,
      destination: view.source,
      sourcePort: view.destinationPort,
      destinationPort: view.sourcePort,
    };
    return this.byRules(node.stack, [view, answer], set).flatMap((part) => this.decide(node, dev, view, part));
  }

  /** Decisions about packets that no policy rule tells apart. */
  private decide(node: Node, dev: string, view: View, part: PacketSet): readonly Decision[] {
    const { space } = this;
    const { family, destination } = view;
    const hasRules = hasOwnRules(node.stack, family);
    const packet = packetOf(view, headerOf(space, part));
    const asked = keyOfPacket(packet, dev);
    // IPv6 prefers the device that a packet came in by, of routes that are as good as each other.
    const classes = this.classesOf(node, family === 6 ? { ...asked, preferredOif: dev } : asked, 'local');
    const all = this.sourcesOf(node, asked, hasRules);
    const froms = this.runSets.met(all, part, view.source);
    const sets = froms.map((index) => this.runSets.of(all[index]!.runs, view.source));
    const split = (answers: readonly Answer[]): readonly Split[] => splitOf(space.bdd, answers, sets);
    const found = new Map<string, { sources: PacketSet; result: InputRoute; destinations: PacketSet[] }>();
    const answers = this.answersOf(node, `${family} ${dev}`);
    const kept = this.splitsOf(node, `${family} ${dev} ${view.source} ${froms.join(' ')}`);
    for (const place of this.classesMet(node, classes, part, view)) {
      const to = classes[place]!;
      const values = this.valuesOf(node, family, to, destination);
      // A class may hold destinations that rules tell apart on the way back: the sample is one that is asked about.
      const sample = hasRules
        ? packetOf(view, headerOf(space, space.cut(part, destination, values))).destination
        : to.sample;
      const ask = (from: Sources): InputRoute =>
        inputRoute(node.stack, dev, { ...packet, source: from.sample, destination: sample });
      const parts = hasRules
        ? split(froms.map((index) => answerOf(ask(all[index]!))))
        : (kept[place] ??= split(
            froms.map((index) => ((answers[place] ??= [])[index] ??= answerOf(ask(all[index]!)))),
          ));
      for (const { result, name, sources: from } of parts) {
        const same = found.get(name);
        if (same === undefined) found.set(name, { sources: from, result, destinations: [values] });
        else same.destinations.push(values);
      }
    }
    return [...found.values()].map(({ sources: from, result, destinations }) => ({
      within: part,
      destinations: space.bdd.union(destinations),
      sources: from,
      result,
    }));
  }

  /** What was split before, to be added to. */
  private splitsOf(node: Node, name: string): (readonly Split[])[] {
    const { splits } = this.knownOf(node);
    let known = splits.get(name);
    if (known === undefined) splits.set(name, (known = []));
    return known;
  }

  /** What was answered before, to be added to. */
  private answersOf(node: Node, name: string): (Answer | undefined)[][] {
    const { answers } = this.knownOf(node);
    let known = answers.get(name);
    if (known === undefined) answers.set(name, (known = []));
    return known;
  }

  /** Sources that are treated alike. With rules, each is looked at on its own: the way back may depend on all of a packet. */
  private sourcesOf(node: Node, key: RouteKey, hasRules: boolean): readonly Sources[] {
    if (hasRules)
      return this.runsOf(node, key.family).map((run) => ({ sample: offAxis(run.first).value, runs: [run] }));
    const classes = this.classesOf(node, { ...key, iif: 'lo', source: 0n }, 'remote');
    const known = this.kinds.get(classes);
    if (known !== undefined) return known;
    const made = byKindOf(classes);
    this.kinds.set(classes, made);
    return made;
  }

  /** The places of classes that some packets of a set are for. */
  private classesMet(node: Node, classes: readonly RouteClass[], set: PacketSet, view: View): readonly number[] {
    if (node.group === undefined) return this.runSets.met(classes, set, view.destination);
    const { family, destination } = view;
    const isMet = (to: RouteClass): boolean =>
      this.space.meets(set, destination, this.valuesOf(node, family, to, destination));
    return [...classes.keys()].filter((place) => isMet(classes[place]!));
  }

  /** Destinations of a class; where packets to a group arrive, its own address stands for those of all members. */
  private valuesOf({ stack, group }: Node, family: Family, to: RouteClass, term: Term): PacketSet {
    const values = this.runSets.of(to.runs, term);
    if (group === undefined) return values;
    const members = this.runSets.of(group.runs[family], term);
    return ownAddresses(stack, family).has(to.sample) ? members : this.space.bdd.minus(values, members);
  }
}
