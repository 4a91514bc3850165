/** The door to a stack that is a guest: the same questions as of a namespace, asked of the agent inside it. */
import { randomBytes } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import { errnoName, SystemError } from '../linux/libc.ts';
import { readMessages } from '../linux/netlink-message.ts';
import { type NetlinkSocket } from '../linux/netlink-socket.ts';
import { type Daemon, type DaemonEvents, type RunOptions, type StackDoor } from '../linux/stack-door.ts';
import { type RunResult } from '../run/run-program.ts';
import { openChannel, type GuestChannel } from './channel.ts';
import { openGuestSocket } from './guest-socket.ts';
import { NEWS, OPERATION, packed, readerOf, type Reader } from './frame.ts';
import { startAttached, type Attached, type AttachedEvents, type TerminalSize } from './attached.ts';

/** What only a guest can be asked. */
export interface GuestDoor extends StackDoor {
  readonly kind: 'guest';
  /** Starts a program whose input comes from here; on a terminal of its own where a size is given. */
  readonly attach: (
    argv: readonly string[],
    environment: Readonly<Record<string, string>>,
    terminal: TerminalSize | undefined,
    events: AttachedEvents,
  ) => Attached;
  /** Seconds since the guest's boot. */
  readonly clock: () => number;
  /**
   * For a guest that goes on from a saved state, which others do too: gives it randomness and the time of day of its own,
   * before anything else is asked of it, and waits for its network cards. Rejects where one does not come within `limitMs`.
   */
  readonly awaken: (macs: readonly string[], limitMs: number) => Promise<void>;
  /** Asks the guest to power down; that it did shows in its machine's end. */
  readonly powerOff: () => void;
}

const defaultRunMs = 60_000;
/** How long after a program's own limit the agent may still take to say so. */
const graceMs = 5000;

const openNetlink = (channel: GuestChannel, protocol: number): NetlinkSocket => ({
  sequence: 1,
  exchange: (messages, first, ends) => {
    const request = Buffer.concat([packed(protocol, first, ends), messages]);
    const reply = readerOf(channel.call(OPERATION.netlink, request));
    const errno = reply.number();
    const call = reply.text();
    if (errno !== 0) throw new SystemError(call, errno);
    return readMessages(reply.rest());
  },
  close: () => undefined,
});

const contents = (channel: GuestChannel, paths: readonly string[]): (Buffer | undefined)[] => {
  const reply = readerOf(channel.call(OPERATION.read, packed(...paths)));
  return paths.map(() => {
    const errno = reply.number();
    const bytes = reply.bytes();
    return errno === 0 ? bytes : undefined;
  });
};

const changeSettings: (channel: GuestChannel) => StackDoor['changeSettings'] = (channel) => (changes) => {
  const items = changes.map(({ path, to }) => {
    if (typeof to === 'string') return packed(path, 1, to, '');
    const flags = (to.asIn === undefined ? 0 : 2) | (to.otherwise === undefined ? 0 : 4);
    return packed(path, flags, to.asIn ?? '', to.otherwise ?? '');
  });
  const reply = readerOf(channel.call(OPERATION.change, Buffer.concat(items)));
  return changes.map(({ path }) => {
    const isThere = reply.number() === 1;
    const text = reply.text();
    const errno = reply.number();
    return {
      former: isThere ? text : undefined,
      ...(errno === 0 ? {} : { failure: `${errnoName(errno)}: ${path}` }),
    };
  });
};

/** Throws the first failure of several. */
const checkEach = (call: string, reply: Reader, names: readonly string[], isFine: (errno: number) => boolean): void => {
  for (const name of names) {
    const errno = reply.number();
    if (!isFine(errno)) throw new SystemError(`${call} ${name}`, errno);
  }
};

const pairs = (environment: Readonly<Record<string, string>>): string[] =>
  Object.entries(environment).map(([name, value]) => `${name}=${value}`);

const outcomes = ['exited', 'signalled', 'missing', 'stopped'] as const;

const runRequest = (argv: readonly string[], { input, timeoutMs, environment }: RunOptions): Buffer =>
  packed(timeoutMs ?? defaultRunMs, argv.length, input ?? '', ...argv, ...pairs(environment ?? {}));

const run = async (channel: GuestChannel, argv: readonly string[], options: RunOptions): Promise<RunResult> => {
  const limitMs = (options.timeoutMs ?? defaultRunMs) + graceMs;
  try {
    const reply = readerOf(await channel.ask(OPERATION.run, runRequest(argv, options), limitMs));
    const outcome = outcomes[reply.number()] ?? 'stopped';
    const status = reply.number();
    const [stdout, stderr, reason] = [reply.text(), reply.text(), reply.text()];
    return { argv, outcome, status, stdout, stderr, ...(reason === '' ? {} : { reason }) };
  } catch (error) {
    const reason = (error as Error).message;
    return { argv, outcome: 'stopped', status: 127, stdout: '', stderr: reason, reason };
  }
};

const endOf = (status: number): string =>
  (status & 0x7f) === 0 ? `ended with exit status ${status >> 8}` : `ended with signal ${status & 0x7f}`;

const SIGKILL = 9;
/** How often it is looked for words of a daemon. */
const daemonNewsMs = 100;

const start = (
  channel: GuestChannel,
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  events: DaemonEvents,
): Daemon => {
  const decoder = new StringDecoder('utf8');
  const handle = channel.newHandle((news, payload) => {
    if (news === NEWS.output) events.output(decoder.write(payload.subarray(4)));
    if (news !== NEWS.ended) return;
    channel.dropHandle(handle);
    events.ended(endOf(payload.readUInt32LE(4)));
  }, daemonNewsMs);
  const request = packed(handle, 0, 0, 0, argv.length, ...argv, ...pairs(environment));
  const reply = readerOf(channel.call(OPERATION.start, request));
  const errno = reply.number();
  reply.text();
  if (errno !== 0) {
    channel.dropHandle(handle);
    const name = errnoName(errno);
    queueMicrotask(() => events.ended(name === 'ENOENT' ? `there is no program \`${argv[0]}\`` : name));
    return { pid: 0, kill: () => undefined };
  }
  return {
    pid: reply.number(),
    kill: () => {
      channel.dropHandle(handle);
      channel.post(OPERATION.kill, packed(handle, SIGKILL));
    },
  };
};

const respondOn = (channel: GuestChannel, port: number): { readonly close: () => void } => {
  const handle = channel.newHandle(() => undefined);
  const reply = readerOf(channel.call(OPERATION.respond, packed(handle, port)));
  const errno = reply.number();
  if (errno !== 0) throw new SystemError(reply.text(), errno);
  return { close: () => channel.post(OPERATION.unrespond, packed(handle)) };
};

const entropyBytes = 64;

const awaken = async (channel: GuestChannel, macs: readonly string[], limitMs: number): Promise<void> => {
  const now = Date.now();
  const time = [Math.floor(now / 1000), (now % 1000) * 1_000_000] as const;
  const cards = macs.map((mac) => mac.toLowerCase());
  const request = packed(limitMs, ...time, randomBytes(entropyBytes), ...cards);
  const reply = readerOf(await channel.ask(OPERATION.awaken, request, limitMs + graceMs));
  const errno = reply.number();
  const call = reply.text();
  if (errno !== 0) throw new SystemError(call, errno);
  const missing = reply.text();
  if (missing !== '') throw new Error(`\`${channel.machine}\` does not find its network cards ${missing}`);
};

export const guestDoor = (channel: GuestChannel): GuestDoor => ({
  kind: 'guest',
  get isLost() {
    return channel.isLost();
  },
  openSocket: (recipe) => openGuestSocket(channel, recipe),
  openNetlink: (protocol) => openNetlink(channel, protocol),
  readSettings: (paths) => contents(channel, paths).map((text) => text?.toString('utf8').trim()),
  changeSettings: changeSettings(channel),
  readFiles: (paths) => contents(channel, paths),
  writeFiles: (files) => {
    const items = files.map((file) => packed(file.path, file.mode ?? 0o644, file.contents));
    const reply = readerOf(channel.call(OPERATION.write, Buffer.concat(items)));
    checkEach(
      'write',
      reply,
      files.map(({ path }) => path),
      (errno) => errno === 0,
    );
  },
  removeFiles: (paths) => {
    const reply = readerOf(channel.call(OPERATION.remove, packed(...paths)));
    checkEach('remove', reply, paths, (errno) => errno === 0 || errnoName(errno) === 'ENOENT');
  },
  run: (argv, options = {}) => run(channel, argv, options),
  runNow: (argv, environment) => void channel.call(OPERATION.run, runRequest(argv, { environment, timeoutMs: 4000 })),
  start: (argv, environment, events) => start(channel, argv, environment, events),
  attach: (argv, environment, terminal, events) => startAttached(channel, argv, pairs(environment), terminal, events),
  respondOn: (port) => respondOn(channel, port),
  clock: () => channel.call(OPERATION.clock, new Uint8Array(0)).readDoubleLE(0),
  awaken: (macs, limitMs) => awaken(channel, macs, limitMs),
  powerOff: () => channel.post(OPERATION.powerOff, new Uint8Array(0)),
  close: () => channel.close(),
});

/** Waits until the agent behind the unix socket at `path` answers; rejects with `StackLost` when it does not in time. */
export const openGuest = async (machine: string, path: string, limitMs: number): Promise<GuestDoor> =>
  guestDoor(await openChannel(machine, path, limitMs));
