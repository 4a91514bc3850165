/**
 * Guests without a machine: the agent in a network namespace of its own, with taps for cards and a process a cable that
 * copies frames. Everything but QEMU and a second kernel is what it is with guests.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, existsSync } from 'node:fs';
import { openGuest } from '../../src/guest/guest-door.ts';
import { takeIndex } from '../../src/linux/links.ts';
import { type Kernel } from '../../src/linux/kernel.ts';
import { type Machines, type NetworkCard, type StartedGuest } from '../../src/linux/machines.ts';
import { inNamespace, type Namespaces } from '../../src/linux/namespaces.ts';
import { closeNetlink, NETLINK_ROUTE, openNetlink, sendRequests } from '../../src/linux/netlink-socket.ts';
import { readLinks } from '../../src/linux/rtnetlink-read.ts';
import { setLink } from '../../src/linux/rtnetlink-write.ts';
import { openTap } from '../../src/linux/taps.ts';
import { type Cable, type CableEnd } from '../../src/state/network-state.ts';

export interface StandIns extends Machines {
  /** The process of a guest, to do it harm. */
  readonly processOf: (stack: string) => ChildProcess | undefined;
}

const folder = '/run/stand-ins';
const wire = `
  open my $a, '+<&=', 3; open my $b, '+<&=', 4;
  while (1) {
    my $set = ''; vec($set, 3, 1) = vec($set, 4, 1) = 1;
    select $set, undef, undef, undef;
    if (vec $set, 3, 1) { sysread $a, my $frame, 70000; syswrite $b, $frame }
    if (vec $set, 4, 1) { sysread $b, my $frame, 70000; syswrite $a, $frame }
  }`;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const endKey = ({ stack, interface: name }: CableEnd): string => `${stack} ${name}`;
const cableKey = ({ a, b }: Cable): string => `${endKey(a)} ${endKey(b)}`;

/** `virtual`: which stacks are guests. */
export const standIns = (kernel: Kernel, agent: string, virtual: ReadonlySet<string>): StandIns => {
  const guests = new Map<string, ChildProcess>();
  const wires = new Map<string, ChildProcess>();
  const inside: Namespaces = { home: kernel.namespaces.home, byName: new Map() };
  mkdirSync(folder, { recursive: true });
  let cards = 0;

  const start = async (stack: string): Promise<StartedGuest | Error> => {
    guests.get(stack)?.kill('SIGKILL');
    const path = `${folder}/${stack}-${(cards += 1)}`;
    const child = spawn('unshare', ['--net', '--', 'perl', agent, `listen:${path}`], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    guests.set(stack, child);
    for (let tries = 0; tries < 1000 && !existsSync(path); tries += 1) await pause(5);
    inside.byName.set(stack, { name: stack, fd: openSync(`/proc/${child.pid}/ns/net`, 'r') });
    try {
      const door = await openGuest(stack, path, 5000);
      const lo = openNetlinkIn(stack);
      sendRequests(lo, [setLink(1, { mtuBytes: 65536, up: true }, undefined)]);
      closeNetlink(lo);
      return { door, cards: [] };
    } catch (error) {
      return error as Error;
    }
  };

  const openNetlinkIn = (stack: string) => inNamespace(inside, stack, () => openNetlink(NETLINK_ROUTE));

  /** A descriptor at that end, and the card's MAC where the end is in a guest. */
  const openEnd = ({ stack, interface: name }: CableEnd): { fd: number; card?: NetworkCard } => {
    if (!virtual.has(stack)) return { fd: inNamespace(kernel.namespaces, stack, () => openTap(name)) };
    cards += 1;
    const [port, mac] = [`nic${cards}`, `52:54:00:ff:00:${(cards % 256).toString(16).padStart(2, '0')}`];
    const fd = inNamespace(inside, stack, () => openTap(port, takeIndex(kernel)));
    const socket = openNetlinkIn(stack);
    const link = readLinks(socket).find((it) => it.name === port);
    sendRequests(socket, [setLink(link?.index ?? 0, { mtuBytes: 1500, up: false, mac }, undefined)]);
    closeNetlink(socket);
    return { fd, card: { mac, name } };
  };

  /** A tap takes another descriptor only once the one before is closed. */
  const cut = async (cable: Cable): Promise<void> => {
    const old = wires.get(cableKey(cable));
    if (old === undefined) return;
    wires.delete(cableKey(cable));
    const gone = new Promise((resolve) => old.once('exit', resolve));
    old.kill('SIGKILL');
    await gone;
  };

  return {
    isVirtual: (stack) => virtual.has(stack),
    start: async (stacks) =>
      new Map(await Promise.all(stacks.map(async (stack) => [stack, await start(stack)] as const))),
    stop: (stack) => {
      guests.get(stack)?.kill('SIGKILL');
      guests.delete(stack);
      const namespace = inside.byName.get(stack);
      if (namespace !== undefined) closeSync(namespace.fd);
      inside.byName.delete(stack);
      return Promise.resolve();
    },
    plug: async (cable) => {
      await cut(cable);
      const [a, b] = [openEnd(cable.a), openEnd(cable.b)];
      wires.set(cableKey(cable), spawn('perl', ['-e', wire], { stdio: ['ignore', 'inherit', 'inherit', a.fd, b.fd] }));
      closeSync(a.fd);
      closeSync(b.fd);
      return {
        ...(a.card === undefined ? {} : { a: a.card.mac }),
        ...(b.card === undefined ? {} : { b: b.card.mac }),
      };
    },
    unplug: cut,
    setCarrier: () => Promise.resolve(undefined),
    processOf: (stack) => guests.get(stack),
  };
};
