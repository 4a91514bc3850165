/**
 * One virtual machine from nothing to a door that answers: from a saved state of machines like it, or by booting where
 * there can be none, or where it proves to be of no use.
 */
import { openGuest, type GuestDoor } from '../guest/guest-door.ts';
import { within, type Kernel } from '../linux/kernel.ts';
import { takeIndex } from '../linux/links.ts';
import { type StartedGuest } from '../linux/machines.ts';
import { openTap } from '../linux/taps.ts';
import { type Guest, type SavedState } from './guest.ts';
import { type MachineWish } from './guests-of.ts';
import { enter, type MachineTable } from './machine-table.ts';
import { tapsOf } from './qemu-arguments.ts';
import { endOf, GuestFailed, startGuest, wasKilled, type OnStage, type RunningGuest } from './run-guest.ts';
import { saveState } from './save-state.ts';
import { dropState, ensureState, findState, placeOf, refusalAt, type StatePlace } from './saved-states.ts';

/** Emulated, on a machine with much else to do. A system on a disk takes as long as its services do. */
const bootLimitMs = ({ boot, accelerator }: Guest): number =>
  (boot.disks.length === 0 ? 120_000 : 900_000) / (accelerator === 'kvm' ? 4 : 1);
const agentLimitMs = 30_000;
/** What goes on from a state answers at once. */
const resumeLimitMs = 30_000;
const cardsLimitMs = 30_000;

const openTaps = (kernel: Kernel, guest: Guest): readonly number[] =>
  tapsOf(guest.nics).flatMap(({ link }) =>
    link.kind === 'tap' ? [within(kernel, link.stack, () => openTap(link.interface, takeIndex(kernel)))] : [],
  );

interface Started {
  readonly running: RunningGuest;
  readonly door: GuestDoor;
}

const start = async (
  kernel: Kernel,
  guest: Guest,
  onStage: OnStage,
  state: SavedState | undefined,
): Promise<Started> => {
  const taps = openTaps(kernel, guest);
  const limitMs = state === undefined ? bootLimitMs(guest) : resumeLimitMs;
  const from = state === undefined ? {} : { state };
  const running = await startGuest(guest, { taps, bootLimitMs: limitMs, onStage, ...from });
  try {
    const door = await openGuest(guest.name, guest.sockets.agent, agentLimitMs);
    if (state !== undefined)
      await door.awaken(
        guest.nics.map(({ mac }) => mac),
        cardsLimitMs,
      );
    return { running, door };
  } catch (error) {
    const how = await endOf(running.ended);
    running.kill();
    await running.ended;
    throw how === undefined
      ? error
      : new GuestFailed(guest.name, `ended before it answered: ${how}`, [], wasKilled(how));
  }
};

const sayingOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** States that are being made in this process, by their keys: machines of one shape wait for the same one. */
const underway = new Map<string, Promise<SavedState | undefined>>();

const makeState = async (guest: Guest, place: StatePlace, onStage: OnStage): Promise<SavedState | undefined> => {
  const refusal = refusalAt(place);
  if (refusal !== undefined) return undefined;
  onStage(guest.name, `saving a state that machines like ${guest.name} start from`);
  try {
    // No machine has a name that begins with a dot.
    return await ensureState(place, (files) => saveState(guest, `.${place.key}`, files, bootLimitMs(guest)));
  } catch (error) {
    onStage(guest.name, `no state of ${guest.name} can be saved, so it boots: ${sayingOf(error)}`);
    return undefined;
  }
};

const stateFor = async (guest: Guest, place: StatePlace, onStage: OnStage): Promise<SavedState | undefined> => {
  const found = findState(place);
  if (found !== undefined) return found;
  const making = underway.get(place.key) ?? makeState(guest, place, onStage).finally(() => underway.delete(place.key));
  underway.set(place.key, making);
  return making;
};

const startFromState = async (kernel: Kernel, guest: Guest, onStage: OnStage): Promise<Started | undefined> => {
  const place = placeOf(guest);
  const state = place === undefined ? undefined : await stateFor(guest, place, onStage);
  if (place === undefined || state === undefined) return undefined;
  try {
    return await start(kernel, guest, onStage, state);
  } catch (error) {
    if (error instanceof GuestFailed && error.isKilled) throw error;
    await dropState(place);
    onStage(guest.name, `${guest.name} boots, as its saved state is of no use: ${sayingOf(error)}`);
    return undefined;
  }
};

/** Starts a machine and enters it in the table. */
export const startMachine = async (
  table: MachineTable,
  kernel: Kernel,
  guest: Guest,
  wish: MachineWish,
  onStage: OnStage,
): Promise<StartedGuest> => {
  const { running, door } =
    (await startFromState(kernel, guest, onStage)) ?? (await start(kernel, guest, onStage, undefined));
  const cards = new Map(guest.nics.map(({ name }, slot) => [name, slot]));
  enter(table, kernel, guest.name, { wish, guest: running, door, cards, dark: new Set() });
  return { door, cards: guest.nics.map(({ mac, name }) => ({ mac, name })) };
};
