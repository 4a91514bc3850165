/**
 * Sends all flows at once and reports what each client sees and each far end saw. Sockets are opened with the thread in
 * the sender's namespace and stay there; the rest is one loop over what is ready, until all is answered or time is up.
 */
import { constants } from 'node:os';
import { within, type Kernel } from '../../../src/linux/kernel.ts';
import {
  bind,
  close,
  getOption,
  NOTHING,
  openSocket,
  setIntOption,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SystemError,
  tryConnect,
  tryReceiveFrom,
  trySend,
  trySendTo,
} from '../../../src/linux/libc.ts';
import { anyAddress, domainOf, sockaddr } from '../../../src/linux/sockaddr.ts';
import { ip, type Family } from '../../../src/net/address.ts';
import { tokenOf } from '../../../src/probe/icmp-packet.ts';
import { type Flow } from '../../../src/reach/walk.ts';
import { dataOf, echoRequest, type EchoNews } from './echo-packet.ts';
import {
  endAbruptly,
  forgetHandshakes,
  openEcho,
  serve,
  setFragmenting,
  type Audience,
  type Listeners,
} from './listeners.ts';
import { seesOfErrno, type Measured } from './outcome.ts';
import { queuedError } from './pktinfo.ts';
import { openWatch, type Watch } from './watch.ts';

/** The index of an interface: the zone of a link-local destination. */
export type IndexOf = (stack: string, name: string) => number;

export interface Bench {
  readonly kernel: Kernel;
  readonly listeners: Listeners;
  readonly indexOf: IndexOf;
}

interface Client {
  readonly flow: Flow;
  readonly id: number;
  fd: number | undefined;
  sees: Measured['sees'] | undefined;
  arrivedAt: string | null;
  seenSource: string | null;
}

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const TCP_ESTABLISHED = 1;
const { EINPROGRESS } = constants.errno;

let lastId = 0;
const nextId = (): number => {
  lastId = (lastId + 1) >>> 0;
  return lastId;
};

const destinationOf = ({ flow }: Client, port: number, indexOf: IndexOf): Uint8Array => {
  const address = sockaddr(flow.family, flow.destination, port);
  if (flow.interface !== undefined && flow.family === 6)
    Buffer.from(address.buffer, address.byteOffset, address.length).writeUInt32LE(
      indexOf(flow.from, flow.interface),
      24,
    );
  return address;
};

const bindSource = ({ flow }: Client, fd: number, indexOf: IndexOf): void => {
  const source = sockaddr(flow.family, flow.source ?? anyAddress(flow.family), flow.sourcePort ?? 40000);
  if (flow.source?.startsWith('fe80:') === true && flow.interface !== undefined)
    Buffer.from(source.buffer, source.byteOffset, source.length).writeUInt32LE(indexOf(flow.from, flow.interface), 24);
  bind(fd, source);
};

const mayFragment = ({ family, protocol, dontFragment }: Flow): boolean =>
  !(dontFragment ?? (family === 6 || protocol === 'tcp'));

/** IP_RECVERR, IPV6_RECVERR: errors that a socket would take for passing are told too. */
const recordErrors = (family: Family, fd: number): void =>
  setIntOption(fd, family === 4 ? 0 : 41, family === 4 ? 11 : 25, 1);

const settle = (client: Client, sees: Measured['sees']): void => {
  client.sees ??= sees;
};

const sendEcho = (client: Client, bench: Bench): void => {
  const { flow, id } = client;
  const shared = bench.listeners.echo[flow.family].get(flow.from);
  if (shared === undefined) throw new Error(`no stack ${flow.from}`);
  const isSpecial = flow.source !== undefined || flow.dontFragment !== undefined || flow.lengthBytes !== undefined;
  let fd = shared;
  if (isSpecial) {
    client.fd = fd = openEcho(flow.family);
    setFragmenting(flow.family, fd, !mayFragment(flow));
    if (flow.source !== undefined) bindSource({ ...client, flow: { ...flow, sourcePort: 0 } }, fd, bench.indexOf);
  }
  const errno = trySendTo(fd, echoRequest(flow.family, id, flow.lengthBytes), destinationOf(client, 0, bench.indexOf));
  if (errno !== 0) settle(client, seesOfErrno(errno));
};

const datagram = new Uint8Array(65536);
const sender = new Uint8Array(28);

const sendDatagram = (client: Client, bench: Bench, watch: Watch): void => {
  const { flow, id } = client;
  const fd = (client.fd = openSocket(domainOf(flow.family), SOCK_DGRAM | SOCK_NONBLOCK, 0));
  recordErrors(flow.family, fd);
  setFragmenting(flow.family, fd, !mayFragment(flow));
  bindSource(client, fd, bench.indexOf);
  const data = dataOf(flow.family, id, flow.lengthBytes);
  const errno = tryConnect(fd, destinationOf(client, flow.port ?? 0, bench.indexOf)) || trySend(fd, data);
  if (errno !== 0) settle(client, seesOfErrno(errno));
  else
    watch.add(fd, 'read', () => {
      const length = tryReceiveFrom(fd, datagram, sender);
      if (length === NOTHING) return;
      settle(client, length < 0 ? seesOfErrno(-length) : 'answer');
      watch.remove(fd);
    });
};

/** A connection that was made but carries nothing is no answer: data goes, and comes back. */
const exchangeData = (client: Client, fd: number, watch: Watch): void => {
  trySend(fd, tokenOf(client.id));
  watch.add(fd, 'read', () => {
    const length = tryReceiveFrom(fd, datagram, sender);
    if (length > 0) settle(client, 'answer');
    if (length >= 0) watch.remove(fd);
    // What routers tell of a connection that stands does not end it, but is taken off the queue.
    else queuedError(fd);
  });
};

/** `tcpi_state` of TCP_INFO, see tcp(7). */
const isEstablished = (fd: number): boolean => getOption(fd, IPPROTO_TCP, TCP_INFO, 1)[0] === TCP_ESTABLISHED;

const connectStream = (client: Client, bench: Bench, watch: Watch): void => {
  const { flow } = client;
  const fd = (client.fd = openSocket(domainOf(flow.family), SOCK_STREAM | SOCK_NONBLOCK, 0));
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  endAbruptly(fd);
  recordErrors(flow.family, fd);
  bindSource(client, fd, bench.indexOf);
  const errno = tryConnect(fd, destinationOf(client, flow.port ?? 0, bench.indexOf));
  if (errno !== 0 && errno !== EINPROGRESS) settle(client, seesOfErrno(errno));
  else
    watch.add(fd, 'write', () => {
      // Links of cables deliver at once: an error that arrives within connect(2) finds the socket in use, and is only queued.
      const error = Buffer.from(getOption(fd, SOL_SOCKET, SO_ERROR, 4)).readInt32LE(0) || (queuedError(fd) ?? 0);
      watch.remove(fd);
      // What a router tells of the last step of a handshake may be there as soon as the connection.
      if (error === 0 || isEstablished(fd)) exchangeData(client, fd, watch);
      else settle(client, seesOfErrno(error));
    });
};

const start = (client: Client, bench: Bench, watch: Watch): void => {
  try {
    if (client.flow.protocol === 'icmp') sendEcho(client, bench);
    else if (client.flow.protocol === 'udp') sendDatagram(client, bench, watch);
    else connectStream(client, bench, watch);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    settle(client, seesOfErrno(error.errno));
  }
};

/** As ping(8) tells its own: by the address that it asked and the identifier that it gave. */
const isAbout = (news: Extract<EchoNews, { kind: 'error' }>, { flow, id }: Client): boolean =>
  news.destination === ip(flow.destination).value && news.identifier === (id & 0xffff);

const audienceOf = (clients: ReadonlyMap<number, Client>): Audience => {
  const arrive = (stack: string, id: number, from: string): void => {
    const client = clients.get(id);
    if (client === undefined) return;
    client.arrivedAt ??= stack;
    client.seenSource ??= from;
  };
  return {
    onRequest: arrive,
    onEcho: (stack, news, from) => {
      if (news.kind === 'request') {
        arrive(stack, news.id, from());
        return;
      }
      const client = clients.get(news.id);
      // Errors of the way back go to the far end, which is not asked.
      if (client === undefined || client.flow.from !== stack) return;
      if (news.kind === 'error') {
        if (isAbout(news, client)) settle(client, news.sees);
      }
      // Who asks one address does not take another's word for an answer.
      else if (from() === client.flow.destination) settle(client, 'answer');
    },
  };
};

const isOpen = ({ sees, arrivedAt }: Client): boolean =>
  sees === undefined || (sees === 'answer' && arrivedAt === null);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const mostAtOnceMs = 20;

/** What became of each flow, in their order; what is silent for `cutOffMs` has timed out. */
export const measure = async (bench: Bench, flows: readonly Flow[], cutOffMs: number): Promise<readonly Measured[]> => {
  const watch = openWatch();
  const clients = flows.map((flow): Client => ({
    flow,
    id: nextId(),
    fd: undefined,
    sees: undefined,
    arrivedAt: null,
    seenSource: null,
  }));
  if (flows.some(({ protocol }) => protocol === 'tcp')) forgetHandshakes(bench.kernel, bench.listeners);
  serve(bench.listeners, audienceOf(new Map(clients.map((client) => [client.id, client]))), watch);
  const listening = new Set(watch.fds());
  for (const stack of bench.listeners.stacks) {
    const here = clients.filter(({ flow }) => flow.from === stack);
    if (here.length > 0) within(bench.kernel, stack, () => here.forEach((client) => start(client, bench, watch)));
  }
  // Where others keep this process from looking, silence is not known: what counts is time in which it could have heard.
  for (let silentMs = 0, before = performance.now(); silentMs <= cutOffMs;) {
    const isBusy = watch.turn() > 0;
    if (!clients.some(isOpen)) break;
    await pause(isBusy ? 0 : 2);
    const now = performance.now();
    silentMs += Math.min(now - before, mostAtOnceMs);
    before = now;
  }
  for (const { fd } of clients) if (fd !== undefined) close(fd);
  const ours = new Set(clients.map(({ fd }) => fd));
  for (const fd of watch.fds()) if (!listening.has(fd) && !ours.has(fd)) close(fd);
  return clients.map((client) => ({
    sees: client.sees ?? 'timeout',
    arrivedAt: client.arrivedAt,
    seenSource: client.seenSource,
  }));
};
