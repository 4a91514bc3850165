/** What a bed of programs is asked, and what it answers. */
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';

export interface ProgramRun {
  /** A line of sh(1) that starts the program in the foreground. */
  readonly line: string;
  /** Laid over the tree. */
  readonly files: readonly ConfigText[];
  readonly nics: readonly string[];
  /** What to wait for; when it does not come, the answer is what there is then. Absent: until the program ends. */
  readonly wanted?: NetworkState;
}

export interface ProgramReport {
  /** Of the stack `host`, as `comparable` leaves it. */
  readonly observed: NetworkState;
  /** What the program said. */
  readonly told: string;
}
