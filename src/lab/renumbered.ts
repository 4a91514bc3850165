/** A number that the file gave and now gives otherwise: all that followed from it is planned anew. */
import { type Draft } from './draft.ts';
import { type LockFile } from './lock-file.ts';

export const withoutRenumbered = (lock: LockFile, draft: Draft): LockFile => {
  const isRenumbered = ([name, kept]: readonly [string, LockFile['machines'][string]]): boolean => {
    const number = draft.machines.get(name)?.number?.value;
    return kept.written === true && number !== undefined && number !== kept.number;
  };
  const machines = Object.entries(lock.machines).filter((entry) => !isRenumbered(entry));
  return { ...lock, machines: Object.fromEntries(machines) };
};
