/**
 * A guest that is booted to be saved: without network cards, up to where its agent answers. It then ends; machines like it
 * go on from there, each with cards, randomness and a clock of its own.
 */
import { truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openGuest } from '../guest/guest-door.ts';
import { socketsOf, type Guest, type SavedState } from './guest.ts';
import { type Monitor } from './qmp.ts';
import { leaveMemoryOut } from './resume-state.ts';
import { startGuest } from './run-guest.ts';
import { StateRefused } from './saved-states.ts';

const agentLimitMs = 30_000;
const saveLimitMs = 30_000;
const lookEveryMs = 5;

/** A word of sh(1). */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const untilSaved = async (monitor: Monitor): Promise<void> => {
  for (const end = performance.now() + saveLimitMs; performance.now() < end;) {
    const answer = (await monitor.ask('query-migrate')) as { readonly status?: string; readonly 'error-desc'?: string };
    if (answer.status === 'completed') return;
    if (answer.status === 'failed') throw new StateRefused(answer['error-desc'] ?? 'QEMU does not say why');
    await pause(lookEveryMs);
  }
  throw new Error(`it is not written after ${saveLimitMs / 1000} s`);
};

const writeDevices = async (monitor: Monitor, path: string): Promise<void> => {
  await monitor.ask('stop');
  await leaveMemoryOut(monitor);
  try {
    await monitor.ask('migrate', { uri: `exec:umask 077; exec cat > ${quoted(path)}` });
  } catch (error) {
    // A device or a processor that QEMU cannot save.
    throw new StateRefused((error as Error).message);
  }
  await untilSaved(monitor);
};

/** Fills the files of a state with that of a machine like `guest`. */
export const saveState = async (guest: Guest, name: string, state: SavedState, bootLimitMs: number): Promise<void> => {
  writeFileSync(state.memory, '', { mode: 0o600 });
  truncateSync(state.memory, guest.hardware.memoryMebibytes * 1024 * 1024);
  const running = await startGuest(
    { ...guest, name, nics: [], sockets: socketsOf(name) },
    { taps: [], bootLimitMs, onStage: () => undefined, memory: { path: state.memory, isShared: true } },
  );
  const { console: screen } = running;
  try {
    const door = await openGuest(name, running.guest.sockets.agent, agentLimitMs);
    door.close();
    await writeDevices(running.monitor, state.devices);
    writeFileSync(state.said, screen.said(), { mode: 0o600 });
    await running.monitor.ask('quit').catch(() => undefined);
  } finally {
    running.kill();
    await running.ended;
  }
};
