/**
 * What the command line and a world's supervisor say to each other: one JSON value a line over a unix socket.
 * Every request gets any number of `progress` replies and then one `result` or `failure`.
 */
import { type Measurement, type ProbeRequest } from '../probe/measurement.ts';
import { type NetworkState } from '../state/network-state.ts';

/** What a supervisor is told on its standard input when its door is open; at its end without that it is not needed. */
export const openingWord = 'open\n';

export type Request =
  | { readonly op: 'status' }
  | { readonly op: 'observe' }
  /** Makes the world what `desired` says. All or nothing: a failed step undoes those before it. */
  | {
      readonly op: 'apply';
      readonly desired: NetworkState;
      readonly file: string;
      readonly startOrder: readonly string[];
    }
  | { readonly op: 'measure'; readonly probes: readonly ProbeRequest[]; readonly neighbourBudget: number }
  | { readonly op: 'down' };

export type Reply =
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

export interface WorldStatus {
  readonly lab: string;
  /** The file that was brought up, as an absolute path. */
  readonly file: string;
  /** The supervisor's process id as the caller sees it. */
  readonly pid: number;
  readonly stacks: readonly string[];
  readonly services: readonly ServiceStatus[];
  readonly residentBytes: number;
}

export interface ApplyResult {
  /** Steps carried out. */
  readonly steps: number;
  /** Set when a step failed; everything was undone then. */
  readonly failure?: { readonly step: string; readonly message: string; readonly undone: number };
  /** Addresses and routes that DHCP or router advertisements gave are not awaited longer than this took. */
  readonly services: readonly ServiceStatus[];
}

export type MeasureResult = readonly Measurement[];
