/**
 * Which chains of filters were read, with what, and by which headers: so it is known whether data may fare otherwise than
 * the handshake before it, and whose fate an edit of a filter changes.
 */
import { type HookChain } from '../model/model.ts';
import { ACK } from '../walker/connections.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type ChainOutcome, type FilterSets } from './filter-sets.ts';
import { marksOf, passageKey, shown, type HookPlace, type Passage } from './passage.ts';
import { type Space } from './space.ts';
import { type ConnectionShape, type TrackingShape } from './connections.ts';
import { type View } from './view.ts';

/** A chain and what it was read with. */
export interface Reading {
  readonly stack: string;
  readonly at: HookChain;
  readonly place: HookPlace;
  readonly view: View;
  readonly tracking: TrackingShape | undefined;
  /** By whom: sets whose union it is. */
  readonly sets: readonly PacketSet[];
}

interface Noted extends Reading {
  readonly sets: PacketSet[];
}

export class Readings {
  /** By stack; there by chain, place and what packets look like. */
  private readonly byStack = new Map<string, Map<string, Noted>>();
  /** Some packet was none of a connection that began where it is tracked. */
  isStrange = false;

  private put(key: string, { sets, ...reading }: Reading): void {
    let byKey = this.byStack.get(reading.stack);
    if (byKey === undefined) this.byStack.set(reading.stack, (byKey = new Map<string, Noted>()));
    const before = byKey.get(key);
    if (before === undefined) byKey.set(key, { ...reading, sets: [...sets] });
    else for (const set of sets) if (!before.sets.includes(set)) before.sets.push(set);
  }

  note(stack: string, at: HookChain, place: HookPlace, { set, view, tracking }: Passage): void {
    const where = `${place.in ?? ''} ${place.out ?? ''} ${place.portIn ?? ''} ${place.portOut ?? ''}`;
    const how = passageKey({ view, tracking });
    const key = `${at.table.family} ${at.table.name} ${at.chain.name} ${where} ${how}`;
    this.put(key, { stack, at, place, view, tracking, sets: [set] });
  }

  /** Adds what was read later. */
  add(later: Readings): void {
    for (const byKey of later.byStack.values()) for (const [key, reading] of byKey) this.put(key, reading);
  }

  of(stack: string): Iterable<Reading> {
    return this.byStack.get(stack)?.values() ?? [];
  }

  *all(): Generator<Reading> {
    for (const byKey of this.byStack.values()) yield* byKey.values();
  }
}

const outcomes = (filters: FilterSets, { stack, at, place, view, tracking }: Reading): readonly ChainOutcome[] =>
  filters
    .chain(stack, at, { ...place, tracking: shown(tracking) }, view, marksOf({ view, tracking }))
    .filter(({ verdict }) => verdict.kind !== 'drop' && verdict.kind !== 'reject');

const isTouched = (it: ConnectionShape): boolean =>
  it.isSourceTranslated || it.isDestinationTranslated || it.masqueradedBy !== undefined || it.mark !== 0;

/**
 * How the data of a TCP connection reads the chain that its handshake read; undefined where it may take another course:
 * after translation and marks, and where the connection is not the one that the packet is of.
 */
const readByData = (reading: Reading): Reading | undefined => {
  const { view, tracking } = reading;
  const byData = { ...reading, view: { ...view, tcpFlags: ACK } };
  if (tracking === undefined || tracking.state === 'untracked') return byData;
  const { connection, direction } = tracking;
  if (connection === undefined || isTouched(connection)) return undefined;
  if (direction !== (view.isReply ? 'reply' : 'original')) return undefined;
  return { ...byData, tracking: { ...tracking, state: 'established', connection: { ...connection, hasAnswer: true } } };
};

/**
 * Whether the data of a TCP connection passes a chain wherever the handshake did: without translation and marks, and
 * with all that was accepted of new and answered packets accepted of established ones.
 */
export const dataPasses = (space: Space, filters: FilterSets, reading: Reading): boolean => {
  const { at, tracking } = reading;
  if (at.chain.type === 'nat') return tracking?.connection === undefined || !isTouched(tracking.connection);
  const later = readByData(reading);
  if (later === undefined) return false;
  const marks = marksOf(reading);
  const accepted = (how: Reading): PacketSet | undefined => {
    const accepting = outcomes(filters, how).filter(({ verdict }) => verdict.kind === 'accept');
    if (accepting.some((it) => it.marks.mark !== marks.mark || it.marks.connection !== marks.connection))
      return undefined;
    return space.bdd.union(accepting.map(({ set }) => set));
  };
  const before = accepted(reading);
  const after = accepted(later);
  if (before === undefined || after === undefined) return false;
  return space.bdd.and(space.bdd.minus(before, after), space.protocol('tcp')) === NOTHING;
};

/** For which headers a chain in another's place says something else. */
const saidOtherwise = (
  { bdd }: Space,
  filters: FilterSets,
  reading: Reading,
  before: HookChain,
  after: HookChain,
): PacketSet => {
  const keyOf = ({ verdict, marks }: ChainOutcome): string => JSON.stringify([verdict, marks]);
  const byKey = new Map<string, PacketSet>();
  for (const it of [before, after].flatMap((at) => outcomes(filters, { ...reading, at }))) {
    const key = keyOf(it);
    byKey.set(key, bdd.xor(byKey.get(key) ?? NOTHING, it.set));
  }
  return bdd.union([...byKey.values()]);
};

/**
 * Headers that read a chain for which another one in its place says something else, be it of their data alone: that is
 * not followed by itself, and so reads nothing, as long as it passes wherever the handshake does.
 */
export const readOtherwise = (
  space: Space,
  filters: FilterSets,
  reading: Reading,
  before: HookChain,
  after: HookChain,
): PacketSet => {
  const { bdd } = space;
  let changed = saidOtherwise(space, filters, reading, before, after);
  const later = before.chain.type === 'nat' || reading.view.tcpFlags === ACK ? undefined : readByData(reading);
  if (later !== undefined) {
    const ofData = saidOtherwise(space, filters, later, before, after);
    changed = bdd.or(changed, bdd.and(ofData, space.protocol('tcp')));
  }
  return bdd.union(reading.sets.map((set) => bdd.and(set, changed)));
};
