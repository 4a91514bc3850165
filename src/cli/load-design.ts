/**
 * A lab file's name to everything decided about it, or to the complaint that says why not.
 */
import { hasErrors, type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { design, type Design, type TextFile } from '../pipeline.ts';
import { readText } from '../run/read-text.ts';
import { readLock } from '../run/lock-store.ts';
import { openKeyRing, type KeyRing } from '../run/private-keys.ts';
import { standInKey } from '../lab/stand-in-key.ts';
import { keyFile } from '../images/places.ts';
import { asStrict, complain, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { defaultFile, type DryRunOptions, type FileOptions } from './options.ts';

export interface LoadedDesign extends Design {
  /** The keys of its tunnels of WireGuard, where it has such. */
  readonly keys?: KeyRing;
  /** Public keys that stand in for those of ends, as in `gate/wg0`, which have none yet, or are to get another. */
  readonly standIns: ReadonlyMap<string, string>;
  readonly file: string;
  readonly lockFile: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/** `branch.yaml` is pinned in `branch.lock.yaml`. */
export const lockFileOf = (file: string): string => file.replace(/(\.ya?ml)?$/, '.lock.yaml');

const read = async (
  file: string,
): Promise<{ readonly source?: TextFile; readonly pinned?: TextFile; readonly diagnostics: readonly Diagnostic[] }> => {
  const text = await readText(file);
  if (text.value === undefined) return { diagnostics: text.diagnostics };
  const lockFile = lockFileOf(file);
  const lock = await readLock(lockFile);
  const pinned = lock.value === undefined ? {} : { pinned: { file: lockFile, text: lock.value } };
  return { source: { file, text: text.value }, ...pinned, diagnostics: lock.diagnostics };
};

export type LoadOptions = FileOptions &
  Partial<Pick<DryRunOptions, 'forget' | 'machines'>> & {
    /** Whether keys are made where there are none; the caller keeps them. */
    readonly makesKeys?: boolean;
  };

/** The design and all that was found on the way, told to nobody yet. */
export const examine = async (
  options: LoadOptions,
): Promise<{ readonly outcome: Outcome<LoadedDesign>; readonly sources: ReadonlyMap<string, string> }> => {
  const file = options.file ?? defaultFile;
  const { source, pinned, diagnostics } = await read(file);
  const sources = new Map(
    [source, pinned].flatMap((text) => (text === undefined ? [] : [[text.file, text.text] as const])),
  );
  if (source === undefined || hasErrors(diagnostics)) return { outcome: { diagnostics }, sources };
  // The global object loads its part of Node only when chance is asked for, which most runs never do.
  const random = (bytes: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(bytes));
  let keys: KeyRing | undefined;
  const standIns = new Map<string, string>();
  const outcome = design(source, pinned, {
    random,
    publicKeyOf: (lab, end) => {
      const name = `${end.machine}/${end.name}`;
      keys ??= openKeyRing(keyFile(lab), (one) => options.forget?.includes(one.replace(/\/.*/, '')) === true);
      const key = options.makesKeys === true ? keys.publicKeyOf(name) : keys.knownKeyOf(name);
      if (key !== undefined) return key;
      const standIn = standInKey(end);
      standIns.set(standIn, name);
      return standIn;
    },
    ...(options.forget === undefined ? {} : { forget: options.forget }),
    ...(options.machines === undefined ? {} : { machines: options.machines }),
  });
  const all = [...diagnostics, ...outcome.diagnostics, ...(keys?.faults ?? [])];
  if (outcome.value === undefined || hasErrors(all)) return { outcome: { diagnostics: all }, sources };
  const value = {
    ...outcome.value,
    ...{ file, lockFile: lockFileOf(file), diagnostics: all, sources, standIns },
    ...(keys === undefined ? {} : { keys }),
  };
  return { outcome: { value, diagnostics: all }, sources };
};

/**
 * The design, or the exit status after telling why there is none. Warnings are told, and stop with `--strict`.
 */
export const loadDesign = async (options: LoadOptions): Promise<LoadedDesign | number> => {
  const { outcome, sources } = await examine(options);
  const told = asStrict(outcome.diagnostics, options.strict);
  if (outcome.value === undefined) {
    complain(told, sources, options);
    return exitCode.wrongInput;
  }
  if (hasErrors(told)) {
    complain(told, sources, options);
    return exitCode.no;
  }
  sayDiagnostics(told, sources);
  return outcome.value;
};
