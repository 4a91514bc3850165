/** Repairs on the kernel: what is broken there is mended by the commands that are offered, each tried on its own. */
import { describe, expect, it } from 'vitest';
import { repairsFor } from '../../src/reach/repair/repair.ts';
import { brokenLinks } from '../reach/repair/broken-links.ts';
import { brokenRoutes } from '../reach/repair/broken-routes.ts';
import { wordsOf } from '../reach/repair/words-of.ts';
import { probe } from './bench/bench.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();
const patienceMs = 1500;

const cases = [...brokenRoutes, ...brokenLinks]
  .filter(({ isRefused }) => isRefused !== true)
  .flatMap(({ title, state, flow, fixed = [] }) =>
    repairsFor(state, {}, flow, { fixed }).map((repair) => ({
      title,
      way: wordsOf(repair).join('; '),
      state,
      flow,
      repair,
    })),
  );

describe.each(cases)('$title: $way', ({ state, flow, repair }) => {
  it('gets an answer by these commands', async () => {
    await bench.lay(state);
    const [before] = await probe(bench, [flow]);
    expect(before?.sees).not.toBe('answer');
    for (const { machine, argv } of repair.commands) {
      const { status, stderr } = await bench.ask({ do: 'run', stack: machine, argv });
      expect([argv.join(' '), status, stderr]).toEqual([argv.join(' '), 0, '']);
    }
    await bench.ask({ do: 'until-ready' });
    const [after] = await probe(bench, [{ ...flow, sourcePort: 41_000 }], patienceMs);
    expect(after?.sees).toBe('answer');
  });
});
