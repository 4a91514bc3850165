/**
 * The virtual machines of a world: which run, what they were started as, and how those fared that ended by themselves.
 * A machine that ends takes its stack along; nothing is asked of it any more.
 */
import { mkdirSync } from 'node:fs';
import { type GuestDoor } from '../guest/guest-door.ts';
import { hasStack, removeStack, type Kernel } from '../linux/kernel.ts';
import { type VirtualMachine } from '../state/virtual-machine.ts';
import { guestFolder } from './guest.ts';
import { type MachineWish } from './guests-of.ts';
import { type RunningGuest } from './run-guest.ts';

export interface RunningMachine {
  readonly wish: MachineWish;
  readonly guest: RunningGuest;
  readonly door: GuestDoor;
  /** The slots of its network cards, by the names of their interfaces. */
  readonly cards: Map<string, number>;
  /** Interfaces whose cards are told that they have no carrier. */
  readonly dark: Set<string>;
}

export interface MachineTable {
  readonly running: Map<string, RunningMachine>;
  /** How machines ended that nobody asked to, by name; until they are started again. */
  readonly fallen: Map<string, string>;
  /** Those that were asked to end. */
  readonly leaving: Set<string>;
}

export const noMachines = (): MachineTable => {
  mkdirSync(guestFolder, { recursive: true, mode: 0o700 });
  return { running: new Map(), fallen: new Map(), leaving: new Set() };
};

/** What runs, as plans compare it. */
export const hardwareOf = ({ running }: MachineTable): Readonly<Record<string, VirtualMachine>> =>
  Object.fromEntries([...running].map(([name, { wish }]) => [name, wish.hardware]));

export const wishesOf = ({ running }: MachineTable): Readonly<Record<string, MachineWish>> =>
  Object.fromEntries([...running].map(([name, { wish }]) => [name, wish]));

/** Enters a machine that has just started, and watches for its end. */
export const enter = (table: MachineTable, kernel: Kernel, name: string, machine: RunningMachine): void => {
  table.fallen.delete(name);
  table.running.set(name, machine);
  void machine.guest.ended.then((how) => {
    if (table.running.get(name) !== machine || table.leaving.has(name)) return;
    table.running.delete(name);
    table.fallen.set(name, how);
    if (hasStack(kernel, name)) removeStack(kernel, name);
  });
};

export interface MachineStatus {
  readonly machine: string;
  readonly state: 'running' | 'silent' | 'stopping' | 'ended';
  /** QEMU's, as seen inside the world; 0 where it has ended. */
  readonly pid: number;
  readonly accelerator: string;
  /** Null where it has ended. */
  readonly hardware: VirtualMachine | null;
  /** How it ended. */
  readonly detail: string;
}

const stateOf = ({ guest, door }: RunningMachine): MachineStatus['state'] =>
  guest.stage() === 'stopping' ? 'stopping' : door.isLost ? 'silent' : 'running';

export const statusOfMachines = ({ running, fallen }: MachineTable): readonly MachineStatus[] => [
  ...[...running].map(([machine, it]) => ({
    machine,
    state: stateOf(it),
    pid: it.guest.pid,
    accelerator: it.guest.guest.accelerator,
    hardware: it.wish.hardware,
    detail: '',
  })),
  ...[...fallen].map(([machine, detail]) => ({
    machine,
    state: 'ended' as const,
    pid: 0,
    accelerator: '',
    hardware: null,
    detail,
  })),
];
