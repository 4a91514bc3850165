/** Cases on which walker and kernel once differed, each as small as it gets: they agree. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBed } from './bed/bed.ts';
import { type HuntQuestion } from './hunt/questions.ts';
import { type Case } from './hunt/reduce.ts';
import { type Trial } from './hunt/trial.ts';

const folder = new URL('./regressions/', import.meta.url);

/** `because` says what the kernel does and where that is written. */
type Regression = Case & { readonly because: string };

const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const cases = names.map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Regression);

describe('walker and kernel agree', () => {
  let trials: readonly Trial[] = [];
  beforeAll(async () => {
    const bed = await openBed<HuntQuestion, Trial[]>(new URL('./hunt/hunt-process.ts', import.meta.url));
    trials = await bed.ask({ ask: 'replay', cases: cases.map(({ state, flow }) => ({ state, flow })) });
    await bed.close();
  }, 600_000);

  it.each(names.map((name, index) => ({ name, index })))('$name', ({ index }) => {
    const { refusals, findings } = trials[index]!;
    expect(refusals).toEqual([]);
    expect(findings).toHaveLength(1);
    const [finding] = findings;
    expect(['agree', 'sometimes'], JSON.stringify({ ...finding, flow: undefined }, null, 1)).toContain(
      finding?.judgement,
    );
  });
});
