/** Makes a case as small as it gets while kernel and walker still differ in the same way (delta debugging, greedily). */
import { isMismatch } from '../compare/judge.ts';
import { type Pool } from '../panel/pool.ts';
import { smallerCases, type Case } from './reduce.ts';
import { tryOut, type Finding, type Patience } from './trial.ts';

const patience: Patience = { settleMs: 12, cutOffMs: 110 };

const reasonOf = (stop: string | null): string | undefined => stop?.split(' ').at(-1);

/** The same way: the client sees the same, and the walker predicts the same for the same reason. */
const isSame = (one: Finding, two: Finding): boolean =>
  one.judgement === two.judgement &&
  one.measured.sees === two.measured.sees &&
  one.predicted.sees === two.predicted.sees &&
  reasonOf(one.predicted.stop) === reasonOf(two.predicted.stop);

export interface Shrunk extends Case {
  readonly finding: Finding;
  readonly tries: number;
}

/** Undefined: the difference does not show any more. */
export const shrink = async (pool: Pool, start: Case, maxMs: number): Promise<Shrunk | undefined> => {
  const end = performance.now() + maxMs;
  let tries = 0;
  const look = async ({ state, flow }: Case): Promise<(Case & { finding: Finding }) | undefined> => {
    tries += 1;
    try {
      const trial = await tryOut(pool, state, [flow], patience);
      const [finding] = trial.findings;
      return finding === undefined || !isMismatch(finding.judgement)
        ? undefined
        : { state: trial.state, flow, finding };
    } catch {
      return undefined;
    }
  };
  let best = await look(start);
  if (best === undefined) return undefined;
  for (let isSmaller = true; isSmaller && performance.now() < end;) {
    isSmaller = false;
    // The list is of the case before; what no longer applies there does no harm.
    for (const candidate of smallerCases(best)) {
      if (performance.now() > end) break;
      const found = await look(candidate);
      if (found === undefined || !isSame(best.finding, found.finding)) continue;
      best = found;
      isSmaller = true;
      break;
    }
  }
  return { ...best, tries };
};
