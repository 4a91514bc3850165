/**
 * Files that are whole or not there: written beside their place, flushed, renamed. Whoever is killed meanwhile leaves a
 * draft, which the next one in the same folder sweeps away.
 */
import { randomBytes } from 'node:crypto';
import { chmod, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { flush } from './content-cache.ts';

const prefix = '.draft-';
const oldMs = 60 * 60 * 1000;

const sweep = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const about = await stat(join(folder, name)).catch(() => undefined);
    if (about !== undefined && Date.now() - about.mtimeMs > oldMs)
      await rm(join(folder, name), { force: true, recursive: true });
  }
};

/**
 * Puts at `path` the file that `make` writes to the path that it is given; where `make` says what is wrong, what was
 * there before stays.
 */
export const replaceFile = async (
  path: string,
  mode: number,
  make: (draft: string) => Promise<Diagnostic | undefined>,
): Promise<Diagnostic | undefined> => {
  const folder = dirname(path);
  await sweep(folder);
  const draft = join(folder, `${prefix}${randomBytes(6).toString('hex')}-${basename(path)}`);
  try {
    const failure = await make(draft);
    if (failure !== undefined) return failure;
    await chmod(draft, mode);
    await flush(draft);
    await rename(draft, path);
    await flush(folder);
    return undefined;
  } finally {
    await rm(draft, { force: true });
  }
};

/** Text for nobody but the user. */
export const replaceText = async (path: string, text: string): Promise<void> => {
  await replaceFile(path, 0o600, async (draft) => {
    await writeFile(draft, text, { mode: 0o600 });
    return undefined;
  });
};
