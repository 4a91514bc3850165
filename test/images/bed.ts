/** Images in a data folder of their own, and small bases: a few files on ext4, made without root. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { type Outcome } from '../../src/diagnostics/diagnostic.ts';
import { addBase } from '../../src/images/base-store.ts';
import { machineFolder, readRecord, type MachineName, type MachineRecord } from '../../src/images/machine-store.ts';
import { prepareBoot, type BootOrder } from '../../src/images/prepare-boot.ts';
import { convertImage } from '../../src/images/qcow2.ts';
import { sealBase } from '../../src/images/seal.ts';
import { type BootFiles, type Disk, type GuestImage } from '../../src/state/virtual-machine.ts';

/** A folder for the user's data that is gone after the tests of the file. The cache stays the user's. */
export const dataHome = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-images-'));
  const before = process.env['XDG_DATA_HOME'];
  process.env['XDG_DATA_HOME'] = folder;
  afterAll(() => {
    if (before === undefined) delete process.env['XDG_DATA_HOME'];
    else process.env['XDG_DATA_HOME'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
};

export const run = (program: string, ...argv: readonly string[]): string =>
  execFileSync(program, argv, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
    maxBuffer: 64 * 1024 * 1024,
  });

/** Paths to contents; what is below a `bin` or `sbin` can be run. */
export type Tree = Readonly<Record<string, string | Buffer>>;

const makeDisk = (files: Tree, path: string, mebibytes: number): void => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-tree-'));
  try {
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, name)), { recursive: true });
      writeFileSync(join(tree, name), text, { mode: /(^|\/)s?bin\//.test(name) ? 0o755 : 0o644 });
    }
    const raw = join(folder, 'raw');
    writeFileSync(raw, '');
    truncateSync(raw, mebibytes * 1024 * 1024);
    run('mke2fs', '-q', '-F', '-t', 'ext4', '-d', tree, raw);
    run('qemu-img', 'convert', '-O', 'qcow2', raw, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A disk image of the user's own. */
export const userImage = (path: string, files: Tree): string => {
  makeDisk(files, path, 24);
  return path;
};

/** A sealed base with these files. */
export const smallBase = async (name: string, files: Tree): Promise<void> => {
  const failure = await addBase({ version: 1, name, origin: 'a test', boot: 'direct' }, (image) => {
    makeDisk(files, image, 24);
    return Promise.resolve(undefined);
  });
  expect(failure).toBeUndefined();
  valueOf(await sealBase(name));
};

/** The value; what stood in its way is what the test fails with. */
export const valueOf = <T>({ value, diagnostics }: Outcome<T>): T => {
  if (value === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return value;
};

export const codesOf = ({ value, diagnostics }: Outcome<unknown>): readonly string[] => {
  expect(value).toBeUndefined();
  return diagnostics.map(({ code }) => code);
};

const layouts = {
  standard: ['system', 'settings', 'data', 'scratch'],
  three: ['system', 'settings', 'data'],
  two: ['system', 'data'],
} as const;

export const disksOf = (layout: keyof typeof layouts): readonly Disk[] =>
  layouts[layout].map((role) => (role === 'data' || role === 'scratch' ? { role, sizeMebibytes: 16 } : { role }));

export const orderOf = (name: MachineName, image: GuestImage, disks: readonly Disk[]): BootOrder => ({
  ...name,
  hardware: { memoryMebibytes: 192, cpus: 1, image, disks, consolePort: 1, monitorPort: 2, stopSeconds: 5 },
  features: [],
});

/** The disks of a machine, made where they are missing. */
export const prepare = async (name: MachineName, image: GuestImage, disks: readonly Disk[]): Promise<BootFiles> =>
  valueOf(await prepareBoot(orderOf(name, image, disks)));

export const recordOf = async (name: MachineName): Promise<MachineRecord> => {
  const record = await readRecord(name);
  if (record === undefined) throw new Error('no record');
  return record;
};

export const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** What commands of debugfs(8) do to a disk, as a machine that writes to it would. */
export const writeTo = async (path: string, ...commands: readonly string[]): Promise<void> => {
  const raw = `${path}.raw`;
  try {
    expect(await convertImage(path, raw, { format: 'raw' })).toBeUndefined();
    for (const command of commands) run('debugfs', '-w', '-R', command, raw);
    const [chain] = JSON.parse(run('qemu-img', 'info', '--backing-chain', '--output=json', path)) as readonly {
      readonly 'full-backing-filename'?: string;
    }[];
    const base = chain?.['full-backing-filename'];
    run('qemu-img', 'convert', '-O', 'qcow2', ...(base === undefined ? [] : ['-B', base, '-F', 'qcow2']), raw, path);
  } finally {
    rmSync(raw, { force: true });
  }
};

/** A file on a disk, as text. */
export const readFrom = async (path: string, file: string): Promise<string> => {
  const raw = `${path}.raw`;
  try {
    expect(await convertImage(path, raw, { format: 'raw' })).toBeUndefined();
    return run('debugfs', '-R', `cat ${file}`, raw);
  } finally {
    rmSync(raw, { force: true });
  }
};

export const systemPath = async (name: MachineName): Promise<string> =>
  join(machineFolder(name), (await recordOf(name)).system?.file ?? '');

export const dataPath = async (name: MachineName): Promise<string> =>
  join(machineFolder(name), (await recordOf(name)).data[0] ?? '');
