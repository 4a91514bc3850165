/** What runs in the bed of a hunt. */
import { serveBed } from '../bed/serve-bed.ts';
import { type Coverage } from './coverage.ts';
import { openHunt, hunting, type Hunt, type Mismatch, type Tally } from './hunt.ts';
import { type Case } from './reduce.ts';
import { shrink, type Shrunk } from './shrink.ts';
import { calm, tryOut, type Trial } from './trial.ts';

export type HuntQuestion =
  | {
      readonly ask: 'hunt';
      readonly firstSeed: number;
      readonly variants: number;
      readonly maxMs: number;
      /** Of the covering start; only the first question's counts. */
      readonly strength: 2 | 3;
    }
  | { readonly ask: 'shrink'; readonly case: Case; readonly maxMs: number }
  /** One case alone, patiently. */
  | { readonly ask: 'replay'; readonly case: Case };

/** Counts are of all questions so far. */
export interface HuntAnswer {
  readonly tally: Tally;
  readonly coverage: Coverage;
  readonly mismatches: readonly Mismatch[];
  readonly troubles: readonly string[];
}

await serveBed(() => {
  let hunt: Hunt | undefined;
  return async (question: HuntQuestion): Promise<HuntAnswer | Shrunk | Trial | null> => {
    hunt ??= question.ask === 'hunt' ? openHunt(question.firstSeed, question.strength) : openHunt(1, 2);
    switch (question.ask) {
      case 'hunt': {
        await hunting(hunt, question.firstSeed, question.variants, question.maxMs);
        const { tally, coverage, mismatches, troubles } = hunt;
        return { tally, coverage, mismatches, troubles: [...troubles] };
      }
      case 'shrink':
        return (
          (await shrink(
            hunt.pairs.map(({ second }) => second),
            question.case,
            question.maxMs,
          )) ?? null
        );
      case 'replay':
        return tryOut(hunt.pairs[0]!.second, question.case.state, [question.case.flow], calm);
    }
  };
});
