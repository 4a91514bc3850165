/**
 * Runs a program on the caller's own terminal: its input, output and signals are ours, and so becomes its exit status.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { searchPath } from './search-path.ts';

const relayed: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
const numbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Who was started by a process, as proc_pid_task_children(5) has it. */
const childrenOf = (pid: number | undefined): readonly number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** Whether somebody heard it: who has ended meanwhile does not. */
const signalTo = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
};

/** The exit status as a shell would give it: 127 where there is no such program, 128 + n for a signal. */
export const runAttached = (argv: readonly string[]): Promise<number> =>
  new Promise((resolve) => {
    const [program = '', ...rest] = argv;
    const child = spawn(program, rest, { stdio: 'inherit', env: { ...process.env, PATH: searchPath() } });
    // The terminal sends SIGINT and SIGQUIT to the whole group; a second copy from us would be one too many.
    const relay = (signal: NodeJS.Signals): void => {
      if (signal !== 'SIGTERM' && signal !== 'SIGHUP') return;
      // nsenter(1) passes nothing on to the program that it has forked, and ends as that ends.
      const heard = childrenOf(child.pid).filter((pid) => signalTo(pid, signal));
      if (heard.length === 0) child.kill(signal);
    };
    for (const signal of relayed) process.on(signal, relay);
    const finish = (status: number): void => {
      for (const signal of relayed) process.off(signal, relay);
      resolve(status);
    };
    child.once('error', () => finish(127));
    child.once('exit', (code, signal) => finish(code ?? 128 + (numbers[signal ?? ''] ?? 9)));
  });
