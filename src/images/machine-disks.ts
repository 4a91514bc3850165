/**
 * What is done with the disks of a machine by name: data is backed up, restored and, only when it is named, removed; the
 * files of its system that it changed are listed; a clone gets disks and an identity of its own.
 */
import { copyFile, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { baselinePath, checkBase } from './base-store.ts';
import { replaceFile } from './draft.ts';
import { compareFiles, listFiles, readFileList, type FileChange } from './file-list.ts';
import { newIdentity } from './identity.ts';
import {
  freshFile,
  labsFolder,
  machineFolder,
  printName,
  readRecord,
  withMachine,
  writeRecord,
  type MachineName,
  type MachineRecord,
} from './machine-store.ts';
import { imageFault } from './missing.ts';
import { checkImage, convertImage, isImageInUse, readChain } from './qcow2.ts';
import { copyWithSettings } from './renew-settings.ts';
import { noSuchMachine } from './repoint.ts';

const fails = (diagnostic: Diagnostic): { readonly diagnostics: readonly Diagnostic[] } => ({
  diagnostics: [diagnostic],
});

const outcome = <T>(value: T, failure: Diagnostic | undefined): Outcome<T> =>
  failure === undefined ? { value, diagnostics: [] } : fails(failure);

const withDisks = async <T>(
  name: MachineName,
  act: (record: MachineRecord, folder: string) => Promise<Outcome<T>>,
): Promise<Outcome<T>> =>
  (await readRecord(name)) === undefined
    ? fails(noSuchMachine(name))
    : withMachine(name, (record) => act(record, machineFolder(name)));

/** `number`: which data disk, from 1 on. */
const dataFile = (name: MachineName, record: MachineRecord, number: number): Outcome<string> => {
  const file = record.data[number - 1];
  return file === undefined
    ? fails(
        imageFault(
          'no-such-disk',
          `\`${printName(name)}\` has ${record.data.length} data disks, none is number ${number}`,
        ),
      )
    : { value: file, diagnostics: [] };
};

const isRunning = (name: MachineName): Diagnostic =>
  imageFault(
    'image-in-use',
    `\`${printName(name)}\` is running, and its disks are not at rest`,
    `lanwright stop --lab ${name.lab} ${name.machine}`,
  );

export interface DiskCopy {
  readonly path: string;
  readonly bytes: number;
}

/** Lets whoever runs the machine copy its disk `from` to a new image; what stands in the way. */
export type CopyRunning = (from: string, to: string) => Promise<Diagnostic | undefined>;

/** By way of a copy beside the disk: whoever runs the machine may not see the same files elsewhere. */
const copyWhileRunning = async (
  from: string,
  draft: string,
  copyRunning: CopyRunning,
): Promise<Diagnostic | undefined> => {
  const folder = await mkdtemp(join(dirname(from), '.draft-'));
  try {
    const copy = join(folder, 'copy');
    return (await copyRunning(from, copy)) ?? (await convertImage(copy, draft, { isCompressed: true }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Copies a data disk to a file that stands alone. The disk of a running machine is not at rest: see `copyRunning`. */
export const backUpData = (
  name: MachineName,
  path: string,
  number = 1,
  copyRunning: CopyRunning = () => Promise.resolve(isRunning(name)),
): Promise<Outcome<DiskCopy>> =>
  withDisks(name, async (record, folder) => {
    const file = dataFile(name, record, number);
    if (file.value === undefined) return { diagnostics: file.diagnostics };
    const from = join(folder, file.value);
    const isInUse = await isImageInUse(from);
    const failure = await replaceFile(path, 0o600, (draft) =>
      isInUse ? copyWhileRunning(from, draft, copyRunning) : convertImage(from, draft, { isCompressed: true }),
    );
    return failure === undefined
      ? { value: { path, bytes: (await stat(path)).size }, diagnostics: [] }
      : fails(failure);
  });

/** Puts a backup in the place of a data disk. What was there stays until the next restore. */
export const restoreData = (name: MachineName, path: string, number = 1): Promise<Outcome<DiskCopy>> =>
  withDisks(name, async (record, folder) => {
    const old = dataFile(name, record, number);
    if (old.value === undefined) return { diagnostics: old.diagnostics };
    if (await isImageInUse(join(folder, old.value))) return fails(isRunning(name));
    const chain = await readChain(path);
    if (chain.value === undefined) return { diagnostics: chain.diagnostics };
    const damage = chain.value[0]?.format === 'qcow2' ? await checkImage(path) : undefined;
    if (damage !== undefined) return fails(damage);
    const file = freshFile('data');
    const failure = await replaceFile(join(folder, file), 0o600, (draft) => convertImage(path, draft));
    if (failure !== undefined) return fails(failure);
    const data = record.data.map((each) => (each === old.value ? file : each));
    await writeRecord(name, { ...record, data, previousData: { [file]: old.value } });
    return { value: { path: join(folder, file), bytes: (await stat(join(folder, file))).size }, diagnostics: [] };
  });

export interface Removed {
  readonly removed: readonly string[];
  /** Data disks that stay, since nobody named them. */
  readonly kept: readonly string[];
}

/** Removes a machine's disks. Its data stays unless it is named; with the data goes the machine's identity. */
export const removeDisks = (
  name: MachineName,
  { isDataNamed }: { readonly isDataNamed: boolean },
): Promise<Outcome<Removed>> =>
  withDisks(name, async (record, folder) => {
    const system = [record.system, record.previous].flatMap((disk) => (disk === undefined ? [] : [disk.file]));
    const data = [...record.data, ...Object.values(record.previousData ?? {})];
    for (const file of [...system, ...data]) if (await isImageInUse(join(folder, file))) return fails(isRunning(name));
    if (isDataNamed || data.length === 0) {
      // Out of its place at once, as a whole.
      const gone = join(labsFolder(), name.lab, `.gone-${name.machine}`);
      await rm(gone, { recursive: true, force: true });
      await rename(folder, gone);
      await rm(gone, { recursive: true, force: true });
      return { value: { removed: [...system, ...data], kept: [] }, diagnostics: [] };
    }
    await writeRecord(name, {
      version: 1,
      identity: record.identity,
      data: record.data,
      ...(record.previousData === undefined ? {} : { previousData: record.previousData }),
    });
    for (const file of system) await rm(join(folder, file), { force: true });
    return { value: { removed: system, kept: record.data }, diagnostics: [] };
  });

/** Files of its system that a machine added, removed or changed since its base was sealed. */
export const changesOf = (name: MachineName): Promise<Outcome<readonly FileChange[]>> =>
  withDisks(name, async (record, folder) => {
    const { system } = record;
    if (system?.base === undefined)
      return fails(imageFault('no-base', `the system of \`${printName(name)}\` stands on no base to compare with`));
    const base = await checkBase(system.base);
    if (base.value === undefined) return { diagnostics: base.diagnostics };
    const before = await readFileList(baselinePath(system.base));
    if (before === undefined)
      return fails(imageFault('no-file-list', `the base \`${system.base}\` was sealed without a list of its files`));
    const after = await listFiles(join(folder, system.file));
    if (after.value === undefined) return { diagnostics: after.diagnostics };
    return { value: compareFiles(before, after.value), diagnostics: [] };
  });

const copied = async (from: string, to: string, file: string): Promise<Diagnostic | undefined> =>
  replaceFile(join(to, file), 0o600, async (draft) => {
    await copyFile(from, draft);
    return undefined;
  });

/**
 * Gives `to` the disks of `from` as copies, and an identity that no other has. The files of its system that tell it
 * apart are renewed by its settings when it starts. `from` must not be running.
 */
export const cloneDisks = (from: MachineName, to: MachineName): Promise<Outcome<MachineRecord>> =>
  withDisks(from, async (source, folder) => {
    if ((await readRecord(to)) !== undefined)
      return fails(imageFault('machine-has-disks', `\`${printName(to)}\` has disks already`, 'choose another name'));
    const files = [...(source.system === undefined ? [] : [source.system.file]), ...source.data];
    for (const file of files) if (await isImageInUse(join(folder, file))) return fails(isRunning(from));
    return withMachine(to, async () => {
      const place = machineFolder(to);
      const system = source.system === undefined ? undefined : { ...source.system, file: freshFile('system') };
      const data = source.data.map(() => freshFile('data'));
      const pairs = [
        ...(source.system === undefined || system === undefined ? [] : [[source.system.file, system.file] as const]),
        ...source.data.map((file, index) => [file, data[index] ?? ''] as const),
      ];
      const identity = newIdentity(to.machine);
      for (const [old, file] of pairs) {
        const isData = data.includes(file);
        const failure = await (isData
          ? replaceFile(join(place, file), 0o600, (draft) =>
              copyWithSettings(join(folder, old), draft, { hostname: to.machine, identity }),
            )
          : copied(join(folder, old), place, file));
        if (failure !== undefined) return fails(failure);
      }
      const record: MachineRecord = { version: 1, identity, ...(system === undefined ? {} : { system }), data };
      await writeRecord(to, record);
      return outcome(record, undefined);
    });
  });
