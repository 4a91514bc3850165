/** The virtual machines of a lab, and what its guests run as where the file leaves it open. */
import { resolve } from 'node:path';
import { type Lab } from '../lab/lab.ts';
import { type VirtualMachines } from '../plan/plan.ts';
import { type MachineKind, type VirtualMachine } from '../state/virtual-machine.ts';
import { worldOf } from '../world/client.ts';
import { type LoadedDesign } from './load-design.ts';

/** A disk image is named from the folder of the file, and found from anywhere. */
const placed = (machine: VirtualMachine): VirtualMachine =>
  machine.image.kind === 'file' ? { ...machine, image: { kind: 'file', path: resolve(machine.image.path) } } : machine;

export const virtualMachines = (lab: Lab): VirtualMachines =>
  Object.fromEntries(
    Object.values(lab.machines).flatMap(({ name, machine }) =>
      machine === undefined ? [] : [[name, placed(machine)]],
    ),
  );

/** What the guests of the running lab were made, where it runs. */
export const runningKind = async (lab: string): Promise<MachineKind | undefined> => {
  const world = await worldOf(lab);
  try {
    return (await world?.status())?.guestKind;
  } finally {
    world?.close();
  }
};

interface KindOptions {
  readonly machines?: MachineKind;
}

/** Loads a design; where nothing is said about guests, they stay what they run as. */
export const loadAsRunning = async <O extends KindOptions>(
  options: O,
  load: (options: O) => Promise<LoadedDesign | number>,
): Promise<{ readonly loaded: LoadedDesign | number; readonly kind: MachineKind }> => {
  const loaded = await load(options);
  if (typeof loaded === 'number' || options.machines !== undefined)
    return { loaded, kind: options.machines ?? 'netns' };
  const kind = await runningKind(loaded.lab.name);
  return kind === 'vm' ? { loaded: await load({ ...options, machines: kind }), kind } : { loaded, kind: 'netns' };
};
