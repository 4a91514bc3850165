/** Questions to the bed of guests, and its answers. */
import { fileURLToPath } from 'node:url';
import { type ProbeRequest } from '../../src/probe/measurement.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { openBed, type Bed } from '../agreement/bed/bed.ts';

export type Question =
  /** Which stacks are guests from now on, where they are made anew. */
  | { readonly do: 'choose'; readonly virtual: readonly string[] }
  | { readonly do: 'apply'; readonly state: NetworkState }
  | { readonly do: 'observe' }
  | { readonly do: 'measure'; readonly probes: readonly ProbeRequest[] }
  | { readonly do: 'signal'; readonly stack: string; readonly signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' };

export interface Reply {
  readonly steps: number;
  readonly failures: readonly string[];
  /** What is still to be done, as the kernels show it. */
  readonly left: readonly string[];
  /** How each service fares. */
  readonly words: readonly string[];
}

export const openGuestBed = (): Promise<Bed<Question, unknown>> => {
  process.env['GUEST_AGENT'] = fileURLToPath(new URL('../../guest/agent.pl', import.meta.url));
  return openBed(new URL('./guest-bed-process.ts', import.meta.url));
};
