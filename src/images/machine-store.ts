/**
 * The disks of machines: a folder for each below `labs/<lab>/<machine>/` of the user's data, open to nobody else, with
 * one record that says which files count. A change makes new files under new names and then replaces the record, so that
 * whoever is killed leaves the machine as it was or as it should be; what no record names is swept away.
 */
import { randomBytes } from 'node:crypto';
import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withLockFile } from '../run/lock-store.ts';
import { replaceText } from './draft.ts';
import { newIdentity, type Identity } from './identity.ts';
import { dataFolder, ensureFolder } from './places.ts';

export interface MachineName {
  readonly lab: string;
  readonly machine: string;
}

/** A system disk: a file of the machine's folder, and the base it stands on; without one it stands alone. */
export interface SystemDisk {
  readonly file: string;
  readonly base?: string;
  /** Whether QEMU is given a kernel, or the firmware boots the disk. */
  readonly boot: 'direct' | 'firmware';
}

export interface MachineRecord {
  readonly version: 1;
  readonly identity: Identity;
  readonly system?: SystemDisk;
  /** What `system` was before it was last pointed elsewhere. */
  readonly previous?: SystemDisk;
  /** In the order of the machine's data disks. */
  readonly data: readonly string[];
  /** What a data disk was before it was last restored, by its file. */
  readonly previousData?: Readonly<Record<string, string>>;
}

const recordName = 'machine.json';

/** Files that a record may name; a settings image and scratch are made anew, and named by no record. */
const isDisk = (name: string): boolean => /^(system|data)-[\w.-]+\.qcow2$/.test(name);

export const labsFolder = (): string => join(dataFolder(), 'labs');

export const machineFolder = ({ lab, machine }: MachineName): string => join(labsFolder(), lab, machine);

export const printName = ({ lab, machine }: MachineName): string => `${lab}/${machine}`;

export const readRecord = async (name: MachineName): Promise<MachineRecord | undefined> => {
  try {
    return JSON.parse(await readFile(join(machineFolder(name), recordName), 'utf8')) as MachineRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

export const writeRecord = (name: MachineName, record: MachineRecord): Promise<void> =>
  replaceText(join(machineFolder(name), recordName), `${JSON.stringify(record, undefined, 2)}\n`);

export const namedFiles = (record: MachineRecord): ReadonlySet<string> =>
  new Set([
    ...[record.system, record.previous].flatMap((disk) => (disk === undefined ? [] : [disk.file])),
    ...record.data,
    ...Object.values(record.previousData ?? {}),
  ]);

/** Disks that an interrupted change left behind. */
const sweep = async (name: MachineName, record: MachineRecord | undefined): Promise<void> => {
  const folder = machineFolder(name);
  const kept = record === undefined ? new Set<string>() : namedFiles(record);
  for (const file of await readdir(folder))
    if (isDisk(file) && !kept.has(file)) await rm(join(folder, file), { force: true });
};

/** A file name that no record has used: changes go to new files. */
export const freshFile = (role: 'system' | 'data'): string => `${role}-${randomBytes(6).toString('hex')}.qcow2`;

/**
 * Runs `act` with the machine's record while nobody else changes it. A machine that has no record yet gets an identity
 * and no disks.
 */
export const withMachine = async <T>(name: MachineName, act: (record: MachineRecord) => Promise<T>): Promise<T> => {
  const folder = await ensureFolder(machineFolder(name));
  return withLockFile(join(folder, recordName), async () => {
    const record = await readRecord(name);
    await sweep(name, record);
    return act(record ?? { version: 1, identity: newIdentity(name.machine), data: [] });
  });
};

const foldersIn = async (folder: string): Promise<readonly string[]> => {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
};

/** All machines that have disks, of all labs. */
export const listMachines = async (): Promise<readonly (MachineName & { readonly record: MachineRecord })[]> => {
  const found = [];
  for (const lab of await foldersIn(labsFolder()))
    for (const machine of await foldersIn(join(labsFolder(), lab))) {
      const record = await readRecord({ lab, machine });
      if (record !== undefined) found.push({ lab, machine, record });
    }
  return found;
};

/** Machines whose system stands on the base, now or if they are rolled back. */
export const machinesOn = async (base: string): Promise<readonly MachineName[]> =>
  (await listMachines()).filter(({ record }) => record.system?.base === base || record.previous?.base === base);

/** Whether others may write there: then what is in it cannot be trusted. */
export const isOpenToOthers = async (path: string): Promise<boolean> => ((await stat(path)).mode & 0o022) !== 0;
