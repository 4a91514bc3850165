/**
 * Files as people leave them, and one change each to what they say: with the words that lines about the change have.
 * Whatever else is in the files is nobody's business but their owner's.
 */
import { type Stack } from '../../../src/state/network-state.ts';
import { type ConfigText, type Dialect } from '../../../src/dialects/dialect.ts';

export interface Change {
  readonly name: string;
  /** In the state as JSON: what is there, and what is to be there. */
  readonly from: string;
  readonly to: string;
  /** What lines that go or come may be about. */
  readonly about: RegExp;
}

export interface HandWritten {
  readonly dialect: Dialect;
  readonly files: readonly ConfigText[];
  /** Lines that may stand between any two others and say nothing; empty where blank ones alone do that. */
  readonly noise: readonly string[];
  readonly changes: readonly Change[];
  /** What other files of the machine make of its interfaces. */
  readonly known?: Stack['interfaces'];
}

export const change = (name: string, from: string, to: string, about: RegExp): Change => ({ name, from, to, about });
