/** What is asked of repairs, and what they are. */
import { type Flow, type Walk } from '../walk.ts';
import { type Command, type Edit } from './edit.ts';

/** Whose a machine is: the nearer to the user, the sooner a repair goes there. */
export type Owner = 'guest' | 'host' | 'outside';

export interface Repair {
  /** In the order they are made. */
  readonly edits: readonly Edit[];
  /** Where the first edit is. */
  readonly machine: string;
  /** One sentence in the user's words, without a full stop. */
  readonly change: string;
  /** In order; each works on the network as those before have left it. */
  readonly commands: readonly Command[];
  readonly owner: Owner;
  /** What else changes, a sentence each. */
  readonly sideEffects: readonly string[];
  /** Lower is better; only good for comparison. */
  readonly cost: number;
}

export interface RepairOptions {
  /** By stack; a stack that is not named is `outside`. */
  readonly owners?: Readonly<Record<string, Owner>>;
  /** Stacks that nobody here can change, such as the internet: no repair touches them. */
  readonly fixed?: readonly string[];
  /** A repair that breaks one of these is not offered. Those that do not hold as things are do not count. */
  readonly mustHold?: readonly MustHold[];
  /** Flows to measure side effects with, asked anew for each candidate: some dozens, the telling ones first. */
  readonly others?: readonly Flow[];
  /** How many walks the search may take; default 240. */
  readonly mostWalks?: number;
  /** The answer to the flow, where it is known already. */
  readonly walk?: Walk;
}

/** A flow that must or must not get an answer. */
export interface MustHold {
  readonly flow: Flow;
  readonly answer: 'yes' | 'no';
}
