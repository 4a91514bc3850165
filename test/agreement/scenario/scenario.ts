/**
 * Scenarios: a bed in which any NetworkState is brought about as the command line would do it, flows are measured, and
 * programs run in stacks. For tests of single behaviours of the kernel:
 *
 *   const bed = await openScenarioBed();
 *   const [applied, found] = await bed.ask([{ do: 'apply', state }, { do: 'probe', flows, cutOffMs: 300 }]);
 */
import { type NetworkState } from '../../../src/state/network-state.ts';
import { type Flow } from '../../../src/reach/walk.ts';
import { openBed, type Bed } from '../bed/bed.ts';
import { type Measured } from '../prober/outcome.ts';

export type Action =
  /** Makes the bed what `state` says, with impatient neighbour timers (a silent neighbour fails after 100 ms). */
  | { readonly do: 'apply'; readonly state: NetworkState }
  /** All at once; give flows that share a stack different `sourcePort`s. */
  | { readonly do: 'probe'; readonly flows: readonly Flow[]; readonly cutOffMs: number }
  /** Below /proc/sys, in this order, whatever the state says of them. */
  | { readonly do: 'sysctl'; readonly stack: string; readonly values: Readonly<Record<string, string>> }
  /** An argv in a stack; does not fail, whatever the exit status. */
  | { readonly do: 'run'; readonly stack: string; readonly argv: readonly string[]; readonly input?: string }
  | { readonly do: 'wait'; readonly ms: number };

/** One an action, in their order. */
export type Result =
  | { readonly did: 'apply'; readonly failure: string | null }
  | { readonly did: 'probe'; readonly measured: readonly Measured[] }
  | { readonly did: 'run'; readonly status: number | null; readonly stdout: string; readonly stderr: string }
  | { readonly did: 'sysctl' | 'wait' };

export type ScenarioBed = Bed<readonly Action[], readonly Result[]>;

export const openScenarioBed = (): Promise<ScenarioBed> => openBed(new URL('./scenario-process.ts', import.meta.url));
