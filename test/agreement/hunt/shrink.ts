/** Makes a case as small as it gets while kernel and walker still differ in the same way (delta debugging, greedily). */
import { isMismatch } from '../compare/judge.ts';
import { type Pool } from '../panel/pool.ts';
import { smallerCases, type Case } from './reduce.ts';
import { tryOut, type Finding, type Patience } from './trial.ts';

const patience: Patience = { settleMs: 12, cutOffMs: 100 };

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

type Seen = Case & { readonly finding: Finding };

const look = async (pool: Pool, { state, flow }: Case): Promise<Seen | undefined> => {
  try {
    const trial = await tryOut(pool, state, [flow], patience);
    const [finding] = trial.findings;
    return finding === undefined || !isMismatch(finding.judgement) ? undefined : { state: trial.state, flow, finding };
  } catch {
    return undefined;
  }
};

/** As many candidates at a time as there are pools. Undefined: the difference does not show any more. */
export const shrink = async (pools: readonly Pool[], start: Case, maxMs: number): Promise<Shrunk | undefined> => {
  const end = performance.now() + maxMs;
  const [first] = pools;
  let best = first && (await look(first, start));
  if (best === undefined) return undefined;
  let tries = 1;
  let candidates = smallerCases(best);
  // Ends after one whole round in which nothing could be left out.
  for (let at = 0, idle = 0; idle < candidates.length && performance.now() < end;) {
    if (at >= candidates.length) at = 0;
    const batch = candidates.slice(at, at + pools.length);
    const seen = await Promise.all(batch.map((candidate, index) => look(pools[index]!, candidate)));
    tries += batch.length;
    const found = seen.findIndex((it) => it !== undefined && isSame(best!.finding, it.finding));
    const smaller = seen[found];
    if (smaller === undefined) {
      at += batch.length;
      idle += batch.length;
      continue;
    }
    best = smaller;
    candidates = smallerCases(best);
    at += found;
    idle = 0;
  }
  return { ...best, tries };
};
