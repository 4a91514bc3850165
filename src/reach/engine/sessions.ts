/** The connections that a stack remembers, by shape: which original headers have one of it. */
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Space } from './space.ts';
import { connectionKey, tupleMeets, type ConnectionShape } from './connections.ts';

/**
 * The connections of one shape; those that were born first are found first. They lie in pieces as they came by, whose
 * union they are: most packets meet few of them.
 */
export interface Session {
  readonly connection: ConnectionShape;
  readonly pieces: readonly PacketSet[];
  readonly birth: number;
}

export type Sessions = ReadonlyMap<string, Session>;

const mostPieces = 64;

/** Whether two sets have a destination in common. That sources differ shows at once, as they come first in a set. */
const meets = ({ bdd, shadows: { destination } }: Space, a: PacketSet, b: PacketSet): boolean =>
  bdd.meets(destination.of(a), destination.of(b));

/** The headers of a set that have a connection of a session. */
export const having = (space: Space, { pieces }: Session, set: PacketSet): PacketSet => {
  const { bdd } = space;
  const parts: PacketSet[] = [];
  let left = set;
  for (const piece of pieces) {
    if (left === NOTHING) break;
    const part = meets(space, left, piece) ? bdd.and(left, piece) : NOTHING;
    if (part === NOTHING) continue;
    parts.push(part);
    left = bdd.minus(left, part);
  }
  return bdd.union(parts);
};

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
  const oldKey = before && connectionKey(before);
  const old = oldKey === undefined ? undefined : next.get(oldKey);
  if (oldKey !== undefined && old !== undefined && oldKey !== key) {
    const pieces = old.pieces.map((piece) => (meets(space, piece, set) ? bdd.minus(piece, set) : piece));
    next.set(oldKey, { ...old, pieces: pieces.filter((piece) => piece !== NOTHING) });
  }
  const known = next.get(key);
  const birth = known?.birth ?? old?.birth ?? next.size;
  const pieces = known === undefined ? [set] : known.pieces.includes(set) ? known.pieces : [...known.pieces, set];
  next.set(key, { connection, pieces: pieces.length > mostPieces ? [bdd.union(pieces)] : pieces, birth });
  return next;
};

/** Headers that have a connection of another shape than before, or one more. */
export const differing = ({ bdd }: Space, before: Sessions | undefined, after: Sessions): PacketSet => {
  let set: PacketSet = NOTHING;
  for (const [key, session] of after) {
    const old = before?.get(key);
    if (old !== session) set = bdd.or(set, bdd.xor(bdd.union(old?.pieces ?? []), bdd.union(session.pieces)));
  }
  return set;
};

/** Headers for whose new connection an earlier one of their own stands in the way: the walker knows what becomes of it. */
export const clashing = (space: Space, sessions: Sessions, set: PacketSet, connection: ConnectionShape): PacketSet => {
  const { bdd } = space;
  const key = connectionKey(connection);
  let clash: PacketSet = NOTHING;
  for (const [other, session] of sessions) {
    const both = other === key ? NOTHING : having(space, session, set);
    if (both === NOTHING) continue;
    const { original, reply } = session.connection;
    const isMet = bdd.or(tupleMeets(space, connection.reply, reply), tupleMeets(space, connection.reply, original));
    clash = bdd.or(clash, bdd.and(both, isMet));
  }
  return clash;
};
