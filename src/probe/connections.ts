/**
 * TCP connections and UDP datagrams, each to a listener that tells what source it saw. Listeners are opened on the very
 * address asked for, only where nothing listens yet, and only for the time of the measurement.
 */
import { constants } from 'node:os';
import { doorOf, type Kernel } from '../linux/kernel.ts';
import { NOTHING, SOCK_DGRAM, SOCK_STREAM, SystemError } from '../linux/libc.ts';
import { addressIn, domainOf, intOption, sockaddr } from '../linux/sockaddr.ts';
import { StackLost, type StackSocket } from '../linux/stack-door.ts';
import { datagramOf, probeInDatagram } from './datagrams.ts';
import { noteAnswer, noteArrival, noteFailure, type Finding, type Findings } from './findings.ts';
import { probeInToken, tokenOf } from './icmp-packet.ts';
import { type ProbeRequest } from './measurement.ts';
import { patientMs, type Pace } from './pace.ts';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const {
  EADDRINUSE,
  EADDRNOTAVAIL,
  ECONNREFUSED,
  EHOSTUNREACH,
  ENETUNREACH,
  EACCES,
  EINVAL,
  ENOPROTOOPT,
  ENOTCONN,
  EAGAIN,
} = constants.errno;
const unreachable = new Set([EHOSTUNREACH, ENETUNREACH, EACCES, EINVAL, EADDRNOTAVAIL, ENOPROTOOPT]);
/** Long enough for one retransmission of a SYN (1 s, RFC 6298) and a proxied neighbour (0.8 s). */
const patienceMs = { quick: 2600, patient: patientMs };
/** UDP requests are sent again after this. */
const udpSendsMs = [0, 300, 900, 1500, 2200];
/** How long an answered connection waits for the far end to say what source it saw. */
const wordsMs = { quick: 300, patient: 1500 };
const atOnce = 400;

interface Listener {
  readonly protocol: 'tcp' | 'udp';
  readonly socket: StackSocket;
  readonly accepted: { readonly socket: StackSocket; readonly source: string }[];
}

interface Client {
  readonly finding: Finding;
  readonly socket: StackSocket;
  readonly startedAt: number;
  sends: number;
  connectedAt: number | undefined;
  isDone: boolean;
  readonly pace: Pace;
}

/** Where a probe is to be answered. */
const placeOf = ({
  listen: elsewhere,
  toStack,
  address,
  port,
}: ProbeRequest): { stack?: string; address: string; port: number | null } =>
  elsewhere ?? { ...(toStack === undefined ? {} : { stack: toStack }), address, port };

const listenerKey = (probe: ProbeRequest): string => JSON.stringify([probe.protocol, placeOf(probe)]);

const openListener = (kernel: Kernel, probe: ProbeRequest): Listener | undefined => {
  const { protocol, family } = probe;
  const { stack, address, port } = placeOf(probe);
  if (stack === undefined || port === null || protocol === 'icmp') return undefined;
  try {
    const socket = doorOf(kernel, stack).openSocket({
      domain: domainOf(family),
      type: protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM,
      protocol: 0,
      // Connections of an earlier measurement may still linger here (TIME_WAIT). For UDP it would take a server's place.
      ...(protocol === 'tcp' ? { options: [intOption(SOL_SOCKET, SO_REUSEADDR, 1)], backlog: 512 } : {}),
      bind: sockaddr(family, address, port),
    });
    return { protocol, socket, accepted: [] };
  } catch (error) {
    // Something listens there already and will answer, or the address is not there (no lease), or the guest: the probe tells.
    const isNoListener =
      error instanceof StackLost ||
      (error instanceof SystemError && (error.errno === EADDRINUSE || error.errno === EADDRNOTAVAIL));
    if (isNoListener) return undefined;
    throw error;
  }
};

const openClient = (kernel: Kernel, finding: Finding, pace: Pace): Client => {
  const { from, family, protocol, address, port } = finding.probe;
  const startedAt = performance.now();
  finding.sentAt = startedAt;
  const socket = doorOf(kernel, from).openSocket({
    domain: domainOf(family),
    type: protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM,
    protocol: 0,
    connect: sockaddr(family, address, port ?? 0),
  });
  const client: Client = { finding, socket, startedAt, sends: 0, connectedAt: undefined, isDone: false, pace };
  const errno = socket.takeError();
  if (errno !== 0) fail(client, errno);
  return client;
};

const fail = (client: Client, errno: number): void => {
  noteFailure(client.finding, errno === ECONNREFUSED ? 'refused' : unreachable.has(errno) ? 'unreachable' : 'timeout');
  client.isDone = true;
};

const buffer = new Uint8Array(2048);
const sender = new Uint8Array(28);
const receiveFrom = (socket: StackSocket): number => socket.receiveFrom(buffer, sender);

const serve = (listener: Listener, findings: Findings): void => {
  if (listener.protocol === 'udp') {
    for (let length = receiveFrom(listener.socket); length !== NOTHING; length = receiveFrom(listener.socket)) {
      if (length < 0) continue;
      const token = buffer.subarray(0, length);
      const finding = findings.get(probeInDatagram(token) ?? -1);
      if (finding === undefined) continue;
      noteArrival(finding, addressIn(sender));
      listener.socket.sendTo(token, sender.subarray(0, finding.probe.family === 4 ? 16 : 28), () => undefined);
    }
    return;
  }
  for (let peer = listener.socket.accept(); peer !== undefined; peer = listener.socket.accept()) {
    listener.accepted.push({ socket: peer.socket, source: addressIn(peer.from) });
  }
  for (const connection of [...listener.accepted]) {
    const length = receiveFrom(connection.socket);
    if (length === NOTHING) continue;
    const finding = length < 0 ? undefined : findings.get(probeInToken(buffer.subarray(0, length)) ?? -1);
    if (finding !== undefined) noteArrival(finding, connection.source);
    connection.socket.close();
    listener.accepted.splice(listener.accepted.indexOf(connection), 1);
  }
};

/** The built-in answer of the internet says what source it saw. */
const readWords = (finding: Finding, length: number): void => {
  const words = /^you are (\S+) port/.exec(Buffer.from(buffer.subarray(0, length)).toString('latin1'));
  if (words?.[1] !== undefined) noteArrival(finding, words[1].replace(/^::ffff:(?=\d+\.)/, ''));
};

const stepTcp = (client: Client, now: number): void => {
  if (client.connectedAt === undefined) {
    const errno = client.socket.takeError();
    if (errno !== 0) {
      fail(client, errno);
      return;
    }
    const sent = client.socket.send(tokenOf(client.finding.probe.id));
    if (sent === EAGAIN || sent === ENOTCONN) return;
    if (sent !== 0) {
      fail(client, sent);
      return;
    }
    client.connectedAt = now;
    noteAnswer(client.finding, now);
  }
  const length = receiveFrom(client.socket);
  if (length > 0) readWords(client.finding, length);
  client.isDone = client.finding.source !== null || now - client.connectedAt > wordsMs[client.pace];
};

const stepUdp = (client: Client, now: number): void => {
  const due = udpSendsMs[client.sends];
  if (due !== undefined && now - client.startedAt >= due) {
    client.sends += 1;
    const { id, port } = client.finding.probe;
    const errno = client.socket.send(datagramOf(id, port));
    if (errno === ECONNREFUSED || unreachable.has(errno)) fail(client, errno);
  }
  const length = receiveFrom(client.socket);
  if (length === NOTHING) return;
  if (length < 0) {
    fail(client, -length);
    return;
  }
  readWords(client.finding, length);
  noteAnswer(client.finding, now);
  client.isDone = true;
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const converse = async (
  clients: readonly Client[],
  listeners: readonly Listener[],
  findings: Findings,
): Promise<void> => {
  for (;;) {
    const now = performance.now();
    for (const listener of listeners) serve(listener, findings);
    const open = clients.filter(({ isDone }) => !isDone);
    if (open.length === 0) return;
    for (const client of open) {
      if (client.finding.probe.protocol === 'tcp') stepTcp(client, now);
      else stepUdp(client, now);
      if (!client.isDone && now - client.startedAt > patienceMs[client.pace]) fail(client, constants.errno.ETIMEDOUT);
    }
    await pause(2);
  }
};

const connectSome = async (kernel: Kernel, some: readonly Finding[], findings: Findings, pace: Pace): Promise<void> => {
  const keys = new Map(some.map(({ probe }) => [listenerKey(probe), probe]));
  const listeners = [...keys.values()].flatMap((probe) => openListener(kernel, probe) ?? []);
  const clients: Client[] = [];
  try {
    for (const finding of some) clients.push(openClient(kernel, finding, pace));
    await converse(clients, listeners, findings);
  } finally {
    for (const { socket } of clients) socket.close();
    for (const { socket, accepted } of listeners)
      for (const each of [socket, ...accepted.map((connection) => connection.socket)]) each.close();
  }
};

export const connectAll = async (kernel: Kernel, findings: Findings, pace: Pace): Promise<void> => {
  const list = [...findings.values()].filter(({ probe }) => probe.protocol !== 'icmp');
  for (let start = 0; start < list.length; start += atOnce)
    await connectSome(kernel, list.slice(start, start + atOnce), findings, pace);
};
