/** All bases and all machines that have disks: listed, or read from end to end. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { baseImage, checkBase, listBases, type Base } from '../images/base-store.ts';
import { checkChain } from '../images/check-chain.ts';
import {
  listMachines,
  machineFolder,
  printName,
  type MachineName,
  type MachineRecord,
} from '../images/machine-store.ts';
import { checkImage, isImageInUse } from '../images/qcow2.ts';
import { exitCode } from './exit-code.ts';
import { tellFaults, type ImageOptions } from './image-options.ts';
import { printJson } from './json.ts';
import { printTable } from './table.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

type Listed = MachineName & { readonly record: MachineRecord };

const bytesOf = async (path: string): Promise<number | null> => (await stat(path).catch(() => undefined))?.size ?? null;

const baseRow = async (base: Base, machines: readonly Listed[]) => ({
  base: base.name,
  origin: base.origin,
  sealed: base.seal?.sha256 ?? null,
  bytes: await bytesOf(baseImage(base.name)),
  machines: machines.filter(({ record }) => record.system?.base === base.name).map(printName),
});

const machineRow = async (machine: Listed) => {
  const { record } = machine;
  const folder = machineFolder(machine);
  const inPlace = async (file: string | undefined): Promise<number | null> =>
    file === undefined ? null : bytesOf(join(folder, file));
  return {
    machine: printName(machine),
    base: record.system?.base ?? null,
    previous: record.previous?.base ?? null,
    systemBytes: await inPlace(record.system?.file),
    dataBytes: await Promise.all(record.data.map(inPlace)),
  };
};

const inMebibytes = (bytes: number | null): string => (bytes === null ? '' : `${(bytes / 1048576).toFixed(1)} MiB`);

const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  printTable(
    headings.map((heading) => ({ heading })),
    rows,
    { width: widthOf(), paint: painter(hasColour()) },
  );

export const listImages = async (options: ImageOptions): Promise<number> => {
  const all = await listMachines();
  const bases = await Promise.all((await listBases()).map((base) => baseRow(base, all)));
  const machines = await Promise.all(all.map(machineRow));
  if (options.json) {
    print(printJson({ bases, machines }));
    return exitCode.asWished;
  }
  const baseTable = table(
    ['BASE', 'SEALED', 'SIZE', 'MACHINES', 'FROM'],
    bases.map((row) => [
      row.base,
      row.sealed === null ? 'no' : row.sealed.slice(0, 12),
      inMebibytes(row.bytes),
      row.machines.join(', '),
      row.origin,
    ]),
  );
  const machineTable = table(
    ['MACHINE', 'BASE', 'SYSTEM', 'DATA', 'BEFORE'],
    machines.map((row) => [
      row.machine,
      row.base ?? '',
      inMebibytes(row.systemBytes),
      row.dataBytes.map(inMebibytes).join(', '),
      row.previous ?? '',
    ]),
  );
  const parts = [baseTable, machineTable].filter((part) => part !== '');
  print(parts.length === 0 ? 'there are no bases, and no machine has disks' : parts.join('\n\n'));
  return exitCode.asWished;
};

const baseFaults = async ({ name, seal }: Base): Promise<readonly Diagnostic[]> => {
  // What is still worked on is nobody's fault.
  if (seal === undefined) return [];
  const { diagnostics } = await checkBase(name, { isThorough: true });
  const damage = diagnostics.length === 0 ? await checkImage(baseImage(name)) : undefined;
  return damage === undefined ? diagnostics : [damage];
};

const machineFaults = async (machine: Listed): Promise<readonly Diagnostic[]> => {
  const { record } = machine;
  const found: Diagnostic[] = [];
  if (record.system !== undefined) found.push(...(await checkChain(machine, record.system)));
  for (const file of [record.system?.file, ...record.data]) {
    if (file === undefined) continue;
    const path = join(machineFolder(machine), file);
    // A running machine writes to it: what is half written now is not half written when it stops.
    const damage = (await isImageInUse(path)) ? undefined : await checkImage(path);
    if (damage !== undefined) found.push(damage);
  }
  return found;
};

export const checkImages = async (options: ImageOptions): Promise<number> => {
  const bases = await listBases();
  const machines = await listMachines();
  const found: Diagnostic[] = [];
  for (const base of bases) found.push(...(await baseFaults(base)));
  for (const machine of machines) found.push(...(await machineFaults(machine)));
  const faults = [...new Map(found.map((each) => [each.message, each])).values()];
  if (faults.length > 0) return Math.max(exitCode.no, tellFaults(faults, options));
  const checked = { bases: bases.map(({ name }) => name), machines: machines.map(printName) };
  print(
    options.json
      ? printJson(checked)
      : `${checked.bases.length} bases and the disks of ${checked.machines.length} machines are as they should be`,
  );
  return exitCode.asWished;
};
