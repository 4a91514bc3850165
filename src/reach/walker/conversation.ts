/**
 * A question and its answer: the request, what the far end's kernel or program makes of it, the way back, and the error
 * that comes instead. TCP goes on to the first data, so that a path that lets only the handshake through is found out.
 */
import { ip, isLinkLocal6 } from '../../net/address.ts';
import { stackOf } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type ClientSees, type Flow, type Stop, type Walk } from '../walk.ts';
import { answerTo, isLinkLocal, isSameFlow } from './answers.ts';
import { ACK, RST, SYN } from './connections.ts';
import { assume, quietly, takeHops, type Course } from './course.ts';
import { type ErrorToSend, type Fate, type Sending } from './fate.ts';
import { hearError, isBeyondSocket, receivingDevice } from './hear-error.ts';
import { isOwnAddress4 } from './input-route.ts';
import { sendPacket } from './send.ts';
import { speaksAs } from './source-address.ts';
import { addressText, byKernel, ICMP, ICMPV6, loopback6, TCP, UDP } from './words.ts';

const clientPort = 40_000;
const smallBytes = { icmp: 64, tcp: 60, udp: 60 } as const;

/** 0: it is chosen by the route. */
const sourceOf = (course: Course, { from, family, source, isForged }: Flow): bigint => {
  const bound = source === undefined ? 0n : ip(source).value;
  return isForged === true || speaksAs(stackOf(course.model, from), family, bound) ? bound : 0n;
};

const requestOf = (course: Course, flow: Flow): Packet => {
  const { family, protocol } = flow;
  const isIcmp = protocol === 'icmp';
  return {
    family,
    source: sourceOf(course, flow),
    destination: ip(flow.destination).value,
    protocol: isIcmp ? (family === 4 ? ICMP : ICMPV6) : protocol === 'tcp' ? TCP : UDP,
    sourcePort: isIcmp ? 0 : (flow.sourcePort ?? clientPort),
    destinationPort: isIcmp ? 0 : (flow.port ?? 0),
    ...(isIcmp ? { icmp: { type: family === 4 ? 8 : 128, code: 0 } } : {}),
    tcpFlags: protocol === 'tcp' ? SYN : 0,
    lengthBytes: flow.lengthBytes ?? smallBytes[protocol] + (family === 6 ? 20 : 0),
    dontFragment: flow.dontFragment ?? (family === 6 || protocol === 'tcp'),
    hopLimit: 64,
    mark: 0,
  };
};

type Told = Pick<Walk, 'arrived' | 'seenSource' | 'deliveredTo' | 'deliveredAs'>;

const nothingArrived: Told = { arrived: false, seenSource: null, deliveredTo: null, deliveredAs: null };

type Course1 = Omit<Walk, 'facts' | 'unknown' | 'alternatives'>;

/** Packets of the client's own that are dropped on the way out: only datagrams are told (EPERM). */
const localSight = (local: ClientSees, flow: Flow): ClientSees | undefined =>
  local === 'not-permitted' && flow.protocol === 'tcp' ? undefined : local;

type Stopped = Extract<Fate, { kind: 'stopped' }>;

const failed = (course: Course, fate: Stopped, flow: Flow, request: Packet, forward: Walk['forward']): Course1 => {
  const own = fate.local === undefined ? undefined : localSight(fate.local, flow);
  const clientSees = own ?? hearError(course, fate.error, flow, request);
  return {
    verdict: 'no',
    forward,
    reply: [],
    stop: { ...fate.stop, direction: 'forward' },
    clientSees,
    ...nothingArrived,
  };
};

/** The reply is that of a stranger where a translation on the way does not undo itself. */
const notForClient = (fate: Extract<Fate, { kind: 'delivered' }>, request: Packet): Omit<Stop, 'direction'> => {
  const { family, source, destination } = fate.packet;
  const seen = `${addressText(family, source)} > ${addressText(family, destination)}`;
  const wanted = `${addressText(family, request.destination)} > ${addressText(family, request.source)}`;
  return {
    stack: fate.stack,
    interface: fate.interface,
    stage: 'local',
    reason: 'no_listener',
    because: byKernel(
      fate.stack,
      seen === wanted
        ? `the answer is ${seen}, and the socket that asked does not hear it: it is bound to something else`
        : `the answer is ${seen}, and nobody waits for it: the request asked for ${wanted}`,
    ),
  };
};

interface Exchange {
  readonly flow: Flow;
  /** As the client knows it: with its source. */
  readonly request: Packet;
  readonly forward: Walk['forward'];
  readonly told: Told;
}

type Delivered = Extract<Fate, { kind: 'delivered' }>;

/**
 * The kernel answers an ICMPv6 echo by the interface that it came in by, if it can (icmpv6_echo_reply); one that a stack
 * sends itself came in by the interface that has its address (icmp6_dev). A UDP server that
 * answers from a link-local address has to name its interface (RFC 3542 section 6.1), which is a wish as well: only what
 * is for a link-local address has to leave there (ip6_route_output_flags).
 */
const zoneOfAnswer = (course: Course, at: Delivered, packet: Packet): Pick<Sending, 'dev' | 'preferredDev'> => {
  const received = (): string => receivingDevice(course, at.stack, at.interface, packet.source);
  if (isLinkLocal(packet)) return { dev: received() };
  const isReset = (packet.tcpFlags & RST) !== 0;
  const namesInterface = packet.family === 6 && packet.protocol === UDP && isLinkLocal6(packet.source);
  // ::1 is looked for on the interface alone, too (rt6_need_strict); a reset to it names one (tcp_v6_send_response).
  if (packet.family === 6 && packet.destination === loopback6 && (isReset || namesInterface))
    return { dev: received() };
  if (namesInterface) return { preferredDev: received() };
  // A UDP server that is bound to nothing answers by the main table.
  const vrf = packet.protocol === UDP ? undefined : stackOf(course.model, at.stack).vrfs.get(at.interface);
  if (vrf !== undefined) return { dev: vrf.name };
  return packet.protocol === ICMPV6 ? { preferredDev: received() } : {};
};

/** The socket of a connection with a link-local address is bound to its interface (tcp_v6_syn_recv_sock). */
const zoneOfAccepted = (
  course: Course,
  at: Delivered,
  packet: Packet,
): Pick<Sending, 'dev' | 'preferredDev' | 'boundDev'> => {
  const zone = zoneOfAnswer(course, at, packet);
  return zone.dev === undefined ? zone : { ...zone, boundDev: zone.dev };
};

/** A raw socket takes an echo reply from whom it asked, to whichever of its stack's addresses. */
const isAnswer = (request: Packet, answer: Packet): boolean =>
  request.icmp === undefined ? isSameFlow(answerTo(request, 0), answer) : answer.source === request.destination;

/** Sends an answer from where a packet was delivered back to the client. */
const sendBack = (
  course: Course,
  { flow, request, forward, told }: Exchange,
  at: Delivered,
  packet: Packet,
): Course1 => {
  const mayBroadcast = packet.protocol !== UDP;
  const zone = zoneOfAnswer(course, at, packet);
  const fate = sendPacket(course, { stack: at.stack, packet, isBound: true, mayBroadcast, ...zone });
  const reply = takeHops(course);
  // Whoever drops an answer tells its sender, not the client.
  if (fate.kind === 'stopped')
    return {
      verdict: 'no',
      forward,
      reply,
      stop: { ...fate.stop, direction: 'reply' },
      clientSees: 'timeout',
      ...told,
    };
  const isHeard = fate.stack === flow.from && isAnswer(request, fate.packet) && !isBeyondSocket(course, flow, fate);
  if (!isHeard) {
    const stop = { ...notForClient(fate, request), direction: 'reply' as const };
    return { verdict: 'no', forward, reply, stop, clientSees: 'timeout', ...told };
  }
  const clientSees = (packet.tcpFlags & RST) !== 0 ? 'refused' : 'answer';
  return { verdict: clientSees === 'answer' ? 'yes' : 'no', forward, reply, stop: null, clientSees, ...told };
};

/**
 * No answer comes from an address that many have; but where one subnet's broadcast address is an address of another
 * interface, programs that heard a datagram can speak from it (__ip_dev_find).
 */
const mayAnswerAs = (course: Course, { stack, packet, sharedAddress }: Delivered): boolean =>
  sharedAddress === 'broadcast' &&
  packet.protocol === UDP &&
  isOwnAddress4(stackOf(course.model, stack), packet.destination);

const isEchoIgnored = (course: Course, stack: string, packet: Packet): boolean =>
  packet.icmp !== undefined && stackOf(course.model, stack).settings.echoIgnoreAll[packet.family];

/** Programs that are bound to nothing take what comes in by a VRF only where they may. */
const isBeyondVrf = (course: Course, at: Delivered, { protocol }: Flow): boolean => {
  const { vrfs, settings } = stackOf(course.model, at.stack);
  return protocol !== 'icmp' && vrfs.has(at.interface) && !settings.acceptsFromVrf[protocol];
};

const refused = (course: Course, exchange: Exchange, fate: Delivered): Course1 => {
  const { flow, request, forward } = exchange;
  // No program gets to see it.
  const told = isBeyondVrf(course, fate, flow) ? nothingArrived : exchange.told;
  const stop: Stop = {
    direction: 'forward',
    stack: fate.stack,
    interface: fate.interface,
    stage: 'local',
    reason: 'no_listener',
    because: byKernel(
      fate.stack,
      isBeyondVrf(course, fate, flow)
        ? `programs that are bound to no VRF do not hear what comes in by ${fate.interface} (${flow.protocol}_l3mdev_accept)`
        : `nothing listens on ${flow.protocol} port ${fate.packet.destinationPort}`,
    ),
  };
  if (flow.protocol === 'tcp') {
    const back = sendBack(course, exchange, fate, answerTo(fate.packet, RST | ACK));
    return { ...back, verdict: 'no', stop: back.stop ?? stop };
  }
  // Datagrams that many get, nobody refuses (__udp4_lib_mcast_deliver, icmp_send).
  if (fate.isForAll === true || fate.sharedAddress === 'broadcast')
    return { verdict: 'no', forward, reply: [], stop, clientSees: 'timeout', ...told };
  // UDP has forgotten the connection by then (nf_reset_ct): the error is tracked like any packet.
  const error: ErrorToSend = {
    stack: fate.stack,
    kind: 'port-unreachable',
    interface: fate.interface,
    packet: fate.packet,
    isForMe: true,
  };
  return { verdict: 'no', forward, reply: [], stop, clientSees: hearError(course, error, flow, request), ...told };
};

const unanswered = (fate: Delivered, forward: Walk['forward'], told: Told, text: string): Course1 => ({
  verdict: 'no',
  forward,
  reply: [],
  stop: {
    direction: 'forward',
    stack: fate.stack,
    interface: fate.interface,
    stage: 'local',
    reason: 'no_listener',
    because: byKernel(fate.stack, text),
  },
  clientSees: 'timeout',
  ...told,
});

/** The rest of a TCP handshake and one byte each way; undefined: both arrive. */
const dataFlows = (course: Course, exchange: Exchange, at: Delivered): Course1 | undefined => {
  const { flow, request, forward, told } = exchange;
  const zone = zoneOfFlow(flow);
  const kept = course.way === undefined ? {} : { kept: course.way };
  const lost = (fate: Stopped, direction: Stop['direction']): Course1 => ({
    verdict: 'no',
    forward,
    reply: [],
    stop: { ...fate.stop, direction },
    clientSees: 'timeout',
    ...told,
  });
  const sent = quietly(course, () =>
    sendPacket(course, { stack: flow.from, packet: { ...request, tcpFlags: ACK }, isBound: true, ...zone, ...kept }),
  );
  if (sent.kind === 'stopped') return lost(sent, 'forward');
  if (sent.stack !== at.stack || !isSameFlow(sent.packet, at.packet)) {
    const text = `data of the connection comes to ${sent.stack}, which knows nothing of it`;
    return unanswered(sent, forward, told, text);
  }
  const answer = answerTo(sent.packet, ACK);
  const back = quietly(course, () =>
    sendPacket(course, { stack: at.stack, packet: answer, isBound: true, ...zoneOfAccepted(course, at, answer) }),
  );
  if (back.kind === 'stopped') return lost(back, 'reply');
  const isHeard = back.stack === flow.from && isSameFlow(answerTo(request, 0), back.packet);
  if (isHeard && !isBeyondSocket(course, flow, back)) return undefined;
  const stop = { ...notForClient(back, request), direction: 'reply' as const };
  return { verdict: 'no', forward, reply: [], stop, clientSees: 'timeout', ...told };
};

/** A socket that is connected to a link-local address is bound to its interface from then on (ip6_datagram_connect). */
const zoneOfFlow = ({ interface: dev, protocol }: Flow): Pick<Sending, 'dev' | 'boundDev'> => {
  if (dev === undefined) return {};
  return protocol === 'icmp' ? { dev } : { dev, boundDev: dev };
};

/** A socket is not connected to a link-local address without its interface; a raw one sends by the routing table. */
const isWithoutZone = (flow: Flow, draft: Packet): boolean =>
  isLinkLocal(draft) && flow.interface === undefined && flow.protocol !== 'icmp';

const zoneMissing = (flow: Flow): Course1 => ({
  verdict: 'no',
  forward: [],
  reply: [],
  stop: {
    direction: 'forward',
    stack: flow.from,
    interface: null,
    stage: 'source',
    reason: 'no_route',
    because: byKernel(flow.from, `${flow.destination} is good on one link only: the interface has to be named`),
  },
  clientSees: 'invalid-argument',
  ...nothingArrived,
});

/** One course from beginning to end. */
export const converse = (course: Course, flow: Flow): Course1 => {
  const draft = requestOf(course, flow);
  if (isWithoutZone(flow, draft)) return zoneMissing(flow);
  const fate = sendPacket(course, {
    stack: flow.from,
    packet: draft,
    isBound: draft.source !== 0n || flow.isForged === true,
    isConnected: flow.protocol !== 'icmp',
    ...(flow.isForged === true ? { isForged: true } : {}),
    ...zoneOfFlow(flow),
  });
  const forward = takeHops(course);
  const request = { ...draft, source: course.source ?? draft.source };
  if (fate.kind === 'stopped') return failed(course, fate, flow, request, forward);
  const { packet, stack: at } = fate;
  const { family, source, destination, destinationPort } = packet;
  const told: Told = {
    arrived: true,
    seenSource: addressText(family, source),
    deliveredTo: at,
    deliveredAs: {
      address: addressText(family, destination),
      port: flow.protocol === 'icmp' ? null : destinationPort,
    },
  };
  const exchange: Exchange = { flow, request, forward, told };
  if (fate.sharedAddress !== undefined && !mayAnswerAs(course, fate))
    return unanswered(
      fate,
      forward,
      flow.protocol === 'tcp' ? nothingArrived : told,
      `${fate.sharedAddress} addresses do not answer`,
    );
  if (flow.isForged === true) return { verdict: 'yes', forward, reply: [], stop: null, clientSees: 'timeout', ...told };
  if (isEchoIgnored(course, at, packet))
    return unanswered(fate, forward, told, 'echo requests are ignored (echo_ignore_all)');
  if (flow.protocol !== 'icmp' && (flow.isListening === false || isBeyondVrf(course, fate, flow)))
    return refused(course, exchange, fate);
  if (flow.protocol !== 'icmp' && flow.isListening === undefined)
    assume(course, `something listens on ${flow.protocol} port ${packet.destinationPort} of ${at}`);
  const result = sendBack(course, exchange, fate, answerTo(packet, flow.protocol === 'tcp' ? SYN | ACK : 0));
  if (result.verdict !== 'yes' || flow.protocol !== 'tcp') return result;
  const broken = dataFlows(course, exchange, fate);
  return broken === undefined ? result : { ...broken, reply: result.reply };
};
