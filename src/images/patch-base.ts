/**
 * Bases that come from others: a copy to be patched, by hand or by a machine that was patched; and bases that go, once
 * nothing stands on them.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { addBase, baseImage, checkBase, readBase, takeAway } from './base-store.ts';
import { machineFolder, machinesOn, printName, readRecord, type MachineName } from './machine-store.ts';
import { imageFault } from './missing.ts';
import { convertImage, isImageInUse } from './qcow2.ts';
import { noSuchMachine } from './repoint.ts';

const noSuchBase = (name: string): Diagnostic =>
  imageFault('no-such-base', `there is no base \`${name}\``, 'lanwright image list');

/** A copy of a base under a new name, to be changed and then sealed. The base itself stays as it is. */
export const copyBase = async (from: string, to: string): Promise<Diagnostic | undefined> => {
  const base = await checkBase(from);
  if (base.value === undefined) return (await readBase(from)) === undefined ? noSuchBase(from) : base.diagnostics[0];
  const { boot } = base.value;
  return addBase({ version: 1, name: to, origin: `copy of ${from}`, boot }, (image) =>
    convertImage(baseImage(from), image),
  );
};

/** The system of a machine, its base included, as a base under a new name: a patch that was tried there. */
export const baseFromMachine = async (name: MachineName, to: string, from: string): Promise<Diagnostic | undefined> => {
  const record = await readRecord(name);
  if (record?.system === undefined) return noSuchMachine(name);
  if (record.system.base !== from)
    return imageFault('other-base', `the system of \`${printName(name)}\` does not stand on \`${from}\``);
  const checked = await checkBase(from);
  if (checked.value === undefined) return checked.diagnostics[0];
  const { file, boot } = record.system;
  const path = join(machineFolder(name), file);
  if (await isImageInUse(path))
    return imageFault(
      'image-in-use',
      `\`${printName(name)}\` is running from its disk`,
      `lanwright stop ${name.machine} --lab ${name.lab}`,
    );
  return addBase({ version: 1, name: to, origin: `system of ${printName(name)}`, boot }, (image) =>
    convertImage(path, image),
  );
};

/** Removes a base that no machine stands on. */
export const removeBase = async (name: string): Promise<Diagnostic | undefined> => {
  if ((await readBase(name)) === undefined) return noSuchBase(name);
  const machines = await machinesOn(name);
  if (machines.length > 0)
    return imageFault(
      'base-in-use',
      `on the base \`${name}\` stand ${machines.map((each) => `\`${printName(each)}\``).join(', ')}`,
      'point them elsewhere first: `lanwright image repoint`',
    );
  await rm(await takeAway(name), { recursive: true, force: true });
  return undefined;
};
