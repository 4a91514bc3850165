/**
 * Where a frame from one stack to a station comes out, and which bridges with IP filters it passes. On orderly links that
 * follows from MACs; elsewhere the walker carries a frame, and its way is found backwards from where it came out.
 */
import { interfaceOf, stackOf, type InterfaceModel, type Model, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type StopReason } from '../walk.ts';
import { sendingMember } from '../walker/bond.ts';
import { beginCourse, type Course } from '../walker/course.ts';
import { emptyCarriage } from '../walker/frames.ts';
import { leaveByLink } from '../walker/link.ts';
import { ways } from '../walker/ways.ts';
import { type Segment } from './segments.ts';

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

/** A reason where it does not come out; `unclear` beyond this engine. */
type Found = Way | StopReason | 'unclear';

/** A member of a bond counts for the bond. */
const whole = (model: Model, it: InterfaceModel): InterfaceModel => {
  const master = it.it.master === undefined ? undefined : stackOf(model, it.stack).interfaces.get(it.it.master);
  return master?.it.kind === 'bond' ? master : it;
};

/** What an interface is cabled to. */
const farEnd = (model: Model, it: InterfaceModel): InterfaceModel | undefined => {
  const cabled = it.it.kind === 'bond' ? sendingMember(model, stackOf(model, it.stack), it) : it;
  const far = cabled?.peer && model.stacks.get(cabled.peer.stack)?.interfaces.get(cabled.peer.interface);
  return far && whole(model, far);
};

/** What an interface stands on in the end, and the tag that its frames have there. */
const under = (
  model: Model,
  it: InterfaceModel,
): { readonly base: InterfaceModel; readonly vlan: number | undefined } => {
  let base = it;
  let vlan: number | undefined;
  for (let link = linkOf(base); link !== undefined; link = linkOf(base)) {
    vlan = base.it.vlan?.id ?? vlan;
    base = interfaceOf(stackOf(model, base.stack), link);
  }
  return { base, vlan };
};

const linkOf = ({ it: { macvlan, vlan } }: InterfaceModel): string | undefined => macvlan?.link ?? vlan?.link;

/** The bridge port that frames with a tag come from by a cable: itself, or what stands on it for that VLAN. */
const portAt = (model: Model, far: InterfaceModel, vlan: number | undefined): InterfaceModel | undefined => {
  if (far.it.master !== undefined || vlan === undefined) return far;
  const stack = stackOf(model, far.stack);
  return far.children.map((name) => interfaceOf(stack, name)).find(({ it }) => it.vlan?.id === vlan);
};

export class FrameWays {
  private readonly model: Model;
  /** The same without IP filters: how frames go does not depend on what the engine looks at by itself. */
  private bareModel: Model | undefined;
  private readonly found = new WeakMap<Segment | Course, Map<string, Found>>();

  constructor(model: Model) {
    this.model = model;
  }

  /** The way from an interface to a station. `packet`: one of those that the frame may hold. */
  carry(
    segment: Segment,
    from: InterfaceModel,
    mac: string,
    course: Course | undefined,
    isShort: boolean,
    packet: () => Packet,
  ): Found {
    if (segment.hasTunnels || segment.hasLinkFilters) return 'unclear';
    if (segment.twinMacs.has(from.mac) || segment.twinMacs.has(mac)) return 'unclear';
    const owner = course ?? segment;
    let known = this.found.get(owner);
    if (known === undefined) this.found.set(owner, (known = new Map<string, Found>()));
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

  private probe(from: InterfaceModel, mac: string, before: Course | undefined, packet: Packet): Found {
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
    // What a bridge has cut goes on in pieces, as the walker knows.
    if (arrival.carried.payload.packet.fragmentBytes !== undefined) return 'unclear';
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
    const start = under(this.model, from).base;
    const entry = (bridge: InterfaceModel): InterfaceModel | undefined => {
      const stack = stackOf(this.model, bridge.stack);
      const hop = hops.find((it) => it.stack === bridge.stack && it.in !== null && bridge.ports.includes(it.in));
      return hop === undefined || hop.in === null ? undefined : interfaceOf(stack, hop.in);
    };
    let at = interfaceOf(stackOf(this.model, arrival.stack), arrival.interface);
    for (let steps = 0; steps < 64; steps += 1) {
      let { base, vlan } = under(this.model, at);
      if (base === start) return passes;
      if (base.it.kind === 'bridge') {
        const port = entry(base);
        if (port === undefined) return undefined;
        passes.unshift({ stack: base.stack, bridge: base.name, in: port.name, out: undefined });
        ({ base, vlan } = under(this.model, port));
      }
      const far = farEnd(this.model, base);
      if (far === undefined) return undefined;
      if (far === start) return passes;
      const port = portAt(this.model, far, vlan);
      if (port?.it.master === undefined) return undefined;
      const bridge = interfaceOf(stackOf(this.model, port.stack), port.it.master);
      if (bridge === start) return passes;
      const entered = entry(bridge);
      if (entered === undefined) return undefined;
      passes.unshift({ stack: bridge.stack, bridge: bridge.name, in: entered.name, out: port.name });
      at = entered;
    }
    return undefined;
  }
}
