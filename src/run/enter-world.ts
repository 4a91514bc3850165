/**
 * The command that runs a program inside one stack of a world, from outside of it: nsenter(1) into the supervisor's
 * namespaces, then `ip netns exec` (ip-netns(8)), which also gives the program a /sys that shows the stack.
 */
import { readlinkSync } from 'node:fs';

const namespaceOf = (pid: number | 'self', kind: string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
};

/** `pid`: the supervisor's, as seen here. */
export const enterArguments = (pid: number, stack: string, argv: readonly string[]): readonly string[] => [
  'nsenter',
  `--target=${pid}`,
  // setns(2) refuses to enter the user namespace one is already in.
  ...(namespaceOf('self', 'user') === namespaceOf(pid, 'user') ? [] : ['--user', '--preserve-credentials']),
  '--mount',
  '--pid',
  '--uts',
  '--ipc',
  '--net',
  '--',
  'ip',
  'netns',
  'exec',
  stack,
  ...argv,
];
