/**
 * Connection tracking of a stack over sets of packets: connections of one shape (which fields and values their tuples
 * are made of) are one entry with the set of original headers that have it. Mirrors `walker/connections.ts`.
 */
import { ACK } from '../walker/connections.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { type Space } from './space.ts';
import { termsEqual, type Term, type View } from './view.ts';

export interface Tuple {
  readonly source: Term;
  readonly destination: Term;
  readonly sourcePort: Term;
  readonly destinationPort: Term;
}

/** See `Connection` of the walker; the two tuples are shapes. */
export interface ConnectionShape {
  readonly original: Tuple;
  readonly reply: Tuple;
  readonly hasAnswer: boolean;
  readonly isSourceTranslated: boolean;
  readonly masqueradedBy?: string;
  readonly isDestinationTranslated: boolean;
  readonly isSourceDecided: boolean;
  readonly isDestinationDecided: boolean;
  readonly mark: number;
}

export interface TrackingShape {
  readonly state: 'new' | 'established' | 'invalid' | 'untracked';
  readonly direction: 'original' | 'reply';
  readonly connection?: ConnectionShape;
}

/** The connections of one shape; those that were born first are found first. */
interface Session {
  readonly connection: ConnectionShape;
  readonly set: PacketSet;
  readonly birth: number;
}

/** The connections that a stack remembers, by shape. */
export type Sessions = ReadonlyMap<string, Session>;

const tupleKey = (it: Tuple): string => `${it.source},${it.destination},${it.sourcePort},${it.destinationPort}`;

export const connectionKey = (it: ConnectionShape): string =>
  `${tupleKey(it.original)}|${tupleKey(it.reply)}|${Number(it.hasAnswer)}${Number(it.isSourceTranslated)}${Number(it.isDestinationTranslated)}${Number(it.isSourceDecided)}${Number(it.isDestinationDecided)}|${it.mark}|${it.masqueradedBy ?? ''}`;

export const trackingKey = (it: TrackingShape | undefined): string =>
  it === undefined
    ? ''
    : `${it.state} ${it.direction} ${it.connection === undefined ? '' : connectionKey(it.connection)}`;

const tupleOf = ({ source, destination, sourcePort, destinationPort }: View): Tuple => ({
  source,
  destination,
  sourcePort,
  destinationPort,
});

const inverse = (it: Tuple): Tuple => ({
  source: it.destination,
  destination: it.source,
  sourcePort: it.destinationPort,
  destinationPort: it.sourcePort,
});

/** Original headers whose packet has the tuple; echoes have no ports. */
export const tupleMeets = (space: Space, view: Tuple, tuple: Tuple): PacketSet => {
  const { bdd } = space;
  const addresses = bdd.and(
    termsEqual(space, view.source, tuple.source),
    termsEqual(space, view.destination, tuple.destination),
  );
  if (addresses === NOTHING) return NOTHING;
  const ports = bdd.and(
    termsEqual(space, view.sourcePort, tuple.sourcePort),
    termsEqual(space, view.destinationPort, tuple.destinationPort),
  );
  return ports === EVERYTHING ? addresses : bdd.and(addresses, bdd.or(ports, space.protocol('icmp')));
};

export interface Tracked {
  readonly set: PacketSet;
  readonly tracking: TrackingShape;
}

/** Puts a set of headers under a shape, and takes it away from the one it had. */
export const remember = (
  space: Space,
  sessions: Sessions,
  set: PacketSet,
  connection: ConnectionShape,
  before: ConnectionShape | undefined,
): Sessions => {
  const { bdd } = space;
  const key = connectionKey(connection);
  const next = new Map(sessions);
  const old = before === undefined ? undefined : next.get(connectionKey(before));
  if (before !== undefined && old !== undefined && connectionKey(before) !== key)
    next.set(connectionKey(before), { ...old, set: bdd.minus(old.set, set) });
  const known = next.get(key);
  const birth = known?.birth ?? old?.birth ?? next.size;
  next.set(key, { connection, set: bdd.or(known?.set ?? NOTHING, set), birth });
  return next;
};

/** Headers for whose new connection an earlier one of their own stands in the way: the walker knows what becomes of it. */
export const clashing = (space: Space, sessions: Sessions, set: PacketSet, connection: ConnectionShape): PacketSet => {
  const { bdd } = space;
  const key = connectionKey(connection);
  let clash: PacketSet = NOTHING;
  for (const [other, { connection: before, set: known }] of sessions) {
    const both = other === key ? NOTHING : bdd.and(set, known);
    if (both === NOTHING) continue;
    const { original, reply } = before;
    const meets = bdd.or(tupleMeets(space, connection.reply, reply), tupleMeets(space, connection.reply, original));
    clash = bdd.or(clash, bdd.and(both, meets));
  }
  return clash;
};

/** Finds or begins the connections of packets; `sessions` are those of the stack afterwards. */
export const trackSets = (
  space: Space,
  sessions: Sessions,
  view: View,
  set: PacketSet,
): { readonly tracked: readonly Tracked[]; readonly sessions: Sessions } => {
  const { bdd } = space;
  const tracked: Tracked[] = [];
  let after = sessions;
  let left = set;
  const echo = space.protocol('icmp');
  const found = (part: PacketSet, connection: ConnectionShape, direction: 'original' | 'reply'): void => {
    if (part === NOTHING) return;
    if (direction === 'reply') {
      const answered = { ...connection, hasAnswer: true };
      after = remember(space, after, part, answered, connection);
      tracked.push({ set: part, tracking: { state: 'established', direction, connection: answered } });
      return;
    }
    if (connection.hasAnswer) {
      tracked.push({ set: part, tracking: { state: 'established', direction, connection } });
      return;
    }
    const isTooEarly = view.tcpFlags === ACK ? bdd.and(part, space.protocol('tcp')) : NOTHING;
    const fresh = bdd.minus(part, isTooEarly);
    if (isTooEarly !== NOTHING)
      tracked.push({ set: isTooEarly, tracking: { state: 'invalid', direction: 'original' } });
    if (fresh !== NOTHING) tracked.push({ set: fresh, tracking: { state: 'new', direction, connection } });
  };
  for (const { connection, set: known } of [...sessions.values()].sort((a, b) => a.birth - b.birth)) {
    const candidates = bdd.and(left, known);
    if (candidates === NOTHING) continue;
    const original = bdd.and(candidates, tupleMeets(space, view, connection.original));
    const reply = bdd.and(bdd.minus(candidates, original), tupleMeets(space, view, connection.reply));
    left = bdd.minus(left, bdd.or(original, reply));
    // Echoes and their answers are told apart by their type, whatever the tuple.
    const echoes = bdd.and(view.isReply ? original : reply, echo);
    found(bdd.minus(original, echoes), connection, 'original');
    found(bdd.minus(reply, echoes), connection, 'reply');
    found(echoes, connection, view.isReply ? 'reply' : 'original');
  }
  const isAnswer = view.isReply && (view.tcpFlags & ACK) !== 0 && view.tcpFlags !== ACK;
  const barred = view.isReply
    ? bdd.or(bdd.and(left, echo), isAnswer ? bdd.and(left, space.protocol('tcp')) : NOTHING)
    : NOTHING;
  if (barred !== NOTHING) tracked.push({ set: barred, tracking: { state: 'invalid', direction: 'original' } });
  const beginning = bdd.minus(left, barred);
  if (beginning !== NOTHING) {
    const original = tupleOf(view);
    const connection: ConnectionShape = {
      original,
      reply: inverse(original),
      hasAnswer: false,
      isSourceTranslated: false,
      isDestinationTranslated: false,
      isSourceDecided: false,
      isDestinationDecided: false,
      mark: 0,
    };
    tracked.push({ set: beginning, tracking: { state: 'new', direction: 'original', connection } });
  }
  return { tracked, sessions: after };
};
