/** What runs in the bed of programs: one program after the other, each on a host of its own. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { plainNic, stackIn } from '../../../src/dialects/reading.ts';
import { carryOut } from '../../../src/linux/carry-out.ts';
import { openKernel, removeStack } from '../../../src/linux/kernel.ts';
import { observe } from '../../../src/linux/observe.ts';
import { readSysctls } from '../../../src/linux/sysctl.ts';
import { planChanges } from '../../../src/plan/plan-changes.ts';
import { killGroup } from '../../../src/run/run-program.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type Interface, type NetworkState } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { serveBed } from '../../agreement/bed/serve-bed.ts';
import { comparable } from './comparable.ts';
import { type ProgramReport, type ProgramRun } from './program-run.ts';

const limitMs = 30_000;
/** What is as it was wanted stays so for this long before it is believed. */
const settlingMs = 200;

const nothing: NetworkState = { version: 1, stacks: {}, cables: [] };
const loopback: Interface = { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] };

/** NICs as a machine starts with: down, with a live cable in each. */
const machineWith = (nics: readonly string[]): NetworkState =>
  normalize({
    version: 1,
    stacks: {
      host: {
        ...emptyStack,
        interfaces: { lo: loopback, ...Object.fromEntries(nics.map((nic) => [nic, { ...plainNic, up: false }])) },
      },
      far: { ...emptyStack, interfaces: Object.fromEntries(nics.map((nic) => [nic, plainNic])) },
    },
    cables: nics.map((nic) => ({ a: { stack: 'far', interface: nic }, b: { stack: 'host', interface: nic } })),
  });

/** Profiles of NetworkManager and plans of netplan must not be readable for others. */
const isPrivate = (path: string): boolean => /^etc\/(NetworkManager\/system-connections|netplan)\//.test(path);

const layOut = (folder: string, files: readonly ConfigText[]): void => {
  chmodSync(folder, 0o755);
  for (const { path, text } of files) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text, { mode: isPrivate(path) ? 0o600 : 0o644 });
  }
};

serveBed(() => {
  const kernel = openKernel();
  const look = (): Promise<NetworkState> => observe(kernel, () => []);

  /** With the sysctls that are asked about, which are not observed where others set them. */
  const lookFor = async (wanted: NetworkState): Promise<NetworkState> => {
    const observed = await look();
    const host = stackIn(observed, 'host');
    const sysctls = readSysctls(kernel, 'host', Object.keys(stackIn(wanted, 'host').sysctls));
    return comparable({ ...observed, stacks: { host: { ...host, sysctls } } }, wanted);
  };

  const waitFor = async (goalState: NetworkState | undefined, isOver: () => boolean): Promise<NetworkState> => {
    const wanted = goalState ?? nothing;
    const goal = goalState === undefined ? undefined : JSON.stringify(comparable(wanted, wanted));
    const start = performance.now();
    let equalSince: number | undefined;
    for (;;) {
      const observed = await lookFor(wanted);
      const now = performance.now();
      const isEqual = JSON.stringify(observed) === goal;
      equalSince = isEqual ? (equalSince ?? now) : undefined;
      if (equalSince !== undefined && (now - equalSince > settlingMs || isOver())) return observed;
      if (now - start > limitMs || (isOver() && now - start > settlingMs)) return observed;
      await pause(25);
    }
  };

  return async ({ line, files, nics, wanted }: ProgramRun): Promise<ProgramReport> => {
    const failures = await carryOut(
      kernel,
      planChanges(await look(), machineWith(nics)).steps,
      { startService: () => undefined, stopService: () => undefined, leaveStack: () => undefined },
      () => undefined,
    );
    if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('; '));
    const folder = mkdtempSync('/run/files-');
    layOut(folder, files);
    const namespaces = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--propagation', 'private'];
    const { PROGRAM_SCRIPT: script = '', PROGRAM_TREE: tree = '' } = process.env;
    const inside = ['sh', script, folder, tree, line];
    const child = spawn('nsenter', ['--net=/run/netns/host', 'unshare', ...namespaces, '--', ...inside], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let told = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (told += text));
    let isOver = false;
    const closed = new Promise<void>((resolve) =>
      child.once('close', () => {
        isOver = true;
        resolve();
      }),
    );
    const observed = await waitFor(wanted, () => isOver);
    if (child.pid !== undefined) killGroup(child.pid);
    await closed;
    for (const stack of ['host', 'far']) removeStack(kernel, stack);
    rmSync(folder, { recursive: true });
    return { observed, told };
  };
});
