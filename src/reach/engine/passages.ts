/** Packets that look alike at a hook, and what a chain makes of them. Mirrors the reading of chains in `walker/hook.ts`. */
import { type Family } from '../../net/address.ts';
import { type HookChain, type StackModel } from '../model/model.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { connectionKey, type ConnectionShape } from './connections.ts';
import { type FilterSets } from './filter-sets.ts';
import { type Marks } from './match-sets.ts';
import { marksOf, ofSet, passageKey, passageOf, shown, type HookPlace, type Passage } from './passage.ts';
import { type Readings } from './readings.ts';
import { having, remember, type Sessions } from './sessions.ts';
import { type Space } from './space.ts';
import { withMark, type Term } from './view.ts';

/** What hooks work with: the sets, and the connections of the stack, which they change. */
export interface HookContext {
  readonly space: Space;
  readonly filters: FilterSets;
  readonly stack: StackModel;
  sessions: Sessions;
  /** Leaves headers to the walker. */
  readonly giveUp: (set: PacketSet) => void;
  readonly readings: Readings;
  /** Values of an address field in runs that this stack treats alike. */
  readonly runsOf: (family: Family) => readonly { readonly value: bigint; readonly set: (term: Term) => PacketSet }[];
}

/** Those that look alike become one. */
export const joinPassages = (space: Space, passages: readonly Passage[]): readonly Passage[] => {
  if (passages.length < 2) return passages;
  const byKey = new Map<string, Passage>();
  for (const it of passages) {
    if (it.set === NOTHING) continue;
    const key = passageKey(it);
    const before = byKey.get(key);
    byKey.set(key, before === undefined ? it : ofSet(before, space.bdd.or(before.set, it.set)));
  }
  return [...byKey.values()];
};

const withMarks = (context: HookContext, it: Passage, set: PacketSet, marks: Marks): Passage => {
  let { tracking } = it;
  if (marks.isUntracked && tracking === undefined) tracking = { state: 'untracked', direction: 'original' };
  const connection = tracking?.connection;
  if (
    tracking !== undefined &&
    connection !== undefined &&
    marks.connection !== undefined &&
    marks.connection !== connection.mark
  )
    tracking = {
      ...tracking,
      connection: changed(context, set, connection, { ...connection, mark: marks.connection }),
    };
  return passageOf(set, withMark(it.view, marks.mark), tracking);
};

/** A connection that is remembered changes its shape in memory too. */
export const changed = (
  context: HookContext,
  set: PacketSet,
  before: ConnectionShape,
  after: ConnectionShape,
): ConnectionShape => {
  const known = context.sessions.get(connectionKey(before));
  const part = known === undefined ? NOTHING : having(context.space, known, set);
  if (part !== NOTHING) context.sessions = remember(context.space, context.sessions, part, after, before);
  return after;
};

/** What a chain lets on, with the verdicts that do. */
export const readOne = (
  context: HookContext,
  at: HookChain,
  place: HookPlace,
  it: Passage,
): readonly { readonly passage: Passage; readonly verdict: ReturnType<FilterSets['chain']>[number]['verdict'] }[] => {
  const { space, filters, stack, readings } = context;
  readings.note(stack.name, at, place, it);
  const outcomes = filters.chain(stack.name, at, { ...place, tracking: shown(it.tracking) }, it.view, marksOf(it));
  return outcomes.flatMap(({ set, verdict, marks }) => {
    if (verdict.kind === 'drop' || verdict.kind === 'reject') return [];
    const part = space.bdd.and(set, it.set);
    return part === NOTHING ? [] : [{ passage: withMarks(context, it, part, marks), verdict }];
  });
};
