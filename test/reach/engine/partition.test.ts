/** Which lists of runs a set meets: the same as asking each of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bdd } from '../../../src/reach/engine/bdd.ts';
import { listsMet, partitionOf } from '../../../src/reach/engine/partition.ts';
import { codesIn } from '../../../src/reach/engine/pieces.ts';
import { Axis } from '../../../src/reach/engine/ranks.ts';
import { type Run } from '../../../src/reach/engine/route-classes.ts';

const most = 999n;
const cuts = fc.uniqueArray(fc.integer({ min: 0, max: 999 }).map(BigInt), { maxLength: 30 });

describe('lists of runs', () => {
  it('that a set meets are found in one pass, those that were cut later too', () => {
    fc.assert(
      fc.property(cuts, cuts, fc.array(fc.nat(5)), fc.array(fc.boolean()), (early, late, owners, chosen) => {
        const axis = new Axis(most, early, 3);
        const lists = Array.from({ length: 5 }, () => ({ runs: [] as Run[] }));
        for (const [index, run] of [...axis.runsBetween(0n, most)].entries()) lists[owners[index] ?? 5]?.runs.push(run);
        const partition = partitionOf(axis, lists);
        for (const cut of late) axis.cut(cut);
        const bdd = new Bdd(1 << 6);
        const field = { first: 3, bits: axis.bits };
        const picked = [...axis.runsBetween(0n, most)].filter((_, index) => chosen[index] === true);
        const set = codesIn(
          bdd,
          field,
          picked.flatMap(({ first, last }) => axis.codesOf(first, last)),
        );
        const isMet = ({ runs }: { runs: Run[] }): boolean =>
          runs.some((run) => picked.some(({ first, last }) => first <= run.last && run.first <= last));
        expect(listsMet(bdd, field, set, partition)).toEqual([...lists.keys()].filter((list) => isMet(lists[list]!)));
      }),
      { numRuns: 300 },
    );
  });
});
