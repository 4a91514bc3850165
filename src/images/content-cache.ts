/**
 * Folders of files that can be made again: an entry is found by the hash of what it is made from, and is used only while
 * its files are what they were when it was made. It is made beside its place and renamed, so that a reader sees a whole
 * entry or none, whoever else builds it at the same time and whoever is killed.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ensureFolder } from './places.ts';

const manifestName = 'manifest.json';
const oldDraftMs = 60 * 60 * 1000;

/** SHA-256 of each file, by its path below the entry. */
type Manifest = Readonly<Record<string, string>>;

export const digestOf = (contents: string | Uint8Array): string => createHash('sha256').update(contents).digest('hex');

export const digestOfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
};

/** Flushes what a file or a folder holds to the disk. */
export const flush = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
};

const filesOf = async (folder: string): Promise<readonly string[]> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => path !== manifestName)
    .sort();
};

const manifestOf = async (folder: string): Promise<Manifest> => {
  const paths = await filesOf(folder);
  const digests = await Promise.all(paths.map((path) => digestOfFile(join(folder, path))));
  return Object.fromEntries(paths.map((path, index) => [path, digests[index] ?? '']));
};

/** SHA-256 over what all files of a whole entry hold. */
export const digestOfEntry = async (folder: string): Promise<string> =>
  digestOf(await readFile(join(folder, manifestName)));

/** Whether the entry is there and every file is what it was. */
export const isWhole = async (folder: string): Promise<boolean> => {
  try {
    const written = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest;
    const found = await manifestOf(folder);
    return JSON.stringify(written) === JSON.stringify(found);
  } catch {
    return false;
  }
};

/** Drafts that nobody finished: builders that were killed. */
const sweepDrafts = async (parent: string): Promise<void> => {
  for (const name of await readdir(parent)) {
    if (!name.startsWith('.')) continue;
    const path = join(parent, name);
    const about = await stat(path).catch(() => undefined);
    if (about !== undefined && Date.now() - about.mtimeMs > oldDraftMs)
      await rm(path, { recursive: true, force: true });
  }
};

/** Puts the finished draft in its place. Another builder may have been first: then its entry stays, if it is whole. */
const publish = async (draft: string, place: string): Promise<void> => {
  for (;;) {
    try {
      await rename(draft, place);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      if (await isWhole(place)) return;
      // Set aside by a rename of its own: a folder is never seen half removed in its place.
      await rename(place, `${draft}.damaged`).catch(() => undefined);
      await rm(`${draft}.damaged`, { recursive: true, force: true });
    }
  }
};

/**
 * The folder of the entry `key` below `parent`, made by `make` where it is missing or damaged. `make` fills the folder
 * that it is given, and says why where it cannot: then there is no entry.
 */
export const cachedEntry = async <Failure>(
  parent: string,
  key: string,
  make: (draft: string) => Promise<Failure | undefined>,
): Promise<{ readonly folder: string } | { readonly failure: Failure }> => {
  await ensureFolder(parent);
  const place = join(parent, key);
  if (await isWhole(place)) return { folder: place };
  await sweepDrafts(parent);
  const draft = await mkdtemp(join(parent, `.${key}.`));
  try {
    const failure = await make(draft);
    if (failure !== undefined) return { failure };
    const manifest = await manifestOf(draft);
    await writeFile(join(draft, manifestName), JSON.stringify(manifest), { mode: 0o600 });
    for (const path of [...Object.keys(manifest), manifestName, '.']) await flush(join(draft, path));
    await publish(draft, place);
    await flush(parent);
    return { folder: place };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
};
