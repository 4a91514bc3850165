/**
 * What must hold before any machine starts, asked of the files themselves: each is there and readable, nobody else may
 * write where they are, and no two machines write to one disk.
 */
import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { type BootFiles } from '../state/virtual-machine.ts';
import { imageFault } from './missing.ts';

export interface StartingMachine {
  readonly machine: string;
  readonly boot: BootFiles;
}

interface UsedFile {
  readonly machine: string;
  readonly path: string;
  readonly isWritten: boolean;
}

const filesOf = ({ machine, boot }: StartingMachine): readonly UsedFile[] => [
  ...[boot.kernel, boot.initrd].flatMap((path) => (path === undefined ? [] : [{ machine, path, isWritten: false }])),
  // Nothing is written to the file of a scratch disk, however much is written to the disk.
  ...boot.disks.map(({ role, path, isReadOnly }) => ({ machine, path, isWritten: !isReadOnly && role !== 'scratch' })),
];

const readFault = async ({ machine, path, isWritten }: UsedFile): Promise<readonly Diagnostic[]> => {
  const mode = isWritten ? constants.R_OK | constants.W_OK : constants.R_OK;
  const error = await access(path, mode).then(
    () => undefined,
    (reason: unknown) => reason as NodeJS.ErrnoException,
  );
  if (error === undefined) return [];
  const fact = error.code === 'ENOENT' ? 'is not there' : `may not be ${isWritten ? 'written' : 'read'} by this user`;
  return [imageFault('disk-missing', `\`${machine}\` starts from ${path}, which ${fact}`, `ls -l ${path}`)];
};

const openToOthers = 0o022;

/** A folder or file that others may write: what is read from it could be anybody's. */
const trustFault = async ({ machine, path }: UsedFile): Promise<readonly Diagnostic[]> => {
  for (const place of [path, dirname(path)]) {
    const about = await stat(place).catch(() => undefined);
    if (about !== undefined && (about.mode & openToOthers) !== 0)
      return [
        imageFault(
          'disk-open-to-others',
          `others may write to ${place}, from which \`${machine}\` starts`,
          `chmod go-w ${place}`,
        ),
      ];
  }
  return [];
};

const sharedFaults = async (files: readonly UsedFile[]): Promise<readonly Diagnostic[]> => {
  const owners = new Map<string, UsedFile>();
  const found: Diagnostic[] = [];
  for (const file of files) {
    const place = await realpath(file.path).catch(() => file.path);
    const other = owners.get(place);
    owners.set(place, other === undefined || file.isWritten ? file : other);
    if (other === undefined || (!other.isWritten && !file.isWritten)) continue;
    const who =
      other.machine === file.machine ? `\`${file.machine}\` twice` : `\`${other.machine}\` and \`${file.machine}\``;
    found.push(imageFault('disk-shared', `${who} would use ${file.path}, and at least one would write to it`));
  }
  return found;
};

/** Faults of all files that these machines start from, in the order of the machines. */
export const checkFiles = async (machines: readonly StartingMachine[]): Promise<readonly Diagnostic[]> => {
  const files = machines.flatMap(filesOf);
  const each = await Promise.all(files.map(async (file) => [...(await readFault(file)), ...(await trustFault(file))]));
  return [...each.flat(), ...(await sharedFaults(files))];
};

/** What each machine holds that no other may: a MAC, a port, a machine id. */
export interface Holding {
  readonly machine: string;
  /** As in `MAC address` or `console port`. */
  readonly what: string;
  readonly value: string;
}

/** Values that two machines hold, with both named. */
export const checkUnique = (holdings: readonly Holding[]): readonly Diagnostic[] => {
  const owners = new Map<string, string>();
  return holdings.flatMap(({ machine, what, value }) => {
    const key = `${what} ${value}`;
    const other = owners.get(key);
    if (other === undefined) {
      owners.set(key, machine);
      return [];
    }
    return [imageFault('held-twice', `the ${what} ${value} is held by \`${other}\` and \`${machine}\``)];
  });
};
