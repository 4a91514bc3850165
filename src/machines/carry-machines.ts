/**
 * What carrying out a plan asks of virtual machines: start them all at the same time with a NIC for each of their
 * cables, and stop them in the reverse of their start order.
 */
import { type Kernel } from '../linux/kernel.ts';
import { type Machines, type StartedGuest } from '../linux/machines.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Accelerator, type Guest } from './guest.ts';
import { guestsOf, type MachineWishes } from './guests-of.ts';
import { type MachineTable } from './machine-table.ts';
import { plugIn, setCarrier, unplug } from './plug-cables.ts';
import { type OnStage } from './run-guest.ts';
import { startMachine } from './start-machine.ts';

export interface MachinePlan {
  readonly desired: NetworkState;
  readonly wishes: MachineWishes;
  readonly accelerator: Accelerator;
  readonly onStage: OnStage;
}

const startOne = async (
  table: MachineTable,
  kernel: Kernel,
  guest: Guest,
  { wishes, onStage }: MachinePlan,
): Promise<StartedGuest | Error> => {
  const wish = wishes[guest.name];
  if (wish === undefined) return new Error(`\`${guest.name}\` is no virtual machine`);
  try {
    return await startMachine(table, kernel, guest, wish, onStage);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

const stopOne = async (table: MachineTable, name: string, onStage: OnStage): Promise<void> => {
  const machine = table.running.get(name);
  if (machine === undefined) return;
  const { stopSeconds } = machine.wish.hardware;
  onStage(name, `stopping ${name}`);
  table.leaving.add(name);
  const how = await machine.guest.stop(() => machine.door.powerOff(), stopSeconds * 1000);
  table.running.delete(name);
  table.leaving.delete(name);
  if (how === 'stopped by force')
    onStage(name, `${name} did not power down within ${stopSeconds} s, and was stopped by force`);
};

/** Stops machines: those of the highest start position first, those of one position at the same time. */
export const stopInOrder = async (table: MachineTable, names: readonly string[], onStage: OnStage): Promise<void> => {
  const positions = [...new Set(names.map((name) => table.running.get(name)?.wish.start ?? 0))].sort((a, b) => b - a);
  for (const position of positions) {
    const group = names.filter((name) => (table.running.get(name)?.wish.start ?? 0) === position);
    await Promise.all(group.map((name) => stopOne(table, name, onStage)));
  }
};

/** Stops are asked for one by one, and at the same time: they are put in order here. */
const collectStops = (table: MachineTable, onStage: OnStage): ((name: string) => Promise<void>) => {
  let names: string[] = [];
  let all: Promise<void> | undefined;
  return (name) => {
    names.push(name);
    all ??= Promise.resolve().then(() => {
      const together = names;
      names = [];
      all = undefined;
      return stopInOrder(table, together, onStage);
    });
    return all;
  };
};

export const machinesOf = (table: MachineTable, kernel: Kernel, plan: MachinePlan): Machines => ({
  isVirtual: (stack) => plan.wishes[stack] !== undefined,
  start: async (stacks) => {
    const guests = guestsOf(plan.desired, stacks, plan.wishes, plan.accelerator);
    const started = await Promise.all(guests.map((guest) => startOne(table, kernel, guest, plan)));
    return new Map(
      guests.flatMap(({ name }, index) => {
        const outcome = started[index];
        return outcome === undefined ? [] : [[name, outcome] as const];
      }),
    );
  },
  stop: collectStops(table, plan.onStage),
  plug: (cable) => plugIn(table, kernel, plan, cable),
  unplug: (cable) => unplug(table, plan, cable),
  setCarrier: (end, isOn) => setCarrier(table, end, isOn),
});
