/**
 * Pings: one raw ICMP socket per stack and family, which sees the requests that arrive, the replies and the errors.
 * A first, short pass settles what is answered at once; what is not gets several tries over the time that proxied
 * answers (up to 0.8 s, proxy_delay) and lost packets may need.
 */
import { constants } from 'node:os';
import { doorOf, socketOf, type Kernel } from '../linux/kernel.ts';
import { NOTHING, SOCK_RAW } from '../linux/libc.ts';
import { sendRequests } from '../linux/netlink-socket.ts';
import { forgetNeighbour } from '../linux/rtnetlink-write.ts';
import { readLearnedNeighbours } from '../linux/rtnetlink-read.ts';
import { addressIn, domainOf, intOption, sockaddr } from '../linux/sockaddr.ts';
import { unlessLost, type StackSocket } from '../linux/stack-door.ts';
import { type Family } from '../net/address.ts';
import { noteAnswer, noteArrival, noteFailure, type Finding, type Findings } from './findings.ts';
import { echoRequestPacket, readIcmp } from './icmp-packet.ts';
import { type ProbeRequest } from './measurement.ts';
import { patientMs, type Pace } from './pace.ts';
import { roundsOf } from './rounds.ts';

const protocolOf = { 4: 1, 6: 58 } as const;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
/** The kernel caps it (net.core.rmem_max) without complaint. */
const receiveBufferBytes = 4 << 20;
/** Since the last packet came in: how long the first pass waits for more. */
const quickMs = 60;
/** When the second pass sends, and when it gives up. */
const slowSendsMs = [0, 250, 700, 1100, 2000];
const slowEndMs = { quick: 1700, patient: patientMs };

interface Ear {
  readonly socket: StackSocket;
  readonly family: Family;
  readonly stack: string;
}

const openEar = (kernel: Kernel, stack: string, family: Family): Ear => ({
  socket: doorOf(kernel, stack).openSocket({
    domain: domainOf(family),
    type: SOCK_RAW,
    protocol: protocolOf[family],
    options: [intOption(SOL_SOCKET, SO_RCVBUF, receiveBufferBytes)],
  }),
  family,
  stack,
});

/** None where the stack is lost: it hears nothing, and sends nothing. */
const earsFor = (kernel: Kernel, probes: readonly ProbeRequest[]): Map<string, Ear> => {
  const ears = new Map<string, Ear>();
  for (const { from, toStack, family } of probes) {
    for (const stack of [from, toStack]) {
      const key = `${family} ${stack}`;
      if (stack === undefined || ears.has(key)) continue;
      const ear = unlessLost(() => openEar(kernel, stack, family));
      if (ear !== undefined) ears.set(key, ear);
    }
  }
  return ears;
};

const packet = new Uint8Array(2048);
const sender = new Uint8Array(28);

/** Texts of the addresses seen: the same few come in thousands of packets. */
type Spellings = Map<string, string>;

const spell = (spellings: Spellings, from: Uint8Array): string => {
  const key = Buffer.from(from.buffer, from.byteOffset, from.length).toString('latin1');
  const known = spellings.get(key);
  if (known !== undefined) return known;
  const text = addressIn(from);
  spellings.set(key, text);
  return text;
};

/** Reads what has come in on all sockets; how many packets that was. */
const listen = (ears: Iterable<Ear>, findings: Findings, spellings: Spellings): number => {
  let heard = 0;
  for (const { socket, family, stack } of ears) {
    for (;;) {
      const length = socket.receiveFrom(packet, sender);
      if (length === NOTHING) break;
      heard += 1;
      if (length < 0) continue;
      const news = readIcmp(family, packet.subarray(0, length));
      const finding = news === undefined ? undefined : findings.get(news.probe);
      if (news === undefined || finding === undefined || finding.probe.protocol !== 'icmp') continue;
      if (news.kind === 'request') noteArrival(finding, spell(spellings, sender));
      else if (stack !== finding.probe.from) continue;
      else if (news.kind === 'reply') noteAnswer(finding, performance.now());
      else noteFailure(finding, news.kind);
    }
  }
  return heard;
};

const { ENETUNREACH, EHOSTUNREACH, EACCES, EADDRNOTAVAIL } = constants.errno;
const unreachable = new Set([ENETUNREACH, EHOSTUNREACH, EACCES, EADDRNOTAVAIL]);

const send = (ears: ReadonlyMap<string, Ear>, { probe }: Finding, finding: Finding): void => {
  const ear = ears.get(`${probe.family} ${probe.from}`);
  if (ear === undefined) return;
  finding.sentAt = performance.now();
  const address = sockaddr(probe.family, probe.address, 0);
  ear.socket.sendTo(echoRequestPacket(probe.family, probe.id), address, (errno) => {
    // Other errors (a filter of its own, a full queue, a full neighbour table) look like silence and are tried again.
    if (unreachable.has(errno)) noteFailure(finding, 'unreachable');
  });
};

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => (ms <= 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));

const open = (findings: readonly Finding[]): Finding[] => findings.filter(({ outcome }) => outcome === undefined);

type Pass = (ears: ReadonlyMap<string, Ear>, round: readonly Finding[], findings: Findings) => Promise<void>;

/** So many requests are sent before what came in is read: receive buffers hold the rest. */
const sendsBetweenListening = 64;

const quickPass: Pass = async (ears, round, findings) => {
  const spellings: Spellings = new Map();
  for (const [index, finding] of round.entries()) {
    send(ears, finding, finding);
    if (index % sendsBetweenListening === sendsBetweenListening - 1) listen(ears.values(), findings, spellings);
  }
  let quietSince = performance.now();
  while (open(round).length > 0 && performance.now() - quietSince < quickMs) {
    if (listen(ears.values(), findings, spellings) > 0) quietSince = performance.now();
    else await pause(1);
  }
};

const slowPassOf =
  (pace: Pace): Pass =>
  async (ears, round, findings) => {
    const spellings: Spellings = new Map();
    const start = performance.now();
    const sends = [...slowSendsMs];
    for (let now = start; now - start < slowEndMs[pace]; now = performance.now()) {
      const unanswered = open(round);
      if (unanswered.length === 0) return;
      if (sends[0] !== undefined && now - start >= sends[0]) {
        sends.shift();
        for (const finding of unanswered) send(ears, finding, finding);
      }
      if (listen(ears.values(), findings, spellings) === 0) await pause(5);
    }
  };

/** Since the last packet came in: how long it is listened for requests that were answered. A guest tells by a wire of its own. */
const reportMs = { quick: 0, patient: 1500 };

/** A request that was answered has arrived, and who saw it come tells of it a moment later than the answer. */
const untilReported = async (
  ears: ReadonlyMap<string, Ear>,
  list: readonly Finding[],
  findings: Findings,
  pace: Pace,
): Promise<void> => {
  const spellings: Spellings = new Map();
  const isOutstanding = ({ probe, outcome, source }: Finding): boolean =>
    outcome === 'answered' && source === null && ears.has(`${probe.family} ${probe.toStack}`);
  let outstanding = list.filter(isOutstanding);
  let quietSince = performance.now();
  while (outstanding.length > 0) {
    if (listen(ears.values(), findings, spellings) > 0) quietSince = performance.now();
    else if (performance.now() - quietSince >= reportMs[pace]) return;
    else await pause(5);
    outstanding = outstanding.filter(isOutstanding);
  }
};

/** Forgets learned IPv4 and IPv6 neighbours, so that the next round finds room in the table. */
const forgetNeighbours = (kernel: Kernel, stacks: Iterable<string>): void => {
  for (const stack of stacks) {
    unlessLost(() => {
      const socket = socketOf(kernel, stack);
      const learned = readLearnedNeighbours(socket);
      if (learned.length > 0)
        sendRequests(
          socket,
          learned.map(({ address, index }) => forgetNeighbour(address, index)),
        );
    });
  }
};

const inRounds = async (
  kernel: Kernel,
  ears: ReadonlyMap<string, Ear>,
  list: readonly Finding[],
  findings: Findings,
  budget: number,
  pass: Pass,
): Promise<void> => {
  const rounds = roundsOf(
    list.map(({ probe }) => probe),
    budget,
  );
  for (const round of rounds) {
    await pass(
      ears,
      round.flatMap(({ id }) => findings.get(id) ?? []),
      findings,
    );
    if (rounds.length > 1)
      forgetNeighbours(
        kernel,
        new Set(round.flatMap(({ from, toStack }) => (toStack === undefined ? [from] : [from, toStack]))),
      );
  }
};

/** Pings of one measurement: `quickly` first, then, beside whatever else is measured, `patiently` what is open. */
export interface Pinging {
  readonly quickly: () => Promise<void>;
  readonly patiently: () => Promise<void>;
  /** Until it is known of all that was answered under which address it arrived, or nothing more is heard of it. */
  readonly lastly: () => Promise<void>;
  readonly close: () => void;
}

export const openPinging = (kernel: Kernel, findings: Findings, budget: number, pace: Pace): Pinging => {
  const list = [...findings.values()].filter(({ probe }) => probe.protocol === 'icmp');
  const ears = earsFor(
    kernel,
    list.map(({ probe }) => probe),
  );
  return {
    quickly: () => inRounds(kernel, ears, list, findings, budget, quickPass),
    patiently: () => inRounds(kernel, ears, open(list), findings, budget, slowPassOf(pace)),
    lastly: () => untilReported(ears, list, findings, pace),
    close: () => {
      for (const { socket } of ears.values()) socket.close();
    },
  };
};
