/**
 * PID 1 inherits every orphan of its world and must reap it. Node reaps the children it started as soon as they end,
 * so a zombie that is still there a second later is an orphan.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { reap } from '../linux/libc.ts';

const patienceMs = 1000;

const isZombie = (pid: string): boolean => {
  try {
    // pid (name) state ppid …; the name may hold anything, so fields count from the last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' && parent === '1';
  } catch {
    return false;
  }
};

const zombies = (): Set<string> => new Set(readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isZombie(name)));

/** Reaps orphans, looking only after some child has ended. */
export const reapOrphans = (): void => {
  let seen = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    timer = undefined;
    const now = zombies();
    for (const pid of now) if (seen.has(pid) && reap(Number(pid))) now.delete(pid);
    seen = now;
    if (now.size > 0) timer = setTimeout(look, patienceMs);
  };
  process.on('SIGCHLD', () => {
    timer ??= setTimeout(look, patienceMs);
  });
};
