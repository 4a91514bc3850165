/** The virtual machines of a lab, and what its guests run as where the file leaves it open. */
import { resolve } from 'node:path';
import { featuresOf, type GuestFeature } from '../images/probe-features.ts';
import { type VirtualMachines } from '../plan/plan.ts';
import { type Stack } from '../state/network-state.ts';
import { roleUnits } from '../state/role.ts';
import { type GuestImage, type MachineKind, type VirtualMachine } from '../state/virtual-machine.ts';
import { worldOf } from '../world/client.ts';
import { type WorldStatus } from '../world/protocol.ts';
import { type LoadedDesign } from './load-design.ts';

/** A disk image is named from the folder of the file, and found from anywhere. */
const placed = (machine: VirtualMachine): VirtualMachine =>
  machine.image.kind === 'file' ? { ...machine, image: { kind: 'file', path: resolve(machine.image.path) } } : machine;

/** A machine that runs already keeps what it carries: it is started again for more, and not for less. */
const carried = (wanted: readonly GuestFeature[], running: VirtualMachine | undefined): readonly string[] => {
  const has = running?.features ?? [];
  return wanted.every((feature) => has.includes(feature)) ? has : [...new Set([...has, ...wanted])].sort();
};

/** A whole system has what it needs; it is told of the programs that it is not to start by itself. */
const askedOf = ({ kind }: GuestImage, features: readonly GuestFeature[]): readonly GuestFeature[] => {
  if (kind === 'probe') return features;
  return kind === 'debian' ? features.filter((feature) => feature in roleUnits) : [];
};

const withFeatures = (
  machine: VirtualMachine,
  stack: Stack | undefined,
  running: VirtualMachine | undefined,
): VirtualMachine => {
  if (stack === undefined) return machine;
  const features = carried(askedOf(machine.image, featuresOf(stack)), running);
  return features.length === 0 ? machine : { ...machine, features };
};

/** Slots come by fours, which costs a guest no time: a machine that runs already keeps what it has. */
const withSlots = (
  machine: VirtualMachine,
  stack: Stack | undefined,
  running: VirtualMachine | undefined,
): VirtualMachine => {
  const cards = Object.values(stack?.interfaces ?? {}).filter(({ kind }) => kind === 'ethernet').length;
  const wanted = 4 * Math.max(1, Math.ceil(cards / 4));
  return { ...machine, cardSlots: Math.max(wanted, running?.cardSlots ?? 0) };
};

/** `running`: those of the running lab. */
export const virtualMachines = (
  { lab, lowered }: Pick<LoadedDesign, 'lab' | 'lowered'>,
  running: VirtualMachines,
): VirtualMachines =>
  Object.fromEntries(
    Object.values(lab.machines).flatMap(({ name, machine }) => {
      if (machine === undefined) return [];
      const stack = lowered.state.stacks[name];
      return [[name, withSlots(withFeatures(placed(machine), stack, running[name]), stack, running[name])]];
    }),
  );

/** Machines that ended by themselves are none. */
export const runningMachines = (status: WorldStatus | undefined): VirtualMachines =>
  Object.fromEntries(
    (status?.machines ?? []).flatMap(({ machine, hardware }) => (hardware === null ? [] : [[machine, hardware]])),
  );

interface KindOptions {
  readonly machines?: MachineKind;
}

export interface LoadedAsRunning {
  readonly loaded: LoadedDesign | number;
  readonly kind: MachineKind;
  /**
   * Ends the look at the running lab. Not before the caller has a connection of its own: a world that nobody has brought
   * up as a whole yet ends with its last connection.
   */
  readonly release: () => void;
}

/** Loads a design; where nothing is said about guests, they stay what they run as. */
export const loadAsRunning = async <O extends KindOptions>(
  options: O,
  load: (options: O) => Promise<LoadedDesign | number>,
): Promise<LoadedAsRunning> => {
  const loaded = await load(options);
  if (typeof loaded === 'number' || options.machines !== undefined)
    return { loaded, kind: options.machines ?? 'netns', release: () => undefined };
  const world = await worldOf(loaded.lab.name);
  const release = (): void => world?.close();
  const kind = (await world?.status())?.guestKind;
  return kind === 'vm'
    ? { loaded: await load({ ...options, machines: kind }), kind, release }
    : { loaded, kind: 'netns', release };
};
