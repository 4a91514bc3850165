/**
 * Sets by the code of one field: a field is a row of variables, its code a number, the most significant bit on top. A
 * piecewise function of the code, whose values are sets of what lies below the field, is built and taken apart in one pass.
 */
import { type Bdd, type PacketSet } from './bdd.ts';

/** A field of the header: variables `first` to `first + bits - 1`. */
export interface Field {
  readonly first: number;
  readonly bits: number;
}

/** Piece `i` holds for codes from `starts[i]` until the next piece; `starts[0]` is 0. */
export interface Pieces {
  readonly starts: readonly number[];
  readonly sets: readonly PacketSet[];
}

/** The set of all (code, rest) where `rest` is in the set of the piece that `code` lies in. */
export const joinPieces = (bdd: Bdd, { first, bits }: Field, { starts, sets }: Pieces): PacketSet => {
  const build = (level: number, base: number, from: number, to: number): PacketSet => {
    if (from === to) return sets[from]!;
    const half = 1 << (first + bits - 1 - level);
    const middle = base + half;
    let [least, most] = [from, to];
    // The piece that holds `middle`.
    while (least < most) {
      const guess = (least + most + 1) >> 1;
      if (starts[guess]! <= middle) least = guess;
      else most = guess - 1;
    }
    const beforeMiddle = starts[least] === middle ? least - 1 : least;
    return bdd.node(level, build(level + 1, base, from, beforeMiddle), build(level + 1, middle, least, to));
  };
  return build(first, 0, 0, starts.length - 1);
};

/** The set of all codes in sorted ranges (both ends included) that have no code in common, given flat. */
export const codesIn = (bdd: Bdd, field: Field, ranges: readonly number[], inside: PacketSet = 1): PacketSet => {
  const starts: number[] = [];
  const sets: PacketSet[] = [];
  if (ranges[0] !== 0) {
    starts.push(0);
    sets.push(0);
  }
  const end = 2 ** field.bits;
  for (let index = 0; index < ranges.length; index += 2) {
    starts.push(ranges[index]!);
    sets.push(inside);
    const after = ranges[index + 1]! + 1;
    if (after < end && after !== ranges[index + 2]) {
      starts.push(after);
      sets.push(0);
    }
  }
  return joinPieces(bdd, field, { starts, sets });
};

/** Takes a set apart by the code of a field that lies above all else that the set knows. */
export const splitPieces = (bdd: Bdd, { first, bits }: Field, set: PacketSet): Pieces => {
  const starts: number[] = [];
  const sets: PacketSet[] = [];
  const walk = (at: PacketSet, level: number, base: number): void => {
    const own = bdd.levelOf(at);
    if (own >= first + bits) {
      if (sets.at(-1) === at) return;
      starts.push(base);
      sets.push(at);
      return;
    }
    // A variable that does not occur: both halves are alike, and may lie apart from each other below.
    const skipped = own > level;
    walk(skipped ? at : bdd.low(at), level + 1, base);
    walk(skipped ? at : bdd.high(at), level + 1, base + 2 ** (first + bits - 1 - level));
  };
  walk(set, first, 0);
  return { starts, sets };
};
