/**
 * Lists of runs of an axis that have no value in common, as one map from codes: which of them a set meets shows in one
 * pass, however many there are.
 */
import { NOTHING, type Bdd, type PacketSet } from './bdd.ts';
import { type Field } from './pieces.ts';
import { type Axis } from './ranks.ts';
import { type Run } from './route-classes.ts';

/** Codes from `starts[i]` up to the next start belong to the list `lists[i]`, or to none: -1. `starts[0]` is 0. */
export interface Partition {
  readonly starts: readonly number[];
  readonly lists: readonly number[];
}

const NONE = -1;

export const partitionOf = (axis: Axis, lists: readonly { readonly runs: readonly Run[] }[]): Partition => {
  const spans = lists.flatMap(({ runs }, list) =>
    runs.map(({ first, last }) => {
      const [from, to] = axis.codesOf(first, last);
      return { from, to, list };
    }),
  );
  spans.sort((a, b) => a.from - b.from);
  const starts: number[] = [];
  const found: number[] = [];
  const begin = (code: number, list: number): void => {
    if (found.at(-1) === list) return;
    starts.push(code);
    found.push(list);
  };
  let next = 0;
  for (const { from, to, list } of spans) {
    if (from > next) begin(next, NONE);
    begin(from, list);
    next = to + 1;
  }
  if (next < 2 ** axis.bits) begin(next, NONE);
  return { starts, lists: found };
};

/** The lists that some code of a set lies in, ascending; the set knows of the field only. */
export const listsMet = (
  bdd: Bdd,
  { first, bits }: Field,
  set: PacketSet,
  { starts, lists }: Partition,
): readonly number[] => {
  const met = new Set<number>();
  const end = first + bits;
  /** The codes from `base` on that are left lie in the pieces `from` to `to`. */
  const go = (at: PacketSet, level: number, base: number, from: number, to: number): void => {
    if (at === NOTHING) return;
    const own = bdd.levelOf(at);
    if (from === to || own >= end) {
      for (let piece = from; piece <= to; piece += 1) met.add(lists[piece]!);
      return;
    }
    const middle = base + 2 ** (end - 1 - level);
    let [least, most] = [from, to];
    // The piece that holds `middle`.
    while (least < most) {
      const guess = (least + most + 1) >> 1;
      if (starts[guess]! <= middle) least = guess;
      else most = guess - 1;
    }
    const isHere = own === level;
    go(isHere ? bdd.low(at) : at, level + 1, base, from, starts[least] === middle ? least - 1 : least);
    go(isHere ? bdd.high(at) : at, level + 1, middle, least, to);
  };
  go(set, first, 0, 0, starts.length - 1);
  met.delete(NONE);
  return [...met].sort((a, b) => a - b);
};
