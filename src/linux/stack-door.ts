/**
 * What is asked of one network stack, wherever its kernel is: a namespace of this one, or a guest with a kernel of its
 * own. Calls are synchronous unless they say otherwise; those to a guest throw `StackLost` when it does not answer.
 */
import { type RunOptions as ProgramOptions, type RunResult } from '../run/run-program.ts';
import { type NetlinkSocket } from './netlink-socket.ts';

/** A stack that no longer answers; whatever is asked of it from then on throws the same. */
export class StackLost extends Error {
  readonly machine: string;
  constructor(machine: string, why: string) {
    super(`\`${machine}\` does not answer: ${why}`);
    this.machine = machine;
  }
}

/** Undefined where a stack is lost meanwhile. */
export const unlessLost = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    if (error instanceof StackLost) return undefined;
    throw error;
  }
};

export interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: Uint8Array;
}

/** A socket that never blocks, and what is done to it at once: options, then bind(2), listen(2), connect(2). */
export interface SocketRecipe {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  readonly options?: readonly SocketOption[];
  /** Socket addresses are bytes as `sockaddr.ts` writes them. */
  readonly bind?: Uint8Array;
  readonly backlog?: number;
  /** Succeeds or fails later: `takeError` tells, as with SO_ERROR. */
  readonly connect?: Uint8Array;
}

export interface StackSocket {
  /** `refused` hears the errno of a datagram that was not sent, now or later. */
  readonly sendTo: (data: Uint8Array, address: Uint8Array, refused: (errno: number) => void) => void;
  /** 0, or an errno; one that shows only later comes out of `receiveFrom`. */
  readonly send: (data: Uint8Array) => number;
  /**
   * The length of what was put into `into`, its sender's socket address in `sender` (28 bytes); else a negative errno:
   * `NOTHING` (libc.ts) when there is nothing yet, or that of a pending error.
   */
  readonly receiveFrom: (into: Uint8Array, sender: Uint8Array) => number;
  /** An accepted connection and the peer's socket address, or undefined when nobody waits. */
  readonly accept: () => { readonly socket: StackSocket; readonly from: Uint8Array } | undefined;
  /** The errno that connecting ended with; 0 when it succeeded or is still going on. */
  readonly takeError: () => number;
  readonly close: () => void;
}

/** A setting below /proc/sys that is to be given a value, unless it has it already. */
export interface SettingChange {
  readonly path: string;
  /** A text; or what the file `asIn` holds, failing that `otherwise`, failing that what it was. */
  readonly to: string | { readonly asIn?: string; readonly otherwise?: string };
  /** What it is now, where that is known: it is not read then. */
  readonly known?: { readonly value: string | undefined };
}

export interface SettingChanged {
  /** What it was; undefined where this kernel has no such setting, which may be set to `0` only. */
  readonly former: string | undefined;
  /** Why it could not be set. */
  readonly failure?: string;
}

/** A program that runs until it is killed. */
export interface Daemon {
  /** In the PID namespace of the stack; 0 where it could not be started. */
  readonly pid: number;
  readonly kill: () => void;
}

export interface DaemonEvents {
  /** A piece of what it prints, to either stream. */
  readonly output: (text: string) => void;
  /** It ended by itself, or could not be started; not called after `kill`. */
  readonly ended: (how: string) => void;
}

export type RunOptions = Pick<ProgramOptions, 'input' | 'timeoutMs' | 'environment'>;

export interface FileToWrite {
  readonly path: string;
  readonly contents: string | Uint8Array;
  readonly mode?: number;
}

export interface StackDoor {
  readonly kind: 'namespace' | 'guest';
  readonly isLost: boolean;
  /** Throws `SystemError` with the call that failed; what `connect` comes to is told by the socket. */
  readonly openSocket: (recipe: SocketRecipe) => StackSocket;
  readonly openNetlink: (protocol: number) => NetlinkSocket;
  /** Texts of files below /proc/sys, without the white space around; undefined where there is none. */
  readonly readSettings: (paths: readonly string[]) => readonly (string | undefined)[];
  /** In order, each whatever became of those before. */
  readonly changeSettings: (changes: readonly SettingChange[]) => readonly SettingChanged[];
  /** Missing files are undefined. */
  readonly readFiles: (paths: readonly string[]) => readonly (Buffer | undefined)[];
  /** Makes folders as needed. */
  readonly writeFiles: (files: readonly FileToWrite[]) => void;
  readonly removeFiles: (paths: readonly string[]) => void;
  readonly run: (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /** The same, waiting; for what is short. */
  readonly runNow: (argv: readonly string[], environment: Readonly<Record<string, string>>) => void;
  readonly start: (
    argv: readonly string[],
    environment: Readonly<Record<string, string>>,
    events: DaemonEvents,
  ) => Daemon;
  /** Answers on one port of all addresses, TCP and UDP, where the stack does that by itself (responder.ts). */
  readonly respondOn?: (port: number) => { readonly close: () => void };
  readonly close: () => void;
}
