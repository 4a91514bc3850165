/**
 * Whether the program that sent a request hears of the error that some stack sends about it: the error is a packet too, with
 * a source, a way and filters of its own (icmp_send, icmp6_send, nf_send_reset).
 */
import { ip, isLinkLocal6 } from '../../net/address.ts';
import { interfaceOf, stackOf, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type ClientSees, type Flow } from '../walk.ts';
import { answerTo, isLinkLocal, isSameFlow } from './answers.ts';
import { quietly, type Course } from './course.ts';
import { errorPacket, whatClientSees } from './errors.ts';
import { type ErrorToSend, type Fate, type Sending } from './fate.ts';
import { emptyCarriage } from './frames.ts';
import { keyOfPacket } from './input-route.ts';
import { carry, ethertypeOf, receive } from './ip.ts';
import { enterBy } from './link.ts';
import { lookUpRoute } from './route-lookup.ts';
import { sendPacket } from './send.ts';
import { selectAddress6, sourceFor } from './source-address.ts';

/**
 * What came in by lo was sent to an address of some interface, and counts as received by that (ip6_rcv); of several that
 * have the same link-local address, by the one that it was meant for.
 */
export const receivingDevice = (
  course: Course,
  stack: string,
  dev: string,
  destination: bigint,
  meant?: string,
): string => {
  if (dev !== 'lo') return dev;
  const owners = [...stackOf(course.model, stack).interfaces.values()].filter(({ addresses }) =>
    addresses.some(({ family, value }) => family === 6 && value === destination),
  );
  const wanted = isLinkLocal6(destination) ? owners.find(({ name }) => name === meant) : undefined;
  return (wanted ?? owners[0])?.name ?? dev;
};

/** A datagram socket that is bound to a broadcast address does not send from it, and hears nothing else (compute_score). */
const isBoundElsewhere = ({ protocol, source }: Flow, address: bigint): boolean =>
  protocol === 'udp' && source !== undefined && ip(source).value !== address;

/**
 * What came in by another interface than the one that the client's socket is bound to, or by lo for an address of another
 * (inet6_iif, inet_sk_bound_dev_eq). A socket is bound where its flow names an interface, but for echoes.
 */
const isBeyondDevice = (
  course: Course,
  { from, interface: dev, protocol }: Flow,
  { interface: ingress, packet }: Pick<Extract<Fate, { kind: 'delivered' }>, 'interface' | 'packet'>,
): boolean => {
  if (dev === undefined || protocol === 'icmp') return false;
  const at = receivingDevice(course, from, ingress, packet.destination, dev);
  return at !== dev && stackOf(course.model, from).vrfs.get(at)?.name !== dev;
};

/** What does not come to the socket that asked, though it came to its stack. */
export const isBeyondSocket = (
  course: Course,
  flow: Flow,
  fate: Pick<Extract<Fate, { kind: 'delivered' }>, 'interface' | 'packet'>,
): boolean => isBoundElsewhere(flow, fate.packet.destination) || isBeyondDevice(course, flow, fate);

/** What is sent to a link-local address leaves where its packet came in. */
const zoneTowards = (packet: Packet, dev: string | null): Pick<Sending, 'dev'> =>
  isLinkLocal(packet) && dev !== null ? { dev } : {};

/** A reset that a filter sends has no device of its own (nf_send_reset6). */
const zoneOfError = (course: Course, error: ErrorToSend, packet: Packet): Pick<Sending, 'dev'> => {
  const dev = error.zone ?? error.interface;
  const vrf = stackOf(course.model, error.stack).vrfs.get(dev ?? '');
  if (vrf !== undefined && !isLinkLocal(packet)) return { dev: vrf.name };
  if (error.kind === 'tcp-reset' || dev === null) return {};
  return zoneTowards(packet, receivingDevice(course, error.stack, dev, error.packet.destination));
};

/**
 * Whether the stack has the IPv6 address that a packet is for, on whichever interface, or is one of those that have it as
 * anycast address (ipv6_chk_addr, ipv6_chk_acast_addr_src). That a route takes it for local is not enough.
 */
const hasAddress6 = (stack: StackModel, { packet, isForMe }: ErrorToSend): boolean => {
  const { destination } = packet;
  if (isLinkLocal6(destination)) return isForMe;
  const isOwn = [...stack.interfaces.values()].some(({ addresses }) =>
    addresses.some(({ family, value, isUnusable }) => family === 6 && value === destination && !isUnusable),
  );
  if (isOwn) return true;
  const way = lookUpRoute(stack, keyOfPacket(packet, 'lo'));
  return way.kind === 'route' && way.route.type === 'anycast';
};

/**
 * An ICMPv6 error comes from the address that its packet was for, where the stack has that; else from an address of the
 * interface that the packet came in by, where the route of the error names none (icmp6_send). What a bridge passes on has
 * come in by none (br_validate_ipv6).
 */
const withSource6 = (course: Course, error: ErrorToSend, packet: Packet): Packet => {
  if (packet.family === 4 || error.kind === 'tcp-reset') return packet;
  const stack = stackOf(course.model, error.stack);
  if (hasAddress6(stack, error)) return { ...packet, source: error.packet.destination };
  if (error.interface === null || error.bridged !== undefined) return packet;
  const way = lookUpRoute(stack, keyOfPacket(packet, 'lo'));
  if (way.kind === 'route' && way.route.source !== undefined) return packet;
  return { ...packet, source: selectAddress6(stack, error.interface, packet.destination) ?? 0n };
};

/** 192.0.0.8: what an IPv4 stack without any address tells comes from there (RFC 7600, INADDR_DUMMY). */
const dummy4 = 0xc0000008n;

const withSource4 = (course: Course, { stack: name, kind }: ErrorToSend, packet: Packet): Packet => {
  if (packet.family === 6 || packet.source !== 0n || kind === 'tcp-reset') return packet;
  const stack = stackOf(course.model, name);
  const way = lookUpRoute(stack, keyOfPacket(packet, 'lo'));
  const hop = way.kind === 'route' ? way.nexthops[0] : undefined;
  if (way.kind !== 'route' || hop === undefined) return packet;
  const own = sourceFor(stack, 4, way.route, hop, packet.destination);
  return own === undefined ? { ...packet, source: dummy4 } : packet;
};

/**
 * What a stack tells itself comes in by lo, unless a link leads back to it, and counts as received by the interface that has the address it is for. A socket
 * that is bound to another device does not hear it; for TCP that is so of all errors but resets, which looks at lo alone
 * (tcp_v6_err, tcp_v6_rcv, __udp6_lib_err).
 */
const isDeafTo = (
  course: Course,
  { kind }: ErrorToSend,
  { from, interface: dev, protocol }: Flow,
  request: Packet,
): boolean => {
  if (dev === undefined || protocol === 'icmp') return false;
  const isByLo = protocol === 'tcp' && kind !== 'tcp-reset';
  return isByLo || receivingDevice(course, from, 'lo', request.source, dev) !== dev;
};

/**
 * A reset for what came over a bridge goes out of the port that it came in by, as if from the station that it was for: only
 * a route has to be there, and no filter sees it (nf_send_reset).
 */
const resetOverBridge = (
  course: Course,
  { stack: name }: ErrorToSend,
  { frame, port }: NonNullable<ErrorToSend['bridged']>,
  packet: Packet,
): Fate | undefined => {
  const stack = stackOf(course.model, name);
  const way = lookUpRoute(stack, keyOfPacket(packet, 'lo'));
  if (way.kind !== 'route' || way.nexthops.length === 0) return undefined;
  const back = { sourceMac: frame.destinationMac, destinationMac: frame.sourceMac };
  return carry(course, interfaceOf(stack, port), back, packet, packet.lengthBytes);
};

/** What a tunnel tells comes out of it like a frame from its far end (iptunnel_pmtud_build_icmp). */
const comeBack = (
  course: Course,
  { stack }: ErrorToSend,
  { device, frame }: NonNullable<ErrorToSend['comesBackBy']>,
  packet: Packet,
): Fate | undefined => {
  const carriage = emptyCarriage();
  const back = { sourceMac: frame.destinationMac, destinationMac: frame.sourceMac };
  const it = interfaceOf(stackOf(course.model, stack), device);
  enterBy(course, it, { frame: back, payload: { ethertype: ethertypeOf(packet), packet } }, carriage);
  const [arrival] = carriage.arrivals;
  return arrival && receive(course, arrival);
};

const sendError = (course: Course, error: ErrorToSend, packet: Packet): Fate | undefined => {
  if (error.comesBackBy !== undefined) return comeBack(course, error, error.comesBackBy, packet);
  if (error.kind === 'tcp-reset' && error.bridged !== undefined)
    return resetOverBridge(course, error, error.bridged, packet);
  return sendPacket(course, {
    stack: error.stack,
    packet,
    isBound: packet.source !== 0n,
    mayBroadcast: true,
    // Of ICMPv6 all errors are counted by where they go but this one (icmpv6_mask_allow).
    ...(error.kind === 'tcp-reset' || error.kind === 'packet-too-big' ? {} : { isCounted: true as const }),
    ...zoneOfError(course, error, packet),
    ...(error.tracking === undefined
      ? {}
      : {
          tracking: {
            ...error.tracking,
            state: 'related' as const,
            direction: error.tracking.direction === 'original' ? ('reply' as const) : ('original' as const),
          },
        }),
  });
};

/** A raw socket takes an error about what it sent to an address for its own, whatever became of the source. */
const isAbout = (quoted: Packet, request: Packet): boolean =>
  isSameFlow(request.icmp === undefined ? quoted : { ...quoted, source: request.source }, request);

/** What reaches the sender of `request` of an error that some stack sends. */
export const hearError = (course: Course, error: ErrorToSend | undefined, flow: Flow, request: Packet): ClientSees => {
  const client = flow.from;
  const made = error && errorPacket(error);
  if (error === undefined || made === undefined || isBoundElsewhere(flow, request.source)) return 'timeout';
  const packet =
    error.comesBackBy === undefined
      ? withSource4(course, error, withSource6(course, error, made))
      : { ...made, source: error.packet.destination };
  course.failing = error.failing;
  const fate = quietly(course, () => sendError(course, error, packet));
  course.failing = undefined;
  if (fate?.kind !== 'delivered' || fate.stack !== client) return 'timeout';
  const isDeaf = fate.interface === 'lo' ? isDeafTo(course, error, flow, request) : isBeyondDevice(course, flow, fate);
  if (isDeaf) return 'timeout';
  if (error.kind === 'tcp-reset') return isSameFlow(answerTo(request, 0), fate.packet) ? 'refused' : 'timeout';
  const quoted = fate.packet.quoted;
  return quoted !== undefined && isAbout(quoted, request) ? whatClientSees(error.kind, request) : 'timeout';
};
