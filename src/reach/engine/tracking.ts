/**
 * Connection tracking of a stack over sets of packets: connections of one shape (which fields and values their tuples
 * are made of) are one entry with the set of original headers that have it. Mirrors `walker/connections.ts`.
 */
import { ACK } from '../walker/connections.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { tupleMeets, type ConnectionShape, type TrackingShape, type Tuple } from './connections.ts';
import { having, remember, type Sessions } from './sessions.ts';
import { type Space } from './space.ts';
import { type View } from './view.ts';

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
