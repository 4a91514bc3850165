/**
 * Changing what a machine's system stands on: another base, the base before, or none. The machine keeps its data and its
 * identity, and is stopped meanwhile. What its system was stays beside it until the next such change, so there is a way
 * back.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { baseImage, checkBase, type Base } from './base-store.ts';
import { replaceFile } from './draft.ts';
import {
  freshFile,
  machineFolder,
  printName,
  readRecord,
  withMachine,
  writeRecord,
  type MachineName,
  type MachineRecord,
  type SystemDisk,
} from './machine-store.ts';
import { imageFault } from './missing.ts';
import { convertImage, createOverlay, haveSameContent, isImageInUse, readChain, rebaseUnchecked } from './qcow2.ts';

export const noSuchMachine = (name: MachineName): Diagnostic =>
  imageFault('no-such-machine', `\`${printName(name)}\` has no disks`, 'lanwright image list');

const noSystem = (name: MachineName): Diagnostic =>
  imageFault('no-system-disk', `\`${printName(name)}\` has no system disk: it lives in memory`);

const inUse = (name: MachineName): Diagnostic =>
  imageFault(
    'image-in-use',
    `\`${printName(name)}\` is running from its disk`,
    `lanwright stop ${name.machine} --lab ${name.lab}`,
  );

const fails = (diagnostic: Diagnostic): { readonly diagnostics: readonly Diagnostic[] } => ({
  diagnostics: [diagnostic],
});

/** Runs `act` with the system disk of a machine that is not running. */
const withSystem = async <T>(
  name: MachineName,
  act: (record: MachineRecord, system: SystemDisk) => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  if ((await readRecord(name)) === undefined) return fails(noSuchMachine(name));
  return withMachine(name, async (record) => {
    const { system } = record;
    if (system === undefined) return fails(noSystem(name));
    if (await isImageInUse(join(machineFolder(name), system.file))) return fails(inUse(name));
    return act(record, system);
  });
};

/** How the new base came under the machine. */
export interface Repointed {
  /** `kept`: both bases show the same content, so what the machine wrote to its system stays. `fresh`: it starts from the base. */
  readonly system: 'kept' | 'fresh';
  readonly from: string | null;
  readonly to: string;
}

/** A copy of the overlay that stands on the other base; only for bases of the same content. */
const moveOverlay = async (folder: string, system: SystemDisk, base: Base): Promise<Outcome<SystemDisk>> => {
  const file = freshFile('system');
  const failure = await replaceFile(join(folder, file), 0o600, async (draft) => {
    // The overlay alone, not what it stands on: the same clusters, another name below.
    await copyFile(join(folder, system.file), draft);
    return rebaseUnchecked(draft, baseImage(base.name));
  });
  return failure === undefined
    ? { value: { file, base: base.name, boot: base.boot }, diagnostics: [] }
    : { diagnostics: [failure] };
};

const freshOverlay = async (folder: string, system: SystemDisk, base: Base): Promise<Outcome<SystemDisk>> => {
  const chain = await readChain(join(folder, system.file));
  const below = await readChain(baseImage(base.name));
  // A disk that was made larger than its base stays so.
  const bytes = Math.max(chain.value?.[0]?.virtualBytes ?? 0, below.value?.[0]?.virtualBytes ?? 0);
  const file = freshFile('system');
  const failure = await replaceFile(join(folder, file), 0o600, (draft) =>
    createOverlay(draft, baseImage(base.name), bytes === 0 ? undefined : Math.ceil(bytes / 1048576)),
  );
  return failure === undefined
    ? { value: { file, base: base.name, boot: base.boot }, diagnostics: [] }
    : { diagnostics: [failure] };
};

/** Whether both bases show the same bytes, so that an overlay of one is right on the other. */
const isSameContent = async (system: SystemDisk, base: Base): Promise<boolean> => {
  if (system.base === undefined) return false;
  if (system.base === base.name) return true;
  // The old one counts only as it was sealed: the machine's disk was made on that.
  const old = await checkBase(system.base);
  if (old.value === undefined) return false;
  return (await haveSameContent(baseImage(system.base), baseImage(base.name))).value === true;
};

/** Points a machine at a sealed base. */
export const repointMachine = (name: MachineName, to: string): Promise<Outcome<Repointed>> =>
  withSystem(name, async (record, system) => {
    const base = await checkBase(to);
    if (base.value === undefined) return { diagnostics: base.diagnostics };
    const folder = machineFolder(name);
    const isKept = await isSameContent(system, base.value);
    const next = await (isKept ? moveOverlay : freshOverlay)(folder, system, base.value);
    if (next.value === undefined) return { diagnostics: next.diagnostics };
    await writeRecord(name, { ...record, system: next.value, previous: system });
    return { value: { system: isKept ? 'kept' : 'fresh', from: system.base ?? null, to }, diagnostics: [] };
  });

/** Back to what the system was before it was last pointed elsewhere; doing it twice leads back again. */
export const rollbackMachine = (name: MachineName): Promise<Outcome<SystemDisk>> =>
  withSystem(name, async (record, system) => {
    const { previous } = record;
    if (previous === undefined)
      return fails(
        imageFault('nothing-to-roll-back', `the system of \`${printName(name)}\` was never pointed elsewhere`),
      );
    if (previous.base !== undefined) {
      const checked = await checkBase(previous.base);
      if (checked.value === undefined) return { diagnostics: checked.diagnostics };
    }
    await writeRecord(name, { ...record, system: previous, previous: system });
    return { value: previous, diagnostics: [] };
  });

/** Makes the system stand alone: all that it shows in one image, no base below. */
export const flattenMachine = (name: MachineName): Promise<Outcome<SystemDisk>> =>
  withSystem(name, async (record, system) => {
    if (system.base === undefined) return { value: system, diagnostics: [] };
    const checked = await checkBase(system.base);
    if (checked.value === undefined) return { diagnostics: checked.diagnostics };
    const folder = machineFolder(name);
    const file = freshFile('system');
    const failure = await replaceFile(join(folder, file), 0o600, (draft) =>
      convertImage(join(folder, system.file), draft),
    );
    if (failure !== undefined) return fails(failure);
    const alone: SystemDisk = { file, boot: system.boot };
    await writeRecord(name, { ...record, system: alone, previous: system });
    return { value: alone, diagnostics: [] };
  });
