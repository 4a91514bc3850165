/**
 * `verify` of all pairs of 50 machines in both families, beside bare fping in all namespaces at once, and beside
 * Mininet's pingall for the same number. Lanwright sets no static neighbours: they would hide faults of ARP.
 */
import { resolve } from 'node:path';
import { desiredState, writeLab } from './lab.mjs';
import { writeHandWritten } from './hand-written.mjs';
import { inPrivateNamespaces, isInstalled, lanwright, run, runUntilReady, withDirectory } from './run.mjs';
import { ratioRow, seconds } from './report.mjs';

const machineStacks = (state) =>
  Object.entries(state.stacks).filter(([, stack]) =>
    Object.values(stack.interfaces).every((iface) => iface.kind !== 'bridge'),
  );

const targets = (state) =>
  machineStacks(state).flatMap(([, stack]) =>
    Object.values(stack.interfaces).flatMap((iface) => iface.addresses.map(({ address }) => address)),
  );

/** Shell text: one fping per machine and family, all at once; counts the answers and takes the time. */
const fpingAll = (state) => {
  const all = targets(state);
  const names = machineStacks(state).map(([name]) => name);
  const list = (family) => all.filter((address) => address.includes(':') === (family === 6)).join(' ');
  return `
began=$EPOCHREALTIME
for ns in ${names.join(' ')}; do
  nsenter --net=/run/netns/$ns fping -4 -r0 -t500 -i0 -a ${list(4)} > answers.$ns.4 2>/dev/null &
  nsenter --net=/run/netns/$ns fping -6 -r0 -t500 -i0 -a ${list(6)} > answers.$ns.6 2>/dev/null &
done
wait
ended=$EPOCHREALTIME
echo "took $(( (\${ended/./} - \${began/./}) )) answers $(cat answers.*.4 answers.*.6 | wc -l)"
`;
};

const fpingFloor = (state, permanentNeighbours) =>
  withDirectory(async (directory) => {
    const script = writeHandWritten(directory, state, { permanentNeighbours, after: fpingAll(state) });
    const { stdout } = await runUntilReady(inPrivateNamespaces(['bash', script]));
    const [, micros, answers] = /took (\d+) answers (\d+)/.exec(stdout) ?? [];
    return { ms: Number(micros) / 1000, answers: Number(answers) };
  });

const mininet = async (machines, ...options) => {
  const sandbox = resolve(import.meta.dirname, 'mininet-sandbox.sh');
  const argv = [
    'unshare',
    '-n',
    '-m',
    '-p',
    '-u',
    '-i',
    '-f',
    '--kill-child',
    '--propagation',
    'private',
    'bash',
    sandbox,
  ];
  const mn = ['mn', '--topo', `single,${machines}`, '--switch', 'lxbr', '--controller', 'none', ...options];
  return run([...argv, ...mn], { timeoutMs: 180_000 });
};

async function* benchMininet(machines) {
  if (!isInstalled('mn')) return yield { what: 'mininet', skipped: 'not installed (Debian package mininet)' };
  if (process.getuid?.() !== 0) return yield { what: 'mininet', skipped: 'needs root' };
  const bare = await mininet(machines, '--test', 'none');
  if (bare.status !== 0)
    return yield { what: 'mininet', skipped: `did not start: ${bare.stderr.trim().split('\n').at(-1)}` };
  yield { what: `mininet up and down, ${machines} hosts, IPv4`, value: seconds(bare.ms) };
  for (const [text, ...options] of [['pingall'], ['pingall --arp', '--arp']]) {
    const ran = await mininet(machines, ...options, '--test', 'pingall');
    const dropped = /Results: .*$/m.exec(`${ran.stdout}${ran.stderr}`)?.[0] ?? 'no result';
    yield {
      what: `mininet ${text}, ${machines} hosts, IPv4, without up and down`,
      value: `${seconds(ran.ms - bare.ms)} (${dropped})`,
    };
  }
}

export async function* benchVerify({ isQuick }) {
  const machines = isQuick ? 12 : 50;
  const wanted = `${machines * machines * 2} with each to itself`;
  if (!isInstalled('fping')) yield { what: 'fping floor', skipped: 'not installed (Debian package fping)' };
  const measured = await withDirectory(async (directory) => {
    const file = writeLab(directory, machines);
    const state = await desiredState(file);
    const floors = isInstalled('fping')
      ? { plain: await fpingFloor(state, false), permanent: await fpingFloor(state, true) }
      : undefined;
    await lanwright('up', file);
    try {
      const verify = await lanwright('verify', file, '--json');
      const { pairs } = JSON.parse(verify.stdout);
      const among = pairs.filter(({ from, to }) => from.startsWith('m-') && to.startsWith('m-'));
      return {
        floors,
        ms: verify.ms,
        pairs: pairs.length,
        lost: among.filter(({ measured: answer }) => answer !== 'yes').length,
      };
    } finally {
      await lanwright('down', file);
    }
  });
  const { floors, ms, pairs, lost } = measured;
  if (floors !== undefined) {
    yield {
      what: `fping, ${machines} machines, permanent neighbours`,
      value: `${seconds(floors.permanent.ms)} (${floors.permanent.answers} answers of ${wanted})`,
    };
    yield {
      what: `fping, ${machines} machines, ARP and NDP`,
      value: `${seconds(floors.plain.ms)} (${floors.plain.answers} answers of ${wanted})`,
    };
    yield ratioRow(`verify, ${machines} machines, beside fping with ARP and NDP`, ms, floors.plain.ms, 2);
  }
  yield {
    what: `verify, ${machines} machines: lost of ${pairs} probes`,
    value: String(lost),
    limit: '0',
    ok: lost === 0,
  };
  yield* benchMininet(machines);
}
