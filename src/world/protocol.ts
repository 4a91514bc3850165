/**
 * What the command line and a world's supervisor say to each other: one JSON value a line over a unix socket.
 * Every request gets any number of `progress` replies and then one `result` or `failure`.
 */
import { type Accelerator } from '../machines/guest.ts';
import { type MachineWishes } from '../machines/guests-of.ts';
import { type MachineStatus } from '../machines/machine-table.ts';
import { type Measurement, type ProbeRequest } from '../probe/measurement.ts';
import { type TraceRequest } from '../probe/trace/trace-flow.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type MachineKind } from '../state/virtual-machine.ts';
import { type SessionRequest } from './session-messages.ts';
import { type Shortfall } from './shortfall.ts';

/** What a supervisor is told on its standard input when its door is open; at its end without that it is not needed. */
export const openingWord = 'open\n';

export type Request =
  | { readonly op: 'status' }
  | { readonly op: 'observe' }
  /** What DHCP servers have given out (`GivenLease`). */
  | { readonly op: 'leases' }
  /** What the services of a stack said, those that ended long ago left out. */
  | { readonly op: 'logs'; readonly stack: string }
  /** Makes the world what `desired` says. All or nothing: a failed step undoes those before it. */
  | {
      readonly op: 'apply';
      readonly desired: NetworkState;
      readonly file: string;
      readonly startOrder: readonly string[];
      /** A file with the private keys of its tunnels. */
      readonly keyFile?: string;
      /** The machines of `desired` that are virtual. */
      readonly machines?: MachinesRequest;
    }
  | { readonly op: 'measure'; readonly probes: readonly ProbeRequest[]; readonly neighbourBudget: number }
  | { readonly op: 'trace'; readonly request: TraceRequest; readonly neighbourBudget: number }
  /** Starts and stops machines of what was last applied; machines of neither list stay as they are. */
  | { readonly op: 'power'; readonly start: readonly string[]; readonly stop: readonly string[] }
  /** Copies a disk of a virtual machine to a new image, both by their paths, while it runs (`BackedUp`). */
  | { readonly op: 'back-up'; readonly machine: string; readonly disk: string; readonly to: string }
  /** Virtual machines power down in the reverse of their start order first; with `isForced` nothing is waited for. */
  | { readonly op: 'down'; readonly isForced?: true }
  /** The connection is a session from its result on. */
  | SessionRequest;

/** What virtual machines start from, and what runs them. */
export interface MachinesRequest {
  readonly wishes: MachineWishes;
  readonly accelerator: Accelerator;
  /** What guests were made that do not say it themselves: told again by `status`. */
  readonly guestKind: MachineKind;
}

export type Reply =
  /** Something a user wants to read when it happens. */
  | { readonly kind: 'news'; readonly text: string }
  | { readonly kind: 'progress'; readonly done: number; readonly total: number; readonly text: string }
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly message: string };

/** A service process of the world and how it fares. */
export interface ServiceStatus {
  readonly stack: string;
  readonly kind: string;
  readonly interface: string;
  /** `settled`: a DHCP client has its lease; `waiting`: it has none yet. */
  readonly state: 'running' | 'settled' | 'waiting' | 'failed';
  readonly detail: string;
  /** Process id as seen inside the world. */
  readonly pid: number;
}

/** One line that a service said, or that the supervisor had to say of it. */
export interface LogEntry {
  readonly service: string;
  readonly interface: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

/** A machine that should check in, and is silent. */
export interface Alert {
  readonly machine: string;
  /** Who watches it. */
  readonly by: string;
  /** When it was heard of last, as in `2026-01-31T12:00:00.000Z`. */
  readonly silentSince: string;
}

export interface WorldStatus {
  readonly lab: string;
  /** The file that was brought up, as an absolute path. */
  readonly file: string;
  /** The supervisor's process id as the caller sees it. */
  readonly pid: number;
  readonly stacks: readonly string[];
  readonly services: readonly ServiceStatus[];
  /** What machines have not come to. */
  readonly shortfalls: readonly Shortfall[];
  /** Alerts that are open. */
  readonly alerts: readonly Alert[];
  /** Virtual machines; all other stacks are namespaces. */
  readonly machines: readonly MachineStatus[];
  /** Machines of what was last applied that were stopped since. */
  readonly stopped: readonly string[];
  /** What guests run as that do not say it themselves. */
  readonly guestKind: MachineKind;
  readonly residentBytes: number;
}

export interface ApplyResult {
  /** Steps carried out. */
  readonly steps: number;
  /** Set when a step failed; everything was undone then. */
  readonly failure?: { readonly step: string; readonly message: string; readonly undone: number };
  /** Addresses and routes that DHCP or router advertisements gave are not awaited longer than this took. */
  readonly services: readonly ServiceStatus[];
  /** What virtual machines, and those that ask others for something, have not come to by then. */
  readonly shortfalls: readonly Shortfall[];
}

export type MeasureResult = readonly Measurement[];
