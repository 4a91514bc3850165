/**
 * The way to the agent in a guest: a unix stream socket whose other end is a port of the guest. Requests are answered
 * while the caller waits, or later; what the agent tells unasked goes to whoever holds the handle. A guest that keeps
 * silent beyond a limit is lost for good: from then on each request fails at once.
 */
import {
  close,
  NOTHING,
  openSocket,
  poll,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SystemError,
  tryConnect,
  tryReceiveFrom,
  trySendSome,
} from '../linux/libc.ts';
import { StackLost } from '../linux/stack-door.ts';
import { frameBytes, NEWS, OPERATION, sessionMarker, takeFrames } from './frame.ts';

const AF_UNIX = 1;
const POLLIN = 1;
const POLLOUT = 4;
/** How long a guest may take to answer: in emulation, while a system starts in it, and on a busy machine. */
const answerMs = 10_000;
/** How often it is looked whether something came in: first, and at most, while an answer is awaited. */
const [soonMs, waitingMs] = [1, 20];

export type Hear = (news: number, payload: Buffer) => void;

export interface GuestChannel {
  readonly machine: string;
  readonly isLost: () => boolean;
  /** Waits for the reply. */
  readonly call: (operation: number, payload: Uint8Array, limitMs?: number) => Buffer;
  readonly ask: (operation: number, payload: Uint8Array, limitMs: number) => Promise<Buffer>;
  /** Wants no reply; goes out with whatever goes out next. */
  readonly post: (operation: number, payload: Uint8Array) => void;
  /** Sends what is to be sent and takes what has come. */
  readonly pump: () => void;
  /** A new handle, and who hears what the agent tells of it: with `everyMs` even while nobody asks anything. */
  readonly newHandle: (hear: Hear, everyMs?: number) => number;
  readonly hearHandle: (handle: number, hear: Hear) => void;
  readonly dropHandle: (handle: number) => void;
  readonly close: () => void;
}

type Outcome = Buffer | Error;

interface State {
  readonly machine: string;
  readonly fd: number;
  output: Buffer[];
  input: Buffer;
  nextNumber: number;
  readonly waiting: Map<number, (outcome: Outcome) => void>;
  readonly hearers: Map<number, Hear>;
  /** How often it is looked for news of a handle, in milliseconds. */
  readonly standing: Map<number, number>;
  timer: NodeJS.Timeout | undefined;
  lost: StackLost | undefined;
}

const socketAddress = (path: string): Uint8Array =>
  Buffer.concat([Uint8Array.of(AF_UNIX, 0), Buffer.from(`${path}\0`)]);

const lose = (state: State, why: string): StackLost => {
  if (state.lost !== undefined) return state.lost;
  const lost = new StackLost(state.machine, why);
  state.lost = lost;
  clearTimeout(state.timer);
  close(state.fd);
  for (const settle of [...state.waiting.values()]) settle(lost);
  state.waiting.clear();
  return lost;
};

/** What does not fit stays. */
const sendOut = (state: State): void => {
  while (state.output.length > 0 && state.lost === undefined) {
    const bytes = Buffer.concat(state.output);
    const sent = trySendSome(state.fd, bytes);
    if (sent < 0 && sent !== NOTHING) {
      lose(state, 'its machine has ended');
      return;
    }
    state.output = sent === bytes.length ? [] : [bytes.subarray(Math.max(0, sent))];
    if (sent !== bytes.length) return;
  }
};

const dispatch = (state: State): void => {
  const { frames, rest } = takeFrames(state.input);
  state.input = rest;
  for (const { id, operation, payload } of frames) {
    if (id === 0) {
      state.hearers.get(payload.length < 4 ? 0 : payload.readUInt32LE(0))?.(operation, payload);
      continue;
    }
    const settle = state.waiting.get(id);
    state.waiting.delete(id);
    settle?.(operation === NEWS.failed ? new Error(`${state.machine}: ${payload.toString('utf8').trim()}`) : payload);
  }
};

const buffer = Buffer.alloc(1 << 18);
const nobody = new Uint8Array(28);

const takeIn = (state: State): void => {
  while (state.lost === undefined) {
    const length = tryReceiveFrom(state.fd, buffer, nobody);
    if (length === NOTHING) break;
    if (length <= 0) {
      lose(state, 'its machine has ended');
      return;
    }
    state.input = Buffer.concat([state.input, buffer.subarray(0, length)]);
  }
};

const pump = (state: State, waitMs: number): void => {
  sendOut(state);
  if (state.lost !== undefined) return;
  const record = Buffer.alloc(8);
  record.writeInt32LE(state.fd, 0);
  record.writeUInt16LE(POLLIN | (state.output.length > 0 ? POLLOUT : 0), 4);
  if (poll(record, waitMs) <= 0) return;
  sendOut(state);
  takeIn(state);
};

const arm = (state: State, afterMs: number): void => {
  if (state.timer !== undefined || state.lost !== undefined) return;
  state.timer = setTimeout(() => {
    state.timer = undefined;
    pump(state, 0);
    dispatch(state);
    const isBusy = state.waiting.size > 0 || state.output.length > 0;
    if (isBusy) arm(state, Math.min(waitingMs, afterMs * 2));
    else if (state.standing.size > 0) arm(state, Math.min(...state.standing.values()));
  }, afterMs);
  if (state.waiting.size === 0) state.timer.unref();
};

const hurry = (state: State): void => {
  clearTimeout(state.timer);
  state.timer = undefined;
  arm(state, soonMs);
};

const request = (state: State, operation: number, payload: Uint8Array, settle: (outcome: Outcome) => void): void => {
  state.nextNumber += 1;
  state.waiting.set(state.nextNumber, settle);
  state.output.push(frameBytes(state.nextNumber, operation, payload));
};

const call = (state: State, operation: number, payload: Uint8Array, limitMs: number): Buffer => {
  if (state.lost !== undefined) throw state.lost;
  let outcome: Outcome | undefined;
  request(state, operation, payload, (it) => (outcome = it));
  const end = performance.now() + limitMs;
  const settled = (): Outcome | undefined => outcome;
  for (let left = limitMs; settled() === undefined; left = end - performance.now()) {
    if (left <= 0) throw lose(state, `nothing came back within ${limitMs / 1000} s`);
    pump(state, Math.ceil(left));
    dispatch(state);
  }
  const reply = settled();
  if (reply instanceof Error || reply === undefined) throw reply ?? new Error('no reply');
  return reply;
};

const ask = (state: State, operation: number, payload: Uint8Array, limitMs: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    if (state.lost !== undefined) {
      reject(state.lost);
      return;
    }
    const timer = setTimeout(() => lose(state, `nothing came back within ${limitMs / 1000} s`), limitMs);
    request(state, operation, payload, (outcome) => {
      clearTimeout(timer);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    });
    hurry(state);
  });

const channelOf = (state: State): GuestChannel => ({
  machine: state.machine,
  isLost: () => state.lost !== undefined,
  call: (operation, payload, limitMs = answerMs) => call(state, operation, payload, limitMs),
  ask: (operation, payload, limitMs) => ask(state, operation, payload, limitMs),
  post: (operation, payload) => {
    if (state.lost !== undefined) return;
    state.output.push(frameBytes(0, operation, payload));
    arm(state, soonMs);
  },
  pump: () => {
    if (state.lost !== undefined) return;
    pump(state, 0);
    dispatch(state);
  },
  newHandle: (hear, everyMs) => {
    const handle = (state.nextNumber += 1);
    state.hearers.set(handle, hear);
    if (everyMs !== undefined) {
      state.standing.set(handle, everyMs);
      hurry(state);
    }
    return handle;
  },
  hearHandle: (handle, hear) => void state.hearers.set(handle, hear),
  dropHandle: (handle) => {
    state.hearers.delete(handle);
    state.standing.delete(handle);
  },
  close: () => void lose(state, 'the way to it was closed'),
});

const connected = (path: string): number => {
  const fd = openSocket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const errno = tryConnect(fd, socketAddress(path));
  if (errno === 0) return fd;
  close(fd);
  throw new SystemError(`connect ${path}`, errno);
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether the answer to this session's greeting is there; what came before it was meant for another. */
const isGreeted = (state: State, nonce: Buffer): boolean => {
  for (let at = state.input.indexOf(sessionMarker); at >= 0; at = state.input.indexOf(sessionMarker, at + 1)) {
    const { frames, rest } = takeFrames(state.input.subarray(at + sessionMarker.length));
    const [first] = frames;
    if (first?.payload.subarray(0, nonce.length).equals(nonce) !== true) continue;
    state.input = rest;
    return true;
  }
  return false;
};

const lookEveryMs = 20;

/** Connects and waits until the agent answers. Rejects with `StackLost` when it does not in time, or the guest ends. */
export const openChannel = async (machine: string, path: string, limitMs: number): Promise<GuestChannel> => {
  const nonce = Buffer.from(`${process.pid} ${performance.timeOrigin + performance.now()}`);
  const state: State = {
    machine,
    fd: connected(path),
    output: [Buffer.concat([sessionMarker, frameBytes(1, OPERATION.hello, nonce)])],
    input: Buffer.alloc(0),
    nextNumber: 1,
    waiting: new Map(),
    hearers: new Map(),
    standing: new Map(),
    timer: undefined,
    lost: undefined,
  };
  const end = performance.now() + limitMs;
  for (;;) {
    pump(state, 0);
    if (isGreeted(state, nonce)) return channelOf(state);
    if (state.lost !== undefined) throw state.lost;
    if (performance.now() > end) throw lose(state, `no agent answered within ${limitMs / 1000} s`);
    await pause(lookEveryMs);
  }
};
