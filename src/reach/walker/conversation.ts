/**
 * A question and its answer: the request, what the far end's kernel or program makes of it, the way back, and the error
 * that comes instead. TCP goes on to the first data, so that a path that lets only the handshake through is found out.
 */
import { ip } from '../../net/address.ts';
import { stackOf } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type ClientSees, type Flow, type Stop, type Walk } from '../walk.ts';
import { ACK, RST, SYN } from './connections.ts';
import { assume, quietly, takeHops, type Course } from './course.ts';
import { errorPacket, whatClientSees } from './errors.ts';
import { type ErrorToSend, type Fate } from './fate.ts';
import { sendPacket } from './send.ts';
import { addressText, byKernel, ICMP, ICMPV6, TCP, UDP } from './words.ts';

const clientPort = 40_000;
const smallBytes = { icmp: 64, tcp: 60, udp: 60 } as const;

const requestOf = (flow: Flow): Packet => {
  const { family, protocol } = flow;
  const isIcmp = protocol === 'icmp';
  return {
    family,
    source: flow.source === undefined ? 0n : ip(flow.source).value,
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

export const answerTo = (packet: Packet, tcpFlags: number): Packet => ({
  ...packet,
  source: packet.destination,
  destination: packet.source,
  sourcePort: packet.destinationPort,
  destinationPort: packet.sourcePort,
  ...(packet.icmp === undefined ? {} : { icmp: { type: packet.family === 4 ? 0 : 129, code: 0 } }),
  tcpFlags,
  hopLimit: 64,
  mark: 0,
});

type Told = Pick<Walk, 'arrived' | 'seenSource' | 'deliveredTo'>;

const nothingArrived: Told = { arrived: false, seenSource: null, deliveredTo: null };

type Course1 = Omit<Walk, 'facts' | 'unknown' | 'alternatives'>;

const isSameFlow = (a: Packet, b: Packet): boolean =>
  a.source === b.source &&
  a.destination === b.destination &&
  a.sourcePort === b.sourcePort &&
  a.destinationPort === b.destinationPort &&
  a.protocol === b.protocol;

/** What reaches the sender of `request` of an error that some stack sends. */
const hearError = (course: Course, error: ErrorToSend | undefined, client: string, request: Packet): ClientSees => {
  const packet = error && errorPacket(error);
  if (error === undefined || packet === undefined) return 'timeout';
  const fate = quietly(course, () =>
    sendPacket(course, {
      stack: error.stack,
      packet,
      isBound: packet.source !== 0n,
      ...(error.tracking === undefined
        ? {}
        : {
            tracking: {
              ...error.tracking,
              state: 'related' as const,
              direction: error.tracking.direction === 'original' ? ('reply' as const) : ('original' as const),
            },
          }),
    }),
  );
  if (fate.kind !== 'delivered' || fate.stack !== client) return 'timeout';
  if (error.kind === 'tcp-reset') return isSameFlow(answerTo(request, 0), fate.packet) ? 'refused' : 'timeout';
  const quoted = fate.packet.quoted;
  return quoted !== undefined && isSameFlow(quoted, request) ? whatClientSees(error.kind, request) : 'timeout';
};

/** Packets of the client's own that are dropped on the way out: only datagrams are told (EPERM). */
const localSight = (local: ClientSees, flow: Flow): ClientSees | undefined =>
  local === 'not-permitted' && flow.protocol === 'tcp' ? undefined : local;

const failed = (
  course: Course,
  fate: Extract<Fate, { kind: 'stopped' }>,
  direction: Stop['direction'],
  flow: Flow,
  request: Packet,
  hops: Pick<Walk, 'forward' | 'reply'>,
  told: Told,
): Course1 => {
  const own = direction === 'forward' && fate.local !== undefined ? localSight(fate.local, flow) : undefined;
  const clientSees =
    own ??
    (direction === 'forward' || fate.error?.stack === flow.from
      ? hearError(course, direction === 'forward' ? fate.error : undefined, flow.from, request)
      : 'timeout');
  return { verdict: 'no', ...hops, stop: { ...fate.stop, direction }, clientSees, ...told };
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
    because: byKernel(fate.stack, `the answer is ${seen}, and nobody waits for it: the request asked for ${wanted}`),
  };
};

interface Exchange {
  readonly flow: Flow;
  /** As the client knows it: with its source. */
  readonly request: Packet;
  readonly forward: Walk['forward'];
  readonly told: Told;
}

/** Sends an answer from where a packet was delivered back to the client. */
const sendBack = (
  course: Course,
  { flow, request, forward, told }: Exchange,
  at: string,
  packet: Packet,
): Course1 | undefined => {
  const fate = sendPacket(course, {
    stack: at,
    packet,
    isBound: true,
    ...(flow.interface !== undefined && at === flow.from ? { dev: flow.interface } : {}),
  });
  const reply = takeHops(course);
  if (fate.kind === 'stopped') return failed(course, fate, 'reply', flow, request, { forward, reply }, told);
  const isHeard = fate.stack === flow.from && isSameFlow(answerTo(request, 0), fate.packet);
  if (!isHeard) {
    const stop = { ...notForClient(fate, request), direction: 'reply' as const };
    return { verdict: 'no', forward, reply, stop, clientSees: 'timeout', ...told };
  }
  const clientSees = (packet.tcpFlags & RST) !== 0 ? 'refused' : 'answer';
  return { verdict: clientSees === 'answer' ? 'yes' : 'no', forward, reply, stop: null, clientSees, ...told };
};

const isEchoIgnored = (course: Course, stack: string, packet: Packet): boolean =>
  packet.icmp !== undefined && stackOf(course.model, stack).settings.echoIgnoreAll[packet.family];

const refused = (course: Course, exchange: Exchange, fate: Extract<Fate, { kind: 'delivered' }>): Course1 => {
  const { flow, request, forward, told } = exchange;
  const stop: Stop = {
    direction: 'forward',
    stack: fate.stack,
    interface: fate.interface,
    stage: 'local',
    reason: 'no_listener',
    because: byKernel(fate.stack, `nothing listens on ${flow.protocol} port ${fate.packet.destinationPort}`),
  };
  if (flow.protocol === 'tcp') {
    const back = sendBack(course, exchange, fate.stack, answerTo(fate.packet, RST | ACK));
    return {
      ...(back ?? { reply: [] }),
      verdict: 'no',
      forward,
      stop: back?.stop ?? stop,
      clientSees: back?.clientSees ?? 'timeout',
      ...told,
    };
  }
  const error: ErrorToSend = { stack: fate.stack, kind: 'port-unreachable', packet: fate.packet, isForMe: true };
  return { verdict: 'no', forward, reply: [], stop, clientSees: hearError(course, error, flow.from, request), ...told };
};

/** The rest of a TCP handshake and one byte each way. */
const dataFlows = (course: Course, exchange: Exchange, at: string): Course1 | undefined => {
  const { flow, request, forward, told } = exchange;
  const ack = { ...request, tcpFlags: ACK };
  const sent = quietly(course, () =>
    sendPacket(course, {
      stack: flow.from,
      packet: ack,
      isBound: true,
      ...(flow.interface === undefined ? {} : { dev: flow.interface }),
    }),
  );
  if (sent.kind === 'stopped')
    return {
      verdict: 'no',
      forward,
      reply: [],
      stop: { ...sent.stop, direction: 'forward' },
      clientSees: 'timeout',
      ...told,
    };
  const back = quietly(course, () =>
    sendPacket(course, { stack: at, packet: answerTo(sent.packet, ACK), isBound: true }),
  );
  if (back.kind === 'delivered') return undefined;
  return {
    verdict: 'no',
    forward,
    reply: [],
    stop: { ...back.stop, direction: 'reply' },
    clientSees: 'timeout',
    ...told,
  };
};

/** One course from beginning to end. */
export const converse = (course: Course, flow: Flow): Course1 => {
  const draft = requestOf(flow);
  const fate = sendPacket(course, {
    stack: flow.from,
    packet: draft,
    isBound: flow.source !== undefined,
    isConnected: flow.protocol !== 'icmp',
    ...(flow.interface === undefined ? {} : { dev: flow.interface }),
  });
  const forward = takeHops(course);
  const request = { ...draft, source: course.source ?? draft.source };
  if (fate.kind === 'stopped')
    return failed(course, fate, 'forward', flow, request, { forward, reply: [] }, nothingArrived);
  const { packet, stack: at } = fate;
  const told: Told = { arrived: true, seenSource: addressText(packet.family, packet.source), deliveredTo: at };
  const exchange: Exchange = { flow, request, forward, told };
  if (isEchoIgnored(course, at, packet)) {
    const because = byKernel(at, 'echo requests are ignored (echo_ignore_all)');
    const stop: Stop = {
      direction: 'forward',
      stack: at,
      interface: fate.interface,
      stage: 'local',
      reason: 'no_listener',
      because,
    };
    return { verdict: 'no', forward, reply: [], stop, clientSees: 'timeout', ...told };
  }
  if (flow.protocol !== 'icmp' && flow.isListening === false) return refused(course, exchange, fate);
  if (flow.protocol !== 'icmp' && flow.isListening === undefined)
    assume(course, `something listens on ${flow.protocol} port ${packet.destinationPort} of ${at}`);
  const result = sendBack(course, exchange, at, answerTo(packet, flow.protocol === 'tcp' ? SYN | ACK : 0));
  if (result === undefined) throw new Error('an answer has a fate');
  if (result.verdict !== 'yes' || flow.protocol !== 'tcp') return result;
  const broken = dataFlows(course, exchange, at);
  return broken === undefined ? result : { ...broken, reply: result.reply };
};
