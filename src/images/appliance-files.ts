/**
 * The disk of an appliance as the files that hypervisors take: images for QEMU, a machine for VMware, a package for those
 * that import one. Each file is whole or not there.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { ovfDescriptor, ovfManifest, packageOrder } from '../appliance/ovf.ts';
import { writeTar } from '../appliance/tar.ts';
import { applianceName, memoryMebibytes, settingsFileName, settingsLabel } from '../appliance/v6-router.ts';
import { vmxDescription } from '../appliance/vmx.ts';
import { makeFolder } from '../run/make-folder.ts';
import { runProgram } from '../run/run-program.ts';
import { makeApplianceDisk, type ApplianceDisk } from './appliance-image.ts';
import { digestOf } from './content-cache.ts';
import { replaceFile } from './draft.ts';
import { imageFault, programFailed } from './missing.ts';

/** `vmx`: with the VMDK that it names. `ova`: descriptor, manifest and disk in one file. */
export const applianceFormats = ['raw', 'qcow2', 'vmdk', 'vmx', 'ova'] as const;
export type ApplianceFormat = (typeof applianceFormats)[number];

export interface BuildRequest {
  readonly folder: string;
  readonly formats: readonly ApplianceFormat[];
  /** The text of settings that the image is to carry, checked. */
  readonly settings?: string;
  /** Of Lanwright. */
  readonly version: string;
}

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
}

export interface BuiltAppliance {
  readonly name: string;
  /** Of its kernel. */
  readonly release: string;
  readonly diskBytes: number;
  readonly memoryMebibytes: number;
  readonly files: readonly WrittenFile[];
}

type Wrong = Diagnostic | undefined;

const convert = async (raw: string, to: string, format: string, options: string): Promise<Wrong> => {
  const result = await runProgram([
    ...['qemu-img', 'convert', '-f', 'raw', '-O', format],
    ...(options === '' ? [] : ['-o', options]),
    ...[raw, to],
  ]);
  return result.status === 0 ? undefined : programFailed(`the disk cannot be written as ${format}`, result);
};

const vmdkFile = `${applianceName}.vmdk`;
const packagedDisk = `${applianceName}-disk1.vmdk`;

/** What `make` puts into a file of its own, away from the user's. */
const inScratch = async <T>(make: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'lanwright-appliance-'));
  try {
    return await make(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const writePackage = (disk: ApplianceDisk, raw: string, version: string, to: string): Promise<Wrong> =>
  inScratch(async (folder) => {
    const path = join(folder, packagedDisk);
    const failure = await convert(raw, path, 'vmdk', 'subformat=streamOptimized');
    if (failure !== undefined) return failure;
    const contents = await readFile(path);
    const descriptor = ovfDescriptor({
      ...{ name: applianceName, version, memoryMebibytes, diskFile: packagedDisk },
      ...{ fileBytes: contents.length, diskBytes: disk.bytes.length },
    });
    const files = new Map<string, Uint8Array>([
      [`${applianceName}.ovf`, Buffer.from(descriptor)],
      [packagedDisk, contents],
    ]);
    const manifest = ovfManifest([...files].map(([file, held]) => ({ file, sha256: digestOf(held) })));
    files.set(`${applianceName}.mf`, Buffer.from(manifest));
    const inOrder = packageOrder({ name: applianceName, diskFile: packagedDisk });
    await writeFile(to, writeTar(inOrder.map((name) => ({ name, contents: files.get(name) ?? new Uint8Array() }))));
    return undefined;
  });

/** Files by name, and what writes each to the path that it is given. */
type Writers = Readonly<Record<string, (path: string) => Promise<Wrong>>>;

const write =
  (contents: Uint8Array | string) =>
  async (path: string): Promise<Wrong> => {
    await writeFile(path, contents);
    return undefined;
  };

const writersOf = (format: ApplianceFormat, disk: ApplianceDisk, raw: string, version: string): Writers => {
  const vmdk = { [vmdkFile]: (path: string) => convert(raw, path, 'vmdk', 'subformat=monolithicSparse') };
  switch (format) {
    case 'raw':
      return { [`${applianceName}.raw`]: write(disk.bytes) };
    case 'qcow2':
      return { [`${applianceName}.qcow2`]: (path) => convert(raw, path, 'qcow2', '') };
    case 'vmdk':
      return vmdk;
    case 'vmx':
      return {
        ...vmdk,
        [`${applianceName}.vmx`]: write(vmxDescription({ name: applianceName, memoryMebibytes, diskFile: vmdkFile })),
      };
    case 'ova':
      return { [`${applianceName}.ova`]: (path) => writePackage(disk, raw, version, path) };
  }
};

const fileMode = 0o644;

/** A place of the user's choice that takes no files; other errors are not about it. */
const refusalOf = (path: string, error: unknown): Diagnostic => {
  if (!(error instanceof Error) || !('syscall' in error)) throw error;
  // The error of a cache names another place.
  const place = 'path' in error ? String(error.path) : path;
  return imageFault('unwritable', `\`${place}\` cannot be written: ${error.message}`);
};

/** Writes an appliance in every format asked for. */
export const buildAppliance = async (request: BuildRequest): Promise<Outcome<BuiltAppliance>> => {
  try {
    // Told before the minute that an image takes.
    await makeFolder(request.folder);
    return await buildInto(request);
  } catch (error) {
    return { diagnostics: [refusalOf(request.folder, error)] };
  }
};

const buildInto = async (request: BuildRequest): Promise<Outcome<BuiltAppliance>> => {
  const made = await makeApplianceDisk(request.settings);
  if (made.value === undefined) return { diagnostics: made.diagnostics };
  const disk = made.value;
  return inScratch(async (scratch) => {
    const raw = join(scratch, 'disk');
    await writeFile(raw, disk.bytes);
    const writers: Writers = Object.assign(
      {},
      ...request.formats.map((format) => writersOf(format, disk, raw, request.version)),
    ) as Writers;
    const files: WrittenFile[] = [];
    for (const [name, writer] of Object.entries(writers)) {
      const path = join(request.folder, name);
      const failure = await replaceFile(path, fileMode, writer);
      if (failure !== undefined) return { diagnostics: [failure] };
      files.push({ path, bytes: (await readFile(path)).length });
    }
    const { release, bytes } = disk;
    return {
      value: { name: applianceName, release, diskBytes: bytes.length, memoryMebibytes, files },
      diagnostics: [],
    };
  });
};

/** A disk with settings, for the appliance's CD drive: one file, as ISO 9660. */
export const writeSettingsDisk = (text: string, to: string): Promise<Wrong> =>
  writeDisk(text, to).catch((error: unknown) => refusalOf(to, error));

const writeDisk = (text: string, to: string): Promise<Wrong> =>
  replaceFile(to, fileMode, (path) =>
    inScratch(async (folder) => {
      await writeFile(join(folder, settingsFileName), text, { mode: 0o644 });
      const result = await runProgram([
        ...['xorriso', '-as', 'mkisofs', '-quiet', '-V', settingsLabel, '-J', '-R', '-uid', '0', '-gid', '0'],
        ...['-o', path, folder],
      ]);
      return result.status === 0 ? undefined : programFailed('the settings cannot be written to a disk', result);
    }),
  );
