/**
 * From one stack to the next over a link: which station a next hop is, where a frame to it comes out, and which bridges
 * with IP filters it passes. On plain links both follow from addresses; elsewhere the walker carries the frames.
 */
import { isLinkLocal6, type Family } from '../../net/address.ts';
import { interfaceOf, stackOf, type InterfaceModel, type Model, type StackModel } from '../model/model.ts';
import { answersArp, arpSender } from '../walker/arp.ts';
import { beginCourse, nextScript, type Course } from '../walker/course.ts';
import { emptyCarriage } from '../walker/frames.ts';
import { leaveByLink } from '../walker/link.ts';
import { ways } from '../walker/ways.ts';
import { findStation } from '../walker/neighbours.ts';
import { type Packet } from '../packet.ts';
import { type StopReason } from '../walk.ts';
import { isPlainFrom, type Segment } from './segments.ts';

/** A bridge that a frame passes; `out` is absent where it goes up to the bridge's own stack. */
export interface Pass {
  readonly stack: string;
  readonly bridge: string;
  readonly in: string;
  readonly out: string | undefined;
}

export interface Way {
  readonly stack: string;
  readonly interface: string;
  readonly passes: readonly Pass[];
}

/** One way that asking for a next hop can go. */
export interface Resolution {
  /** What chance and unmodelled matches were taken as. */
  readonly turns: readonly { readonly key: string; readonly options: number; readonly taken: number }[];
  readonly mac: string | undefined;
  /** What stacks learn by it: MAC by `stack interface address`. */
  readonly learned: readonly (readonly [key: string, mac: string])[];
  /** After which bridges know their stations; undefined where that does not matter. */
  readonly course: Course | undefined;
}

export const neighbourKey = (stack: string, dev: string, value: bigint): string => `${stack} ${dev} ${value}`;

const linkLocalOf = (it: InterfaceModel): bigint | undefined =>
  it.addresses.find(({ family, scope, isUnusable }) => family === 6 && scope === 'link' && !isUnusable)?.value;

export class Links {
  private readonly model: Model;
  /** The same without IP filters: how frames go does not depend on what the engine looks at by itself. */
  private bareModel: Model | undefined;
  private readonly resolutions = new Map<Segment, Map<string, readonly Resolution[]>>();
  private readonly ways = new WeakMap<Segment | Course, Map<string, Way | StopReason | 'unclear'>>();
  private readonly found = new Map<string, string | undefined>();
  private readonly owners = new Map<
    Segment,
    Readonly<Record<Family, ReadonlyMap<bigint, readonly InterfaceModel[]>>>
  >();

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

  /** Stations by the addresses that their stacks have, on whatever interface. */
  ownersOn(segment: Segment, family: Family): ReadonlyMap<bigint, readonly InterfaceModel[]> {
    const known = this.owners.get(segment);
    if (known !== undefined) return known[family];
    const made = { 4: new Map<bigint, InterfaceModel[]>(), 6: new Map<bigint, InterfaceModel[]>() };
    for (const it of segment.stations)
      for (const { addresses } of stackOf(this.model, it.stack).interfaces.values())
        for (const { family: own, value, scope } of addresses) {
          if (scope === 'host') continue;
          const list = made[own].get(value);
          if (list === undefined) made[own].set(value, [it]);
          else if (!list.includes(it)) list.push(it);
        }
    this.owners.set(segment, made);
    return made[family];
  }

  /** The addresses of `ownersOn`, but those that are good on one link only. */
  addressesOn(segment: Segment, family: Family): readonly bigint[] {
    const all = [...this.ownersOn(segment, family).keys()];
    return family === 4 ? all : all.filter((address) => !isLinkLocal6(address));
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
    if (fixed !== undefined) return [{ turns: [], mac: fixed, learned: [], course: undefined }];
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
      if (sender === undefined) return [{ turns: [], mac: undefined, learned: [], course: undefined }];
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
    if (macs.length < 2)
      return [{ turns: [], mac: macs[0], learned: macs[0] === undefined ? learned : own(macs[0]), course: undefined }];
    const key = `station ${neighbourKey(from.stack, from.name, nexthop)}`;
    return macs.map((mac, taken) => ({
      turns: [{ key, options: macs.length, taken }],
      mac,
      learned: own(mac),
      course: undefined,
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
        learned: [...course.neighbours],
        course,
      });
      script = nextScript(course);
    }
    return made;
  }

  /**
   * Where a frame from an interface to a station comes out; a reason where it does not; `unclear` beyond this engine.
   * `packet`: one of those that it may hold.
   */
  carry(
    segment: Segment,
    from: InterfaceModel,
    mac: string,
    course: Course | undefined,
    isShort: boolean,
    packet: () => Packet,
  ): Way | StopReason | 'unclear' {
    if (segment.hasTunnels || segment.hasLinkFilters) return 'unclear';
    if (segment.twinMacs.has(from.mac) || segment.twinMacs.has(mac)) return 'unclear';
    const owner = course ?? segment;
    let known = this.ways.get(owner);
    if (known === undefined) this.ways.set(owner, (known = new Map<string, Way | StopReason | 'unclear'>()));
    const isByMac =
      segment.isOrderly && from.it.master === undefined && (isShort || packet().lengthBytes <= segment.leastMtuBytes);
    const length = ({ family, lengthBytes, dontFragment }: Packet): string =>
      `${family} ${lengthBytes} ${dontFragment}`;
    const key = `${from.stack} ${from.name} ${mac} ${isByMac ? '' : length(packet())}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const way = isByMac ? this.plainWay(segment, from, mac) : this.probe(from, mac, course, packet());
    known.set(key, way);
    return way;
  }

  private plainWay(segment: Segment, from: InterfaceModel, mac: string): Way | StopReason {
    const to = segment.byMac.get(mac);
    if (to === undefined || to === from) return 'other_host';
    const [bridge] = segment.bridges;
    if (bridge === undefined || from === bridge) return { stack: to.stack, interface: to.name, passes: [] };
    const entered = from.peer?.interface ?? '';
    const out = to === bridge ? undefined : to.peer?.interface;
    return {
      stack: to.stack,
      interface: to.name,
      passes: [{ stack: bridge.stack, bridge: bridge.name, in: entered, out }],
    };
  }

  private bare(): Model {
    if (this.bareModel !== undefined) return this.bareModel;
    const isIp = /^[46] /;
    const strip = (stack: StackModel): StackModel => ({
      ...stack,
      hooks: new Map([...stack.hooks].filter(([key]) => !isIp.test(key))),
      tracks: { 4: false, 6: false },
    });
    this.bareModel = {
      ...this.model,
      stacks: new Map([...this.model.stacks].map(([name, stack]) => [name, strip(stack)])),
    };
    return this.bareModel;
  }

  private probe(
    from: InterfaceModel,
    mac: string,
    before: Course | undefined,
    packet: Packet,
  ): Way | StopReason | 'unclear' {
    const course = beginCourse(this.bare(), ways, [], true);
    for (const [key, port] of before?.stations ?? []) course.stations.set(key, port);
    const carriage = emptyCarriage();
    const frame = { sourceMac: from.mac, destinationMac: mac };
    leaveByLink(
      course,
      from,
      {
        frame,
        payload: {
          ethertype: packet.family === 4 ? 0x0800 : 0x86dd,
          packet,
          frameBytes: Math.min(packet.lengthBytes, from.it.mtuBytes),
        },
      },
      carriage,
    );
    if (carriage.arrivals.length > 1) return 'unclear';
    const [arrival] = carriage.arrivals;
    if (arrival === undefined)
      return carriage.stops.find(({ reason }) => reason !== 'other_host')?.reason ?? 'other_host';
    const passes = this.retrace(from, arrival, course.trace?.hops ?? []);
    return passes === undefined ? 'unclear' : { stack: arrival.stack, interface: arrival.interface, passes };
  }

  /** The bridges between two interfaces, found backwards from where the frame came out. */
  private retrace(
    from: InterfaceModel,
    arrival: { readonly stack: string; readonly interface: string },
    hops: readonly { readonly stack: string; readonly in: string | null }[],
  ): readonly Pass[] | undefined {
    const passes: Pass[] = [];
    const below = (it: InterfaceModel): InterfaceModel => {
      const link = it.it.macvlan?.link ?? it.it.vlan?.link;
      return link === undefined ? it : below(interfaceOf(stackOf(this.model, it.stack), link));
    };
    const start = below(from);
    const entry = (bridge: InterfaceModel): InterfaceModel | undefined => {
      const stack = stackOf(this.model, bridge.stack);
      const hop = hops.find((it) => it.stack === bridge.stack && it.in !== null && bridge.ports.includes(it.in));
      return hop === undefined || hop.in === null ? undefined : interfaceOf(stack, hop.in);
    };
    let at = below(interfaceOf(stackOf(this.model, arrival.stack), arrival.interface));
    for (let steps = 0; steps < 64; steps += 1) {
      if (at === start) return passes;
      if (at.it.kind === 'bridge') {
        const port = entry(at);
        if (port === undefined) return undefined;
        passes.unshift({ stack: at.stack, bridge: at.name, in: port.name, out: undefined });
        at = port;
      }
      const { peer } = at;
      const far = peer && this.model.stacks.get(peer.stack)?.interfaces.get(peer.interface);
      if (far === undefined) return undefined;
      if (far === start) return passes;
      if (far.it.master === undefined) return undefined;
      const bridge = interfaceOf(stackOf(this.model, far.stack), far.it.master);
      if (bridge === start) return passes;
      const port = entry(bridge);
      if (port === undefined) return undefined;
      passes.unshift({ stack: bridge.stack, bridge: bridge.name, in: port.name, out: far.name });
      at = port;
    }
    return undefined;
  }
}
