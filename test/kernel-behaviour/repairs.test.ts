/** Repairs on the kernel: what is broken there is mended by the commands that are offered, each tried on its own. */
import { describe, expect, it } from 'vitest';
import { repairsFor } from '../../src/reach/repair/repair.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
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

/** What bridges and stacks have learned goes with time; here it goes at once. */
const forget = async ({ stacks }: NetworkState): Promise<void> => {
  for (const [stack, { interfaces }] of Object.entries(stacks)) {
    await bench.ask({ do: 'run', stack, argv: ['ip', 'neigh', 'flush', 'all'] });
    await bench.ask({ do: 'run', stack, argv: ['ip', 'route', 'flush', 'cache'] });
    for (const [name, { kind }] of Object.entries(interfaces))
      if (kind === 'bridge') {
        await bench.ask({ do: 'run', stack, argv: ['ip', 'link', 'set', name, 'type', 'bridge', 'fdb_flush'] });
      }
  }
};

describe.each(cases)('$title: $way', ({ state, flow, repair }) => {
  it('gets an answer by these commands', async () => {
    await bench.lay(state);
    await forget(state);
    const [before] = await probe(bench, [flow]);
    expect(before?.sees).not.toBe('answer');
    for (const { machine, argv } of repair.commands) {
      const { status, stderr } = await bench.ask({ do: 'run', stack: machine, argv });
      expect([argv.join(' '), status, stderr]).toEqual([argv.join(' '), 0, '']);
    }
    await bench.ask({ do: 'until-ready' });
    await forget(state);
    const [after] = await probe(bench, [{ ...flow, sourcePort: 41_000 }], patienceMs);
    expect(after?.sees).toBe('answer');
  });
});
