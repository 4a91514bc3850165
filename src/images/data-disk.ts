/**
 * Disks with a file system on them, made without root and without mounting: mke2fs(8) writes to a sparse file, which
 * becomes qcow2. Data is ext4 on the whole disk; scratch is a swap area and an ext4 for /tmp, each a partition.
 */
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { runProgram } from '../run/run-program.ts';
import { cachedEntry } from './content-cache.ts';
import { programFailed } from './missing.ts';
import { cacheFolder } from './places.ts';
import { convertImage } from './qcow2.ts';

const mebibyte = 1024 * 1024;
const makeTimeoutMs = 10 * 60 * 1000;

/** A folder beside `path` for files on the way to it, gone afterwards. */
const beside = async <T>(path: string, act: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(dirname(path), '.draft-'));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const makeSparse = async (path: string, bytes: number): Promise<void> => {
  await writeFile(path, '', { mode: 0o600 });
  await truncate(path, bytes);
};

const makeFileSystem = async (argv: readonly string[]): Promise<Diagnostic | undefined> => {
  // Root of a namespace, so that files that are copied in belong to root inside.
  const result = await runProgram(
    ['unshare', '--user', '--map-root-user', 'mke2fs', '-q', '-F', '-t', 'ext4', ...argv],
    {
      timeoutMs: makeTimeoutMs,
    },
  );
  if (result.status === 0) return undefined;
  return programFailed('a file system cannot be made', result);
};

/** An empty data disk at `path`; with `tree`, what is in that folder is in it. */
export const makeDataDisk = (path: string, sizeMebibytes: number, tree?: string): Promise<Diagnostic | undefined> =>
  beside(path, async (folder) => {
    const raw = join(folder, 'raw');
    await makeSparse(raw, sizeMebibytes * mebibyte);
    const failure = await makeFileSystem(['-L', 'data', ...(tree === undefined ? [] : ['-d', tree]), raw]);
    return failure ?? (await convertImage(raw, path));
  });

const sectorBytes = 512;
const firstSector = 2048;
const swapType = 0x82;
const linuxType = 0x83;

interface Partition {
  readonly type: number;
  readonly firstSector: number;
  readonly sectors: number;
}

/** A master boot record: four entries of 16 bytes at 446, then its mark. Places by cylinder are left to the reader. */
const partitionTable = (partitions: readonly Partition[]): Buffer => {
  const table = Buffer.alloc(sectorBytes);
  partitions.forEach((partition, index) => {
    const at = 446 + 16 * index;
    table[at + 4] = partition.type;
    table.writeUInt32LE(partition.firstSector, at + 8);
    table.writeUInt32LE(partition.sectors, at + 12);
  });
  table.writeUInt16LE(0xaa55, 510);
  return table;
};

const swapHeaderBytes = 4096;

const swapHeader = async (folder: string, bytes: number): Promise<Outcome<Buffer>> => {
  const path = join(folder, 'swap');
  await makeSparse(path, bytes);
  const result = await runProgram(['mkswap', '--label', 'scratch-swap', path]);
  if (result.status !== 0) return { diagnostics: [programFailed('a swap area cannot be made', result)] };
  return { value: (await readFile(path)).subarray(0, swapHeaderBytes), diagnostics: [] };
};

const makeScratch = (path: string, sizeMebibytes: number): Promise<Diagnostic | undefined> =>
  beside(path, async (folder) => {
    const swapMebibytes = Math.max(1, Math.floor(sizeMebibytes / 4));
    const swap = await swapHeader(folder, swapMebibytes * mebibyte);
    if (swap.value === undefined) return swap.diagnostics[0];
    const perMebibyte = mebibyte / sectorBytes;
    const swapAt: Partition = { type: swapType, firstSector, sectors: swapMebibytes * perMebibyte };
    const tmpFirst = firstSector + swapAt.sectors;
    const tmpAt = { type: linuxType, firstSector: tmpFirst, sectors: sizeMebibytes * perMebibyte - tmpFirst };
    const raw = join(folder, 'raw');
    await makeSparse(raw, sizeMebibytes * mebibyte);
    const handle = await open(raw, 'r+');
    try {
      await handle.write(partitionTable([swapAt, tmpAt]), 0, sectorBytes, 0);
      await handle.write(swap.value, 0, swapHeaderBytes, firstSector * sectorBytes);
    } finally {
      await handle.close();
    }
    const failure = await makeFileSystem([
      ...['-L', 'scratch', '-O', '^has_journal', '-E', `offset=${tmpFirst * sectorBytes}`],
      ...[raw, `${(tmpAt.sectors * sectorBytes) / 1024}k`],
    ]);
    return failure ?? (await convertImage(raw, path));
  });

/** An empty scratch disk of that size in the cache: every start begins with it, and none writes to it. */
export const scratchTemplate = async (sizeMebibytes: number): Promise<Outcome<string>> => {
  const entry = await cachedEntry(join(cacheFolder(), 'scratch'), `${sizeMebibytes}-mebibytes`, (draft) =>
    makeScratch(join(draft, 'scratch.qcow2'), sizeMebibytes),
  );
  return 'failure' in entry
    ? { diagnostics: [entry.failure] }
    : { value: join(entry.folder, 'scratch.qcow2'), diagnostics: [] };
};
