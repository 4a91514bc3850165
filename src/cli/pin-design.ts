/**
 * Loads a design and pins its decisions in the lock file, as one act that concurrent commands cannot interleave; and its
 * new keys elsewhere, where it is to be brought up: until then none are made. With `--dry-run` nothing is written.
 */
import { printLock } from '../lab/lock-file.ts';
import { withLockFile, writeLock } from '../run/lock-store.ts';
import { complain } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { loadDesign, lockFileOf, type LoadedDesign } from './load-design.ts';
import { defaultFile, type DryRunOptions } from './options.ts';

const writeDecisions = async (
  loaded: LoadedDesign,
  options: DryRunOptions,
  makesKeys: boolean,
): Promise<LoadedDesign | number> => {
  const faults = makesKeys ? ((await loaded.keys?.keep()) ?? []) : [];
  if (faults.length > 0) {
    complain(faults, loaded.sources, options);
    return exitCode.environmentCannot;
  }
  const text = printLock(loaded.lock);
  if (loaded.sources.get(loaded.lockFile) === text) return loaded;
  const diagnostics = await writeLock(loaded.lockFile, text);
  if (diagnostics.length === 0) return loaded;
  complain(diagnostics, loaded.sources, options);
  return exitCode.environmentCannot;
};

/** The design, or the exit status after telling why there is none. */
export const pinDesign = async (options: DryRunOptions, makesKeys: boolean): Promise<LoadedDesign | number> => {
  if (options.dryRun) return loadDesign(options);
  return withLockFile(lockFileOf(options.file ?? defaultFile), async () => {
    const loaded = await loadDesign({ ...options, makesKeys });
    return typeof loaded === 'number' ? loaded : writeDecisions(loaded, options, makesKeys);
  });
};
