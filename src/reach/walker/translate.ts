/**
 * Address translation (nf_nat_core): the rules are asked once per connection and kind of translation; every later packet,
 * answer and ICMP error is translated from what the connection remembers.
 */
import { ip } from '../../net/address.ts';
import { type FilterVerdict } from '../../state/packet-filter.ts';
import { interfaceOf, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { isSameTuple } from './connections.ts';
import { type Connection, type Tracking, type Tuple } from './tracking.ts';
import { choose, type Course } from './course.ts';
import { scopeOf6, selectAddress4, selectAddress6 } from './source-address.ts';
import { TCP, UDP } from './words.ts';

export type NatHook = 'prerouting' | 'output' | 'postrouting' | 'input';
export type NatVerdict = Extract<FilterVerdict, { kind: 'masquerade' | 'snat' | 'dnat' | 'redirect' }>;

export const isNatVerdict = (verdict: FilterVerdict): verdict is NatVerdict =>
  verdict.kind === 'masquerade' || verdict.kind === 'snat' || verdict.kind === 'dnat' || verdict.kind === 'redirect';

/** Destinations are translated on the way in, sources on the way out. */
export const changesSource = (hook: NatHook): boolean => hook === 'postrouting' || hook === 'input';

const hasPorts = (packet: Packet): boolean => packet.protocol === TCP || packet.protocol === UDP;

const addressOfRange = (course: Course, verdict: Extract<NatVerdict, { kind: 'snat' | 'dnat' }>): bigint => {
  const first = ip(verdict.address).value;
  const last = verdict.lastAddress === undefined ? first : ip(verdict.lastAddress).value;
  const count = last - first < 7n ? Number(last - first) + 1 : 8;
  return first + BigInt(choose(course, `range ${verdict.address}-${verdict.lastAddress ?? ''}`, count));
};

/** The address that REDIRECT means: the first of the interface the packet came in by, or loopback for its own. */
const redirectAddress = (stack: StackModel, packet: Packet, dev: string | undefined): bigint | undefined => {
  if (dev === undefined) return packet.family === 4 ? 0x7f000001n : 1n;
  const isLink = scopeOf6(packet.destination) === 2;
  const usable = interfaceOf(stack, dev).addresses.filter(
    ({ family, isUnusable }) => family === packet.family && !isUnusable,
  );
  const fitting = packet.family === 4 ? usable[0] : usable.find(({ scope }) => (scope === 'link') === isLink);
  return (fitting ?? usable[0])?.value;
};

interface NatPlace {
  readonly hook: NatHook;
  readonly in: string | undefined;
  readonly out: string | undefined;
  /** The next hop, or the destination where it is on the link. */
  readonly nexthop: bigint | undefined;
}

/** Who has no address is not masqueraded (nf_nat_masquerade_ipv4). */
export const isLeftAlone = ({ kind }: NatVerdict, { family }: Packet, { original }: Connection): boolean =>
  kind === 'masquerade' && family === 4 && original.source === 0n;

/** A translation to what is there already is none (nf_nat_setup_info). */
const answerAs = (
  connection: Connection,
  change: Partial<Tuple>,
  side: 'isSourceTranslated' | 'isDestinationTranslated',
): void => {
  const reply = { ...connection.reply, ...change };
  if (isSameTuple(reply, connection.reply)) return;
  connection.reply = reply;
  connection[side] = true;
};

/** Notes a rule's translation in the connection; false: there is no address to translate to, and the packet is dropped. */
export const decideTranslation = (
  course: Course,
  stack: StackModel,
  packet: Packet,
  connection: Connection,
  verdict: NatVerdict,
  place: NatPlace,
): boolean => {
  const port = (now: number, wished: number | undefined): number => (hasPorts(packet) ? (wished ?? now) : now);
  switch (verdict.kind) {
    case 'masquerade': {
      const dev = place.out ?? '';
      const address =
        packet.family === 4
          ? selectAddress4(stack, dev, place.nexthop)
          : selectAddress6(stack, dev, packet.destination);
      if (address === undefined) return false;
      answerAs(connection, { destination: address }, 'isSourceTranslated');
      connection.masqueradedBy = dev;
      return true;
    }
    case 'snat':
      answerAs(
        connection,
        {
          destination: addressOfRange(course, verdict),
          destinationPort: port(connection.reply.destinationPort, verdict.port),
        },
        'isSourceTranslated',
      );
      return true;
    case 'dnat':
      answerAs(
        connection,
        { source: addressOfRange(course, verdict), sourcePort: port(connection.reply.sourcePort, verdict.port) },
        'isDestinationTranslated',
      );
      return true;
    case 'redirect': {
      const address = redirectAddress(stack, packet, place.hook === 'output' ? undefined : place.in);
      if (address === undefined) return false;
      answerAs(
        connection,
        { source: address, sourcePort: port(connection.reply.sourcePort, verdict.port) },
        'isDestinationTranslated',
      );
      return true;
    }
  }
};

/** A masqueraded connection that would go on by another interface is forgotten (nf_nat_oif_changed). */
export const hasLeftElsewhere = (
  { connection, direction }: Pick<Tracking, 'direction'> & { readonly connection?: Pick<Connection, 'masqueradedBy'> },
  { hook, out }: Pick<NatPlace, 'hook' | 'out'>,
): boolean =>
  hook === 'postrouting' &&
  direction === 'original' &&
  connection?.masqueradedBy !== undefined &&
  connection.masqueradedBy !== out;

type Side = 'source' | 'destination';

/** Of an echo both ports are its identifier, which is the same in the answer. */
const rewritten = (packet: Packet, side: Side, address: bigint, port: number): Packet => {
  if (packet.icmp !== undefined) return { ...packet, [side]: address, sourcePort: port, destinationPort: port };
  const withPort = hasPorts(packet);
  return side === 'source'
    ? { ...packet, source: address, ...(withPort ? { sourcePort: port } : {}) }
    : { ...packet, destination: address, ...(withPort ? { destinationPort: port } : {}) };
};

/** What an ICMP error quotes is translated back, and its own addresses like those of an answer. */
const translateError = (
  packet: Packet,
  quoted: Packet,
  connection: Connection,
  tracking: Tracking,
  side: Side,
): Packet => {
  const isReply = tracking.direction === 'reply';
  const isAboutSource = (side === 'destination') === isReply;
  if (isAboutSource ? !connection.isSourceTranslated : !connection.isDestinationTranslated) return packet;
  const goal = isReply ? connection.original : connection.reply;
  const address = side === 'destination' ? goal.source : goal.destination;
  const port = side === 'destination' ? goal.sourcePort : goal.destinationPort;
  const inner = rewritten(quoted, side === 'destination' ? 'source' : 'destination', address, port);
  const outer = side === 'destination' ? { ...packet, destination: address } : { ...packet, source: address };
  return { ...outer, quoted: inner };
};

/** Applies what the connection remembers to one packet at one hook. */
export const applyTranslation = (packet: Packet, tracking: Tracking, hook: NatHook): Packet => {
  const { connection, direction } = tracking;
  if (connection === undefined || tracking.state === 'invalid' || tracking.state === 'untracked') return packet;
  const side: Side = changesSource(hook) ? 'source' : 'destination';
  if (packet.quoted !== undefined) return translateError(packet, packet.quoted, connection, tracking, side);
  const { original, reply } = connection;
  if (direction === 'original') {
    if (side === 'destination')
      return connection.isDestinationTranslated ? rewritten(packet, side, reply.source, reply.sourcePort) : packet;
    return connection.isSourceTranslated ? rewritten(packet, side, reply.destination, reply.destinationPort) : packet;
  }
  if (side === 'destination')
    return connection.isSourceTranslated ? rewritten(packet, side, original.source, original.sourcePort) : packet;
  return connection.isDestinationTranslated
    ? rewritten(packet, side, original.destination, original.destinationPort)
    : packet;
};
