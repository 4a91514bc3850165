/**
 * `npm run bench`: how fast Lanwright is beside the bare tools, in one run on one machine, as ratios. Nothing is
 * changed outside private namespaces. What is not installed is said and left out. Options: `--quick` (small numbers),
 * and names of parts: up, verify, plan, explain, idle, reach, machines.
 */
import { existsSync } from 'node:fs';
import { benchExplain } from './bench/explain.mjs';
import { benchIdle } from './bench/idle.mjs';
import { benchMachines } from './bench/machines.mjs';
import { benchPlan } from './bench/plan.mjs';
import { benchReach } from './bench/reach.mjs';
import { benchUp } from './bench/up.mjs';
import { benchVerify } from './bench/verify.mjs';
import { printTable } from './bench/report.mjs';
import { program } from './bench/run.mjs';

const parts = {
  up: benchUp,
  verify: benchVerify,
  plan: benchPlan,
  explain: benchExplain,
  idle: benchIdle,
  reach: benchReach,
  machines: benchMachines,
};
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const isQuick = process.argv.includes('--quick');

const unknown = wanted.filter((word) => !(word in parts));
if (unknown.length > 0) {
  console.error(`there is no part \`${unknown[0]}\`; the parts are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
if (!existsSync(program)) {
  console.error('dist/lanwright.js is missing; build it with `npm run build`');
  process.exit(3);
}

const rows = [];
for (const [name, bench] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for await (const row of bench({ isQuick })) {
    rows.push(row);
    process.stderr.write(`${row.what}: ${row.value ?? row.skipped}\n`);
  }
}
printTable(rows);
