/**
 * The IP layer of a stack: receiving and forwarding (ip_rcv, ip_forward and their IPv6 twins). One packet is followed
 * until it is delivered or stops. What a stack sends of its own is in `send.ts`.
 */
import { isLinkLocal6 } from '../../net/address.ts';
import { interfaceOf, stackOf, type InterfaceModel, type NextHopModel, type StackModel } from '../model/model.ts';
import { type Frame, type Packet } from '../packet.ts';
import { isEverybody } from './arp.ts';
import { isOfConnection } from './connections.ts';
import { assume, beginHop, choose, leaveBy, meetUnmodelled, note, pickHop, quietly, type Course } from './course.ts';
import { type Fate, type Way } from './fate.ts';
import { type Passing } from './filter-match.ts';
import { runHook } from './hook.ts';
import { beyondLink, inputRoute, isBeyondLink, type ErrorKind, type InputRoute } from './input-route.ts';
import {
  gathered,
  isHeldUp,
  isSplit,
  longestPieceOf,
  lossOfLastPiece,
  lossWhereCut,
  malformed,
  neverWhole,
  splitUp,
} from './fragments.ts';
import { BROADCAST, emptyCarriage, isGroup, passingOf, type Arrival } from './frames.ts';
import { sendThroughTunnel } from './ip-tunnel.ts';
import { leaveByLink } from './link.ts';
import { findStation, neighbourKey, type Station } from './neighbours.ts';
import { errorAbout, filtered, stopped, telling, withError, type Stopped } from './stopped.ts';
import { sendThroughWireguard } from './wireguard.ts';
import { addressText, byInterface, byKernel, byRoute, bySysctl, packetText, TCP } from './words.ts';

export const ethertypeOf = (packet: Packet): number => (packet.family === 4 ? 0x0800 : 0x86dd);

const throughTunnel = (
  course: Course,
  it: InterfaceModel,
  passing: Passing,
  nexthop: bigint,
  ingress: string | null,
): Fate => {
  const { packet } = passing;
  const passage =
    it.it.kind === 'wireguard'
      ? sendThroughWireguard(course, it, packet)
      : sendThroughTunnel(course, it, packet, nexthop);
  if (passage.kind === 'through') {
    const { stack, name, mac } = passage.far;
    const frame = { sourceMac: it.mac, destinationMac: mac };
    return receive(course, {
      stack,
      interface: name,
      carried: { frame, payload: { ethertype: ethertypeOf(packet), packet } },
    });
  }
  return stopped(
    it.stack,
    it.name,
    'tunnel',
    'tunnel_outer',
    byInterface(it.stack, it.name, `the outer packet of ${it.name} does not get through${passage.why}`),
    passage.error === undefined ? {} : { error: errorAbout(it.stack, passage.error, ingress, passing) },
  );
};

/** Whether a copy of a frame comes to another stack than the one that it was followed to. */
const isAnswered = (course: Course, fate: Fate, copy: Arrival): boolean => {
  course.isOfCopy = true;
  const other = quietly(course, () => receive(course, copy));
  course.isOfCopy = false;
  return fate.kind === 'delivered' && other.kind === 'delivered' && fate.stack !== other.stack;
};

/** Each of two stacks resets what the other has begun. */
const begunTwice = (it: InterfaceModel, mac: string): Stopped =>
  stopped(
    it.stack,
    it.name,
    'link',
    'neighbour_ambiguous',
    byInterface(it.stack, it.name, `several stations take frames for ${mac}, and reset each other's connections`),
  );

/** Out of an interface, and on from there. */
export const carry = (course: Course, it: InterfaceModel, frame: Frame, packet: Packet, frameBytes: number): Fate => {
  const carriage = emptyCarriage();
  leaveByLink(course, it, { frame, payload: { ethertype: ethertypeOf(packet), packet, frameBytes } }, carriage);
  const { arrivals } = carriage;
  const mac = frame.destinationMac;
  if (isGroup(mac)) {
    const fates = arrivals.map((each) => receive(course, each));
    const delivered = fates.filter(({ kind }) => kind === 'delivered');
    // Who has the address takes it for its own; others for a broadcast, as it is meant.
    const fate = delivered.find((each) => !('sharedAddress' in each)) ?? delivered[0] ?? fates[0];
    if (fate !== undefined) return fate;
  }
  const arrival = arrivals[choose(course, `arrival ${it.stack} ${it.name} ${mac}`, arrivals.length)];
  if (arrival !== undefined) {
    const fate = receive(course, arrival);
    const others = isOfConnection(packet) && !course.isOfCopy ? arrivals.filter((other) => other !== arrival) : [];
    if (others.some((other) => isAnswered(course, fate, other))) return begunTwice(it, mac);
    const alone = (piece: Packet): Fate => carry(course, it, frame, piece, piece.lengthBytes);
    return lossWhereCut(course, packet, arrival.carried.payload.packet, fate, alone) ?? fate;
  }
  const stop = telling(carriage);
  return stop === undefined
    ? stopped(
        it.stack,
        it.name,
        'link',
        'other_host',
        byInterface(it.stack, it.name, `no station takes frames for ${mac}`),
      )
    : withError(stop);
};

/** Of a broadcast that a stack sends it hears a copy itself (ip_mc_output), which comes in by where the others leave. */
const ownCopy = (course: Course, stack: StackModel, dev: string, passing: Passing): Fate | undefined =>
  quietly(course, () => {
    const first = runHook(course, stack, 'prerouting', { ...passing, in: dev, out: undefined });
    const heard = first.kind === 'pass' ? deliver(course, stack, dev, first.passing) : undefined;
    return heard?.kind === 'delivered' ? { ...heard, sharedAddress: 'broadcast' } : undefined;
  });

/** Hands a packet that has passed all filters to the link. `gatheredBytes`: see `Payload`. */
export const transmit = (
  course: Course,
  stack: StackModel,
  { route, hop }: Way,
  passing: Passing,
  ingress: string | null,
  gatheredBytes?: number,
): Fate => {
  const { packet } = passing;
  const it = interfaceOf(stack, hop.dev);
  leaveBy(course, it.name);
  const nexthop = hop.via ?? packet.destination;
  if (it.it.kind === 'tunnel' || it.it.kind === 'wireguard')
    return throughTunnel(course, it, passing, nexthop, ingress);
  // A broadcast address has no station to look for (arp_constructor).
  const station: Pick<Station, 'mac' | 'isOneOfSeveral'> | undefined =
    route.type === 'broadcast' || (packet.family === 4 && hop.via !== undefined && isEverybody(stack, hop.via))
      ? { mac: BROADCAST }
      : findStation(course, stack.name, it.name, packet.family, nexthop, packet.source);
  if (station === undefined) {
    const text = `nobody on ${it.name} answers for ${addressText(packet.family, nexthop)}`;
    return stopped(
      stack.name,
      it.name,
      packet.family === 4 ? 'arp' : 'nd',
      'no_neighbour',
      byKernel(stack.name, text),
      {
        error: {
          ...errorAbout(stack.name, 'host-unreachable', ingress, passing),
          zone: ingress ?? it.name,
          failing: neighbourKey(stack.name, it.name, nexthop),
        },
      },
    );
  }
  const frameBytes = longestPieceOf(packet, it.it.mtuBytes, gatheredBytes);
  const isCut = frameBytes < packet.lengthBytes;
  const frame = { sourceMac: it.mac, destinationMac: station.mac };
  const alone = (piece: Packet): Fate => carry(course, it, frame, piece, piece.lengthBytes);
  const fate = carry(course, it, frame, isCut ? { ...packet, fragmentBytes: frameBytes } : packet, frameBytes);
  if (fate.kind === 'stopped') {
    const isOwn = ingress === null && route.type === 'broadcast';
    return (isOwn ? ownCopy(course, stack, it.name, passing) : undefined) ?? fate;
  }
  if ((isCut || packet.fragmentBytes !== undefined) && isSplit(course, stack.name, it.name, station))
    return splitUp(stack.name, it.name, packet, nexthop);
  const wasWhole = packet.fragmentBytes === undefined || stack.tracks[packet.family];
  if (!isCut || !wasWhole) return fate;
  return lossOfLastPiece(course, packet, frameBytes, alone) ?? fate;
};

/** Configuration files seldom speak of the loopback interface: it is there all the same. */
const loopbackMtuBytes = 65536;

export const isOversized = (stack: StackModel, dev: string, packet: Packet): boolean =>
  (packet.fragmentBytes ?? packet.lengthBytes) > (stack.interfaces.get(dev)?.it.mtuBytes ?? loopbackMtuBytes);

export const deliver = (course: Course, stack: StackModel, dev: string, passing: Passing): Fate => {
  // IPv4 puts fragments together before filters look at what comes in, IPv6 after that (ip_local_deliver, ip6_input_finish).
  const { family, isLaterPiece } = passing.packet;
  if (family === 4 && isLaterPiece === true) return gathered(stack.name, dev, passing.packet);
  const input = runHook(course, stack, 'input', { ...passing, out: undefined, pieceBytes: undefined });
  if (input.kind === 'drop') return filtered(stack.name, dev, 'input', input, passing, true);
  const { packet } = input.passing;
  if (packet.isCutAgain === true) return malformed(stack.name, dev, input.passing);
  note(course, () => ({
    stage: 'local',
    action: 'deliver',
    because: byKernel(stack.name, `${addressText(packet.family, packet.destination)} is an address of ${stack.name}`),
    packet: packetText(packet),
  }));
  return { kind: 'delivered', stack: stack.name, interface: dev, packet };
};

export const hopOf = (
  course: Course,
  stack: StackModel,
  nexthops: readonly NextHopModel[],
  { source, destination }: Packet,
): NextHopModel => {
  const hop = pickHop(course, stack, nexthops, source, destination);
  if (hop === undefined) throw new Error('a route without a next hop');
  return hop;
};

const forward = (
  course: Course,
  stack: StackModel,
  dev: string,
  passing: Passing,
  { route, hop }: Way,
  gatheredBytes: number | undefined,
): Fate => {
  const { packet } = passing;
  assume(course, route.fact);
  const error = (kind: ErrorKind): Pick<Stopped, 'error'> => ({
    error: errorAbout(stack.name, kind, dev, passing),
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
  if (
    isOversized(stack, hop.dev, packet) &&
    (packet.dontFragment || packet.family === 6) &&
    gatheredBytes === undefined
  )
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
  if (last.kind === 'drop')
    return filtered(stack.name, hop.dev, 'postrouting', last, { ...forwarded.passing, in: dev }, false);
  if (isHeldUp(stack, last.passing.packet)) return neverWhole(stack.name, dev);
  return transmit(course, stack, { route, hop }, last.passing, dev, gatheredBytes);
};

/** A packet comes up from an interface of a stack. */
export const receive = (course: Course, { stack: name, interface: dev, carried }: Arrival): Fate => {
  const stack = stackOf(course.model, name);
  beginHop(course, name, dev);
  const it = interfaceOf(stack, dev);
  // Connection tracking puts them together before anything else, on a bridge whether it has IPv6 of its own or not.
  const { packet: piece } = carried.payload;
  if (piece.isLaterPiece === true && stack.tracks[piece.family]) return gathered(name, dev, piece);
  if (piece.family === 6 && !it.settings.ipv6)
    return stopped(
      name,
      dev,
      'link',
      'interface_down',
      bySysctl(name, `net/ipv6/conf/${dev}/disable_ipv6`, `IPv6 is switched off on ${dev}`),
    );
  if (piece.family === 6 && piece.destination === 1n)
    return stopped(name, dev, 'link', 'martian', byKernel(name, `::1 is not received on ${dev}`));
  const arrived = passingOf(carried, dev, undefined);
  const before = carried.payload.hasPassedPrerouting === true;
  const first = before
    ? ({ kind: 'pass', passing: arrived } as const)
    : runHook(course, stack, 'prerouting', { ...arrived, tracking: undefined });
  if (first.kind === 'drop') return filtered(name, dev, 'prerouting', first, arrived, false);
  const { passing } = first;
  const { packet } = passing;
  const vrf = stack.vrfs.get(dev);
  if (vrf !== undefined && stack.hooks.size > 0)
    meetUnmodelled(course, `filters around the VRF ${vrf.name} of ${name}`);
  // Link-local addresses stay with the member (vrf_ip6_rcv).
  const isOfLink = packet.family === 6 && isLinkLocal6(packet.destination);
  const at = isOfLink ? dev : (vrf?.name ?? dev);
  const way = inputRoute(stack, at, packet, carried.payload.isRouted);
  const isForAll = isGroup(carried.frame.destinationMac);
  const refused = ({ reason, because, error }: Extract<InputRoute, { kind: 'drop' }>): Stopped =>
    stopped(name, dev, reason === 'rp_filter' ? 'rp-filter' : 'route', reason, because, {
      ...(error === undefined || isForAll ? {} : { error: errorAbout(name, error, dev, passing) }),
    });
  if (way.kind === 'drop') return refused(way);
  // Neither forwarded nor taken by TCP (ip_forward, tcp_v4_rcv).
  if (isForAll && (way.kind === 'forward' || packet.protocol === TCP))
    return stopped(name, dev, 'link', 'other_host', byKernel(name, 'the packet came in a frame for everybody'));
  assume(course, way.route.fact);
  if (way.kind === 'forward') {
    const hop = hopOf(course, stack, way.nexthops, packet);
    const { isRouted, gatheredBytes } = carried.payload;
    if (isRouted !== true && isBeyondLink(packet, at, hop)) return refused(beyondLink(stack, packet));
    return forward(course, stack, dev, passing, { route: way.route, hop }, gatheredBytes);
  }
  const fate = deliver(course, stack, dev, passing);
  const { type } = way.route;
  // Of what is for everybody nobody tells the sender (icmp_send, nf_send_reset).
  if (fate.kind === 'stopped') return type === 'broadcast' ? { kind: 'stopped', stop: fate.stop } : fate;
  return {
    ...fate,
    ...(type === 'broadcast' || type === 'anycast' ? { sharedAddress: type } : {}),
    ...(isForAll ? { isForAll } : {}),
  };
};
