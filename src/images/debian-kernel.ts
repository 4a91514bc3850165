/**
 * Kernels of Debian's packages: fetched by apt as an ordinary user and unpacked, nothing installed; the image, the modules
 * that are asked for and the release are kept. What is fetched once stays in the cache and is used without a network.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { type RunResult } from '../run/run-program.ts';
import { cachedEntry, isWhole } from './content-cache.ts';
import { fetchPackage, kernelCandidateOf, unpackPackage, type DebianPackage } from './debian-package.ts';
import { readClosure } from './kernel-modules.ts';
import { imageFault, programFailed } from './missing.ts';
import { ensureFolder } from './places.ts';

export interface DebianKernel {
  /** As `uname -r` says it. */
  readonly release: string;
  readonly image: string;
  /** Folder of modules: `kernel/…/*.ko`. */
  readonly modules: string;
}

export interface KernelWish {
  /** That names the newest of its kind: `linux-image-amd64`. */
  readonly metaPackage: string;
  /** Of the cache: other wishes, other folders. */
  readonly folder: string;
  /** By their names; what they need comes with them. */
  readonly modules: readonly string[];
  /** What is kept of the package's compressed image. */
  readonly imageOf: (compressed: Buffer) => Uint8Array;
  readonly cannotFetch: (result: RunResult) => Diagnostic;
}

const kernelIn = async (folder: string): Promise<DebianKernel> => {
  const release = (await readFile(join(folder, 'release'), 'utf8')).trim();
  return { release, image: join(folder, 'kernel'), modules: join(folder, 'modules') };
};

/** Numbers in names count as numbers: 6.1.0-9 comes before 6.1.0-10. */
const newestFirst = (names: readonly string[]): readonly string[] =>
  [...names].sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));

const findCached = async (kernels: string): Promise<DebianKernel | undefined> => {
  const names = await readdir(kernels).catch(() => []);
  for (const name of newestFirst(names.filter((it) => !it.startsWith('.')))) {
    const folder = join(kernels, name);
    if (await isWhole(folder)) return kernelIn(folder);
  }
  return undefined;
};

const keep = async ({ modules, imageOf }: KernelWish, tree: string, draft: string): Promise<Diagnostic | undefined> => {
  // Debian's trees have `lib` or `usr/lib`.
  for (const root of ['lib/modules', 'usr/lib/modules'].map((path) => join(tree, path))) {
    const [release] = await readdir(root).catch(() => []);
    if (release === undefined) continue;
    const image = await readFile(join(tree, 'boot', `vmlinuz-${release}`));
    await writeFile(join(draft, 'kernel'), imageOf(image), { mode: 0o600 });
    await writeFile(join(draft, 'release'), `${release}\n`, { mode: 0o600 });
    for (const { path } of await readClosure(join(root, release), modules)) {
      await mkdir(dirname(join(draft, 'modules', path)), { recursive: true });
      await rename(join(root, release, path), join(draft, 'modules', path));
    }
    return undefined;
  }
  return imageFault('guest-kernel-missing', 'the kernel package holds no modules');
};

const fetchAndUnpack = async (
  wish: KernelWish,
  candidate: DebianPackage,
  draft: string,
): Promise<Diagnostic | undefined> => {
  const deb = await fetchPackage(candidate, draft);
  if ('failed' in deb) return wish.cannotFetch(deb.failed);
  const tree = join(draft, 'package');
  const failed = await unpackPackage(deb.value, tree);
  const failure =
    failed === undefined
      ? await keep(wish, tree, draft)
      : programFailed('the kernel package cannot be unpacked', failed);
  await rm(tree, { recursive: true, force: true });
  await rm(deb.value);
  return failure;
};

/** The newest kernel in the cache; where there is none, or a newer one is asked for, that of the package lists. */
export const findKernel = async (wish: KernelWish, isNewestWanted = false): Promise<Outcome<DebianKernel>> => {
  const cached = isNewestWanted ? undefined : await findCached(wish.folder);
  if (cached !== undefined) return { value: cached, diagnostics: [] };
  const candidate = await kernelCandidateOf(wish.metaPackage);
  if ('failed' in candidate) return { diagnostics: [wish.cannotFetch(candidate.failed)] };
  const { value } = candidate;
  await ensureFolder(wish.folder);
  const key = `${value.name.replace('linux-image-', '')}_${value.version.replaceAll(/[^\w.+~-]/g, '_')}`;
  const entry = await cachedEntry(wish.folder, key, (draft) => fetchAndUnpack(wish, value, draft));
  return 'failure' in entry
    ? { diagnostics: [entry.failure] }
    : { value: await kernelIn(entry.folder), diagnostics: [] };
};
