/**
 * Network namespaces of a world, each bound to a name under /run/netns so that `ip netns exec` finds it too.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { MS_BIND, mount, setns, unmount, unshareNetwork } from './libc.ts';

const folder = '/run/netns';

/** One namespace: `fd` keeps it alive. */
export interface Namespace {
  readonly name: string;
  readonly fd: number;
}

/** The namespaces of a process, and the one it was born in. */
export interface Namespaces {
  readonly home: number;
  readonly byName: Map<string, Namespace>;
}

export const openNamespaces = (): Namespaces => {
  mkdirSync(folder, { recursive: true });
  return { home: openSync('/proc/self/ns/net', 'r'), byName: new Map() };
};

/** Runs `work` with the main thread in a namespace. `work` must be synchronous: whatever it awaits runs at home. */
export const inNamespace = <T>(namespaces: Namespaces, name: string, work: () => T): T => {
  const namespace = namespaces.byName.get(name);
  if (namespace === undefined) throw new Error(`no network stack \`${name}\` in this world`);
  setns(namespace.fd);
  try {
    return work();
  } finally {
    setns(namespaces.home);
  }
};

export const addNamespace = (namespaces: Namespaces, name: string): void => {
  const path = `${folder}/${name}`;
  writeFileSync(path, '');
  unshareNetwork();
  try {
    mount('/proc/thread-self/ns/net', path, 'none', MS_BIND);
    namespaces.byName.set(name, { name, fd: openSync(path, 'r') });
  } finally {
    setns(namespaces.home);
  }
};

export const removeNamespace = (namespaces: Namespaces, name: string): void => {
  const namespace = namespaces.byName.get(name);
  if (namespace === undefined) return;
  namespaces.byName.delete(name);
  closeSync(namespace.fd);
  unmount(`${folder}/${name}`);
  rmSync(`${folder}/${name}`);
};
