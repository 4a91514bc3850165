/**
 * The whole program on one page: a file's text becomes a spec, the spec a lab, the lab a network state.
 * A stage runs only where the one before it found no error, so that nothing told is an echo of something told before.
 */
import { hasErrors, type Diagnostic, type Outcome } from './diagnostics/diagnostic.ts';
import { buildLab, type BuildOptions } from './lab/build-lab.ts';
import { type Lab } from './lab/lab.ts';
import { parseLock, type LockFile } from './lab/lock-file.ts';
import { lower, type Lowered } from './lower/lower.ts';
import { parseYaml } from './source/parse-yaml.ts';
import { readSpec } from './spec/read-spec.ts';
import { type Spec } from './spec/spec.ts';

export interface TextFile {
  readonly file: string;
  readonly text: string;
}

/** A lab file with everything decided. */
export interface Design {
  readonly lab: Lab;
  /** The decisions, to be pinned beside the file. */
  readonly lock: LockFile;
  readonly lowered: Lowered;
}

/** Runs the next stage on a stage's value, and keeps what both found. */
const then = <T, U>(outcome: Outcome<T>, next: (value: T) => Outcome<U>): Outcome<U> => {
  if (outcome.value === undefined || hasErrors(outcome.diagnostics)) return { diagnostics: outcome.diagnostics };
  const result = next(outcome.value);
  return { ...result, diagnostics: [...outcome.diagnostics, ...result.diagnostics] };
};

const found = <T>(value: T, diagnostics: readonly Diagnostic[] = []): Outcome<T> => ({ value, diagnostics });

export const readLabFile = ({ file, text }: TextFile): Outcome<Spec> => then(parseYaml(file, text), readSpec);

const readPinned = (pinned: TextFile | undefined): Outcome<{ readonly lock: LockFile | undefined }> =>
  pinned === undefined
    ? found({ lock: undefined })
    : then(parseLock(pinned.file, pinned.text), (lock) => found({ lock }));

/** A lab file, and its lock file where there is one, to everything that `up` needs. */
export const design = (source: TextFile, pinned: TextFile | undefined, options: BuildOptions): Outcome<Design> =>
  then(readLabFile(source), (spec) =>
    then(readPinned(pinned), ({ lock }) =>
      then(buildLab(spec, lock, options), (built) => found({ ...built, lowered: lower(built.lab) })),
    ),
  );
