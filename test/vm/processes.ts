/** QEMU processes on this machine, by the lab whose supervisor is above them. */
import { readdirSync, readFileSync } from 'node:fs';

const parentsOf = (pid: number): readonly number[] => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return parent <= 1 ? [] : [parent, ...parentsOf(parent)];
  } catch {
    return [];
  }
};

const wordsOf = (pid: number): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
};

/** A zombie that nobody has reaped yet has no command line any more. */
export const isRunning = (pid: number): boolean => (wordsOf(pid)[0] ?? '') !== '';

const isQemu = (pid: number, machine: string): boolean => {
  const [program = '', , name] = wordsOf(pid);
  return program.endsWith('qemu-system-x86_64') && name === machine;
};

/** Below one process. */
export const qemusBelow = (supervisor: number, ...machines: readonly string[]): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => machines.some((machine) => isQemu(pid, machine)) && parentsOf(pid).includes(supervisor));

/** Of a machine whose name nobody else uses. */
export const qemusNamed = (machine: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isQemu(pid, machine));
