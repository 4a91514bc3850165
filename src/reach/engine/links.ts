/**
 * Which station on a link a next hop is, and what stacks learn by asking for it. On plain links that follows from
 * addresses; elsewhere the walker asks.
 */
import { isLinkLocal6, type Family } from '../../net/address.ts';
import { stackOf, type InterfaceModel, type Model } from '../model/model.ts';
import { answersArp, arpSender } from '../walker/arp.ts';
import { beginCourse, nextScript, type Course } from '../walker/course.ts';
import { ways } from '../walker/ways.ts';
import { findStation, linkLocalOf, neighbourKey } from '../walker/neighbours.ts';
import { type Node } from './nodes.ts';
import { type Run } from './route-classes.ts';
import { isPlainFrom, type Segment } from './segments.ts';
import { onAxis } from './space.ts';

/** One way that asking for a next hop can go. */
export interface Resolution {
  /** What chance and unmodelled matches were taken as. */
  readonly turns: readonly { readonly key: string; readonly options: number; readonly taken: number }[];
  readonly mac: string | undefined;
  /** Where what is sent next may go: the MACs of several that have an IPv6 address, `mac` first of all; else none. */
  readonly contested: readonly string[];
  /** What stacks learn by it: MAC by `stack interface address`. */
  readonly learned: readonly (readonly [key: string, mac: string])[];
  /** Whom macvlans may come to know by it, late: `stack interface address`. */
  readonly overheard: readonly string[];
  /** After which bridges know their stations; undefined where that does not matter. */
  readonly course: Course | undefined;
}

/** The only way that asking goes, on a plain link. */
const sure = (mac: string | undefined, learned: Resolution['learned']): Resolution => ({
  turns: [],
  mac,
  contested: [],
  learned,
  overheard: [],
  course: undefined,
});

/** Addresses that a stack asks its neighbours with, where packets come from them: runs of the axis, and one value of each. */
export interface Askers {
  readonly runs: readonly Run[];
  readonly values: readonly bigint[];
}

/** Stations by address. */
type Owners = ReadonlyMap<bigint, readonly InterfaceModel[]>;

/** An address, and its place on the axis. */
interface OnAxis {
  readonly value: bigint;
  readonly runs: readonly Run[];
}

export class Links {
  private readonly model: Model;
  private readonly resolutions = new Map<Segment, Map<string, readonly Resolution[]>>();
  private readonly found = new Map<string, string | undefined>();
  private readonly askers = new Map<string, Askers>();
  private readonly answers = new Map<Segment, Map<bigint, string | undefined>>();
  private readonly besides = { 4: new Map<Segment, readonly OnAxis[]>(), 6: new Map<Segment, readonly OnAxis[]>() };
  private readonly owners = { 4: new Map<Segment, Owners>(), 6: new Map<Segment, Owners>() };

  constructor(model: Model) {
    this.model = model;
  }

  /** What was found out about a next hop before. */
  remembered(key: string, find: () => string | undefined): string | undefined {
    if (this.found.has(key)) return this.found.get(key);
    const mac = find();
    this.found.set(key, mac);
    return mac;
  }

  /** What a stack asks with, found once. */
  askersOf(key: string, find: () => Askers): Askers {
    const known = this.askers.get(key) ?? find();
    this.askers.set(key, known);
    return known;
  }

  /** The MAC that an IPv4 address of one station on a plain link is answered with, where it does not matter who asks. */
  answerOn(segment: Segment, address: bigint, find: () => string | undefined): string | undefined {
    let known = this.answers.get(segment);
    if (known === undefined) this.answers.set(segment, (known = new Map<bigint, string | undefined>()));
    if (known.has(address)) return known.get(address);
    const mac = find();
    known.set(address, mac);
    return mac;
  }

  /** Stations by the addresses that their stacks have, on whatever interface. */
  ownersOn(segment: Segment, family: Family): Owners {
    const known = this.owners[family].get(segment);
    if (known !== undefined) return known;
    const made = new Map<bigint, InterfaceModel[]>();
    for (const it of segment.stations)
      for (const { addresses } of stackOf(this.model, it.stack).interfaces.values())
        for (const { family: own, value, scope } of addresses) {
          if (own !== family || scope === 'host') continue;
          const list = made.get(value);
          if (list === undefined) made.set(value, [it]);
          else if (!list.includes(it)) list.push(it);
        }
    this.owners[family].set(segment, made);
    return made;
  }

  /** The addresses of `ownersOn` that no member of these groups has, found once; none that are good on one link only. */
  addressesBesides(segment: Segment, family: Family, groups: readonly Node[]): readonly OnAxis[] {
    const known = this.besides[family].get(segment);
    if (known !== undefined) return known;
    const grouped = new Set(groups.flatMap(({ group }) => group?.addresses[family] ?? []));
    const made: OnAxis[] = [];
    for (const value of this.ownersOn(segment, family).keys()) {
      const place = onAxis(family, value);
      if ((family === 6 && isLinkLocal6(value)) || grouped.has(place)) continue;
      made.push({ value, runs: [{ first: place, last: place }] });
    }
    this.besides[family].set(segment, made);
    return made;
  }

  resolve(
    segment: Segment,
    from: InterfaceModel,
    family: Family,
    nexthop: bigint,
    source: bigint,
  ): readonly Resolution[] {
    let bySegment = this.resolutions.get(segment);
    if (bySegment === undefined) this.resolutions.set(segment, (bySegment = new Map<string, readonly Resolution[]>()));
    const key = `${from.stack} ${from.name} ${family} ${nexthop} ${source}`;
    const known = bySegment.get(key);
    if (known !== undefined) return known;
    const made = isPlainFrom(segment, from, family)
      ? this.resolvePlainly(segment, from, family, nexthop, source)
      : this.resolveByAsking(from, family, nexthop, source);
    bySegment.set(key, made);
    return made;
  }

  private resolvePlainly(
    segment: Segment,
    from: InterfaceModel,
    family: Family,
    nexthop: bigint,
    source: bigint,
  ): readonly Resolution[] {
    const stack = stackOf(this.model, from.stack);
    const fixed = stack.neighbours.get(`${from.name} ${nexthop}`);
    if (fixed !== undefined) return [sure(fixed, [])];
    const candidates = (this.ownersOn(segment, family).get(nexthop) ?? []).filter((it) => it !== from);
    let sender: bigint | undefined;
    if (family === 4) {
      // Of several ways back the one that is taken decides whether it answers.
      if (candidates.some(({ settings }) => settings.arpFilter))
        return this.resolveByAsking(from, family, nexthop, source);
      sender = arpSender(stack, from.name, nexthop, source);
    } else {
      const isOwn = from.addresses.some((it) => it.family === 6 && it.value === source && !it.isUnusable);
      sender = isOwn ? source : linkLocalOf(from);
      if (sender === undefined) return [sure(undefined, [])];
      const mayBeAnycast = segment.stations.some(
        (it) =>
          it.settings.forwarding6 &&
          it.addresses.some(
            ({ family: own, value, prefixLength }) =>
              own === 6 &&
              prefixLength < 127 &&
              (value >> BigInt(128 - prefixLength)) << BigInt(128 - prefixLength) === nexthop,
          ),
      );
      const asking = sender;
      // Advertisements go where the one who answers takes the asker to be.
      const isMisled = candidates.some((it) => {
        const taken = stackOf(this.model, it.stack).neighbours.get(`${it.name} ${asking}`);
        return taken !== undefined && taken !== from.mac;
      });
      if (mayBeAnycast || isMisled) return this.resolveByAsking(from, family, nexthop, source);
    }
    const asked = sender;
    const answering = candidates.filter((it) =>
      family === 4
        ? answersArp(stackOf(this.model, it.stack), it.name, asked, nexthop) !== undefined
        : it.settings.ipv6 &&
          it.addresses.some(({ family: own, value, isUnusable }) => own === 6 && value === nexthop && !isUnusable),
    );
    const learned =
      asked === 0n ? [] : answering.map((it) => [neighbourKey(it.stack, it.name, asked), from.mac] as const);
    const macs = [...new Set(answering.map(({ mac }) => mac))];
    const own = (mac: string): Resolution['learned'] => [
      ...learned,
      [neighbourKey(from.stack, from.name, nexthop), mac],
    ];
    if (macs.length < 2) return [sure(macs[0], macs[0] === undefined ? learned : own(macs[0]))];
    const key = `station ${neighbourKey(from.stack, from.name, nexthop)}`;
    return macs.map((mac, taken) => ({
      ...sure(mac, own(mac)),
      turns: [{ key, options: macs.length, taken }],
      contested: family === 4 ? [] : [mac, ...macs.filter((other) => other !== mac)],
    }));
  }

  private resolveByAsking(
    from: InterfaceModel,
    family: Family,
    nexthop: bigint,
    source: bigint,
  ): readonly Resolution[] {
    const made: Resolution[] = [];
    let script: readonly number[] | undefined = [];
    while (script !== undefined && made.length < 64) {
      const course = beginCourse(this.model, ways, script, false);
      const station = findStation(course, from.stack, from.name, family, nexthop, source);
      const taken = course.chance.turns;
      made.push({
        turns: [...course.chance.byKey].map(([key, way], index) => ({
          key,
          options: taken[index]!.options,
          taken: way,
        })),
        mac: station?.mac,
        contested: course.contested.get(neighbourKey(from.stack, from.name, nexthop)) ?? [],
        learned: [...course.neighbours],
        overheard: [...course.overheard.keys()],
        course,
      });
      script = nextScript(course);
    }
    return made;
  }
}
