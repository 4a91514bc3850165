/**
 * TCP connections and UDP datagrams, each to a listener that tells what source it saw. Listeners are opened on the very
 * address asked for, only where nothing listens yet, and only for the time of the measurement.
 */
import { constants } from 'node:os';
import { within, type Kernel } from '../linux/kernel.ts';
import {
  bind,
  close,
  getOption,
  listen,
  NOTHING,
  openSocket,
  setIntOption,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from '../linux/libc.ts';
import { SystemError, tryAccept, tryConnect, tryReceiveFrom, trySend, trySendTo } from '../linux/libc.ts';
import { addressIn, domainOf, sockaddr } from '../linux/sockaddr.ts';
import { noteAnswer, noteArrival, noteFailure, type Finding, type Findings } from './findings.ts';
import { probeInToken, tokenOf } from './icmp-packet.ts';
import { type ProbeRequest } from './measurement.ts';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const {
  EINPROGRESS,
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
const patienceMs = 2600;
/** UDP requests are sent again after this. */
const udpSendsMs = [0, 300, 900, 1500];
/** How long an answered connection waits for the far end to say what source it saw. */
const wordsMs = 300;
const atOnce = 400;

interface Listener {
  readonly protocol: 'tcp' | 'udp';
  readonly fd: number;
  readonly accepted: { readonly fd: number; readonly source: string }[];
}

interface Client {
  readonly finding: Finding;
  readonly fd: number;
  readonly startedAt: number;
  sends: number;
  connectedAt: number | undefined;
  isDone: boolean;
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
  return within(kernel, stack, () => {
    const fd = openSocket(domainOf(family), (protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
    try {
      // Connections of an earlier measurement may still linger here (TIME_WAIT). For UDP it would take a server's place.
      if (protocol === 'tcp') setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      bind(fd, sockaddr(family, address, port));
      if (protocol === 'tcp') listen(fd, 512);
      return { protocol, fd, accepted: [] };
    } catch (error) {
      close(fd);
      // Something listens there already and will answer, or the address is not there (no lease): the probe tells.
      if (error instanceof SystemError && (error.errno === EADDRINUSE || error.errno === EADDRNOTAVAIL))
        return undefined;
      throw error;
    }
  });
};

const openClient = (kernel: Kernel, finding: Finding): Client => {
  const { from, family, protocol, address, port } = finding.probe;
  return within(kernel, from, () => {
    const fd = openSocket(domainOf(family), (protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
    const startedAt = performance.now();
    finding.sentAt = startedAt;
    const errno = tryConnect(fd, sockaddr(family, address, port ?? 0));
    const client: Client = { finding, fd, startedAt, sends: 0, connectedAt: undefined, isDone: false };
    if (errno !== 0 && errno !== EINPROGRESS) fail(client, errno);
    return client;
  });
};

const fail = (client: Client, errno: number): void => {
  noteFailure(client.finding, errno === ECONNREFUSED ? 'refused' : unreachable.has(errno) ? 'unreachable' : 'timeout');
  client.isDone = true;
};

const buffer = new Uint8Array(2048);
const sender = new Uint8Array(28);
const receiveFrom = (fd: number): number => tryReceiveFrom(fd, buffer, sender);

const serve = (listener: Listener, findings: Findings): void => {
  if (listener.protocol === 'udp') {
    for (let length = receiveFrom(listener.fd); length !== NOTHING; length = receiveFrom(listener.fd)) {
      if (length < 0) continue;
      const token = buffer.subarray(0, length);
      const finding = findings.get(probeInToken(token) ?? -1);
      if (finding === undefined) continue;
      noteArrival(finding, addressIn(sender));
      trySendTo(listener.fd, token, sender.subarray(0, finding.probe.family === 4 ? 16 : 28));
    }
    return;
  }
  for (let peer = tryAccept(listener.fd); peer !== undefined; peer = tryAccept(listener.fd)) {
    listener.accepted.push({ fd: peer.fd, source: addressIn(peer.from) });
  }
  for (const connection of [...listener.accepted]) {
    const length = receiveFrom(connection.fd);
    if (length === NOTHING) continue;
    const finding = length < 0 ? undefined : findings.get(probeInToken(buffer.subarray(0, length)) ?? -1);
    if (finding !== undefined) noteArrival(finding, connection.source);
    close(connection.fd);
    listener.accepted.splice(listener.accepted.indexOf(connection), 1);
  }
};

/** The built-in answer of the internet says what source it saw. */
const readWords = (finding: Finding, length: number): void => {
  const words = /^you are (\S+) port/.exec(Buffer.from(buffer.subarray(0, length)).toString('latin1'));
  if (words?.[1] !== undefined) noteArrival(finding, words[1].replace(/^::ffff:(?=\d+\.)/, ''));
};

const socketError = (fd: number): number => Buffer.from(getOption(fd, SOL_SOCKET, SO_ERROR, 4)).readInt32LE(0);

const stepTcp = (client: Client, now: number): void => {
  if (client.connectedAt === undefined) {
    const errno = socketError(client.fd);
    if (errno !== 0) {
      fail(client, errno);
      return;
    }
    const sent = trySend(client.fd, tokenOf(client.finding.probe.id));
    if (sent === EAGAIN || sent === ENOTCONN) return;
    if (sent !== 0) {
      fail(client, sent);
      return;
    }
    client.connectedAt = now;
    noteAnswer(client.finding, now);
  }
  const length = receiveFrom(client.fd);
  if (length > 0) readWords(client.finding, length);
  client.isDone = client.finding.source !== null || now - client.connectedAt > wordsMs;
};

const stepUdp = (client: Client, now: number): void => {
  const due = udpSendsMs[client.sends];
  if (due !== undefined && now - client.startedAt >= due) {
    client.sends += 1;
    const errno = trySend(client.fd, tokenOf(client.finding.probe.id));
    if (errno === ECONNREFUSED || unreachable.has(errno)) fail(client, errno);
  }
  const length = receiveFrom(client.fd);
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
      if (!client.isDone && now - client.startedAt > patienceMs) fail(client, constants.errno.ETIMEDOUT);
    }
    await pause(2);
  }
};

const connectSome = async (kernel: Kernel, some: readonly Finding[], findings: Findings): Promise<void> => {
  const keys = new Map(some.map(({ probe }) => [listenerKey(probe), probe]));
  const listeners = [...keys.values()].flatMap((probe) => openListener(kernel, probe) ?? []);
  const clients: Client[] = [];
  try {
    for (const finding of some) clients.push(openClient(kernel, finding));
    await converse(clients, listeners, findings);
  } finally {
    for (const { fd } of clients) close(fd);
    for (const { fd, accepted } of listeners)
      for (const each of [fd, ...accepted.map((connection) => connection.fd)]) close(each);
  }
};

export const connectAll = async (kernel: Kernel, findings: Findings): Promise<void> => {
  const list = [...findings.values()].filter(({ probe }) => probe.protocol !== 'icmp');
  for (let start = 0; start < list.length; start += atOnce)
    await connectSome(kernel, list.slice(start, start + atOnce), findings);
};
