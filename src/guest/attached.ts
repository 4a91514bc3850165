/** A program in a guest that somebody here talks to: its input, its output, its terminal. */
import { SystemError } from '../linux/libc.ts';
import { type GuestChannel } from './channel.ts';
import { NEWS, OPERATION, packed, readerOf } from './frame.ts';

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface AttachedEvents {
  readonly output: (bytes: Buffer) => void;
  /** The exit status; 128 and the signal's number where one ended it. */
  readonly ended: (status: number) => void;
}

export interface Attached {
  readonly pid: number;
  /** Nothing: the end of the input. */
  readonly write: (bytes: Uint8Array) => void;
  readonly resize: (size: TerminalSize) => void;
  readonly kill: (signal: number) => void;
}

/** How often it is looked for output: somebody sits before it. */
const newsMs = 10;
const TAKES_INPUT = 1;
const ON_TERMINAL = 2;

/** Throws `SystemError` when there is no such program. */
export const startAttached = (
  channel: GuestChannel,
  argv: readonly string[],
  environment: readonly string[],
  terminal: TerminalSize | undefined,
  events: AttachedEvents,
): Attached => {
  const handle = channel.newHandle((news, payload) => {
    if (news === NEWS.output) events.output(payload.subarray(4));
    if (news !== NEWS.ended) return;
    channel.dropHandle(handle);
    const status = payload.readUInt32LE(4);
    events.ended((status & 0x7f) === 0 ? status >> 8 : 128 + (status & 0x7f));
  }, newsMs);
  const flags = terminal === undefined ? TAKES_INPUT : ON_TERMINAL;
  const { rows, columns } = terminal ?? { rows: 0, columns: 0 };
  const request = packed(handle, flags, rows, columns, argv.length, ...argv, ...environment);
  const reply = readerOf(channel.call(OPERATION.start, request));
  const errno = reply.number();
  const call = reply.text();
  if (errno !== 0) {
    channel.dropHandle(handle);
    throw new SystemError(call, errno);
  }
  return {
    pid: reply.number(),
    write: (bytes) => channel.post(OPERATION.input, Buffer.concat([packed(handle), bytes])),
    resize: (size) => channel.post(OPERATION.resize, packed(handle, size.rows, size.columns)),
    kill: (signal) => channel.post(OPERATION.kill, packed(handle, signal)),
  };
};
