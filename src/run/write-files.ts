/** Writes text files below a directory. Nothing is overwritten unless that is asked for; a file is there as a whole or not. */
import { randomBytes } from 'node:crypto';
import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { makeFolder } from './make-folder.ts';

export interface NewFile {
  /** Below the directory. */
  readonly path: string;
  readonly text: string;
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const isInside = (path: string): boolean =>
  !isAbsolute(path) && path !== '' && path.split('/').every((part) => part !== '..' && part !== '.' && part !== '');

const writeOne = async (path: string, text: string): Promise<void> => {
  await makeFolder(dirname(path));
  const fresh = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(fresh, text, { flag: 'wx' });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
};

/** All of them or, where one may not be written, none. */
export const writeFiles = async (
  directory: string,
  files: readonly NewFile[],
  { force }: { readonly force: boolean },
): Promise<readonly Diagnostic[]> => {
  for (const { path } of files) if (!isInside(path)) throw new Error(`not a path below a directory: ${path}`);
  const there = await Promise.all(files.map(async ({ path }) => ((await exists(join(directory, path))) ? [path] : [])));
  const taken = there.flat();
  if (taken.length > 0 && !force)
    return taken.map((path) => ({
      ...{ code: 'file-exists', severity: 'error', help: 'write elsewhere, or say --force' },
      message: `\`${join(directory, path)}\` exists, nothing was written`,
    }));
  try {
    for (const { path, text } of files) await writeOne(join(directory, path), text);
  } catch (error) {
    const message = `\`${directory}\` cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    return [{ code: 'unwritable', severity: 'error', message }];
  }
  return [];
};
