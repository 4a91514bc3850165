/**
 * A handle on the stacks of this world: the door to each, netlink sockets in it, and what must be remembered that the
 * kernels do not: the next free interface index, sysctl values from before ours, and cables that end in guests.
 */
import { type Cable, type WireguardSettings } from '../state/network-state.ts';
import { namespaceDoor, ownDoor } from './namespace-door.ts';
import {
  NETLINK_GENERIC,
  NETLINK_NETFILTER,
  NETLINK_ROUTE,
  closeNetlink,
  type NetlinkSocket,
} from './netlink-socket.ts';
import { addNamespace, inNamespace, openNamespaces, removeNamespace, type Namespaces } from './namespaces.ts';
import { type StackDoor } from './stack-door.ts';

export interface Kernel {
  readonly namespaces: Namespaces;
  /** Doors by stack: those of namespaces made at first use, those of guests by `addGuest`. */
  readonly doors: Map<string, StackDoor>;
  readonly sockets: Map<string, NetlinkSocket>;
  /** The same for nfnetlink. */
  readonly filterSockets: Map<string, NetlinkSocket>;
  /** And for generic netlink. */
  readonly genericSockets: Map<string, NetlinkSocket>;
  /**
   * Interfaces get indices that are unique in the whole world, so that the two ends of a cable find each other by
   * the peer's index alone.
   */
  nextIndex: number;
  /** Values before the first change, by stack and then by key. */
  readonly sysctlDefaults: Map<string, Map<string, string>>;
  /** Namespaces that were made in this change: their sysctls are what every namespace is born with. */
  readonly newborn: Set<string>;
  /** What that is, by key, as far as it was asked for. */
  readonly sysctlsAtBirth: Map<string, string | undefined>;
  /** Bonds, as `stack name`: their members must be down when they join. */
  readonly bonds: Set<string>;
  /** What WireGuard devices were told to be, by `stack name`. */
  readonly wireguards: Map<string, WireguardSettings>;
  /**
   * Private keys of WireGuard devices by their public halves, to be put into the files that settings name: all that were
   * ever told, as what is taken back, or started again, may be older than the last ones.
   */
  privateKeys: ReadonlyMap<string, string>;
  /** Cables with an end in a guest: no kernel knows what is at the other end of those. */
  guestCables: readonly Cable[];
}

const kernelOf = (namespaces: Namespaces): Kernel => ({
  namespaces,
  doors: new Map(),
  sockets: new Map(),
  filterSockets: new Map(),
  genericSockets: new Map(),
  nextIndex: 100,
  sysctlDefaults: new Map(),
  newborn: new Set(),
  sysctlsAtBirth: new Map(),
  bonds: new Set(),
  wireguards: new Map(),
  privateKeys: new Map(),
  guestCables: [],
});

export const openKernel = (): Kernel => kernelOf(openNamespaces());

/**
 * A handle for looking at the namespace that this process is in, as one stack. It takes no privilege, and nothing is
 * changed through it. `settings`: the keys below /proc/sys that count; `nics`: interfaces that are cards or taps, whose
 * far ends nobody here knows.
 */
export const ownKernel = (stack: string, settings: readonly string[], nics: readonly string[]): Kernel => ({
  ...kernelOf({ home: -1, byName: new Map([[stack, { name: stack, fd: -1 }]]) }),
  doors: new Map([[stack, ownDoor()]]),
  sysctlDefaults: new Map([[stack, new Map(settings.map((key) => [key, '']))]]),
  guestCables: nics.map((name) => ({ a: { stack, interface: name }, b: { stack: '', interface: name } })),
});

/** Stacks that answer: a guest that was lost is as good as gone. */
export const stacksOf = (kernel: Kernel): readonly string[] => {
  const guests = [...kernel.doors].filter(([, { kind, isLost }]) => kind === 'guest' && !isLost);
  return [...kernel.namespaces.byName.keys(), ...guests.map(([stack]) => stack)].sort();
};

export const hasStack = (kernel: Kernel, stack: string): boolean =>
  kernel.namespaces.byName.has(stack) || kernel.doors.get(stack)?.isLost === false;

export const doorOf = (kernel: Kernel, stack: string): StackDoor => {
  const known = kernel.doors.get(stack);
  if (known !== undefined) return known;
  const door = namespaceDoor(kernel.namespaces, stack);
  kernel.doors.set(stack, door);
  return door;
};

export const isGuest = (kernel: Kernel, stack: string): boolean => kernel.doors.get(stack)?.kind === 'guest';

export const addStack = (kernel: Kernel, stack: string): void => {
  addNamespace(kernel.namespaces, stack);
  kernel.sysctlDefaults.set(stack, new Map());
  kernel.newborn.add(stack);
};

const closeSockets = (kernel: Kernel, stack: string): void => {
  for (const sockets of [kernel.sockets, kernel.filterSockets, kernel.genericSockets]) {
    const socket = sockets.get(stack);
    if (socket !== undefined) closeNetlink(socket);
    sockets.delete(stack);
  }
};

/** A guest that has started and answers; one of that name before it was lost. */
export const addGuest = (kernel: Kernel, stack: string, door: StackDoor): void => {
  closeSockets(kernel, stack);
  kernel.doors.get(stack)?.close();
  kernel.doors.set(stack, door);
  kernel.sysctlDefaults.set(stack, new Map());
};

export const removeStack = (kernel: Kernel, stack: string): void => {
  closeSockets(kernel, stack);
  kernel.doors.get(stack)?.close();
  kernel.doors.delete(stack);
  kernel.sysctlDefaults.delete(stack);
  kernel.newborn.delete(stack);
  removeNamespace(kernel.namespaces, stack);
};

/** Runs `work` with the main thread in a stack that is a namespace. */
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
  const socket = doorOf(kernel, stack).openNetlink(protocol);
  sockets.set(stack, socket);
  return socket;
};

/** The stack's rtnetlink socket, opened at first use. */
export const socketOf = (kernel: Kernel, stack: string): NetlinkSocket =>
  openedIn(kernel, kernel.sockets, stack, NETLINK_ROUTE);

/** The stack's socket for generic netlink, opened at first use. */
export const genericSocketOf = (kernel: Kernel, stack: string): NetlinkSocket =>
  openedIn(kernel, kernel.genericSockets, stack, NETLINK_GENERIC);

/** The stack's nfnetlink socket, opened at first use. */
export const filterSocketOf = (kernel: Kernel, stack: string): NetlinkSocket =>
  openedIn(kernel, kernel.filterSockets, stack, NETLINK_NETFILTER);
