/** A guest without NICs, driven by the shell on its serial console. It must end before its disks are looked at. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach } from 'vitest';
import { socketsOf } from '../../src/machines/guest.ts';
import { qemuArguments } from '../../src/machines/qemu-arguments.ts';
import { type BootFiles, type VirtualMachine } from '../../src/state/virtual-machine.ts';

/** A test that fails leaves no guest behind. */
const alive = new Set<ChildProcess>();
afterEach(() => {
  for (const child of alive) child.kill('SIGKILL');
});

const limitMs = 240_000;

export interface ConsoleGuest {
  /** Runs a command in the guest's shell; what it printed. */
  readonly sh: (command: string) => Promise<string>;
  /** Sends a line and waits for nothing. */
  readonly send: (line: string) => void;
  /** Everything that the console showed. */
  readonly shown: () => string;
  /** The plug is pulled. */
  readonly cutPower: () => Promise<void>;
  readonly powerOff: () => Promise<void>;
}

/** QEMU's arguments with its sockets in `folder`, without the monitor on a port. */
const argumentsIn = (folder: string, hardware: VirtualMachine, boot: BootFiles): readonly string[] => {
  const usual = socketsOf('guest');
  const sockets = {
    ...usual,
    agent: join(folder, 'agent'),
    console: join(folder, 'console'),
    monitor: join(folder, 'monitor'),
    cards: join(folder, 'cards'),
    pidFile: join(folder, 'pid'),
  };
  const argv = qemuArguments({ name: 'guest', hardware, boot, accelerator: 'tcg', nics: [], sockets });
  const port = argv.indexOf('-monitor');
  return argv.filter((_, index) => index !== port && index !== port + 1);
};

const reach = async (path: string, isOver: () => boolean): Promise<Socket> => {
  for (;;) {
    if (isOver()) throw new Error('QEMU ended');
    const socket = await new Promise<Socket | undefined>((resolve) => {
      const made = connect(path, () => resolve(made)).on('error', () => resolve(undefined));
    });
    if (socket !== undefined) return socket;
    await pause(20);
  }
};

const stop = async (child: ChildProcess, ended: Promise<unknown>): Promise<void> => {
  child.kill('SIGKILL');
  await ended;
};

/** `prompt`: what the shell on the console shows when it is there; usually that of busybox. */
export const startOnConsole = async (
  hardware: VirtualMachine,
  boot: BootFiles,
  prompt = '# ',
): Promise<ConsoleGuest> => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-guest-'));
  const child = spawn('qemu-system-x86_64', argumentsIn(folder, hardware, boot), {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  alive.add(child);
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      isOver = true;
      alive.delete(child);
      rmSync(folder, { recursive: true, force: true });
      resolve();
    });
  });
  const console = await reach(join(folder, 'console'), () => isOver);
  let shown = '';
  console.setEncoding('utf8').on('data', (text: string) => (shown += text));
  console.on('error', () => undefined);
  const until = async (from: number, mark: string): Promise<string> => {
    const start = performance.now();
    for (;;) {
      const at = shown.indexOf(mark, from);
      if (at !== -1) return shown.slice(from, at);
      if (isOver || performance.now() - start > limitMs) {
        await stop(child, ended);
        throw new Error(`no \`${mark}\` on the console, which showed:\n${shown}`);
      }
      await pause(20);
    }
  };
  await until(0, prompt);
  let number = 0;
  const sh = async (command: string): Promise<string> => {
    number += 1;
    const from = shown.length;
    // The mark is put together by the guest, so that the echo of the line is not taken for it.
    console.write(`{ ${command}; } 2>&1; echo "en""d-${number}"\n`);
    const text = await until(from, `end-${number}\r\n`);
    return text
      .slice(text.indexOf(`d-${number}"`) + `d-${number}"`.length)
      .replaceAll('\r', '')
      .replace(/^\n+/, '')
      .trimEnd();
  };
  return {
    sh,
    send: (line) => void console.write(`${line}\n`),
    shown: () => shown,
    cutPower: () => stop(child, ended),
    powerOff: async () => {
      console.write('sync; poweroff -f\n');
      await Promise.race([ended, pause(limitMs)]);
      if (!isOver) await stop(child, ended);
    },
  };
};
