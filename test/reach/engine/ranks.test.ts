/** Codes of values: ascending, and right for every set that was made before a later cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Axis } from '../../../src/reach/engine/ranks.ts';

const most = 999n;
const values = fc.uniqueArray(fc.integer({ min: 0, max: 999 }).map(BigInt), { maxLength: 30 });

describe('the axis of a field', () => {
  it('gives values between two cuts one run of codes, in their order', () => {
    fc.assert(
      fc.property(values, (cuts) => {
        const axis = new Axis(most, cuts, 3);
        const begins = new Set([0n, ...cuts]);
        let last = -1;
        for (let value = 0n; value <= most; value += 1n) {
          const code = axis.codeOf(value);
          if (begins.has(value)) expect(code).toBeGreaterThan(last);
          else expect(code).toBe(last);
          last = code;
          expect(begins.has(axis.valueOf(code))).toBe(true);
        }
        expect(last).toBeLessThan(2 ** axis.bits);
        expect([...axis.runsBetween(0n, most)].map(({ first }) => first)).toEqual(
          [...begins].sort((a, b) => Number(a - b)),
        );
      }),
    );
  });

  it('cuts later without moving what was there', () => {
    fc.assert(
      fc.property(values, values, (cuts, later) => {
        const axis = new Axis(most, cuts, 4);
        const before = cuts.map((cut) => axis.codeOf(cut));
        const taken = later.filter((cut) => axis.cut(cut));
        expect(cuts.map((cut) => axis.codeOf(cut))).toEqual(before);
        const all = [...new Set([0n, ...cuts, ...taken])].sort((a, b) => Number(a - b));
        const codes = all.map((cut) => axis.codeOf(cut));
        expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
        for (const [index, code] of codes.entries()) {
          expect(axis.valueOf(code)).toBe(all[index]);
          const end = codes[index + 1] ?? 2 ** axis.bits;
          expect(axis.codesOf(all[index]!, (all[index + 1] ?? most + 1n) - 1n)).toEqual([code, end - 1]);
        }
      }),
    );
  });

  it('says when there is no code left', () => {
    const axis = new Axis(most, [], 0);
    expect([100n, 200n, 300n].map((cut) => axis.cut(cut))).toContain(false);
  });
});
