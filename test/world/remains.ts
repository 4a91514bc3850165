/**
 * What is left of a world in the machine it ran on: processes of its PID namespace, its door among the abstract unix
 * sockets. A world that has ended has left nothing.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const pids = (): readonly number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0);

const namespaceOf = (pid: number, kind: string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
};

/** Whether a process is there and not merely waiting to be reaped. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

/** The PID namespace of the world whose supervisor has this process id. */
export const worldNamespace = (supervisor: number): string | undefined => namespaceOf(supervisor, 'pid');

/** The processes of a world, by the PID namespace that is theirs alone. */
export const processesIn = (namespace: string): readonly number[] =>
  pids().filter((pid) => namespaceOf(pid, 'pid') === namespace && isAlive(pid));

/** Whether a lab's door is among the abstract sockets. */
export const hasDoor = (lab: string): boolean =>
  readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .some((line) => /@.*lanwright/.test(line) && line.trimEnd().replace(/\.*$/, '').endsWith(lab));

/** Waits until a claim holds; false when it did not within the time. */
export const eventually = async (claim: () => boolean, limitMs = 8000): Promise<boolean> => {
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    if (claim()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return claim();
};
