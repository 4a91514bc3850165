/**
 * The stages that the cases of this folder go through: all that a lab file goes through before anything is made.
 */
import { type Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { design, type TextFile } from '../../src/pipeline.ts';

/** Chance that is always the same, so that what is proposed is too. */
const random = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, index) => index + 1);

/** What all stages find in a lab file and its lock file. */
export const readThrough = (source: TextFile, lock: string | undefined): readonly Diagnostic[] =>
  design(source, lock === undefined ? undefined : { file: 'lab.lock.yaml', text: lock }, { random }).diagnostics;
