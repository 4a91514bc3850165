/**
 * The IP layer of a stack: sending, receiving, forwarding (ip_queue_xmit, ip_rcv, ip_forward and their IPv6 twins).
 * One packet is followed until it is delivered or stops.
 */
import { type RejectWith } from '../../state/packet-filter.ts';
import {
  interfaceOf,
  stackOf,
  type InterfaceModel,
  type NextHopModel,
  type RouteModel,
  type StackModel,
} from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type Because, type ClientSees, type StopReason } from '../walk.ts';
import { assume, beginHop, choose, leaveBy, note, type Course } from './course.ts';
import { type Fate, type Sending } from './fate.ts';
import { type Passing } from './filter-match.ts';
import { runHook } from './hook.ts';
import { inputRoute, keyOfPacket, type ErrorKind } from './input-route.ts';
import { emptyCarriage, passingOf, type Arrival, type Carriage } from './frames.ts';
import { leaveByLink } from './link.ts';
import { findStation } from './neighbours.ts';
import { lookUpRoute, type RouteAnswer } from './route-lookup.ts';
import { sourceFor } from './source-address.ts';
import { sendThroughSit } from './tunnel.ts';
import { addressText, byInterface, byKernel, byRoute, packetText } from './words.ts';

type Stopped = Extract<Fate, { kind: 'stopped' }>;

const stopped = (
  stack: string,
  dev: string | null,
  stage: string,
  reason: StopReason,
  because: Because,
  more: Pick<Stopped, 'error' | 'local'> = {},
): Stopped => ({ kind: 'stopped', stop: { stack, interface: dev, stage, reason, because }, ...more });

const rejectKinds: Readonly<Record<RejectWith, ErrorKind>> = {
  'tcp-reset': 'tcp-reset',
  'port-unreachable': 'port-unreachable',
  'admin-prohibited': 'admin-prohibited',
  'host-unreachable': 'host-unreachable',
  'net-unreachable': 'net-unreachable',
  'host-prohibited': 'host-prohibited',
  'net-prohibited': 'net-prohibited',
  'protocol-unreachable': 'protocol-unreachable',
};

const filtered = (
  stack: string,
  dev: string | null,
  hook: string,
  result: { readonly because: Because; readonly reject?: RejectWith },
  passing: Passing,
  isForMe: boolean,
): Stopped => {
  const { packet, tracking } = passing;
  const isInvalid = tracking?.state === 'invalid' && /invalid/.test(result.because.text);
  const reason: StopReason = result.reject !== undefined ? 'nf_reject' : isInvalid ? 'ct_invalid' : 'nf_drop';
  if (result.reject === undefined) return stopped(stack, dev, hook, reason, result.because);
  const kind = rejectKinds[result.reject];
  const attached = kind === 'tcp-reset' && tracking?.connection !== undefined ? tracking : undefined;
  return stopped(stack, dev, hook, reason, result.because, {
    error: { stack, kind, packet, isForMe, ...(attached === undefined ? {} : { tracking: attached }) },
  });
};

/** What tells best why a frame did not arrive. */
const telling = ({ stops }: Carriage): Carriage['stops'][number] | undefined =>
  stops.find(({ reason }) => reason !== 'other_host') ?? stops[0];

const ethertypeOf = (packet: Packet): number => (packet.family === 4 ? 0x0800 : 0x86dd);

const throughTunnel = (course: Course, it: InterfaceModel, packet: Packet): Fate => {
  const { outer, far } = sendThroughSit(course, it, packet);
  if (far !== undefined)
    return receive(course, {
      stack: far.stack,
      interface: far.name,
      carried: { frame: { sourceMac: it.mac, destinationMac: far.mac }, payload: { ethertype: 0x86dd, packet } },
    });
  const why = outer?.kind === 'stopped' ? `: ${outer.stop.because.text}` : '';
  return stopped(
    it.stack,
    it.name,
    'tunnel',
    'tunnel_outer',
    byInterface(it.stack, it.name, `the outer packet of ${it.name} does not get through${why}`),
  );
};

/** Hands a packet that has passed all filters to the link. */
const transmit = (course: Course, stack: StackModel, hop: NextHopModel, passing: Passing): Fate => {
  const { packet } = passing;
  const it = interfaceOf(stack, hop.dev);
  leaveBy(course, it.name);
  if (it.it.kind === 'tunnel') return throughTunnel(course, it, packet);
  const nexthop = hop.via ?? packet.destination;
  const station = findStation(course, stack.name, it.name, packet.family, nexthop, packet.source);
  if (station === undefined) {
    const text = `nobody on ${it.name} answers for ${addressText(packet.family, nexthop)}`;
    return stopped(
      stack.name,
      it.name,
      packet.family === 4 ? 'arp' : 'nd',
      'no_neighbour',
      byKernel(stack.name, text),
      {
        error: { stack: stack.name, kind: 'host-unreachable', packet, isForMe: false },
      },
    );
  }
  const carriage = emptyCarriage();
  const frame = { sourceMac: it.mac, destinationMac: station.mac };
  leaveByLink(course, it, { frame, payload: { ethertype: ethertypeOf(packet), packet } }, carriage);
  const { arrivals } = carriage;
  const arrival = arrivals[choose(course, `arrival ${it.stack} ${it.name} ${station.mac}`, arrivals.length)];
  if (arrival !== undefined) return receive(course, arrival);
  const stop = telling(carriage);
  return stop === undefined
    ? stopped(
        stack.name,
        it.name,
        'link',
        'other_host',
        byInterface(stack.name, it.name, `no station takes frames for ${station.mac}`),
      )
    : { kind: 'stopped', stop };
};

const isOversized = (stack: StackModel, dev: string, packet: Packet): boolean =>
  packet.lengthBytes > interfaceOf(stack, dev).it.mtuBytes;

const deliver = (course: Course, stack: StackModel, dev: string, passing: Passing): Fate => {
  const input = runHook(course, stack, 'input', { ...passing, out: undefined });
  if (input.kind === 'drop') return filtered(stack.name, dev, 'input', input, passing, true);
  const { packet, tracking } = input.passing;
  note(course, () => ({
    stage: 'local',
    action: 'deliver',
    because: byKernel(stack.name, `${addressText(packet.family, packet.destination)} is an address of ${stack.name}`),
    packet: packetText(packet),
  }));
  return { kind: 'delivered', stack: stack.name, interface: dev, packet, tracking };
};

const pickHop = (
  course: Course,
  stack: StackModel,
  nexthops: readonly NextHopModel[],
  packet: Packet,
): NextHopModel => {
  const taken = choose(course, `nexthop ${stack.name} ${packet.source} ${packet.destination}`, nexthops.length);
  const hop = nexthops[taken];
  if (hop === undefined) throw new Error('a route without a next hop');
  return hop;
};

const forward = (
  course: Course,
  stack: StackModel,
  dev: string,
  passing: Passing,
  route: RouteModel,
  hop: NextHopModel,
): Fate => {
  const { packet } = passing;
  assume(course, route.fact);
  const error = (kind: ErrorKind): Pick<Stopped, 'error'> => ({
    error: { stack: stack.name, kind, packet, isForMe: false },
  });
  if (packet.hopLimit <= 1)
    return stopped(
      stack.name,
      dev,
      'forwarding',
      'ttl_loop',
      byKernel(stack.name, 'the packet has gone round until its hop limit ran out'),
      error('time-exceeded'),
    );
  note(course, () => ({
    stage: 'route',
    action: 'pass',
    because: byRoute(stack.name, route, hop),
    packet: packetText(packet),
  }));
  if (isOversized(stack, hop.dev, packet) && packet.dontFragment)
    return stopped(
      stack.name,
      hop.dev,
      'mtu',
      'mtu',
      byInterface(
        stack.name,
        hop.dev,
        `${packet.lengthBytes} bytes are more than ${hop.dev} takes (${interfaceOf(stack, hop.dev).it.mtuBytes})`,
      ),
      error('packet-too-big'),
    );
  const onward = { ...passing, out: hop.dev, packet: { ...packet, hopLimit: packet.hopLimit - 1 } };
  const forwarded = runHook(course, stack, 'forward', onward);
  if (forwarded.kind === 'drop') return filtered(stack.name, dev, 'forward', forwarded, passing, false);
  const last = runHook(
    course,
    stack,
    'postrouting',
    { ...forwarded.passing, in: undefined },
    hop.via ?? packet.destination,
  );
  if (last.kind === 'drop') return filtered(stack.name, hop.dev, 'postrouting', last, forwarded.passing, false);
  return transmit(course, stack, hop, last.passing);
};

/** A packet comes up from an interface of a stack. */
export const receive = (course: Course, { stack: name, interface: dev, carried }: Arrival): Fate => {
  const stack = stackOf(course.model, name);
  beginHop(course, name, dev);
  const arrived = passingOf(carried, dev, undefined);
  const before = carried.payload.hasPassedPrerouting === true;
  const first = before
    ? ({ kind: 'pass', passing: arrived } as const)
    : runHook(course, stack, 'prerouting', { ...arrived, tracking: undefined });
  if (first.kind === 'drop') return filtered(name, dev, 'prerouting', first, arrived, false);
  const { passing } = first;
  const { packet } = passing;
  const way = inputRoute(stack, dev, packet);
  if (way.kind === 'drop') {
    const { reason, because, error } = way;
    return stopped(name, dev, reason === 'rp_filter' ? 'rp-filter' : 'route', reason, because, {
      ...(error === undefined ? {} : { error: { stack: name, kind: error, packet, isForMe: false } }),
    });
  }
  assume(course, way.route.fact);
  if (way.kind === 'local') return deliver(course, stack, dev, passing);
  return forward(course, stack, dev, passing, way.route, pickHop(course, stack, way.nexthops, packet));
};

const localErrors: Readonly<Record<string, readonly [StopReason, ClientSees]>> = {
  unreachable: ['route_unreachable', 'host-unreachable'],
  blackhole: ['route_blackhole', 'invalid-argument'],
  prohibit: ['route_prohibit', 'prohibited'],
  broadcast: ['martian', 'prohibited'],
};

const noWayOut = (stack: StackModel, packet: Packet, answer: RouteAnswer): Stopped => {
  const at = (reason: StopReason, local: ClientSees, because: Because): Stopped =>
    stopped(stack.name, null, 'route', reason, because, { local });
  if (answer.kind === 'none')
    return at(
      'no_route',
      'net-unreachable',
      byKernel(stack.name, `no route to ${addressText(packet.family, packet.destination)}`),
    );
  if (answer.kind === 'rule') {
    const [reason, local] = localErrors[answer.action] ?? ['no_route', 'net-unreachable'];
    return at(reason, local, {
      object: 'policy-rule',
      stack: stack.name,
      key: String(answer.rule.priority),
      text: `rule ${answer.rule.priority}: ${answer.action}`,
    });
  }
  const [reason, local] = localErrors[answer.route.type] ?? ['no_route', 'net-unreachable'];
  return at(reason, local, byRoute(stack.name, answer.route));
};

interface Way {
  readonly route: RouteModel;
  readonly hop: NextHopModel;
}

const wayOut = (course: Course, stack: StackModel, packet: Packet, dev: string | undefined): Way | Stopped => {
  const answer = lookUpRoute(stack, keyOfPacket(packet, 'lo', dev));
  if (answer.kind !== 'route' || answer.nexthops.length === 0 || answer.route.type === 'broadcast')
    return noWayOut(stack, packet, answer);
  const { route, nexthops } = answer;
  const hop =
    route.type === 'unicast' ? pickHop(course, stack, nexthops, packet) : { via: undefined, dev: 'lo', weight: 1 };
  const redirected = stack.redirects.get(String(packet.destination));
  if (redirected === undefined || route.type !== 'unicast') return { route, hop };
  assume(course, `${stack.name} was redirected to ${addressText(packet.family, redirected)}`);
  return { route, hop: { ...hop, via: redirected } };
};

const isWay = (way: Way | Stopped): way is Way => 'route' in way;

const overLoopback = (course: Course, stack: StackModel, passing: Passing): Fate => {
  const first = runHook(course, stack, 'prerouting', { ...passing, in: 'lo', out: undefined });
  if (first.kind === 'drop') return filtered(stack.name, 'lo', 'prerouting', first, passing, true);
  return deliver(course, stack, 'lo', first.passing);
};

/** Filters and the link, once route and source are known. */
const sendBy = (course: Course, stack: StackModel, way: Way, packet: Packet, sending: Sending): Fate => {
  const passing: Passing = {
    packet,
    tracking: sending.tracking,
    in: undefined,
    out: way.hop.dev,
    ethertype: ethertypeOf(packet),
    packetType: 'host',
  };
  const notPermitted = (result: { because: Because; reject?: RejectWith }, hook: string, at: Passing): Stopped => ({
    ...filtered(stack.name, way.hop.dev, hook, result, at, false),
    local: 'not-permitted',
  });
  const output = runHook(course, stack, 'output', passing);
  if (output.kind === 'drop') return notPermitted(output, 'output', passing);
  const changed = output.passing.packet;
  let now = way;
  const hasRouteChain = (stack.hooks.get(`${packet.family} output`) ?? []).some(({ chain }) => chain.type === 'route');
  if (changed.destination !== packet.destination || (hasRouteChain && changed.mark !== packet.mark)) {
    const again = wayOut(course, stack, changed, sending.dev);
    if (!isWay(again)) return { ...again, local: 'not-permitted' };
    now = again;
  }
  const nexthop = now.hop.via ?? changed.destination;
  const last = runHook(course, stack, 'postrouting', { ...output.passing, out: now.hop.dev }, nexthop);
  if (last.kind === 'drop') return notPermitted(last, 'postrouting', output.passing);
  return now.hop.dev === 'lo'
    ? overLoopback(course, stack, last.passing)
    : transmit(course, stack, now.hop, last.passing);
};

/** A packet of the stack's own. */
export const sendPacket = (course: Course, sending: Sending): Fate => {
  const stack = stackOf(course.model, sending.stack);
  const { packet, isBound, isConnected } = sending;
  beginHop(course, stack.name, null);
  let way = wayOut(course, stack, packet, sending.dev);
  if (!isWay(way)) return way;
  let sent = packet;
  if (!isBound) {
    const source = sourceFor(stack, packet.family, way.route, way.hop, packet.destination);
    if (source === undefined && packet.family === 6)
      return stopped(
        stack.name,
        way.hop.dev,
        'source',
        'no_source_address',
        byInterface(stack.name, way.hop.dev, `${stack.name} has no IPv6 address to send from`),
        { local: 'net-unreachable' },
      );
    sent = { ...packet, source: source ?? 0n };
    if (isConnected === true) {
      const again = wayOut(course, stack, sent, sending.dev);
      if (!isWay(again)) return again;
      way = again;
    }
  }
  const { route, hop } = way;
  if (course.source === undefined && course.depth === 0) course.source = sent.source;
  assume(course, route.fact);
  note(course, () => ({
    stage: 'route',
    action: 'pass',
    because: byRoute(stack.name, route, hop),
    packet: packetText(sent),
  }));
  if (sent.source === 0n)
    return stopped(
      stack.name,
      hop.dev,
      'source',
      'no_source_address',
      byInterface(stack.name, hop.dev, `${stack.name} has no IPv4 address to send from`),
      { local: 'timeout' },
    );
  if (sent.dontFragment && isOversized(stack, hop.dev, sent))
    return stopped(
      stack.name,
      hop.dev,
      'mtu',
      'mtu',
      byInterface(stack.name, hop.dev, `${sent.lengthBytes} bytes are more than ${hop.dev} takes`),
      { local: 'message-too-long' },
    );
  return sendBy(course, stack, way, sent, sending);
};
