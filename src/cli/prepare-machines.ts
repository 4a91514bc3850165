/**
 * What the virtual machines of a lab need before any of them starts: that this machine can run them, and the files that
 * they boot from. Whatever is in the way is told at once, with what mends it; nothing has been started then.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { hasErrors, type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { featuresOf } from '../images/probe-features.ts';
import { prepareProbeGuest } from '../images/guest-archive.ts';
import { findProgram } from '../images/host-programs.ts';
import { programMissing } from '../images/missing.ts';
import { cacheFolder } from '../images/places.ts';
import { chooseAccelerator, type AcceleratorChoice } from '../machines/accelerator.ts';
import { type MachineWish } from '../machines/guests-of.ts';
import { qemuProgram } from '../machines/run-guest.ts';
import { type Stack } from '../state/network-state.ts';
import { type BootFiles, type MachineKind, type VirtualMachine } from '../state/virtual-machine.ts';
import { type MachinesRequest } from '../world/protocol.ts';
import { type LoadedDesign } from './load-design.ts';
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

const emptyStack: Stack = {
  interfaces: {},
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
};

const bootProbe = async (stack: Stack, hasDisks: boolean): Promise<Outcome<BootFiles>> => {
  const features = featuresOf(stack);
  const guest = await prepareProbeGuest(hasDisks ? [...features, 'disks'] : features);
  if (guest.value === undefined) return { diagnostics: guest.diagnostics };
  const { kernel, initrd, commandLine } = guest.value;
  return { value: { kernel, initrd, commandLine, disks: [] }, diagnostics: [] };
};

/** Machines that need the same are given the same. */
const bootFilesOf = (stacks: Readonly<Record<string, Stack>>) => {
  const probes = new Map<string, Promise<Outcome<BootFiles>>>();
  return (name: string, { disks }: VirtualMachine): Promise<Outcome<BootFiles>> => {
    const stack = stacks[name] ?? emptyStack;
    const key = [...featuresOf(stack), disks.length > 0 ? 'disks' : ''].join();
    const found = probes.get(key) ?? bootProbe(stack, disks.length > 0);
    probes.set(key, found);
    return found;
  };
};

export interface PreparedMachines {
  readonly request: MachinesRequest;
  /** Why guests run slowly, as part of a sentence; absent where they do not. */
  readonly slowBecause?: string;
}

/** `running`: machines that have their memory already. No value and no complaint: nothing in the lab is virtual. */
export const prepareMachines = async (
  { lab, lowered }: LoadedDesign,
  guestKind: MachineKind,
  running: ReadonlySet<string>,
): Promise<Outcome<PreparedMachines>> => {
  const machines = Object.entries(virtualMachines(lab));
  if (machines.length === 0) return { diagnostics: [] };
  const found = await checkHere(machines.filter(([name]) => !running.has(name)).map(([, machine]) => machine));
  if (hasErrors(found)) return { diagnostics: found };
  const bootFiles = bootFilesOf(lowered.state.stacks);
  const wishes: Record<string, MachineWish> = {};
  for (const [name, hardware] of machines) {
    const boot = await bootFiles(name, hardware);
    if (boot.value === undefined) return { diagnostics: boot.diagnostics };
    wishes[name] = { hardware, boot: boot.value, start: lab.machines[name]?.start ?? 0 };
  }
  const kernel = Object.values(wishes).find(({ boot }) => boot.kernel !== undefined)?.boot.kernel;
  const choice: AcceleratorChoice =
    kernel === undefined ? { accelerator: 'tcg' } : await chooseAccelerator(kernel, cacheFolder());
  const request = { wishes, accelerator: choice.accelerator, guestKind };
  return {
    value: { request, ...(choice.reason === undefined ? {} : { slowBecause: choice.reason }) },
    diagnostics: [],
  };
};
