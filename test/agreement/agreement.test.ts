/**
 * Random networks on the kernel and in the walker: no difference that a second look confirms. The soak allows none. Among
 * the thousand networks of `npm test` one may differ, and is written down without failing it: a seed that is new each time
 * may turn up a rare combination (two in the last fifteen thousand), and whoever changed something else cannot mend it. `npm test` tries at least
 * a thousand, `npm run soak` twenty thousand; the seed is new each time and printed. To try one seed again:
 * `AGREEMENT_SEED=… npm test -- test/agreement/agreement.test.ts`. `AGREEMENT_FOCUS=small-mtu,long-packet` looks more closely
 * at networks that have these features (`generate/features.ts`). `AGREEMENT_VARIANTS=3000` makes a soak shorter.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBed, type Bed } from './bed/bed.ts';
import { features, type Feature } from './generate/features.ts';
import { coverageTable } from './hunt/coverage.ts';
import { type HuntAnswer, type HuntQuestion } from './hunt/questions.ts';
import { type Mismatch } from './hunt/hunt.ts';
import { type Shrunk } from './hunt/shrink.ts';

const isSoak = process.env['LANWRIGHT_SOAK'] === '1';
const plan = isSoak
  ? {
      variants: Number(process.env['AGREEMENT_VARIANTS'] ?? 20_000),
      maxMs: 1_800_000,
      strength: 3 as const,
      mostNetworks: 0,
    }
  : { variants: 1_000, maxMs: 75_000, strength: 2 as const, mostNetworks: 1 };
/** A question never lasts longer: what was found so far is told in between. */
const chunk = 500;
/** So many differences are made small and written down. */
const mostShrunk = 3;
const shrinkMs = 20_000;

/** Refused entries of the machine's neighbour table, over all processors (arp_cache is read for both families). */
const tableFulls = (): number =>
  ['arp_cache', 'ndisc_cache']
    .flatMap((name) => readFileSync(`/proc/net/stat/${name}`, 'utf8').trim().split('\n').slice(1))
    .reduce((sum, line) => sum + Number.parseInt(line.trim().split(/\s+/).at(-1) ?? '0', 16), 0);

const seedOf = (text: string | undefined): number => (text === undefined ? Date.now() % 1_000_000_000 : Number(text));

/** Features that every network is to have, by name. */
const focusOf = (text = ''): readonly Feature[] => {
  const wanted = text.split(',').filter((name) => name !== '');
  const unknown = wanted.filter((name) => !features.some((feature) => feature === name));
  if (unknown.length > 0) throw new Error(`AGREEMENT_FOCUS: no features ${unknown.join(', ')}`);
  return features.filter((feature) => wanted.includes(feature));
};

const describeMismatch = ({ seed, flow, predicted, measured, features: had }: Mismatch): string =>
  [
    `seed ${seed}: ${flow.from} ${flow.protocol} ${flow.port ?? ''} to ${flow.destination}`,
    `predicted ${JSON.stringify(predicted)}`,
    `measured ${JSON.stringify(measured)}`,
    `features ${had.join(' ')}`,
  ].join('\n  ');

describe('random networks', () => {
  let bed: Bed<HuntQuestion, HuntAnswer | Shrunk | null>;
  beforeAll(async () => {
    bed = await openBed(new URL('./hunt/hunt-process.ts', import.meta.url));
  });
  afterAll(() => bed.close());

  const writeDown = async (mismatches: readonly Mismatch[]): Promise<string[]> => {
    const folder = join(tmpdir(), 'lanwright-agreement');
    mkdirSync(folder, { recursive: true });
    const paths: string[] = [];
    for (const { seed, state, flow } of mismatches.slice(0, mostShrunk)) {
      const smallest = (await bed.ask({ ask: 'shrink', case: { state, flow }, maxMs: shrinkMs })) ?? { state, flow };
      const path = join(folder, `${seed}-${paths.length}.json`);
      writeFileSync(path, `${JSON.stringify(smallest, null, 2)}\n`);
      paths.push(path);
    }
    return paths;
  };

  it(
    'do what the walker says',
    async () => {
      const seed = seedOf(process.env['AGREEMENT_SEED']);
      const focus = focusOf(process.env['AGREEMENT_FOCUS']);
      console.log(`agreement: seed ${seed} ${focus.join(' ')}`);
      const fullBefore = tableFulls();
      const start = performance.now();
      let answer: HuntAnswer | undefined;
      for (let done = 0; done < plan.variants && performance.now() - start < plan.maxMs; done += chunk) {
        answer = (await bed.ask({
          ask: 'hunt',
          firstSeed: seed + done,
          variants: Math.min(chunk, plan.variants - done),
          maxMs: plan.maxMs - (performance.now() - start),
          strength: plan.strength,
          focus,
        })) as HuntAnswer;
        if (isSoak) console.log(`agreement: ${answer.tally.variants} variants, ${answer.mismatches.length} mismatches`);
      }
      if (answer === undefined) throw new Error('there was no time');
      const { tally, coverage, mismatches, troubles } = answer;
      const rate = tally.variants / ((performance.now() - start) / 1000);
      console.log(`agreement: ${JSON.stringify(tally)}, ${rate.toFixed(0)} variants/s`);
      if (isSoak) console.log(coverageTable(coverage));
      expect(tableFulls(), 'the neighbour table of the machine was full').toBe(fullBefore);
      expect(troubles.filter((trouble) => trouble.startsWith('seed'))).toEqual([]);
      if (mismatches.length > 0) console.log(`agreement: see ${(await writeDown(mismatches)).join(' ')}`);
      const told = mismatches.map(describeMismatch);
      // One cause shows in several questions of a network.
      const networks = new Set(mismatches.map((mismatch) => mismatch.seed));
      if (networks.size <= plan.mostNetworks) console.log(told.join('\n'));
      else expect(told).toEqual([]);
      // A busy machine gets through less in the time; the covering start it always gets through.
      expect(tally.variants).toBeGreaterThanOrEqual(isSoak ? plan.variants : 150);
      for (const feature of features) expect(coverage.variants[feature], feature).toBeGreaterThan(0);
    },
    plan.maxMs + mostShrunk * shrinkMs + 60_000,
  );
});
