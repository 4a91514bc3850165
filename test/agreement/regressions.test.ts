/** Cases on which walker and kernel once differed, each as small as it gets: they agree. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBed, type Bed } from './bed/bed.ts';
import { type HuntQuestion } from './hunt/questions.ts';
import { type Case } from './hunt/reduce.ts';
import { type Trial } from './hunt/trial.ts';

const folder = new URL('./regressions/', import.meta.url);

/** `because` says what the kernel does and where that is written. */
type Regression = Case & { readonly because: string };

const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('walker and kernel agree', () => {
  let bed: Bed<HuntQuestion, Trial>;
  beforeAll(async () => {
    bed = await openBed(new URL('./hunt/hunt-process.ts', import.meta.url));
  });
  afterAll(() => bed.close());

  it.each(names)('%s', async (name) => {
    const { state, flow } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Regression;
    const { refusals, findings } = await bed.ask({ ask: 'replay', case: { state, flow } });
    expect(refusals).toEqual([]);
    expect(findings).toHaveLength(1);
    const [finding] = findings;
    expect(['agree', 'sometimes'], JSON.stringify({ ...finding, flow: undefined }, null, 1)).toContain(
      finding?.judgement,
    );
  });
});
