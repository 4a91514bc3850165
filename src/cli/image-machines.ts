/** The disks of one machine: what its system stands on, its data, and what it changed. */
import { resolve } from 'node:path';
import { type FileChange } from '../images/file-list.ts';
import {
  backUpData,
  changesOf,
  removeDisks,
  restoreData,
  type CopyRunning,
  type DiskCopy,
} from '../images/machine-disks.ts';
import { printName, type MachineName, type SystemDisk } from '../images/machine-store.ts';
import { removeBase } from '../images/patch-base.ts';
import { flattenMachine, repointMachine, rollbackMachine } from '../images/repoint.ts';
import { type Outcome } from '../diagnostics/diagnostic.ts';
import { worldOf } from '../world/client.ts';
import { findMachine, qualifiedName, tell, type ImageOptions } from './image-options.ts';
import { say } from './terminal.ts';

/** Finds the machine, acts, and tells what came of it. */
const about = async <T extends object>(
  machine: string,
  options: ImageOptions,
  act: (name: MachineName) => Promise<Outcome<T>>,
  inWords: (value: T, name: string) => string,
): Promise<number> => {
  const name = await findMachine(machine, options);
  if (typeof name === 'number') return name;
  return tell(await act(name), options, (value) => inWords(value, `\`${printName(name)}\``));
};

export const repoint = (machine: string, base: string, options: ImageOptions): Promise<number> =>
  about(
    machine,
    options,
    (name) => repointMachine(name, base),
    ({ system, to }, name) =>
      system === 'kept'
        ? `${name} stands on \`${to}\`, which has the same content, and keeps what it wrote to its system`
        : `${name} stands on \`${to}\`, with a system as it is there; \`lanwright image rollback\` takes it back`,
  );

const standsOn = ({ base }: SystemDisk, name: string): string =>
  base === undefined ? `${name} stands alone` : `${name} stands on \`${base}\``;

export const rollback = (machine: string, options: ImageOptions): Promise<number> =>
  about(machine, options, rollbackMachine, (system, name) => `${standsOn(system, name)} again`);

export const flatten = (machine: string, options: ImageOptions): Promise<number> =>
  about(machine, options, flattenMachine, standsOn);

const printChanges = (changes: readonly FileChange[]): string => {
  if (changes.length === 0) return 'no file was changed since the base was sealed';
  const width = Math.max(...changes.map(({ change }) => change.length));
  return changes.map(({ change, path }) => `${change.padEnd(width)}  ${path}`).join('\n');
};

export const changes = (machine: string, options: ImageOptions): Promise<number> =>
  about(machine, options, changesOf, printChanges);

const inMebibytes = ({ bytes }: DiskCopy): string => `${(bytes / 1048576).toFixed(1)} MiB`;

type CopyOptions = ImageOptions & { readonly disk: number };

/** Asks the world of the lab; a machine that runs elsewhere must be stopped. */
const copyRunning =
  ({ lab, machine }: MachineName): CopyRunning =>
  async (from, to) => {
    const world = await worldOf(lab);
    try {
      if (world === undefined) throw new Error(`\`${lab}\` is not up`);
      const { isAtRest } = await world.backUp(machine, from, to);
      if (!isAtRest)
        say(`the file systems of ${machine} could not be stopped for a moment: the copy is as after a power cut`);
      return undefined;
    } catch (error) {
      const message = `\`${lab}/${machine}\` is running, and its disk cannot be copied: ${(error as Error).message}`;
      return { code: 'image-in-use', severity: 'error', message, help: `lanwright stop --lab ${lab} ${machine}` };
    } finally {
      world?.close();
    }
  };

export const backup = (machine: string, copy: string, options: CopyOptions): Promise<number> =>
  about(
    machine,
    options,
    (name) => backUpData(name, resolve(copy), options.disk, copyRunning(name)),
    (made, name) => `data of ${name} is in ${made.path}, ${inMebibytes(made)}`,
  );

export const restore = (machine: string, copy: string, options: CopyOptions): Promise<number> =>
  about(
    machine,
    options,
    (name) => restoreData(name, resolve(copy), options.disk),
    (_, name) => `${name} has the data of ${copy} again; what it had stays until the next restore`,
  );

const removeOfMachine = async (
  name: MachineName,
  options: ImageOptions & { readonly data: boolean },
): Promise<number> =>
  tell(await removeDisks(name, { isDataNamed: options.data }), options, ({ removed, kept }) =>
    kept.length === 0
      ? `the disks of \`${printName(name)}\` are gone: ${removed.length}`
      : `the system of \`${printName(name)}\` is gone; its data stays, until it is named with --data`,
  );

const removeOneBase = async (name: string, options: ImageOptions): Promise<number> => {
  const failure = await removeBase(name);
  const outcome: Outcome<{ readonly removed: readonly string[] }> =
    failure === undefined ? { value: { removed: [name] }, diagnostics: [] } : { diagnostics: [failure] };
  return tell(outcome, options, () => `the base \`${name}\` is gone`);
};

export const remove = (text: string, options: ImageOptions & { readonly data: boolean }): Promise<number> => {
  const machine = qualifiedName(text);
  return machine === undefined ? removeOneBase(text, options) : removeOfMachine(machine, options);
};
