/**
 * Connection tracking in one stack (nf_conntrack_core, nf_conntrack_proto_*): which connection a packet belongs to, and
 * its state. A connection is remembered for good once its first packet leaves the stack or is delivered.
 */
import { type Packet } from '../packet.ts';
import { type Course } from './course.ts';
import { type Connection, type Tracking, type Tuple } from './tracking.ts';
import { ICMP, ICMPV6, TCP } from './words.ts';

export const SYN = 2;
export const RST = 4;
export const ACK = 16;

/** What somebody resets who knows nothing of the connection. */
export const isOfConnection = ({ protocol, tcpFlags }: Packet): boolean =>
  protocol === TCP && (tcpFlags & ACK) !== 0 && (tcpFlags & RST) === 0;

const isEcho = ({ protocol, icmp }: Packet): boolean =>
  (protocol === ICMP && (icmp?.type === 8 || icmp?.type === 0)) ||
  (protocol === ICMPV6 && (icmp?.type === 128 || icmp?.type === 129));

const isEchoRequest = (packet: Packet): boolean => packet.icmp?.type === 8 || packet.icmp?.type === 128;

export const tupleOf = (packet: Packet): Tuple => ({
  family: packet.family,
  protocol: packet.protocol,
  source: packet.source,
  sourcePort: packet.sourcePort,
  destination: packet.destination,
  destinationPort: packet.destinationPort,
  ...(isEcho(packet) ? { echo: isEchoRequest(packet) ? ('request' as const) : ('reply' as const) } : {}),
});

export const inverseOf = (tuple: Tuple): Tuple => ({
  ...tuple,
  source: tuple.destination,
  sourcePort: tuple.destinationPort,
  destination: tuple.source,
  destinationPort: tuple.sourcePort,
  ...(tuple.echo === undefined ? {} : { echo: tuple.echo === 'request' ? ('reply' as const) : ('request' as const) }),
});

export const isSameTuple = (a: Tuple, b: Tuple): boolean =>
  a.protocol === b.protocol &&
  a.source === b.source &&
  a.destination === b.destination &&
  a.sourcePort === b.sourcePort &&
  a.destinationPort === b.destinationPort &&
  a.echo === b.echo &&
  a.family === b.family;

const untracked: Tracking = { state: 'untracked', direction: 'original' };
const invalid: Tracking = { state: 'invalid', direction: 'original' };

/** Types that are never tracked: multicast listener, router and neighbour discovery. */
const isUntrackedIcmp = ({ protocol, icmp }: Packet): boolean =>
  protocol === ICMPV6 && icmp !== undefined && ((icmp.type >= 130 && icmp.type <= 137) || icmp.type === 143);

interface Found {
  readonly connection: Connection;
  readonly direction: 'original' | 'reply';
}

const find = (known: readonly Connection[], tuple: Tuple): Found | undefined => {
  for (const connection of known) {
    if (!connection.isConfirmed) continue;
    if (isSameTuple(connection.original, tuple)) return { connection, direction: 'original' };
    if (isSameTuple(connection.reply, tuple)) return { connection, direction: 'reply' };
  }
  return undefined;
};

const connectionsOf = (course: Course, stack: string): Connection[] => {
  const known = course.connections.get(stack);
  if (known !== undefined) return known;
  const created: Connection[] = [];
  course.connections.set(stack, created);
  return created;
};

/** An ICMP error belongs to the connection whose packet it quotes. */
const trackError = (known: readonly Connection[], packet: Packet, quoted: Packet): Tracking => {
  const found = find(known, inverseOf(tupleOf(quoted)));
  if (found === undefined) return invalid;
  const { connection, direction } = found;
  const { destination } = connection[direction];
  return packet.destination === destination ? { state: 'related', connection, direction } : invalid;
};

const mayBegin = (packet: Packet): boolean => {
  if (isEcho(packet)) return isEchoRequest(packet);
  if (packet.protocol !== TCP) return packet.icmp === undefined;
  // A lone ACK is taken for a connection that was there before (tcp_loose).
  return (packet.tcpFlags & RST) === 0 && (packet.tcpFlags & (SYN | ACK)) !== (SYN | ACK);
};

const begin = (known: Connection[], packet: Packet): Tracking => {
  const original = tupleOf(packet);
  const connection: Connection = {
    original,
    reply: inverseOf(original),
    isConfirmed: false,
    hasAnswer: false,
    isSourceTranslated: false,
    isDestinationTranslated: false,
    isSourceDecided: false,
    isDestinationDecided: false,
    mark: 0,
  };
  known.push(connection);
  return { state: 'new', connection, direction: 'original' };
};

/** Finds or begins the connection of a packet that enters the stack, or is sent by it. */
export const track = (course: Course, stack: string, packet: Packet): Tracking => {
  if (isUntrackedIcmp(packet)) return untracked;
  // Of what is no whole packet lengths and checksums are wrong (udp_error, nf_conntrack_icmpv6_error).
  if (packet.isCutAgain === true) return invalid;
  const known = connectionsOf(course, stack);
  if (packet.quoted !== undefined) return trackError(known, packet, packet.quoted);
  const found = find(known, tupleOf(packet));
  if (found === undefined) return mayBegin(packet) ? begin(known, packet) : invalid;
  const { connection, direction } = found;
  if (direction === 'reply') {
    // Where a reset is the first answer, there was no connection (nf_conntrack_tcp_packet).
    if (!connection.hasAnswer && (packet.tcpFlags & RST) !== 0) known.splice(known.indexOf(connection), 1);
    connection.hasAnswer = true;
    return { state: 'established', connection, direction };
  }
  if (connection.hasAnswer) return { state: 'established', connection, direction };
  // Of a handshake that was seen from one side only.
  const isAckTooEarly = packet.protocol === TCP && (packet.tcpFlags & (SYN | ACK)) === ACK;
  return isAckTooEarly ? invalid : { state: 'new', connection, direction };
};

const lowestFreePort = 1024;
const lastPort = 65_535;

/**
 * A connection whose answers another one waits for already, because its packet comes by a second time with what the
 * first time made of it, gets a source port of its own on the way out, and an echo an identifier of its own where its
 * destination is decided, as no destination has a port that may be changed (get_unique_tuple,
 * nf_nat_l4proto_unique_tuple). The kernel takes any; here it is the next one that is free.
 */
export const tellApart = (
  course: Course,
  stack: string,
  connection: Connection,
  side: 'isSourceTranslated' | 'isDestinationTranslated',
): void => {
  const { protocol, destinationPort } = connection.reply;
  const isEchoId = protocol === ICMP || protocol === ICMPV6;
  if (!isEchoId && side === 'isDestinationTranslated') return;
  const others = connectionsOf(course, stack).filter((other) => other !== connection && other.isConfirmed);
  const isTaken = (reply: Tuple): boolean =>
    others.some((other) => isSameTuple(other.reply, reply) || isSameTuple(other.original, reply));
  if (!isTaken(connection.reply)) return;
  for (let step = 1; step <= others.length + 1; step += 1) {
    const port = lowestFreePort + ((destinationPort + step) % (lastPort + 1 - lowestFreePort));
    const reply = { ...connection.reply, destinationPort: port, ...(isEchoId ? { sourcePort: port } : {}) };
    if (isTaken(reply)) continue;
    connection.reply = reply;
    connection[side] = true;
    return;
  }
};
