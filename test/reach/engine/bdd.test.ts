/** Sets of packets against truth tables: every set over six variables is also a number of 64 bits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bdd, EVERYTHING, NOTHING, type PacketSet } from '../../../src/reach/engine/bdd.ts';
import { codesIn, joinPieces, splitPieces } from '../../../src/reach/engine/pieces.ts';
import { Shadows } from '../../../src/reach/engine/shadows.ts';

const variables = 6;
const rows = 1 << variables;
const full = (1n << BigInt(rows)) - 1n;

type Formula =
  | { readonly kind: 'variable'; readonly level: number }
  | { readonly kind: 'and' | 'or' | 'minus' | 'xor'; readonly a: Formula; readonly b: Formula }
  | { readonly kind: 'not'; readonly a: Formula };

const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('variable' as const), level: fc.nat(variables - 1) }),
    fc.record({ kind: fc.constant('not' as const), a: tie('formula') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const, 'minus' as const, 'xor' as const),
      a: tie('formula'),
      b: tie('formula'),
    }),
  ),
}));

/** Row `r` gives the variable at level `l` the bit `l` of `r`, the most significant first. */
const bitOf = (row: number, level: number): number => (row >> (variables - 1 - level)) & 1;

const tableOf = (of: Formula): bigint => {
  switch (of.kind) {
    case 'variable': {
      let table = 0n;
      for (let row = 0; row < rows; row += 1) if (bitOf(row, of.level)) table |= 1n << BigInt(row);
      return table;
    }
    case 'not':
      return full & ~tableOf(of.a);
    case 'and':
      return tableOf(of.a) & tableOf(of.b);
    case 'or':
      return tableOf(of.a) | tableOf(of.b);
    case 'minus':
      return tableOf(of.a) & ~tableOf(of.b);
    case 'xor':
      return tableOf(of.a) ^ tableOf(of.b);
  }
};

const setOf = (bdd: Bdd, of: Formula): PacketSet => {
  switch (of.kind) {
    case 'variable':
      return bdd.node(of.level, NOTHING, EVERYTHING);
    case 'not':
      return bdd.not(setOf(bdd, of.a));
    default:
      return bdd[of.kind](setOf(bdd, of.a), setOf(bdd, of.b));
  }
};

const holds = (bdd: Bdd, set: PacketSet, row: number): boolean => {
  let at = set;
  while (at > 1) at = bitOf(row, bdd.levelOf(at)) ? bdd.high(at) : bdd.low(at);
  return at === 1;
};

const tableOfSet = (bdd: Bdd, set: PacketSet): bigint => {
  let table = 0n;
  for (let row = 0; row < rows; row += 1) if (holds(bdd, set, row)) table |= 1n << BigInt(row);
  return table;
};

const countOf = (table: bigint): number => table.toString(2).replaceAll('0', '').length;

describe('sets of packets', () => {
  it('are their truth tables, and equal exactly when these are', () => {
    fc.assert(
      fc.property(formula, formula, (a, b) => {
        const bdd = new Bdd(1 << 6);
        const [setA, setB] = [setOf(bdd, a), setOf(bdd, b)];
        expect(tableOfSet(bdd, setA)).toBe(tableOf(a));
        expect(setA === setB).toBe(tableOf(a) === tableOf(b));
        expect(bdd.meets(setA, setB)).toBe((tableOf(a) & tableOf(b)) !== 0n);
        expect(bdd.satCount(setA, variables)).toBe(countOf(tableOf(a)));
      }),
      { numRuns: 500 },
    );
  });

  it('forget variables, fix them, and pick a member', () => {
    fc.assert(
      fc.property(formula, fc.nat(5), fc.nat(5), fc.nat(63), (of, from, length, code) => {
        const bdd = new Bdd(1 << 6);
        const set = setOf(bdd, of);
        const end = Math.min(variables, from + length);
        const bits = end - from;
        const mask = bits === 0 ? 0 : ((1 << bits) - 1) << (variables - end);
        const isIn = (row: number): boolean => ((tableOf(of) >> BigInt(row)) & 1n) === 1n;
        const some = bdd.exists(set, from, end);
        const all = bdd.forAll(set, from, end);
        const shadow = bdd.shadow(set, from, end);
        const fixed = bdd.restrict(set, from, bits, code & ((1 << bits) - 1));
        for (let row = 0; row < rows; row += 1) {
          const alike = Array.from({ length: rows }, (_, other) => other).filter(
            (other) => (other & ~mask) === (row & ~mask),
          );
          expect(holds(bdd, some, row)).toBe(alike.some(isIn));
          expect(holds(bdd, all, row)).toBe(alike.every(isIn));
          const seen = Array.from({ length: rows }, (_, other) => other).some(
            (other) => (other & mask) === (row & mask) && isIn(other),
          );
          expect(holds(bdd, shadow, row)).toBe(seen);
          const placed = (row & ~mask) | ((code & ((1 << bits) - 1)) << (variables - end));
          expect(holds(bdd, fixed, row)).toBe(isIn(placed));
        }
        if (set === NOTHING) return;
        const picked = bdd.pick(set);
        let row = 0;
        for (const [level, value] of picked) row |= value << (variables - 1 - level);
        expect(isIn(row)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('are cut by what one field has, with its shadow', () => {
    fc.assert(
      fc.property(formula, formula, (a, b) => {
        const bdd = new Bdd(1 << 6);
        const field = { first: 2, bits: 2 };
        const shadows = new Shadows(bdd, field);
        const set = setOf(bdd, a);
        const values = bdd.shadow(setOf(bdd, b), 2, 4);
        const cut = shadows.cut(set, values);
        expect(cut).toBe(bdd.and(set, values));
        expect(shadows.of(cut)).toBe(bdd.exists(bdd.exists(cut, 4, variables), 0, 2));
      }),
    );
  });

  it('grow beyond their first room', () => {
    const bdd = new Bdd(1 << 8);
    const sets = Array.from({ length: 3000 }, (_, code) => codesIn(bdd, { first: 0, bits: 14 }, [code * 5, code * 5]));
    const all = bdd.union(sets);
    expect(bdd.satCount(all, 14)).toBe(3000);
    expect(sets.every((set) => bdd.minus(set, all) === NOTHING)).toBe(true);
  });
});

describe('pieces of a field', () => {
  const ranges = fc
    .uniqueArray(fc.nat(63), { minLength: 2, maxLength: 8 })
    .map((cuts) => cuts.sort((a, b) => a - b))
    .map((cuts) => cuts.slice(0, cuts.length - (cuts.length % 2)))
    .map((cuts) => cuts.filter((cut, index) => index % 2 === 1 || index === 0 || cut > cuts[index - 1]! + 1))
    .map((cuts) => cuts.slice(0, cuts.length - (cuts.length % 2)));

  it('hold the codes of their ranges', () => {
    fc.assert(
      fc.property(ranges, (flat) => {
        fc.pre(
          flat.length >= 2 && flat.every((code, index) => index === 0 || code > flat[index - 1]! || index % 2 === 1),
        );
        const bdd = new Bdd(1 << 6);
        const set = codesIn(bdd, { first: 0, bits: 6 }, flat);
        for (let code = 0; code < 64; code += 1) {
          let isIn = false;
          for (let index = 0; index < flat.length; index += 2)
            if (code >= flat[index]! && code <= flat[index + 1]!) isIn = true;
          expect(holds(bdd, set, code)).toBe(isIn);
        }
      }),
    );
  });

  it('come apart and together again', () => {
    fc.assert(
      fc.property(formula, (of) => {
        const bdd = new Bdd(1 << 6);
        const set = setOf(bdd, of);
        const field = { first: 0, bits: 3 };
        const pieces = splitPieces(bdd, field, set);
        expect(joinPieces(bdd, field, pieces)).toBe(set);
        for (let code = 0; code < 8; code += 1) {
          const piece = pieces.starts.findLastIndex((start) => start <= code);
          expect(bdd.restrict(set, 0, 3, code)).toBe(pieces.sets[piece]);
        }
      }),
    );
  });
});
