/** States at random, written in a dialect, and what a real program makes of the files. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { type ConfigText, type Dialect } from '../../../src/dialects/dialect.ts';
import { stackIn } from '../../../src/dialects/reading.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { comparable } from './comparable.ts';
import { type ProgramBed } from './program-bed.ts';

/** A program, and what it needs to run beside the files of its dialect. */
export interface Program {
  readonly dialect: Dialect;
  readonly line: string;
  readonly home: readonly ConfigText[];
}

const nicsOf = (state: NetworkState): readonly string[] =>
  Object.entries(stackIn(state, 'host').interfaces).flatMap(([name, { kind }]) => (kind === 'ethernet' ? [name] : []));

const shown = (files: readonly ConfigText[]): string =>
  files.map(({ path, text }) => `--- ${path}\n${text}`).join('\n');

export const expectCarriedOut = async (bed: ProgramBed, program: Program, state: NetworkState): Promise<void> => {
  const { dialect, line, home } = program;
  const { files = [], omissions = [] } = dialect.write?.(state, 'host') ?? {};
  expect(omissions).toEqual([]);
  const { observed, told } = await bed.ask({ line, files: [...files, ...home], nics: nicsOf(state), wanted: state });
  expect(observed, `${shown(files)}\n${process.env['PROGRAM_TOLD'] === undefined ? '' : told}`).toEqual(
    comparable(state, state),
  );
};

/** `PROGRAM_SEED` repeats a run; it is in the message of a failure. */
export const expectAllCarriedOut = async (
  bed: ProgramBed,
  program: Program,
  states: fc.Arbitrary<NetworkState>,
  count: number,
): Promise<void> => {
  const given = process.env['PROGRAM_SEED'];
  // Milliseconds of the clock are chance enough.
  const seed = given === undefined ? Date.now() % 1_000_000 : Number(given);
  for (const [index, state] of fc.sample(states, { seed, numRuns: count }).entries()) {
    try {
      await expectCarriedOut(bed, program, state);
    } catch (error) {
      (error as Error).message = `state ${index} of PROGRAM_SEED=${seed}\n${(error as Error).message}`;
      throw error;
    }
  }
};
