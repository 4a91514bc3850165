/** An axis cut by sets: every value is in the sets that the kind of its stretch says, and in no others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneOfEachKind, stretchAt, stretchesOf, type Range } from '../../src/reach/stretches.ts';

const last = 63n;
const range = fc.tuple(fc.bigInt(0n, last), fc.bigInt(0n, last)).map(([a, b]): Range => (a < b ? [a, b] : [b, a]));
const sets = fc.array(fc.array(range, { maxLength: 4 }), { maxLength: 6 });
const values = Array.from({ length: Number(last) + 1 }, (_, index) => BigInt(index));

const membership = (of: readonly (readonly Range[])[], value: bigint): string =>
  of.flatMap((ranges, set) => (ranges.some(([first, end]) => first <= value && value <= end) ? [set] : [])).join(' ');

describe('stretchesOf', () => {
  it('says of every value which sets hold it', () => {
    fc.assert(
      fc.property(sets, (cut) => {
        const stretches = stretchesOf(cut, last);
        for (const value of values) expect(stretchAt(stretches, value)?.kind).toBe(membership(cut, value));
      }),
    );
  });

  it('leaves no gap and no overlap', () => {
    fc.assert(
      fc.property(sets, (cut) => {
        const stretches = stretchesOf(cut, last);
        expect(stretches[0]?.first).toBe(0n);
        expect(stretches.at(-1)?.last).toBe(last);
        stretches.slice(1).forEach(({ first }, index) => expect(first).toBe((stretches[index]?.last ?? 0n) + 1n));
      }),
    );
  });

  it('has one stretch for each kind', () => {
    fc.assert(
      fc.property(sets, (cut) => {
        const kinds = oneOfEachKind(stretchesOf(cut, last)).map(({ kind }) => kind);
        expect(new Set(kinds)).toEqual(new Set(values.map((value) => membership(cut, value))));
        expect(new Set(kinds).size).toBe(kinds.length);
      }),
    );
  });
});
