/**
 * Who reaches whom, for all machines at once: how long the matrix of three services takes as networks and filters grow,
 * an edit of one rule, and a long IPv6 filter. The engine is bundled for the bench; networks are made by code.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { milliseconds } from './report.mjs';
import { hostsState, longFilter } from './reach-state.mjs';

const source = (file) => resolve(import.meta.dirname, '../../src/reach', file);

const entry = `
export { buildModel } from ${JSON.stringify(source('model/build-model.ts'))};
export { buildWorld } from ${JSON.stringify(source('engine/world.ts'))};
export { predict } from ${JSON.stringify(source('engine/prediction.ts'))};
export { predictAgain } from ${JSON.stringify(source('engine/engine.ts'))};
export { predictMatrix } from ${JSON.stringify(source('engine/matrix.ts'))};
export { requestView } from ${JSON.stringify(source('engine/view.ts'))};
`;

const engine = async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lanwright-reach-'));
  try {
    const outfile = join(directory, 'reach.mjs');
    await build({
      stdin: { contents: entry, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const services = [
  { protocol: 'icmp', port: null },
  { protocol: 'tcp', port: 80 },
  { protocol: 'tcp', port: 22 },
];

const timed = (work) => {
  const start = performance.now();
  const result = work();
  return { result, ms: performance.now() - start };
};

const row = (what, ms, limitMs) => ({
  what,
  value: milliseconds(ms),
  ...(limitMs === undefined ? {} : { limit: `≤ ${limitMs} ms`, ok: ms <= limitMs }),
});

/** Hosts with five bridges, about 250 machines a host. */
const shapeOf = (machines, rules) => ({
  machines,
  hosts: Math.max(2, Math.round(machines / 250)),
  bridges: 5,
  rules,
});

/** The network with one rule of one host's filter taken away. */
const withoutRule = (state) => {
  const { host0 } = state.stacks;
  const [table] = host0.filter;
  const [chain] = table.chains;
  const rules = chain.rules.filter((_, index) => index !== 5);
  const filter = [{ ...table, chains: [{ ...chain, rules }] }];
  return { ...state, stacks: { ...state.stacks, host0: { ...host0, filter } } };
};

export async function* benchReach({ isQuick }) {
  const { buildModel, buildWorld, predict, predictAgain, predictMatrix, requestView } = await engine();
  const sizes = isQuick ? [100, 1000] : [100, 1000, 10000];
  const lengths = isQuick ? [10, 100] : [10, 100, 1000];
  const limits = { '1000 100': 200, '10000 100': 1500 };
  for (const machines of sizes)
    for (const rules of lengths) {
      const state = hostsState(shapeOf(machines, rules));
      const name = `${machines} machines, ${rules} rules a host`;
      const model = timed(() => buildModel(state));
      const whole = timed(() => {
        const prediction = predict(buildWorld(model.result, { services }));
        return { prediction, matrix: predictMatrix(prediction, { family: 4, services }) };
      });
      yield row(`${name}: model`, model.ms);
      yield row(`${name}: matrix of ${services.length} services`, whole.ms, limits[`${machines} ${rules}`]);
      if (rules !== 100) continue;
      const edited = buildModel(withoutRule(state));
      const again = timed(() => predictAgain(whole.result.prediction, edited));
      yield row(`${name}: after an edit of one rule`, again.ms, machines === 10000 ? 20 : undefined);
    }
  const rules = isQuick ? 600 : 6000;
  const stack = longFilter(rules);
  const world = buildWorld(buildModel({ version: 1, stacks: { firewall: stack }, cables: [] }));
  const firewall = world.model.stacks.get('firewall');
  const [chain] = firewall.hooks.get('6 forward');
  const place = { tracking: undefined, in: 'eth0', out: 'eth1', ethertype: 0x86dd, packetType: 'host' };
  const marks = { mark: 0, connection: undefined, isUntracked: false };
  const compiled = timed(() => world.filters.chain('firewall', chain, place, requestView(6), marks));
  yield row(`an IPv6 filter of ${rules} rules`, compiled.ms, isQuick ? undefined : 3000);
}
