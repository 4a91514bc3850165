/**
 * The command that runs a program inside one stack of a world, from outside of it: nsenter(1) into the supervisor's
 * namespaces, then `ip netns exec` (ip-netns(8)), which also gives the program a /sys that shows the stack.
 * Where the world has a resolv.conf(5) for the stack, the program sees it as /etc/resolv.conf: `ip netns exec` gives it a
 * mount namespace of its own.
 */
import { existsSync, readlinkSync } from 'node:fs';

/** Where a world keeps the resolv.conf(5) of each of its namespaces. */
export const resolverFolder = '/run/lanwright/resolv';

const namespaceOf = (pid: number | 'self', kind: string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
};

/** What a shell does before it becomes the program; its arguments are the file, and the program with its own. */
const mountResolver = 'mount --bind "$0" /etc/resolv.conf 2>/dev/null; exec "$@"';

const withResolver = (pid: number, stack: string, argv: readonly string[]): readonly string[] => {
  const file = `${resolverFolder}/${stack}`;
  return existsSync(`/proc/${pid}/root${file}`) ? ['sh', '-c', mountResolver, file, ...argv] : argv;
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
  ...withResolver(pid, stack, argv),
];
