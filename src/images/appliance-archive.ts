/**
 * What an appliance runs, as an initramfs archive: its whole root, in memory and read-only, so that its disk is never
 * mounted. Its settings are an archive of their own, which the boot loader puts behind it.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome } from '../diagnostics/diagnostic.ts';
import * as appliance from '../appliance/v6-router.ts';
import { runProgram } from '../run/run-program.ts';
import { writeArchive, type ArchiveEntry } from './cpio.ts';
import { moduleLists, protocolTable } from './guest-archive.ts';
import { type DebianKernel } from './debian-kernel.ts';
import { findHostFiles, findProgram, readHostFiles } from './host-programs.ts';
import { readClosure } from './kernel-modules.ts';
import { imageFault, programFailed, programMissing } from './missing.ts';
import { readShipped } from './shipped-file.ts';

const textFile = (path: string, text: string, isExecutable = false): ArchiveEntry => ({
  kind: 'file',
  path,
  contents: Buffer.from(text),
  isExecutable,
});

const shippedFile = async (name: string, isExecutable: boolean): Promise<ArchiveEntry> =>
  textFile(`${appliance.libraryPath}/${name}`, await readShipped(`guest/v6-router/${name}`), isExecutable);

/** The kernel's decompressor knows no other checksum than CRC32, and holds a dictionary of this size in memory. */
const compression = ['--check=crc32', '--lzma2=preset=9e,dict=2MiB'];

/** Each by itself, in one run of xz(1). */
const compress = async (all: readonly Uint8Array[]): Promise<Outcome<readonly Buffer[]>> => {
  const folder = await mkdtemp(join(tmpdir(), 'lanwright-archive-'));
  try {
    const paths = all.map((_, index) => join(folder, String(index)));
    await Promise.all(paths.map((path, index) => writeFile(path, all[index] ?? '')));
    const packed = await runProgram(['xz', ...compression, ...paths]);
    if (packed.status !== 0) return { diagnostics: [programFailed('the appliance cannot be compressed', packed)] };
    return { value: await Promise.all(paths.map((path) => readFile(`${path}.xz`))), diagnostics: [] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Modules are compressed by themselves, too: all of them are in memory, and few are ever loaded. */
const moduleEntries = async (kernel: DebianKernel): Promise<Outcome<readonly ArchiveEntry[]>> => {
  const modules = await readClosure(kernel.modules, appliance.kernelModules);
  const packed = await compress(await Promise.all(modules.map(({ path }) => readFile(join(kernel.modules, path)))));
  if (packed.value === undefined) return { diagnostics: packed.diagnostics };
  const there = modules.map((module) => ({ ...module, path: `${module.path}.xz` }));
  const files = packed.value.map((contents, index): ArchiveEntry => ({
    kind: 'file',
    path: `lib/modules/${kernel.release}/${there[index]?.path ?? ''}`,
    contents,
    isExecutable: false,
  }));
  return { value: [...files, ...moduleLists(kernel.release, there)], diagnostics: [] };
};

/** Busybox, linked statically, with a link for each of its applets. */
const busyboxEntries = async (): Promise<Outcome<readonly ArchiveEntry[]>> => {
  const busybox = await findProgram('busybox');
  if (busybox === undefined) return { diagnostics: [programMissing('busybox')] };
  const listed = await runProgram([busybox, '--list']);
  if (listed.status !== 0) return { diagnostics: [programFailed('busybox does not list its applets', listed)] };
  const applets = listed.stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  if (!applets.includes('getty'))
    return {
      diagnostics: [
        imageFault(
          'program-missing',
          'appliances need a `busybox` that can be a whole system',
          'apt-get install -y --no-install-recommends busybox-static',
        ),
      ],
    };
  const contents = await readFile(busybox);
  return {
    value: [
      { kind: 'file', path: 'bin/busybox', contents, isExecutable: true },
      ...applets.map((name): ArchiveEntry => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' })),
    ],
    diagnostics: [],
  };
};

/** The root of the appliance, before it is compressed. */
const rootEntries = async (kernel: DebianKernel): Promise<Outcome<readonly ArchiveEntry[]>> => {
  const busybox = await busyboxEntries();
  if (busybox.value === undefined) return busybox;
  const files = await findHostFiles(appliance.programs, '');
  if (files.value === undefined) return { diagnostics: files.diagnostics };
  const modules = await moduleEntries(kernel);
  if (modules.value === undefined) return { diagnostics: modules.diagnostics };
  return {
    value: [
      ...appliance.folders.map((path): ArchiveEntry => ({ kind: 'folder', path })),
      ...busybox.value,
      ...(await readHostFiles(files.value)),
      ...Object.entries(appliance.tables).map(([path, text]) => textFile(path, text)),
      textFile('etc/protocols', protocolTable),
      textFile('bin/v6-router', appliance.tellState, true),
      ...Object.entries(appliance.links).map(([path, target]): ArchiveEntry => ({ kind: 'link', path, target })),
      ...(await Promise.all(appliance.scripts.map((name) => shippedFile(name, true)))),
      ...(await Promise.all(appliance.dataFiles.map((name) => shippedFile(name, false)))),
      ...modules.value,
    ],
    diagnostics: [],
  };
};

export const makeApplianceArchive = async (kernel: DebianKernel): Promise<Outcome<Buffer>> => {
  const entries = await rootEntries(kernel);
  if (entries.value === undefined) return { diagnostics: entries.diagnostics };
  const packed = await compress([writeArchive(entries.value)]);
  const [archive] = packed.value ?? [];
  return archive === undefined ? { diagnostics: packed.diagnostics } : { value: archive, diagnostics: [] };
};

/** An archive with nothing but the settings, not compressed. */
export const settingsArchive = (text: string): Buffer => writeArchive([textFile(appliance.ownSettingsPath, text)]);
