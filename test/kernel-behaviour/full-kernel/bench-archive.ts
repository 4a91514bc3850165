/**
 * What the guest of a bench boots: a probe guest's archive with all that any stack may ask of a kernel, and behind it one
 * with this machine's Node, koffi and the bundle of the bench. The kernel unpacks archives that stand one behind the
 * other (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel).
 */
import { copyFile, readdir, readFile, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeArchive, type ArchiveEntry } from '../../../src/images/cpio.ts';
import { prepareProbeGuest } from '../../../src/images/guest-archive.ts';
import { findHostFiles, readHostFiles } from '../../../src/images/host-programs.ts';
import { allFeatures, type GuestFeature } from '../../../src/images/probe-features.ts';

export interface BenchBoot {
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
}

/** In the guest; koffi is found beside it. */
export const benchProgram = '/bench/bench.mjs';

const packages = 'node_modules';

const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(join(packages, folder), { recursive: true, withFileTypes: true }))
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(packages.length + 1));

/** What is loaded of koffi: its programs, and the package with its machine code. */
const koffiFiles = async (): Promise<readonly string[]> => [
  ...['package.json', 'index.js'].map((name) => `koffi/${name}`),
  ...(await filesBelow('koffi/src/koffi')).filter((path) => path.endsWith('.js')),
  ...(await filesBelow(`@koromix/koffi-linux-${process.arch}`)),
];

const fileEntry = async (path: string, source: string): Promise<ArchiveEntry> => ({
  kind: 'file',
  path: path.replace(/^\//, ''),
  contents: await readFile(source),
  isExecutable: false,
});

const valueOf = <T>(outcome: { readonly value?: T; readonly diagnostics: readonly unknown[] }): T => {
  if (outcome.value === undefined) throw new Error(JSON.stringify(outcome.diagnostics));
  return outcome.value;
};

/** Disks and services are no matter of a bench's kernel. */
const isOfKernel = (feature: GuestFeature): boolean => !['disks', 'dhcp-server', 'router-advertiser'].includes(feature);

/** Writes the archive to `folder`; `bundle` is the program that the bench runs. */
export const writeBenchBoot = async (bundle: string, folder: string): Promise<BenchBoot> => {
  const { kernel, initrd, commandLine } = valueOf(await prepareProbeGuest(allFeatures.filter(isOfKernel)));
  const programs = valueOf(await findHostFiles(['node'], ''));
  const more = writeArchive([
    ...(await readHostFiles(programs)),
    ...(await Promise.all(
      (await koffiFiles()).map((name) => fileEntry(join('bench', packages, name), join(packages, name))),
    )),
    await fileEntry(benchProgram, bundle),
  ]);
  const whole = join(folder, 'initrd');
  await copyFile(initrd, whole);
  await appendFile(whole, more);
  return { kernel, initrd: whole, commandLine };
};
