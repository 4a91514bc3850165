/**
 * The command line's side of a world: find it, start it, talk to it. A world's door is an abstract unix socket named
 * after the user and the lab, so it is also the lock that keeps two worlds of one lab apart, and vanishes with it.
 */
import { connect, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { type BackedUp } from '../machines/back-up-disk.ts';
import { type NetworkState } from '../state/network-state.ts';
import { doorName, doorPrefix } from './door-name.ts';
import { onLine } from './lines.ts';
import { outerPids } from './outer-pids.ts';
import {
  type ApplyResult,
  type LogEntry,
  type MachinesRequest,
  type MeasureResult,
  type Reply,
  type Request,
  type WorldStatus,
} from './protocol.ts';
import { type GivenLease } from './lease-list.ts';
import { type SessionInput, type SessionOutput, type SessionRequest } from './session-messages.ts';
import { type ProbeRequest } from '../probe/measurement.ts';
import { type TraceRequest, type TraceResult } from '../probe/trace/trace-flow.ts';

export type OnProgress = (done: number, total: number, text: string) => void;

/** A running world. Requests are answered in order. */
export interface World {
  status(): Promise<WorldStatus>;
  observe(): Promise<NetworkState>;
  leases(): Promise<readonly GivenLease[]>;
  logs(stack: string): Promise<readonly LogEntry[]>;
  apply(
    desired: NetworkState,
    file: string,
    startOrder: readonly string[],
    onProgress?: OnProgress,
    machines?: MachinesRequest,
    onNews?: (text: string) => void,
    keyFile?: string,
  ): Promise<ApplyResult>;
  measure(probes: readonly ProbeRequest[], neighbourBudget: number, onProgress?: OnProgress): Promise<MeasureResult>;
  trace(request: TraceRequest, neighbourBudget: number): Promise<TraceResult>;
  /**
   * Turns this connection into a session: `hear` gets what is said, the result says something. Nothing else can be asked
   * of this handle any more.
   */
  hold(request: SessionRequest, hear: (message: SessionOutput) => void): Promise<(message: SessionInput) => void>;
  /** Resolves when the supervisor closes the connection. */
  readonly closed: Promise<void>;
  /** Starts and stops machines of what was last applied. */
  power(
    machines: { readonly start: readonly string[]; readonly stop: readonly string[] },
    onProgress?: OnProgress,
    onNews?: (text: string) => void,
  ): Promise<ApplyResult>;
  /** Copies a disk of a virtual machine that runs to a new image. */
  backUp(machine: string, disk: string, to: string): Promise<BackedUp>;
  /** Ends the world; resolves when its supervisor is gone. Virtual machines power down before, unless it is forced. */
  down(options?: DownOptions): Promise<void>;
  close(): void;
}

export interface DownOptions {
  readonly isForced?: boolean;
  readonly onNews?: (text: string) => void;
}

/** The supervisor went away while it was asked. */
export class WorldLost extends Error {
  constructor() {
    super('the supervisor of the lab ended while it was working');
  }
}

const openDoor = (lab: string): Promise<Socket | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect(`\0${doorName(lab)}`);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
  });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const untilGone = async (pid: number): Promise<void> => {
  for (let waited = 0; waited < 500 && isAlive(pid); waited += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
};

/** Who reads of a machine's process may want to look at it, or to end it. */
const seenFromOutside = (status: WorldStatus): WorldStatus => {
  if (status.machines.length === 0) return status;
  const pids = outerPids(status.pid);
  const machines = status.machines.map((machine) => ({ ...machine, pid: pids.get(machine.pid) ?? 0 }));
  return { ...status, machines };
};

const speak = (socket: Socket): World => {
  interface Waiting {
    readonly resolve: (value: unknown) => void;
    readonly reject: (error: Error) => void;
    readonly onProgress: OnProgress | undefined;
    readonly onNews: ((text: string) => void) | undefined;
  }
  const queue: Waiting[] = [];
  let hearSession: ((message: SessionOutput) => void) | undefined;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const lose = (): void => {
    for (const waiting of queue.splice(0)) waiting.reject(new WorldLost());
  };
  socket.on('error', lose);
  socket.on('close', lose);
  onLine(socket, (line) => {
    const waiting = queue[0];
    if (waiting === undefined) {
      hearSession?.(JSON.parse(line) as SessionOutput);
      return;
    }
    const reply = JSON.parse(line) as Reply;
    if (reply.kind === 'progress') {
      waiting.onProgress?.(reply.done, reply.total, reply.text);
      return;
    }
    if (reply.kind === 'news') {
      waiting.onNews?.(reply.text);
      return;
    }
    queue.shift();
    if (reply.kind === 'result') waiting.resolve(reply.value);
    else waiting.reject(new Error(reply.message));
  });
  const ask = <T>(request: Request, onProgress?: OnProgress, onNews?: (text: string) => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      queue.push({ resolve: (value) => resolve(value as T), reject, onProgress, onNews });
      socket.write(`${JSON.stringify(request)}\n`);
    });
  return {
    status: async () => seenFromOutside(await ask<WorldStatus>({ op: 'status' })),
    observe: () => ask<NetworkState>({ op: 'observe' }),
    leases: () => ask<readonly GivenLease[]>({ op: 'leases' }),
    logs: (stack) => ask<readonly LogEntry[]>({ op: 'logs', stack }),
    apply: (desired, file, startOrder, onProgress, machines, onNews, keyFile) =>
      ask<ApplyResult>(
        {
          ...{ op: 'apply', desired, file, startOrder },
          ...(machines === undefined ? {} : { machines }),
          ...(keyFile === undefined ? {} : { keyFile }),
        },
        onProgress,
        onNews,
      ),
    measure: (probes, neighbourBudget, onProgress) =>
      ask<MeasureResult>({ op: 'measure', probes, neighbourBudget }, onProgress),
    trace: (request, neighbourBudget) => ask<TraceResult>({ op: 'trace', request, neighbourBudget }),
    hold: async (request, hear) => {
      hearSession = hear;
      await ask<null>(request);
      return (message) => void socket.write(`${JSON.stringify(message)}\n`);
    },
    closed,
    power: (machines, onProgress, onNews) => ask<ApplyResult>({ op: 'power', ...machines }, onProgress, onNews),
    backUp: (machine, disk, to) => ask<BackedUp>({ op: 'back-up', machine, disk, to }),
    down: async ({ isForced, onNews } = {}) => {
      const { pid } = await ask<WorldStatus>({ op: 'status' });
      await ask<null>({ op: 'down', ...(isForced === true ? { isForced } : {}) }, undefined, onNews).catch(
        (error: unknown) => {
          if (!(error instanceof WorldLost)) throw error;
        },
      );
      await untilGone(pid);
    },
    close: () => socket.destroy(),
  };
};

/** The running world of a lab, or undefined. */
export const worldOf = async (lab: string): Promise<World | undefined> => {
  const socket = await openDoor(lab);
  if (socket === undefined) return undefined;
  // Abstract names belong to whoever takes them first. Loaded late: most commands find no world.
  const { peerUser } = await import('./peer-user.ts');
  const owner = peerUser(socket);
  if (owner === userInfo().uid) return speak(socket);
  socket.destroy();
  throw new Error(`the socket of lab \`${lab}\` is held by user ${owner ?? 'unknown'}, not by you: rename the lab`);
};

/** Names of this user's running labs. */
export const listWorlds = (): readonly string[] => {
  const prefix = `@${doorPrefix()}`;
  const names = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.slice(line.indexOf('@')))
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length).replace(/\.*$/, ''));
  return [...new Set(names)].sort();
};

/** How many entries of the machine-wide IPv4 neighbour table (1,024, shared by all namespaces) probing may fill. */
export const neighbourBudget = (): number => {
  try {
    const [, first] = readFileSync('/proc/net/stat/arp_cache', 'utf8').split('\n');
    const inUse = Number.parseInt(first?.trim().split(/\s+/)[0] ?? '0', 16);
    return Math.max(64, 900 - inUse);
  } catch {
    return 512;
  }
};
