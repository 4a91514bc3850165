/** `lanwright explain` and `predict` from the command line, beside an empty Node process, and how predictions grow. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lanwright, median, program, run } from './run.mjs';
import { milliseconds, ratioRow } from './report.mjs';

const limitMs = 300;

/** Half of the machines routed without a way back, half behind NAT, and a rule for all. */
const writeLab = (directory, machines) => {
  const file = join(directory, `lab-${machines}.yaml`);
  const half = Math.floor(machines / 2);
  writeFileSync(
    file,
    `lab: bench-explain
outside:
  networks:
    office: { ipv4: 192.168.0.0/24, gateway: router }
  machines:
    router: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: true }
    desktop: { nics: { eth0: { network: office, address: 5 } } }
hosts:
  metal: { nics: { eth0: { network: office, address: 3 } } }
networks:
  servers: { mode: routed, ipv4: 10.4.0.0/19 }
  inner: { mode: nat, ipv4: 10.8.0.0/19 }
machines:
  web: { nics: [servers], count: ${half} }
  desk: { nics: [inner], count: ${machines - half} }
policy:
  - { deny: any, to: internet, tcp: 25, except: web-1 }
expect:
  - { from: desk, to: desktop, ping: true, source: metal }
`,
  );
  return file;
};

/** A thousand machines in twenty networks, each with a port of its own that it opens. */
const writeDifferent = (directory) => {
  const file = join(directory, 'lab-different.yaml');
  const numbers = (count) => Array.from({ length: count }, (_, index) => index);
  const networks = numbers(20).map(
    (net) => `  n${net}: { mode: ${net % 2 === 0 ? 'nat' : 'routed'}, ipv4: 10.${net}.0.0/22 }`,
  );
  const machines = numbers(1000).map((number) => {
    const firewall = `{ incoming: deny, allow: [ping, { tcp: ${1000 + number} }] }`;
    return `  m${number}: { nics: [n${number % 20}], services: [{ firewall: ${firewall} }] }`;
  });
  const head = 'lab: bench-different\nhosts: { host: { nics: { wan: internet } } }';
  writeFileSync(file, [head, 'networks:', ...networks, 'machines:', ...machines, ''].join('\n'));
  return file;
};

const medianOf = async (rounds, once) => {
  const times = [];
  for (let round = 0; round < rounds; round += 1) times.push((await once()).ms);
  return median(times);
};

/** Medians of wall clock and CPU time of a `lanwright` command; the shell tells the latter at the end of its errors. */
const usualOf = async (rounds, ...args) => {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const timed = 'TIMEFORMAT="%U %S"; time "$@"';
    const { ms, stderr, status } = await run(['bash', '-c', timed, 'bash', process.execPath, program, ...args]);
    if (status > 1) throw new Error(`lanwright ${args.join(' ')} ended with ${status}:\n${stderr}`);
    const [user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
    times.push({ ms, cpuMs: (user + system) * 1000 });
  }
  return { ms: median(times.map(({ ms }) => ms)), cpuMs: median(times.map(({ cpuMs }) => cpuMs)) };
};

/** Beside an empty Node process: what a slow machine does to both is not ours. */
const timeRow = (what, { ms, cpuMs }, empty, limit) => ({
  ...ratioRow(what, ms, empty),
  value: `${milliseconds(ms)}, CPU ${milliseconds(cpuMs)}`,
  ...(limit === undefined ? {} : { limit: `≤ ${milliseconds(limit)}`, ok: ms <= limit }),
});

export async function* benchExplain({ isQuick }) {
  const rounds = isQuick ? 3 : 9;
  const directory = mkdtempSync(join(tmpdir(), 'lanwright-bench-'));
  try {
    const empty = await medianOf(rounds, () => run([process.execPath, '-e', '0']));
    const asked = [
      ['an answer comes', ['desk-1', 'desktop']],
      ['none comes, with repairs', ['web-2', 'desktop']],
    ];
    for (const machines of [100, 1000]) {
      // The lab of a hundred has four more.
      const file = writeLab(directory, machines === 100 ? 96 : machines);
      for (const [what, ends] of asked) {
        const took = await usualOf(rounds, 'explain', '-f', file, ...ends);
        yield timeRow(`explain, ${machines} machines, ${what}`, took, empty, machines === 100 ? limitMs : undefined);
      }
    }
    for (const machines of isQuick ? [100, 1000] : [100, 1000, 2000]) {
      const file = writeLab(directory, machines);
      for (const command of ['predict', 'prove'])
        yield ratioRow(`${command}, ${machines} machines`, await medianOf(1, () => lanwright(command, file)), empty);
    }
    const different = writeDifferent(directory);
    const once = await medianOf(1, () => lanwright('predict', different, '--tcp', '443'));
    yield ratioRow('predict of two services, 1,000 machines that all differ', once, empty);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
