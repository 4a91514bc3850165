/**
 * The axis of a field's values, cut where anything asks: between two cuts all values are alike, and a run of codes stands
 * for them. Codes ascend with values. A run is longer than it need be, so that it can be cut again: a later cut takes a
 * part of its codes, and every set made before stays right, as it held all of the run's codes or none.
 *
 * A set of codes is the smaller the fewer of their bits its ends have, and what is asked about are mostly prefixes: codes
 * branch where those of the values do, as far as that makes them no longer.
 */

/** The last of ascending places that is no greater; the first one where none is. */
const placeOf = <T extends bigint | number>(places: readonly T[], it: T, from = 0, end = places.length): number => {
  let [least, most] = [from, end - 1];
  while (least < most) {
    const guess = (least + most + 1) >> 1;
    if (places[guess]! <= it) least = guess;
    else most = guess - 1;
  }
  return least;
};

/** The least number with the longest prefix that two numbers, the first one less, do not share. */
const branchBetween = (less: bigint, more: bigint): bigint => {
  const shared = BigInt((less ^ more).toString(2).length - 1);
  return (more >> shared) << shared;
};

/** Codes of `depth` bits and as many zeros as `spareBits`, ascending with `values`, which are no more than 2^depth. */
const codesFor = (values: readonly bigint[], depth: number, spareBits: number): number[] => {
  const codes: number[] = [];
  const branch = (from: number, end: number, base: number, left: number): void => {
    if (end - from === 1) {
      codes.push(base);
      return;
    }
    const room = 2 ** (left - 1);
    const pivot = branchBetween(values[from]!, values[end - 1]!);
    const found = placeOf(values, pivot, from, end);
    const byPrefix = values[found] === pivot ? found : found + 1;
    const middle = byPrefix - from <= room && end - byPrefix <= room ? byPrefix : (from + end) >> 1;
    branch(from, middle, base, left - 1);
    branch(middle, end, base + room * 2 ** spareBits, left - 1);
  };
  branch(0, values.length, 0, depth);
  return codes;
};

/** Values are numbers from 0 up to 2^128. IPv4 addresses lie at ::ffff:0:0/96. */
export class Axis {
  /** The first value and the first code of each run, ascending. */
  private readonly values: bigint[];
  private readonly codes: number[];
  readonly bits: number;
  private readonly most: bigint;

  /** `cuts`: values at which a run begins, in any order; 0 is always one. Each run has 2^`spareBits` codes at least. */
  constructor(most: bigint, cuts: Iterable<bigint>, spareBits: number) {
    this.most = most;
    const sorted = [...new Set([0n, ...cuts])].filter((cut) => cut >= 0n && cut <= most).sort(compare);
    this.values = sorted;
    const depth = Math.ceil(Math.log2(sorted.length));
    this.bits = Math.max(1, depth + spareBits);
    this.codes = codesFor(sorted, depth, spareBits);
  }

  get runs(): number {
    return this.values.length;
  }

  /** The run that a value lies in. */
  private runOf(value: bigint): number {
    return placeOf(this.values, value);
  }

  private runOfCode(code: number): number {
    return placeOf(this.codes, code);
  }

  /** Begins a run at `value`; false where the run that it lies in has no code left for that. */
  cut(value: bigint): boolean {
    if (value > this.most) return true;
    const run = this.runOf(value);
    if (this.values[run] === value) return true;
    const first = this.codes[run]!;
    const end = this.codes[run + 1] ?? 2 ** this.bits;
    if (end - first < 2) return false;
    this.values.splice(run + 1, 0, value);
    this.codes.splice(run + 1, 0, (first + end) >> 1);
    return true;
  }

  /** The first code of the run of a value. */
  codeOf(value: bigint): number {
    return this.codes[this.runOf(value)]!;
  }

  /** First and last code of values `first` to `last`, which are cut out. */
  codesOf(first: bigint, last: bigint): readonly [first: number, last: number] {
    const from = this.runOf(first);
    if (this.values[from] !== first) throw new Error(`the axis is not cut at ${first}`);
    if (last >= this.most) return [this.codes[from]!, 2 ** this.bits - 1];
    const after = this.runOf(last + 1n);
    if (this.values[after] !== last + 1n) throw new Error(`the axis is not cut after ${last}`);
    return [this.codes[from]!, this.codes[after]! - 1];
  }

  /** The first value of the run that a code belongs to. */
  valueOf(code: number): bigint {
    return this.values[this.runOfCode(code)]!;
  }

  /** The codes of the run that a code belongs to. */
  spanOf(code: number): { readonly first: number; readonly last: number } {
    const run = this.runOfCode(code);
    return { first: this.codes[run]!, last: (this.codes[run + 1] ?? 2 ** this.bits) - 1 };
  }

  /** The codes of every run. */
  *spans(): Generator<{ readonly first: number; readonly last: number }> {
    for (const [run, first] of this.codes.entries()) yield { first, last: (this.codes[run + 1] ?? 2 ** this.bits) - 1 };
  }

  /** The codes of every run that holds one value only. */
  *singles(): Generator<{ readonly first: number; readonly last: number }> {
    for (const [run, first] of this.codes.entries()) {
      const next = this.values[run + 1] ?? this.most + 1n;
      if (next === this.values[run]! + 1n) yield { first, last: (this.codes[run + 1] ?? 2 ** this.bits) - 1 };
    }
  }

  /** First and last value of every run between two values that are cut out. */
  *runsBetween(first: bigint, last: bigint): Generator<{ readonly first: bigint; readonly last: bigint }> {
    for (let run = this.runOf(first); run < this.values.length && this.values[run]! <= last; run += 1)
      yield { first: this.values[run]!, last: (this.values[run + 1] ?? this.most + 1n) - 1n };
  }
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
