/** Names to forget must be kept: a slip of the pen would forget nothing, silently. */
import { type Context } from '../context.ts';
import { forgettable, isKept, type LockFile } from '../lock-file.ts';
import { helpForUnknown } from '../unknown-name.ts';

/** `lock` is the one before forgetting. */
export const checkForgotten = (context: Context, lock: LockFile | undefined, names: readonly string[]): void => {
  for (const name of names) {
    if (lock !== undefined && isKept(lock, name)) continue;
    // A name of the file that has nothing kept yet is as good as forgotten.
    if (context.draft.machines.has(name) || context.draft.networks.has(name) || context.draft.groups.has(name))
      continue;
    const known = [
      ...(lock === undefined ? [] : forgettable(lock)),
      ...context.draft.machines.keys(),
      ...context.draft.networks.keys(),
    ];
    const at = context.spec.source.spanOf(['lab']);
    context.findings.error('unknown-name', `nothing is kept for \`${name}\` that could be forgotten`, at, {
      help: helpForUnknown(name, [...new Set(known)], 'names'),
    });
  }
};
