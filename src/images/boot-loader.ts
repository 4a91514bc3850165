/**
 * A boot loader for the BIOS: GRUB, of Debian's packages, fetched and unpacked, nothing installed. Gives the boot sector and
 * the image behind it, which carries its script.
 */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { runProgram } from '../run/run-program.ts';
import { cachedEntry } from './content-cache.ts';
import { candidateOf, fetchPackage, unpackPackage } from './debian-package.ts';
import { notFetched, programFailed } from './missing.ts';
import { cacheFolder } from './places.ts';

export interface BootLoader {
  /** The first sector of the disk, without a table of partitions. */
  readonly sector: Buffer;
  /** Begins in the second sector. */
  readonly image: Buffer;
}

const packages = ['grub-common', 'grub-pc-bin'] as const;
const platform = 'i386-pc';

/** What loads a Linux kernel from runs of sectors; the script is read by the parser that is always there. */
const modules = ['biosdisk', 'linux'];

const unpackInto = async (name: string, draft: string): Promise<Diagnostic | undefined> => {
  const candidate = await candidateOf(name);
  if ('failed' in candidate) return notFetched(name, candidate.failed);
  const deb = await fetchPackage(candidate.value, draft);
  if ('failed' in deb) return notFetched(name, deb.failed);
  const failed = await unpackPackage(deb.value, join(draft, 'package'));
  await rm(deb.value);
  return failed === undefined ? undefined : programFailed(`the package \`${name}\` cannot be unpacked`, failed);
};

/** One program and the loader's own files. */
const make = async (draft: string): Promise<Diagnostic | undefined> => {
  for (const name of packages) {
    const failure = await unpackInto(name, draft);
    if (failure !== undefined) return failure;
  }
  const tree = join(draft, 'package');
  await rename(join(tree, 'usr/bin/grub-mkimage'), join(draft, 'grub-mkimage'));
  await rename(join(tree, 'usr/lib/grub', platform), join(draft, platform));
  await rm(tree, { recursive: true });
  return undefined;
};

/** From the cache, or fetched now. */
const findTools = async (): Promise<Outcome<string>> => {
  const entry = await cachedEntry(join(cacheFolder(), 'boot-loaders'), 'grub', make);
  return 'failure' in entry ? { diagnostics: [entry.failure] } : { value: entry.folder, diagnostics: [] };
};

export const makeBootLoader = async (script: string): Promise<Outcome<BootLoader>> => {
  const tools = await findTools();
  if (tools.value === undefined) return { diagnostics: tools.diagnostics };
  const folder = join(tools.value, platform);
  const draft = await mkdtemp(join(tmpdir(), 'lanwright-loader-'));
  try {
    await writeFile(join(draft, 'script'), script);
    const made = await runProgram([
      ...[join(tools.value, 'grub-mkimage'), '-O', platform, '-d', folder, '-p', '(hd0)'],
      ...['-c', join(draft, 'script'), '-o', join(draft, 'image'), ...modules],
    ]);
    if (made.status !== 0) return { diagnostics: [programFailed('the boot loader cannot be made', made)] };
    const [sector, image] = await Promise.all([readFile(join(folder, 'boot.img')), readFile(join(draft, 'image'))]);
    return { value: { sector, image }, diagnostics: [] };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
};
