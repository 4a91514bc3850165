/**
 * One guest from start to end: QEMU as a child of this process, in its namespaces; its monitor, its console, and the
 * moment when the agent inside has opened its port. What ends by itself is noticed; what must end is ended.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { type Guest, type SavedState } from './guest.ts';
import { openConsole, type SerialConsole } from './console.ts';
import { firstTapFd, qemuArguments, type MemoryFile } from './qemu-arguments.ts';
import { openMonitor, type Monitor, type QmpEvent } from './qmp.ts';
import { takeUpState } from './resume-state.ts';

export const qemuProgram = 'qemu-system-x86_64';

/** A guest did not come up; the message says at which stage, and what it said last. */
export class GuestFailed extends Error {
  readonly machine: string;
  /** Somebody ended it: that it does not run is as they wish. */
  readonly isKilled: boolean;
  constructor(machine: string, why: string, lastWords: readonly string[], isKilled = false) {
    super([`\`${machine}\` ${why}`, ...lastWords.map((line) => `  ${line}`)].join('\n'));
    this.machine = machine;
    this.isKilled = isKilled;
  }
}

export type GuestStage = 'starting' | 'booting' | 'running' | 'stopping' | 'ended';

export interface RunningGuest {
  readonly guest: Guest;
  /** As this process sees it. */
  readonly pid: number;
  readonly monitor: Monitor;
  readonly console: SerialConsole;
  readonly stage: () => GuestStage;
  /** Resolves when QEMU has ended, with how. */
  readonly ended: Promise<string>;
  /** Asks it to power down, by `ask` and by its power button; ends it by force after `limitMs`. */
  readonly stop: (ask: () => void, limitMs: number) => Promise<'powered down' | 'stopped by force'>;
  readonly kill: () => void;
}

/** What is told while it comes up. */
export type OnStage = (machine: string, text: string) => void;

export interface StartOptions {
  /** Descriptors of its taps, in the order of its NICs; they are closed here once QEMU has them. */
  readonly taps: readonly number[];
  /** How long the system may take until its agent opens its port. */
  readonly bootLimitMs: number;
  readonly onStage: OnStage;
  /** Further arguments. */
  readonly more?: readonly string[];
  /** It goes on from here instead of booting. */
  readonly state?: SavedState;
  /** What its state is saved in. */
  readonly memory?: MemoryFile;
}

const keptLines = 8;

const collectWords = (child: ChildProcess): (() => readonly string[]) => {
  const words: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // A card that is plugged in later leaves its other end alone for a moment.
    words.push(...text.split('\n').filter((line) => line.trim() !== '' && !line.endsWith('has no peer')));
    words.splice(0, Math.max(0, words.length - keptLines));
  });
  return () => words;
};

const clearSockets = ({ sockets }: Guest): void => {
  for (const path of Object.values<string>({ ...sockets })) rmSync(path, { force: true });
};

const memoryOf = ({ state, memory }: StartOptions): MemoryFile | undefined =>
  state === undefined ? memory : { path: state.memory, isShared: false };

const spawnQemu = (guest: Guest, options: StartOptions): ChildProcess => {
  const { taps, more = [], state } = options;
  clearSockets(guest);
  const given = [...taps];
  try {
    if (state !== undefined) given.push(openSync(state.devices, 'r'));
    return spawn(qemuProgram, [...qemuArguments(guest, memoryOf(options)), ...more], {
      stdio: ['ignore', 'ignore', 'pipe', ...given],
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    });
  } finally {
    for (const fd of given) closeSync(fd);
  }
};

/** Whether somebody ended QEMU, by what `ended` resolves with. */
export const wasKilled = (how: string): boolean => /SIG(KILL|TERM)$/.test(how);

const agentOpened = ({ event, data }: QmpEvent): boolean =>
  event === 'VSERPORT_CHANGE' && data['id'] === 'agent' && data['open'] === true;

const within = <T>(work: Promise<T>, limitMs: number): Promise<T | 'late'> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** A process that has closed its sockets is about to end. */
const endingMs = 2_000;

/** How QEMU ended, asked when what spoke with it has lost it; undefined where it runs on. */
export const endOf = async (ended: Promise<string>): Promise<string | undefined> => {
  const how = await within(ended, endingMs);
  return how === 'late' ? undefined : how;
};

/** Starts a guest and waits for its agent; rejects with `GuestFailed`, and then nothing of it is left. */
export const startGuest = async (guest: Guest, options: StartOptions): Promise<RunningGuest> => {
  const { name } = guest;
  const child = spawnQemu(guest, options);
  const words = collectWords(child);
  let stage: GuestStage = 'starting';
  let how = '';
  const ended = new Promise<string>((resolve) => {
    const end = (text: string): void => {
      how = text;
      stage = 'ended';
      resolve(text);
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ENOENT' ? `there is no program \`${qemuProgram}\`` : error.message),
    );
    child.once('exit', (status, signal) => end(`QEMU ended with ${signal ?? `exit status ${status}`}`));
  });
  const isOver = (): boolean => stage === 'ended';
  const kill = (): void => void child.kill('SIGKILL');
  const fail = async (why: string, said: readonly string[]): Promise<never> => {
    const isKilled = wasKilled(how);
    kill();
    await ended;
    clearSockets(guest);
    throw new GuestFailed(name, why, said, isKilled);
  };

  options.onStage(name, `booting ${name}`);
  let opened = (): void => undefined;
  const agent = new Promise<'agent'>((resolve) => {
    opened = () => resolve('agent');
  });
  const monitor = await openMonitor(
    guest.sockets.monitor,
    (event) => (agentOpened(event) ? opened() : undefined),
    isOver,
  );
  if (monitor === undefined) return fail(`did not start: ${(await endOf(ended)) ?? 'its monitor hangs up'}`, words());
  stage = 'booting';
  const { state } = options;
  const serial = openConsole(guest.sockets.console, state === undefined ? undefined : readFileSync(state.said));
  const lose = (why: string): Promise<never> => {
    const said = [...words(), ...serial.lastLines(keptLines)];
    serial.close();
    monitor.close();
    return fail(`${why}${said.length === 0 ? '' : '; the last it said is'}`, said);
  };
  if (state !== undefined) {
    try {
      await takeUpState(monitor, guest, firstTapFd + options.taps.length);
    } catch (error) {
      const end = await endOf(ended);
      return lose(
        end === undefined ? `does not take up its state: ${(error as Error).message}` : `ended while it booted: ${end}`,
      );
    }
  }
  const first = await within(Promise.race([agent, ended.then(() => 'ended' as const)]), options.bootLimitMs);
  if (first !== 'agent') {
    return lose(
      first === 'ended' ? `ended while it booted: ${how}` : `does not answer after ${options.bootLimitMs / 1000} s`,
    );
  }
  stage = 'running';
  options.onStage(name, `${name} answers`);
  void ended.then(() => {
    serial.close();
    monitor.close();
    clearSockets(guest);
  });
  return {
    guest,
    pid: child.pid ?? 0,
    monitor,
    console: serial,
    stage: () => stage,
    ended,
    stop: async (ask, limitMs) => {
      if (isOver()) return 'powered down';
      stage = 'stopping';
      ask();
      monitor.ask('system_powerdown').catch(() => undefined);
      const end = await within(ended, limitMs);
      if (end !== 'late') return 'powered down';
      kill();
      await ended;
      return 'stopped by force';
    },
    kill,
  };
};
