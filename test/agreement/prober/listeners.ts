/**
 * The far ends of all flows: in every stack raw ICMP sockets, and TCP and UDP servers on all addresses. All but those of
 * TCP serve every measurement; requests that they cannot place are old ones.
 */
import { within, type Kernel } from '../../../src/linux/kernel.ts';
import {
  bind,
  close,
  listen,
  NOTHING,
  openSocket,
  setIntOption,
  setOption,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  tryAccept,
  tryReceiveFrom,
  trySend,
} from '../../../src/linux/libc.ts';
import { addressIn, anyAddress, domainOf, sockaddr } from '../../../src/linux/sockaddr.ts';
import { type Family } from '../../../src/net/address.ts';
import { probeInToken } from '../../../src/probe/icmp-packet.ts';
import { readEcho, type EchoNews } from './echo-packet.ts';
import { askDestination, receiveDatagram, sendBack } from './pktinfo.ts';
import { type Watch } from './watch.ts';

export interface Listeners {
  readonly stacks: readonly string[];
  /** Raw ICMP sockets by stack. */
  readonly echo: Readonly<Record<Family, ReadonlyMap<string, number>>>;
  readonly udp: readonly Server[];
  readonly tcp: readonly Server[];
}

interface Server {
  readonly stack: string;
  readonly family: Family;
  readonly port: number;
  fd: number;
}

/** Who hears what arrives. */
export interface Audience {
  readonly onEcho: (stack: string, news: EchoNews, from: () => string) => void;
  readonly onRequest: (stack: string, id: number, from: string) => void;
}

export const listeningPorts = [80, 8080] as const;
const families = [4, 6] as const;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_LINGER = 13;
const bufferBytes = 1 << 20;
const IPV6_V6ONLY = 26;
const SOL_IPV6 = 41;
const IP_MTU_DISCOVER = 10;
const protocolOf = { 4: 1, 6: 58 } as const;

/** IPv4 packets go out with or without the flag "don't fragment" (IP_PMTUDISC_DONT, IP_PMTUDISC_DO). */
export const setFragmenting = (family: Family, fd: number, isForbidden: boolean): void => {
  if (family === 4) setIntOption(fd, 0, IP_MTU_DISCOVER, isForbidden ? 2 : 0);
  else if (isForbidden) setIntOption(fd, SOL_IPV6, 62, 1);
};

/** Connections end with a reset: nothing lingers. */
export const endAbruptly = (fd: number): void =>
  setOption(fd, SOL_SOCKET, SO_LINGER, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));

export const openEcho = (family: Family): number => {
  const fd = openSocket(domainOf(family), SOCK_RAW | SOCK_NONBLOCK, protocolOf[family]);
  setIntOption(fd, SOL_SOCKET, SO_RCVBUF, bufferBytes);
  setFragmenting(family, fd, false);
  return fd;
};

const openServer = (family: Family, type: number, port: number): number => {
  const fd = openSocket(domainOf(family), type | SOCK_NONBLOCK, 0);
  if (family === 6) setIntOption(fd, SOL_IPV6, IPV6_V6ONLY, 1);
  bind(fd, sockaddr(family, anyAddress(family), port));
  if (type === SOCK_STREAM) listen(fd, 512);
  else {
    setIntOption(fd, SOL_SOCKET, SO_RCVBUF, bufferBytes);
    setFragmenting(family, fd, false);
    askDestination(family, fd);
    // Answers come from addresses that are local by a route alone, too (IP_FREEBIND, IPV6_FREEBIND).
    setIntOption(fd, family === 4 ? 0 : SOL_IPV6, family === 4 ? 15 : 78, 1);
  }
  return fd;
};

export const openListeners = (kernel: Kernel, stacks: readonly string[]): Listeners => {
  const echo = { 4: new Map<string, number>(), 6: new Map<string, number>() };
  const udp: Server[] = [];
  const tcp: Server[] = [];
  for (const stack of stacks) {
    within(kernel, stack, () => {
      for (const family of families) {
        echo[family].set(stack, openEcho(family));
        for (const port of listeningPorts) {
          udp.push({ stack, family, port, fd: openServer(family, SOCK_DGRAM, port) });
          tcp.push({ stack, family, port, fd: openServer(family, SOCK_STREAM, port) });
        }
      }
    });
  }
  return { stacks, echo, udp, tcp };
};

export const closeListeners = ({ echo, udp, tcp }: Listeners): void => {
  for (const fd of [...echo[4].values(), ...echo[6].values(), ...[...udp, ...tcp].map((server) => server.fd)])
    close(fd);
};

/**
 * Handshakes that came to nothing stay with their listener for a minute, and answer when the next network is asked the
 * same by the same ports (tcp_check_req): they end with it.
 */
export const forgetHandshakes = (kernel: Kernel, { stacks, tcp }: Listeners): void => {
  for (const stack of stacks) {
    const servers = tcp.filter((server) => server.stack === stack);
    for (const { fd } of servers) close(fd);
    within(kernel, stack, () => {
      for (const server of servers) server.fd = openServer(server.family, SOCK_STREAM, server.port);
    });
  }
};

const datagram = new Uint8Array(65536);
const sender = new Uint8Array(28);

const hearEchoes = (stack: string, family: Family, fd: number, audience: Audience): void => {
  for (;;) {
    const length = tryReceiveFrom(fd, datagram, sender);
    if (length === NOTHING) return;
    const news = length < 0 ? undefined : readEcho(family, datagram.subarray(0, length));
    if (news !== undefined) audience.onEcho(stack, news, () => addressIn(sender));
  }
};

const answerDatagrams = ({ stack, family, fd }: Server, audience: Audience): void => {
  for (let got = receiveDatagram(fd); got !== undefined; got = receiveDatagram(fd)) {
    const id = probeInToken(got.data);
    if (id === undefined) continue;
    audience.onRequest(stack, id, addressIn(got.from));
    sendBack(family, fd, got.data.length);
  }
};

/** Connections wait for their token, which tells the flow and is sent back, and then for their end. */
const acceptConnections = ({ stack, fd }: Server, audience: Audience, watch: Watch): void => {
  for (let peer = tryAccept(fd); peer !== undefined; peer = tryAccept(fd)) {
    const connection = peer.fd;
    const from = addressIn(peer.from);
    endAbruptly(connection);
    watch.add(connection, 'read', () => {
      const length = tryReceiveFrom(connection, datagram, sender);
      if (length === NOTHING) return;
      const token = datagram.subarray(0, Math.max(length, 0));
      const id = probeInToken(token);
      if (id !== undefined) {
        audience.onRequest(stack, id, from);
        trySend(connection, token);
        return;
      }
      watch.remove(connection);
      close(connection);
    });
  }
};

/** Has `watch` serve all listeners for one audience. */
export const serve = ({ echo, udp, tcp }: Listeners, audience: Audience, watch: Watch): void => {
  for (const family of families)
    for (const [stack, fd] of echo[family]) watch.add(fd, 'read', () => hearEchoes(stack, family, fd, audience));
  for (const server of udp) watch.add(server.fd, 'read', () => answerDatagrams(server, audience));
  for (const server of tcp) watch.add(server.fd, 'read', () => acceptConnections(server, audience, watch));
};
