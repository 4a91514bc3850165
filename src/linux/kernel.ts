/**
 * A handle on this world's part of the kernel: its namespaces, a netlink socket in each, and what must be remembered
 * that the kernel does not: the next free interface index and the sysctl values that were there before ours.
 */
import { NETLINK_NETFILTER, NETLINK_ROUTE, openNetlink, closeNetlink, type NetlinkSocket } from './netlink-socket.ts';
import { addNamespace, inNamespace, openNamespaces, removeNamespace, type Namespaces } from './namespaces.ts';

export interface Kernel {
  readonly namespaces: Namespaces;
  readonly sockets: Map<string, NetlinkSocket>;
  /** The same for nfnetlink. */
  readonly filterSockets: Map<string, NetlinkSocket>;
  /**
   * Interfaces get indices that are unique in the whole world, so that the two ends of a cable find each other by
   * the peer's index alone.
   */
  nextIndex: number;
  /** Values before the first change, by stack and then by key. */
  readonly sysctlDefaults: Map<string, Map<string, string>>;
  /** Stacks that were made in this change: their sysctls are what every namespace is born with. */
  readonly newborn: Set<string>;
  /** What that is, by key, as far as it was asked for. */
  readonly sysctlsAtBirth: Map<string, string | undefined>;
}

export const openKernel = (): Kernel => ({
  namespaces: openNamespaces(),
  sockets: new Map(),
  filterSockets: new Map(),
  nextIndex: 100,
  sysctlDefaults: new Map(),
  newborn: new Set(),
  sysctlsAtBirth: new Map(),
});

export const stacksOf = (kernel: Kernel): readonly string[] => [...kernel.namespaces.byName.keys()].sort();

export const addStack = (kernel: Kernel, stack: string): void => {
  addNamespace(kernel.namespaces, stack);
  kernel.sysctlDefaults.set(stack, new Map());
  kernel.newborn.add(stack);
};

export const removeStack = (kernel: Kernel, stack: string): void => {
  for (const sockets of [kernel.sockets, kernel.filterSockets]) {
    const socket = sockets.get(stack);
    if (socket !== undefined) closeNetlink(socket);
    sockets.delete(stack);
  }
  kernel.sysctlDefaults.delete(stack);
  kernel.newborn.delete(stack);
  removeNamespace(kernel.namespaces, stack);
};

export const within = <T>(kernel: Kernel, stack: string, work: () => T): T =>
  inNamespace(kernel.namespaces, stack, work);

const openedIn = (
  kernel: Kernel,
  sockets: Map<string, NetlinkSocket>,
  stack: string,
  protocol: number,
): NetlinkSocket => {
  const open = sockets.get(stack);
  if (open !== undefined) return open;
  const socket = within(kernel, stack, () => openNetlink(protocol));
  sockets.set(stack, socket);
  return socket;
};

/** The stack's rtnetlink socket, opened at first use. */
export const socketOf = (kernel: Kernel, stack: string): NetlinkSocket =>
  openedIn(kernel, kernel.sockets, stack, NETLINK_ROUTE);

/** The stack's nfnetlink socket, opened at first use. */
export const filterSocketOf = (kernel: Kernel, stack: string): NetlinkSocket =>
  openedIn(kernel, kernel.filterSockets, stack, NETLINK_NETFILTER);
