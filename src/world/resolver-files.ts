/**
 * The resolv.conf(5) of each machine. A guest has its own; namespaces share one file system, where each has a file below
 * /run that `exec` puts in the place of /etc/resolv.conf for the program that it runs.
 */
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { doorOf, type Kernel } from '../linux/kernel.ts';
import { type StackDoor } from '../linux/stack-door.ts';
import { resolvConf } from '../services/resolv-conf.ts';
import { type Resolver } from '../state/network-state.ts';
import { resolverFolder } from '../run/enter-world.ts';

const systemFile = '/etc/resolv.conf';

export const resolverFile = ({ kind }: Pick<StackDoor, 'kind'>, stack: string): string =>
  kind === 'guest' ? systemFile : `${resolverFolder}/${stack}`;

/** A link into /run, which is empty in a world, is given something to point at: only on a file can another one be put. */
const holdPlace = (): void => {
  try {
    const target = resolve(dirname(systemFile), readlinkSync(systemFile));
    if (!target.startsWith('/run/')) return;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, '', { flag: 'a' });
  } catch {
    // No link.
  }
};

/** An empty file for whoever is to write it. */
export const layResolverFile = (door: StackDoor, stack: string): void => {
  if (door.kind === 'namespace') holdPlace();
  door.writeFiles([{ path: resolverFile(door, stack), contents: '' }]);
};

/** What each stack was configured with, whoever its programs learn it from by themselves. */
export type Resolvers = Map<string, Resolver>;

export const setResolver = (
  kernel: Kernel,
  resolvers: Resolvers,
  stack: string,
  resolver: Resolver | undefined,
): void => {
  const door = doorOf(kernel, stack);
  const path = resolverFile(door, stack);
  if (resolver === undefined) {
    resolvers.delete(stack);
    door.removeFiles([path]);
    return;
  }
  layResolverFile(door, stack);
  door.writeFiles([{ path, contents: resolvConf(resolver) }]);
  resolvers.set(stack, resolver);
};
