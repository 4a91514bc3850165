/**
 * Cables that come and go while the guests at their ends run. A guest has the cards of its first cables from its start
 * on; further ones are plugged into free slots.
 */
import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { socketOf, within, type Kernel } from '../linux/kernel.ts';
import { type PluggedIn } from '../linux/machines.ts';
import { readLinks } from '../linux/rtnetlink-read.ts';
import { openTap } from '../linux/taps.ts';
import { type Cable, type CableEnd, type NetworkState } from '../state/network-state.ts';
import { type GuestNic } from './guest.ts';
import { nicsOf, type MachineWishes } from './guests-of.ts';
import { type MachineTable, type RunningMachine } from './machine-table.ts';
import { plugCard, unplugCard } from './plug-card.ts';
import { cardId } from './qemu-arguments.ts';

interface Wished {
  readonly desired: NetworkState;
  readonly wishes: MachineWishes;
}

/** A kernel that is emulated takes a moment to find a card. */
const findLimitMs = 30_000;
const lookEveryMs = 50;

const untilFound = async (kernel: Kernel, stack: string, mac: string): Promise<void> => {
  const isThere = (): boolean => readLinks(socketOf(kernel, stack)).some((link) => link.mac === mac.toLowerCase());
  const end = performance.now() + findLimitMs;
  while (!isThere()) {
    if (performance.now() > end) throw new Error(`\`${stack}\` does not find its new network card`);
    await pause(lookEveryMs);
  }
};

const freeSlot = ({ cards, wish }: RunningMachine): number | undefined => {
  const taken = new Set(cards.values());
  return Array.from({ length: wish.hardware.cardSlots ?? 0 }, (_, slot) => slot).find((slot) => !taken.has(slot));
};

const plugNic = async (kernel: Kernel, machine: RunningMachine, slot: number, nic: GuestNic): Promise<void> => {
  const path = machine.guest.guest.sockets.cards;
  const { mac, link } = nic;
  if (link.kind === 'peer') return plugCard(path, { slot, mac, link });
  const fd = within(kernel, link.stack, () => openTap(link.interface));
  try {
    await plugCard(path, { slot, mac, link: { kind: 'tap', fd } });
  } finally {
    closeSync(fd);
  }
};

/** The MAC of the card at an end that has just got one; undefined where it had one, or is in no guest. */
const plugEnd = async (
  table: MachineTable,
  kernel: Kernel,
  { desired, wishes }: Wished,
  { stack, interface: name }: CableEnd,
): Promise<string | undefined> => {
  const machine = table.running.get(stack);
  if (machine === undefined || machine.cards.has(name)) return undefined;
  const nic = nicsOf(desired, stack, wishes).find((it) => it.name === name);
  const slot = freeSlot(machine);
  if (nic === undefined || slot === undefined) throw new Error(`\`${stack}\` has no room for another network card`);
  await plugNic(kernel, machine, slot, nic);
  machine.cards.set(name, slot);
  await untilFound(kernel, stack, nic.mac);
  return nic.mac;
};

export const plugIn = async (
  table: MachineTable,
  kernel: Kernel,
  wished: Wished,
  { a, b }: Cable,
): Promise<PluggedIn | Error> => {
  try {
    const [macA, macB] = [await plugEnd(table, kernel, wished, a), await plugEnd(table, kernel, wished, b)];
    return { ...(macA === undefined ? {} : { a: macA }), ...(macB === undefined ? {} : { b: macB }) };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

/** A card sees a carrier from its start on: only a change is told. */
export const setCarrier = async (
  { running }: MachineTable,
  { stack, interface: name }: CableEnd,
  isOn: boolean,
): Promise<Error | undefined> => {
  const machine = running.get(stack);
  const slot = machine?.cards.get(name);
  if (machine === undefined || slot === undefined || machine.dark.has(name) !== isOn) return undefined;
  try {
    await machine.guest.monitor.ask('set_link', { name: cardId(slot), up: isOn });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
  if (isOn) machine.dark.delete(name);
  else machine.dark.add(name);
  return undefined;
};

/** Whether the machine goes on as it is: what is about to be stopped need not be asked to let a card go. */
const goesOn = ({ wish }: RunningMachine, stack: string, { desired, wishes }: Wished): boolean =>
  stack in desired.stacks && isDeepStrictEqual(wish.hardware, wishes[stack]?.hardware);

/** A card stays where its cable comes back: when the machine at the other end starts again. */
export const unplug = async (table: MachineTable, wished: Wished, cable: Cable): Promise<void> => {
  if (wished.desired.cables.some((other) => isDeepStrictEqual(other, cable))) return;
  for (const { stack, interface: name } of [cable.a, cable.b]) {
    const machine = table.running.get(stack);
    const slot = machine?.cards.get(name);
    if (machine === undefined || slot === undefined || !goesOn(machine, stack, wished)) continue;
    await unplugCard(machine.guest.guest.sockets.cards, slot);
    machine.cards.delete(name);
    machine.dark.delete(name);
  }
};
