/**
 * A bed in which a real program carries out configuration files: on the stack `host` with the NICs that it is told,
 * each plugged into a stack `far`, with the tree of programs as its root. What the kernel then holds is the answer.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { programTree } from '../../../tools/program-tree.mjs';
import { openBed, type Bed } from '../../agreement/bed/bed.ts';
import { type ProgramReport, type ProgramRun } from './program-run.ts';

export type ProgramBed = Bed<ProgramRun, ProgramReport>;

/** In CI a missing program is a failure. */
export const isTreeMissing = !existsSync(programTree) && process.env['CI'] === undefined;

export const openProgramBed = (): Promise<ProgramBed> => {
  process.env['PROGRAM_TREE'] = programTree;
  process.env['PROGRAM_SCRIPT'] = fileURLToPath(new URL('./run-in-tree.sh', import.meta.url));
  return openBed(new URL('./program-bed-process.ts', import.meta.url));
};
