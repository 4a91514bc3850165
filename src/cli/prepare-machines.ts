/**
 * What the virtual machines of a lab need before any of them starts: that this machine can run them, and the files that
 * they boot from. Whatever is in the way is told at once, with what mends it; nothing has been started then.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { hasErrors, type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { allFeatures } from '../images/probe-features.ts';
import { findProgram } from '../images/host-programs.ts';
import { programMissing } from '../images/missing.ts';
import { cacheFolder } from '../images/places.ts';
import { checkFiles, checkUnique, type Holding } from '../images/preflight.ts';
import { prepareBoot } from '../images/prepare-boot.ts';
import { chooseAccelerator, type AcceleratorChoice } from '../machines/accelerator.ts';
import { type MachineWish, type MachineWishes } from '../machines/guests-of.ts';
import { qemuProgram } from '../machines/run-guest.ts';
import { type VirtualMachines } from '../plan/plan.ts';
import { type MachineKind, type VirtualMachine } from '../state/virtual-machine.ts';
import { type MachinesRequest } from '../world/protocol.ts';
import { type LoadedDesign } from './load-design.ts';
import { say } from './terminal.ts';
import { virtualMachines } from './virtual-machines.ts';

const fault = (code: string, message: string, help?: string): Diagnostic => ({
  code,
  severity: 'error',
  message,
  ...(help === undefined ? {} : { help }),
});

/** What QEMU itself takes for one small guest, in MiB. */
const overheadMebibytes = 96;

const availableMebibytes = (): number => {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  return Math.floor(Number(line?.[1] ?? 0) / 1024);
};

const checkMemory = (starting: readonly VirtualMachine[]): readonly Diagnostic[] => {
  const needed = starting.reduce((sum, { memoryMebibytes }) => sum + memoryMebibytes + overheadMebibytes, 0);
  const available = availableMebibytes();
  if (needed <= available) return [];
  const many = `${starting.length} ${starting.length === 1 ? 'virtual machine needs' : 'virtual machines need'}`;
  return [
    fault(
      'too-little-memory',
      `${many} ${needed} MiB of memory, and ${available} MiB are available here`,
      'give them less with `memory:`, or let some of them be namespaces with `kind: netns`',
    ),
  ];
};

const checkTaps = (): readonly Diagnostic[] => {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return [];
  } catch {
    return [
      fault(
        'no-taps',
        'virtual machines need /dev/net/tun, which is not open to this user',
        'run `sudo modprobe tun && sudo chmod 0666 /dev/net/tun`',
      ),
    ];
  }
};

const checkHere = async (starting: readonly VirtualMachine[]): Promise<readonly Diagnostic[]> => [
  ...((await findProgram(qemuProgram)) === undefined ? [programMissing(qemuProgram)] : []),
  ...checkTaps(),
  ...checkMemory(starting),
];

export interface PreparedMachines {
  readonly request: MachinesRequest;
  /** Why guests run slowly, as part of a sentence; absent where they do not. */
  readonly slowBecause?: string;
}

/** What no two machines may have in common. */
const holdingsOf = ({ lab }: LoadedDesign, names: readonly string[]): readonly Holding[] =>
  names.flatMap((machine) => {
    const { nics, consolePort, monitorPort } = lab.machines[machine] ?? { nics: [], consolePort: 0, monitorPort: 0 };
    return [
      ...nics.map(({ mac }) => ({ machine, what: 'MAC address', value: mac })),
      { machine, what: 'port', value: String(consolePort) },
      { machine, what: 'port', value: String(monitorPort) },
    ];
  });

const bootAll = async (
  { lab }: LoadedDesign,
  machines: readonly (readonly [string, VirtualMachine])[],
): Promise<Outcome<MachineWishes>> => {
  const wishes: Record<string, MachineWish> = {};
  const faults: Diagnostic[] = [];
  // One after the other: what the first has made, the others find.
  for (const [machine, hardware] of machines) {
    const features = allFeatures.filter((feature) => hardware.features?.includes(feature) === true);
    const boot = await prepareBoot({ lab: lab.name, machine, hardware, features }, say);
    if (boot.value === undefined) faults.push(...boot.diagnostics);
    else wishes[machine] = { hardware, boot: boot.value, start: lab.machines[machine]?.start ?? 0 };
  }
  return faults.length > 0 ? { diagnostics: faults } : { value: wishes, diagnostics: [] };
};

/** `running`: machines that have their memory already. No value and no complaint: nothing in the lab is virtual. */
export const prepareMachines = async (
  loaded: LoadedDesign,
  guestKind: MachineKind,
  running: VirtualMachines,
): Promise<Outcome<PreparedMachines>> => {
  const machines = Object.entries(virtualMachines(loaded, running));
  if (machines.length === 0) return { diagnostics: [] };
  const names = machines.map(([name]) => name);
  const found = [
    ...(await checkHere(machines.filter(([name]) => running[name] === undefined).map(([, machine]) => machine))),
    ...checkUnique(holdingsOf(loaded, names)),
  ];
  if (hasErrors(found)) return { diagnostics: found };
  const { value: wishes, diagnostics } = await bootAll(loaded, machines);
  if (wishes === undefined) return { diagnostics };
  const faults = await checkFiles(Object.entries(wishes).map(([machine, { boot }]) => ({ machine, boot })));
  if (faults.length > 0) return { diagnostics: faults };
  const kernel = Object.values(wishes).find(({ boot }) => boot.kernel !== undefined)?.boot.kernel;
  const choice: AcceleratorChoice =
    kernel === undefined ? { accelerator: 'tcg' } : await chooseAccelerator(kernel, cacheFolder());
  const request = { wishes, accelerator: choice.accelerator, guestKind };
  return {
    value: { request, ...(choice.reason === undefined ? {} : { slowBecause: choice.reason }) },
    diagnostics: [],
  };
};
