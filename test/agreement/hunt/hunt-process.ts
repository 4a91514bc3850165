/** What runs in the bed of a hunt. */
import { serveBed } from '../bed/serve-bed.ts';
import { openHunt, hunting, type Hunt, type Mismatch, type Tally } from './hunt.ts';
import { type Coverage } from './coverage.ts';

export interface HuntQuestion {
  readonly firstSeed: number;
  readonly variants: number;
  readonly maxMs: number;
  /** Of the covering start; only the first question's counts. */
  readonly strength: 2 | 3;
}

/** Counts are of all questions so far. */
export interface HuntAnswer {
  readonly tally: Tally;
  readonly coverage: Coverage;
  readonly mismatches: readonly Mismatch[];
  readonly troubles: readonly string[];
}

await serveBed(() => {
  let hunt: Hunt | undefined;
  return async ({ firstSeed, variants, maxMs, strength }: HuntQuestion): Promise<HuntAnswer> => {
    hunt ??= openHunt(firstSeed, strength);
    await hunting(hunt, firstSeed, variants, maxMs);
    const { tally, coverage, mismatches, troubles } = hunt;
    return { tally, coverage, mismatches, troubles: [...troubles] };
  };
});
