/**
 * A guest whose QEMU has just been started takes up a saved state: the devices are read, its network cards are plugged in
 * while it stands still, and it goes on.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Guest } from './guest.ts';
import { cardDriver, cardOptions, slotBus } from './qemu-arguments.ts';
import { type Monitor } from './qmp.ts';

const loadLimitMs = 20_000;
const lookEveryMs = 5;

/** Memory that is shared with its file is there already; of one that is not, the file is read, and no word comes of it. */
export const leaveMemoryOut = async (monitor: Monitor): Promise<void> => {
  const capabilities = [{ capability: 'x-ignore-shared', state: true }];
  await monitor.ask('migrate-set-capabilities', { capabilities });
};

const untilLoaded = async (monitor: Monitor): Promise<void> => {
  for (const end = performance.now() + loadLimitMs; performance.now() < end;) {
    const { status } = (await monitor.ask('query-status')) as { readonly status: string };
    if (status === 'paused') return;
    if (status !== 'inmigrate') throw new Error(`QEMU is \`${status}\``);
    await pause(lookEveryMs);
  }
  throw new Error(`it is not read after ${loadLimitMs / 1000} s`);
};

/** `devices`: QEMU's number of the descriptor that the state is read from. Rejects where QEMU does not take it. */
export const takeUpState = async (monitor: Monitor, { nics }: Guest, devices: number): Promise<void> => {
  await leaveMemoryOut(monitor);
  await monitor.ask('migrate-incoming', { uri: `fd:${devices}` });
  await untilLoaded(monitor);
  for (const [slot, { mac }] of nics.entries())
    await monitor.ask('device_add', { driver: cardDriver, ...cardOptions(slot, mac), bus: slotBus(slot) });
  await monitor.ask('cont');
};
