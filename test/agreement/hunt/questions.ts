/** What is asked of the bed of a hunt (`hunt-process.ts`), and what it answers. */
import { type Coverage } from './coverage.ts';
import { type Hunting, type Mismatch, type Tally } from './hunt.ts';
import { type Case } from './reduce.ts';

export type HuntQuestion =
  | (Hunting & {
      readonly ask: 'hunt';
      /** Of the covering start; only the first question's counts. */
      readonly strength: 2 | 3;
    })
  | { readonly ask: 'shrink'; readonly case: Case; readonly maxMs: number }
  /** Each case alone, patiently. */
  | { readonly ask: 'replay'; readonly cases: readonly Case[] };

/** Counts are of all questions so far. */
export interface HuntAnswer {
  readonly tally: Tally;
  readonly coverage: Coverage;
  readonly mismatches: readonly Mismatch[];
  readonly troubles: readonly string[];
}
