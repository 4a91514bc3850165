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
export { rebuildModel } from ${JSON.stringify(source('model/rebuild-model.ts'))};
export { buildWorld } from ${JSON.stringify(source('engine/world.ts'))};
export { predict } from ${JSON.stringify(source('engine/prediction.ts'))};
export { predictAgain } from ${JSON.stringify(source('engine/engine.ts'))};
export { matrixAgain, predictMatrix } from ${JSON.stringify(source('engine/matrix.ts'))};
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

/** Wall clock and, for a machine with other work, CPU time. */
const timed = (work) => {
  const before = process.cpuUsage();
  const start = performance.now();
  const result = work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return { result, ms, cpuMs: (user + system) / 1000 };
};

const row = (what, { ms, cpuMs }, limitMs) => ({
  what,
  value: `${milliseconds(ms)}, CPU ${milliseconds(cpuMs)}`,
  ...(limitMs === undefined ? {} : { limit: `≤ ${limitMs} ms`, ok: ms <= limitMs }),
});

/** Hosts with five bridges, about 250 machines a host. */
const shapeOf = (machines, rules) => ({
  machines,
  hosts: Math.max(2, Math.round(machines / 250)),
  bridges: 5,
  rules,
});

/** The network with one rule of one host's filter taken away, without which more is answered. */
const withoutRule = (state) => {
  const { host0 } = state.stacks;
  const [table] = host0.filter;
  const [chain] = table.chains;
  const rules = chain.rules.filter((_, index) => index !== 9);
  const filter = [{ ...table, chains: [{ ...chain, rules }] }];
  return { ...state, stacks: { ...state.stacks, host0: { ...host0, filter } } };
};

export async function* benchReach({ isQuick }) {
  const { buildModel, buildWorld, matrixAgain, predict, predictAgain, predictMatrix, rebuildModel, requestView } =
    await engine();
  const sizes = isQuick ? [100, 1000] : [100, 1000, 10000];
  const lengths = isQuick ? [10, 100] : [10, 100, 1000];
  const limits = { '1000 100': 200, '10000 100': 1500 };
  for (const machines of sizes)
    for (const rules of lengths) {
      const state = hostsState(shapeOf(machines, rules));
      const name = `${machines} machines, ${rules} rules a host`;
      const model = timed(() => buildModel(state));
      const whole = timed(() => {
        const prediction = predict(buildWorld(model.result, { services, tellsMembers: false }));
        return { prediction, matrix: predictMatrix(prediction, { family: 4, services }) };
      });
      yield row(`${name}: model`, model);
      yield row(`${name}: matrix of ${services.length} services`, whole, limits[`${machines} ${rules}`]);
      if (rules !== 100) continue;
      const edited = withoutRule(state);
      const remodelled = timed(() => rebuildModel(model.result, edited));
      const again = timed(() => {
        const prediction = predictAgain(whole.result.prediction, remodelled.result);
        return matrixAgain(whole.result.matrix, prediction);
      });
      yield row(`${name}: model after an edit of one rule`, remodelled);
      yield row(`${name}: matrix after an edit of one rule`, again, machines === 10000 ? 20 : undefined);
    }
  const rules = isQuick ? 600 : 6000;
  const stack = longFilter(rules);
  const world = buildWorld(buildModel({ version: 1, stacks: { firewall: stack }, cables: [] }));
  const firewall = world.model.stacks.get('firewall');
  const [chain] = firewall.hooks.get('6 forward');
  const place = { tracking: undefined, in: 'eth0', out: 'eth1', ethertype: 0x86dd, packetType: 'host' };
  const marks = { mark: 0, connection: undefined, isUntracked: false };
  const compiled = timed(() => world.filters.chain('firewall', chain, place, requestView(6), marks));
  yield row(`an IPv6 filter of ${rules} rules`, compiled, isQuick ? undefined : 3000);
}
