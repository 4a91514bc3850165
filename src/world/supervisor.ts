/**
 * A world's PID 1. It is born in new namespaces with the door (a listening unix socket) as descriptor 3, and does what
 * the command line asks through it. Its end is the end of everything in the world.
 */
import { createServer, type Socket } from 'node:net';
import { mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { openKernel, stacksOf } from '../linux/kernel.ts';
import { mount } from '../linux/libc.ts';
import { withKeysOf } from '../run/private-keys.ts';
import { openNetlink, NETLINK_ROUTE, sendRequests, closeNetlink } from '../linux/netlink-socket.ts';
import { setLink } from '../linux/rtnetlink-write.ts';
import { backUpDisk } from '../machines/back-up-disk.ts';
import { stopInOrder } from '../machines/carry-machines.ts';
import { noMachines, statusOfMachines } from '../machines/machine-table.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type MachineKind } from '../state/virtual-machine.ts';
import { partOfState } from '../plan/part-of-state.ts';
import { measure } from '../probe/measure.ts';
import { traceFlow } from '../probe/trace/trace-flow.ts';
import { bringAbout, observeSite } from './bring-about.ts';
import { onLine } from './lines.ts';
import { openingWord, type ApplyResult, type Reply, type Request, type WorldStatus } from './protocol.ts';
import { peerUser } from './peer-user.ts';
import { reapOrphans } from './reaper.ts';
import { shortfallsOf } from './readiness.ts';
import { givenLeases } from './lease-list.ts';
import { alertsOf, logsOf, statusOf } from './service-status.ts';
import { noServices } from './services.ts';
import { type SessionInput, type SessionOutput, type SessionRequest } from './session-messages.ts';
import { beginSession, type Session } from './session.ts';
import { type Site } from './site.ts';

const doorFd = 3;
/** A world that nobody asked for anything by then was forgotten by its starter. */
const lonelyMs = 15_000;

const lab = process.argv[2] ?? '';

interface World {
  readonly pid: number;
  readonly site: Site;
  file: string;
  guestKind: MachineKind;
  /** What was last asked for, and which of its machines are stopped. */
  applied: (Request & { readonly op: 'apply' }) | undefined;
  off: ReadonlySet<string>;
  /** Whether anything was brought up yet; until then the world ends with the last connection, first of all its starter's. */
  isEstablished: boolean;
  readonly connections: Set<Socket>;
  readonly sessions: Map<Socket, Session>;
  /** Requests are carried out one after the other, whoever sends them. */
  turn: Promise<void>;
}

/** Private /proc, /run and /sys, and `lo` up. The process id is read before: as those outside see it. */
const moveIn = (): World => {
  const pid = Number(readlinkSync('/proc/self'));
  mount('proc', '/proc', 'proc', 0);
  mount('tmpfs', '/run', 'tmpfs', 0);
  mount('sysfs', '/sys', 'sysfs', 0);
  mkdirSync('/run/lock', { recursive: true });
  const socket = openNetlink(NETLINK_ROUTE);
  sendRequests(socket, [setLink(1, { mtuBytes: 65536, up: true }, undefined)]);
  closeNetlink(socket);
  const site = { kernel: openKernel(), services: noServices(), machines: noMachines() };
  return {
    pid,
    site,
    file: '',
    guestKind: 'netns',
    applied: undefined,
    off: new Set(),
    isEstablished: false,
    connections: new Set(),
    sessions: new Map(),
    turn: Promise.resolve(),
  };
};

const partOn = (desired: NetworkState, off: ReadonlySet<string>): NetworkState =>
  partOfState(desired, (stack) => !off.has(stack));

const status = ({ pid, site, file, guestKind, applied, off }: World): WorldStatus => ({
  lab,
  file,
  pid,
  stacks: stacksOf(site.kernel),
  services: statusOf(site.services),
  shortfalls: applied === undefined ? [] : shortfallsOf(site, partOn(applied.desired, off), () => true),
  alerts: alertsOf(site.services),
  machines: statusOfMachines(site.machines),
  stopped: [...off],
  guestKind,
  residentBytes: process.memoryUsage.rss(),
});

type Say = (reply: Reply) => void;

/** Makes the world what `request` says, but for machines that are `off`. */
const apply = async (
  world: World,
  request: Request & { readonly op: 'apply' },
  off: ReadonlySet<string>,
  say: Say,
): Promise<ApplyResult> => {
  const { kernel } = world.site;
  if (request.keyFile !== undefined) kernel.privateKeys = withKeysOf(request.keyFile, kernel.privateKeys);
  const result = await bringAbout(world.site, {
    desired: partOn(request.desired, off),
    startOrder: request.startOrder,
    ...(request.machines === undefined ? {} : { machines: request.machines }),
    onProgress: (done, total, text) => say({ kind: 'progress', done, total, text }),
    onNews: (text) => say({ kind: 'news', text }),
  });
  if (result.failure !== undefined) return result;
  world.file = request.file;
  world.guestKind = request.machines?.guestKind ?? 'netns';
  world.applied = request;
  world.off = off;
  world.isEstablished = true;
  return result;
};

const switchMachines = (
  world: World,
  { start, stop }: Request & { readonly op: 'power' },
  say: Say,
): Promise<ApplyResult> => {
  if (world.applied === undefined) throw new Error('the lab is not up yet');
  const off = new Set([...world.off, ...stop].filter((name) => !start.includes(name)));
  return apply(world, world.applied, off, say);
};

const powerDown = ({ site }: World, say: Say): Promise<void> =>
  stopInOrder(site.machines, [...site.machines.running.keys()], (_machine, text) => say({ kind: 'news', text }));

const carryOutRequest = async (world: World, request: Request, say: Say): Promise<unknown> => {
  switch (request.op) {
    case 'status':
      return status(world);
    case 'logs':
      return logsOf(world.site.services, request.stack);
    case 'leases':
      return world.applied === undefined ? [] : givenLeases(world.site.services, world.applied.desired);
    case 'observe':
      return observeSite(world.site);
    case 'apply':
      return apply(world, request, new Set(), say);
    case 'power':
      return switchMachines(world, request, say);
    case 'measure':
      return measure(world.site.kernel, request.probes, request.neighbourBudget, (done, total) =>
        say({ kind: 'progress', done, total, text: 'probing' }),
      );
    case 'trace':
      return traceFlow(world.site.kernel, request.request, request.neighbourBudget);
    case 'down':
      if (request.isForced !== true) await powerDown(world, say);
      return null;
    case 'back-up':
    case 'console':
    case 'exec':
      return null;
  }
};

/** From here on the connection's lines are a session's. */
const holdSession = (world: World, request: SessionRequest, connection: Socket, say: (reply: Reply) => void): void => {
  const tell = (message: SessionOutput): void => {
    if (connection.writable) connection.write(`${JSON.stringify(message)}\n`);
    if ('status' in message) connection.end();
  };
  const early: SessionOutput[] = [];
  let isBegun = false;
  const session = beginSession(world.site, request, (message) => (isBegun ? tell(message) : early.push(message)));
  world.sessions.set(connection, session);
  connection.once('close', () => {
    world.sessions.delete(connection);
    session.end();
  });
  say({ kind: 'result', value: null });
  isBegun = true;
  for (const message of early) tell(message);
};

const answer = async (world: World, line: string, connection: Socket): Promise<void> => {
  const say = (reply: Reply): void => {
    if (connection.writable) connection.write(`${JSON.stringify(reply)}\n`);
  };
  try {
    const request = JSON.parse(line) as Request;
    const value = await carryOutRequest(world, request, say);
    if (request.op === 'console' || request.op === 'exec') {
      holdSession(world, request, connection, say);
      return;
    }
    if (request.op === 'back-up') {
      // Takes as long as the disk is large: others are answered meanwhile.
      void backUpDisk(world.site.machines, request.machine, request.disk, request.to).then(
        (copied) => say({ kind: 'result', value: copied }),
        (error: unknown) => say({ kind: 'failure', message: (error as Error).message }),
      );
      return;
    }
    say({ kind: 'result', value });
    if (request.op === 'down') connection.end(() => process.exit(0));
  } catch (error) {
    say({ kind: 'failure', message: (error as Error).message });
  }
};

/** User 0 of this user namespace is the one who made the world. */
const isOwner = (connection: Socket): boolean => peerUser(connection) === 0;

const welcome = (world: World, connection: Socket): void => {
  if (!isOwner(connection)) {
    connection.destroy();
    return;
  }
  connection.on('error', () => undefined);
  world.connections.add(connection);
  connection.on('close', () => {
    world.connections.delete(connection);
    if (!world.isEstablished && world.connections.size === 0) process.exit(0);
  });
  onLine(connection, (line) => {
    const session = world.sessions.get(connection);
    if (session !== undefined) {
      session.hear(JSON.parse(line) as SessionInput);
      return;
    }
    world.turn = world.turn.then(() => answer(world, line, connection));
  });
};

/** Whether the world was opened. Until then this process has nothing else to do, so it may as well block. */
const isWanted = (): boolean => readFileSync(0, 'utf8') === openingWord;

export const live = (): void => {
  // What is mounted here must be seen by nobody else.
  if (process.pid !== 1) throw new Error('a supervisor is the first process of namespaces of its own');
  const world = moveIn();
  if (!isWanted()) process.exit(0);
  reapOrphans();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));
  const door = createServer((connection) => welcome(world, connection));
  door.listen({ fd: doorFd });
  setTimeout(() => {
    if (!world.isEstablished && world.site.kernel.namespaces.byName.size === 0) process.exit(0);
  }, lonelyMs).unref();
};
