/**
 * Connection tracking of a stack over sets of packets: connections of one shape (which fields and values their tuples
 * are made of) are one entry with the set of original headers that have it. Mirrors `walker/connections.ts`.
 */
import { ACK } from '../walker/connections.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { having, remember, type Sessions } from './sessions.ts';
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

const tupleKey = (it: Tuple): string => `${it.source},${it.destination},${it.sourcePort},${it.destinationPort}`;

const keys = new WeakMap<ConnectionShape, string>();

const writtenOut = (it: ConnectionShape): string =>
  `${tupleKey(it.original)}|${tupleKey(it.reply)}|${Number(it.hasAnswer)}${Number(it.isSourceTranslated)}${Number(it.isDestinationTranslated)}${Number(it.isSourceDecided)}${Number(it.isDestinationDecided)}|${it.mark}|${it.masqueradedBy ?? ''}`;

export const connectionKey = (it: ConnectionShape): string => {
  const known = keys.get(it) ?? writtenOut(it);
  keys.set(it, known);
  return known;
};

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
  for (const session of [...sessions.values()].sort((a, b) => a.birth - b.birth)) {
    const { connection } = session;
    const candidates = having(space, session, left);
    if (candidates === NOTHING) continue;
    // Echoes and their answers are told apart by their type, whatever the tuple.
    const begun = view.isReply ? bdd.minus(candidates, echo) : candidates;
    const original = bdd.and(begun, tupleMeets(space, view, connection.original));
    const answering = view.isReply ? candidates : bdd.minus(candidates, echo);
    const reply = bdd.and(bdd.minus(answering, original), tupleMeets(space, view, connection.reply));
    left = bdd.minus(left, bdd.or(original, reply));
    found(original, connection, 'original');
    found(reply, connection, 'reply');
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
