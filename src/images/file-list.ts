/**
 * The files in a disk image, read without root and without mounting, by debugfs(8): for each its type, mode, owner, and
 * a digest of what is in it. Reads ext2 to ext4, on the whole disk or in a partition.
 */
import { mkdtemp, open, readFile, readlink, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { type Outcome } from '../diagnostics/diagnostic.ts';
import { runProgram } from '../run/run-program.ts';
import { digestOfFile } from './content-cache.ts';
import { imageFault, programFailed } from './missing.ts';
import { cacheFolder, ensureFolder } from './places.ts';
import { convertImage } from './qcow2.ts';

export interface ListedFile {
  readonly type: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits, as in `0644`. */
  readonly mode: string;
  /** Numbers of user and group, as in `0:0`. */
  readonly owner: string;
  /** SHA-256 of a file's content; the target of a link; empty otherwise. */
  readonly content: string;
}

/** By absolute path. */
export type FileList = Readonly<Record<string, ListedFile>>;

const sectorBytes = 512;
const timeoutMs = 10 * 60 * 1000;
const rootInode = '2';

const readAt = async (handle: FileHandle, at: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length);
  await handle.read(buffer, 0, length, at);
  return buffer;
};

/** The superblock begins 1024 bytes in, and its mark 56 bytes further (ext4 documentation of the kernel). */
const isExt = async (handle: FileHandle, at: number): Promise<boolean> =>
  (await readAt(handle, at + 1024 + 56, 2)).readUInt16LE() === 0xef53;

/** Beginnings of the partitions in a GPT (UEFI specification, chapter 5) or an MBR. */
const partitionStarts = async (handle: FileHandle): Promise<readonly number[]> => {
  const header = await readAt(handle, sectorBytes, 92);
  if (header.toString('latin1', 0, 8) === 'EFI PART') {
    const first = Number(header.readBigUInt64LE(72)) * sectorBytes;
    const [count, size] = [Math.min(header.readUInt32LE(80), 128), header.readUInt32LE(84)];
    const table = await readAt(handle, first, count * size);
    return Array.from({ length: count }, (_, index) => Number(table.readBigUInt64LE(index * size + 32)) * sectorBytes);
  }
  const table = await readAt(handle, 0, sectorBytes);
  return [0, 1, 2, 3].map((index) => table.readUInt32LE(446 + 16 * index + 8) * sectorBytes);
};

/** Where the system's file system begins: on the whole disk, or in the first partition that holds one. */
const findFileSystem = async (raw: string): Promise<number | undefined> => {
  const handle = await open(raw, 'r');
  try {
    if (await isExt(handle, 0)) return 0;
    for (const start of await partitionStarts(handle)) if (start > 0 && (await isExt(handle, start))) return start;
    return undefined;
  } finally {
    await handle.close();
  }
};

interface Entry {
  readonly inode: string;
  readonly type: ListedFile['type'];
  readonly mode: string;
  readonly owner: string;
  readonly path: string;
}

const types: Readonly<Record<string, ListedFile['type']>> = { '04': 'folder', '10': 'file', '12': 'link' };

/** A line of `ls -p`: `/inode/mode/user/group/name/size/`. */
const entryOf = (line: string, folder: string): readonly Entry[] => {
  const [, inode = '', mode = '', user = '', group = '', name = ''] = line.split('/');
  if (inode === '0' || inode === '' || name === '.' || name === '..' || name === '') return [];
  const type = types[mode.slice(0, 2)] ?? 'other';
  return [{ inode, type, mode: mode.slice(2), owner: `${user}:${group}`, path: `${folder}/${name}` }];
};

/** Runs commands of debugfs in one process; what each printed. */
const debugfs = async (
  image: string,
  folder: string,
  commands: readonly string[],
): Promise<Outcome<readonly string[]>> => {
  const script = join(folder, 'commands');
  await writeFile(script, `${commands.join('\n')}\n`);
  const result = await runProgram(['debugfs', '-f', script, image], { timeoutMs });
  if (result.status !== 0) return { diagnostics: [programFailed('the files of the image cannot be read', result)] };
  // Each command is repeated before what it prints.
  return { value: result.stdout.split(/^debugfs: .*\n/m).slice(1), diagnostics: [] };
};

/** All entries, a level of folders at a time. */
const listEntries = async (image: string, work: string): Promise<Outcome<readonly Entry[]>> => {
  const all: Entry[] = [];
  let level: readonly { readonly inode: string; readonly path: string }[] = [{ inode: rootInode, path: '' }];
  while (level.length > 0) {
    const told = await debugfs(
      image,
      work,
      level.map(({ inode }) => `ls -p <${inode}>`),
    );
    if (told.value === undefined) return { diagnostics: told.diagnostics };
    const found = level.flatMap(({ path }, index) =>
      (told.value?.[index] ?? '').split('\n').flatMap((line) => entryOf(line, path)),
    );
    all.push(...found);
    level = found.filter(({ type }) => type === 'folder');
  }
  return { value: all, diagnostics: [] };
};

const contentOf = async ({ type, path }: Entry, copies: string): Promise<string> => {
  if (type === 'file') return digestOfFile(join(copies, path)).catch(() => 'unreadable');
  return type === 'link' ? readlink(join(copies, path)).catch(() => '') : '';
};

const atOnce = 64;

const withContents = async (entries: readonly Entry[], copies: string): Promise<FileList> => {
  const list: Record<string, ListedFile> = {};
  for (let first = 0; first < entries.length; first += atOnce) {
    const some = entries.slice(first, first + atOnce);
    const contents = await Promise.all(some.map((entry) => contentOf(entry, copies)));
    some.forEach(({ path, type, mode, owner }, index) => {
      list[path] = { type, mode, owner, content: contents[index] ?? '' };
    });
  }
  return list;
};

const copyOut = async (image: string, work: string): Promise<Outcome<string>> => {
  const copies = join(work, 'copies');
  const result = await runProgram(['mkdir', copies]);
  if (result.status !== 0) return { diagnostics: [programFailed('files cannot be copied', result)] };
  const told = await debugfs(image, work, [`rdump / "${copies}"`]);
  return told.value === undefined ? { diagnostics: told.diagnostics } : { value: copies, diagnostics: [] };
};

const listRaw = async (raw: string, work: string): Promise<Outcome<FileList>> => {
  const start = await findFileSystem(raw);
  if (start === undefined)
    return {
      diagnostics: [
        imageFault('no-file-system', 'the image holds no ext2, ext3 or ext4 file system, and no other can be read'),
      ],
    };
  const image = start === 0 ? raw : `${raw}?offset=${start}`;
  // A machine that lost its power left its last writes in the journal; this is a copy.
  const replayed = await runProgram(['e2fsck', '-p', image], { timeoutMs });
  if (replayed.outcome === 'missing') return { diagnostics: [programFailed('', replayed)] };
  const entries = await listEntries(image, work);
  if (entries.value === undefined) return { diagnostics: entries.diagnostics };
  const copies = await copyOut(image, work);
  if (copies.value === undefined) return { diagnostics: copies.diagnostics };
  return { value: await withContents(entries.value, copies.value), diagnostics: [] };
};

/** All files of the system on a disk image, whatever it stands on; no machine may be running from it. */
export const listFiles = async (image: string): Promise<Outcome<FileList>> => {
  const work = await mkdtemp(join(await ensureFolder(join(cacheFolder(), 'reading')), 'files-'));
  try {
    const raw = join(work, 'raw');
    const failure = await convertImage(image, raw, { format: 'raw' });
    return failure === undefined ? await listRaw(raw, work) : { diagnostics: [failure] };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

export const readFileList = async (path: string): Promise<FileList | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as FileList;
  } catch {
    return undefined;
  }
};

export interface FileChange {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'content' | 'type' | 'mode' | 'owner';
}

/** What differs between two lists, by path. */
export const compareFiles = (before: FileList, after: FileList): readonly FileChange[] => {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path): readonly FileChange[] => {
    const [was, is] = [before[path], after[path]];
    if (was === undefined) return [{ path, change: 'added' }];
    if (is === undefined) return [{ path, change: 'removed' }];
    const differing = (['type', 'content', 'mode', 'owner'] as const).find((key) => was[key] !== is[key]);
    return differing === undefined ? [] : [{ path, change: differing }];
  });
};
