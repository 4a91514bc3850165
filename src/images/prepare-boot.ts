/**
 * From what the Lab says of a virtual machine to the files that it boots from: disks that are missing are made, the
 * chain of those that are there is checked, data is as it was left. Scratch is a template that QEMU writes nothing to.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { roleUnits } from '../state/role.ts';
import { type BootDisk, type BootFiles, type Disk, type VirtualMachine } from '../state/virtual-machine.ts';
import { baseImage, type Base } from './base-store.ts';
import { checkChain } from './check-chain.ts';
import { makeDataDisk, scratchTemplate } from './data-disk.ts';
import { replaceFile } from './draft.ts';
import { ensureBase, type OnNote } from './ensure-base.ts';
import { prepareProbeGuest, prepareSystemBoot } from './guest-archive.ts';
import {
  freshFile,
  machineFolder,
  readRecord,
  withMachine,
  writeRecord,
  type MachineName,
  type MachineRecord,
} from './machine-store.ts';
import { cacheFolder } from './places.ts';
import { type GuestFeature } from './probe-features.ts';
import { createOverlay } from './qcow2.ts';
import { prepareSettings, writeSettingsTree } from './settings-image.ts';

export interface BootOrder extends MachineName {
  readonly hardware: VirtualMachine;
  /** Of the machine's stack (`featuresOf`). */
  readonly features: readonly GuestFeature[];
}

/** One machine on its way: each step gives the next record, or what stands in the way. */
interface Preparation extends BootOrder {
  readonly folder: string;
  /** For a system disk that is still to be made. */
  readonly base?: Base;
}

type Step = Promise<Outcome<MachineRecord>>;

const isReady = (record: MachineRecord, failure: Diagnostic | undefined): Outcome<MachineRecord> =>
  failure === undefined ? { value: record, diagnostics: [] } : { diagnostics: [failure] };

const diskOf = ({ hardware }: BootOrder, role: Disk['role']): Disk | undefined =>
  hardware.disks.find((disk) => disk.role === role);

const ensureSystem = async (order: Preparation, record: MachineRecord): Step => {
  const { hardware, folder, base } = order;
  const disk = diskOf(order, 'system');
  if (disk === undefined || hardware.image.kind === 'probe') return isReady(record, undefined);
  if (record.system !== undefined) {
    const faults = await checkChain(order, record.system);
    return faults.length === 0 ? isReady(record, undefined) : { diagnostics: faults };
  }
  if (base === undefined) throw new Error('a system disk without a base');
  const { name, boot } = base;
  const file = freshFile('system');
  const failure = await replaceFile(join(folder, file), 0o600, (draft) =>
    createOverlay(draft, baseImage(name), disk.sizeMebibytes),
  );
  return isReady({ ...record, system: { file, base: name, boot } }, failure);
};

const makeData = async (order: Preparation, record: MachineRecord, { sizeMebibytes = 1024 }: Disk): Step => {
  const { folder, machine } = order;
  const file = freshFile('data');
  // Without a settings disk the first data disk carries them.
  const carriesSettings = record.data.length === 0 && diskOf(order, 'settings') === undefined;
  const tree = carriesSettings ? await mkdtemp(join(folder, '.draft-')) : undefined;
  try {
    if (tree !== undefined) await writeSettingsTree(tree, { hostname: machine, identity: record.identity });
    const failure = await replaceFile(join(folder, file), 0o600, (draft) => makeDataDisk(draft, sizeMebibytes, tree));
    return isReady({ ...record, data: [...record.data, file] }, failure);
  } finally {
    if (tree !== undefined) await rm(tree, { recursive: true, force: true });
  }
};

/** Makes those that are missing; those that the Lab no longer names stay. */
const ensureData = async (order: Preparation, record: MachineRecord): Step => {
  let current = record;
  const missing = order.hardware.disks.filter(({ role }) => role === 'data').slice(record.data.length);
  for (const disk of missing) {
    const next = await makeData(order, current, disk);
    if (next.value === undefined) return next;
    current = next.value;
  }
  return isReady(current, undefined);
};

/** The file of each disk, in the order of the Lab. */
const collectDisks = async (order: Preparation, record: MachineRecord): Promise<Outcome<readonly BootDisk[]>> => {
  const { folder, hardware, machine } = order;
  const disks: BootDisk[] = [];
  const add = (role: Disk['role'], path: string): void => {
    const isSettings = role === 'settings';
    disks.push({ role, path, format: isSettings ? 'raw' : 'qcow2', isReadOnly: isSettings });
  };
  let dataDisks = 0;
  for (const disk of hardware.disks) {
    if (disk.role === 'system' && record.system !== undefined) add('system', join(folder, record.system.file));
    if (disk.role === 'data') add('data', join(folder, record.data[dataDisks++] ?? ''));
    if (disk.role === 'system' || disk.role === 'data') continue;
    const made =
      disk.role === 'settings'
        ? await prepareSettings(folder, { hostname: machine, identity: record.identity })
        : await scratchTemplate(disk.sizeMebibytes ?? 1024);
    if (made.value === undefined) return { diagnostics: made.diagnostics };
    add(disk.role, made.value);
  }
  return { value: disks, diagnostics: [] };
};

const archiveFor = (order: BootOrder, record: MachineRecord): ReturnType<typeof prepareSystemBoot> => {
  const disks: readonly GuestFeature[] = order.hardware.disks.length === 0 ? [] : ['disks'];
  return record.system === undefined ? prepareProbeGuest([...order.features, ...disks]) : prepareSystemBoot();
};

/** What a system is told not to start by itself, because its stack has it started (systemd-debug-generator(8)). */
const unitsOff = ({ features }: BootOrder): readonly string[] =>
  Object.entries(roleUnits)
    .filter(([kind]) => features.some((feature) => feature === kind))
    .flatMap(([, units]) => units.map((unit) => `systemd.mask=${unit}`));

const finish = async (order: Preparation, record: MachineRecord): Promise<Outcome<BootFiles>> => {
  const disks = await collectDisks(order, record);
  if (disks.value === undefined) return { diagnostics: disks.diagnostics };
  if (record.system?.boot === 'firmware') return { value: { disks: disks.value }, diagnostics: [] };
  const archive = await archiveFor(order, record);
  if (archive.value === undefined) return { diagnostics: archive.diagnostics };
  const { kernel, initrd, commandLine } = archive.value;
  const words = [commandLine, ...unitsOff(order)].join(' ');
  return { value: { kernel, initrd, commandLine: words, disks: disks.value }, diagnostics: [] };
};

/** Building takes longer than others should wait for the machine: it is done before its turn. */
const missingBase = async (order: BootOrder, onNote: OnNote): Promise<Outcome<Base> | undefined> => {
  const { image } = order.hardware;
  if (image.kind === 'probe' || diskOf(order, 'system') === undefined) return undefined;
  return (await readRecord(order))?.system === undefined ? ensureBase(image, onNote) : undefined;
};

/** Everything a machine boots from. Does no harm to one that is running, and says the same of it again. */
export const prepareBoot = async (order: BootOrder, onNote: OnNote = () => undefined): Promise<Outcome<BootFiles>> => {
  if (order.hardware.disks.length === 0) {
    const archive = await prepareProbeGuest(order.features);
    if (archive.value === undefined) return { diagnostics: archive.diagnostics };
    const { kernel, initrd, commandLine, digest } = archive.value;
    const savedStates = { folder: join(cacheFolder(), 'states'), digest };
    return { value: { kernel, initrd, commandLine, disks: [], savedStates }, diagnostics: [] };
  }
  const base = await missingBase(order, onNote);
  if (base !== undefined && base.value === undefined) return { diagnostics: base.diagnostics };
  const preparation: Preparation = {
    ...order,
    folder: machineFolder(order),
    ...(base?.value === undefined ? {} : { base: base.value }),
  };
  return withMachine(order, async (record) => {
    let current = record;
    for (const step of [ensureSystem, ensureData]) {
      const next = await step(preparation, current);
      if (next.value === undefined) return { diagnostics: next.diagnostics };
      current = next.value;
    }
    await writeRecord(order, current);
    return finish(preparation, current);
  });
};
