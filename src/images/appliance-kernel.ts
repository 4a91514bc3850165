/**
 * The kernel of an appliance: the compressed image as its boot loader takes it and the modules that it needs, of Debian's
 * kernel for all machines. Fetched once, then in the cache.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { kernelModules, kernelPackage } from '../appliance/v6-router.ts';
import { cachedEntry, digestOf, isWhole } from './content-cache.ts';
import { fetchPackage, kernelCandidateOf, unpackPackage, type DebianPackage } from './debian-package.ts';
import { newestFirst, type GuestKernel } from './guest-kernel.ts';
import { readClosure } from './kernel-modules.ts';
import { imageFault, notFetched, programFailed } from './missing.ts';
import { cacheFolder, ensureFolder } from './places.ts';

/** Other modules, other entries. */
const kernelsFolder = (): string =>
  join(cacheFolder(), `appliance-kernels-${digestOf(JSON.stringify(kernelModules)).slice(0, 8)}`);

const kernelIn = async (folder: string): Promise<GuestKernel> => ({
  release: (await readFile(join(folder, 'release'), 'utf8')).trim(),
  image: join(folder, 'kernel'),
  modules: join(folder, 'modules'),
});

const findCached = async (): Promise<GuestKernel | undefined> => {
  const names = await readdir(kernelsFolder()).catch(() => []);
  for (const name of newestFirst(names.filter((it) => !it.startsWith('.')))) {
    const folder = join(kernelsFolder(), name);
    if (await isWhole(folder)) return kernelIn(folder);
  }
  return undefined;
};

const keep = async (tree: string, draft: string): Promise<Diagnostic | undefined> => {
  // Debian's trees have `lib` or `usr/lib`.
  for (const root of ['lib/modules', 'usr/lib/modules'].map((path) => join(tree, path))) {
    const [release] = await readdir(root).catch(() => []);
    if (release === undefined) continue;
    await rename(join(tree, 'boot', `vmlinuz-${release}`), join(draft, 'kernel'));
    await writeFile(join(draft, 'release'), `${release}\n`, { mode: 0o600 });
    for (const { path } of await readClosure(join(root, release), kernelModules)) {
      await mkdir(dirname(join(draft, 'modules', path)), { recursive: true });
      await rename(join(root, release, path), join(draft, 'modules', path));
    }
    return undefined;
  }
  return imageFault('guest-kernel-missing', `the package \`${kernelPackage}\` holds no modules`);
};

const make = async (candidate: DebianPackage, draft: string): Promise<Diagnostic | undefined> => {
  const deb = await fetchPackage(candidate, draft);
  if ('failed' in deb) return notFetched(kernelPackage, deb.failed);
  const tree = join(draft, 'package');
  const failed = await unpackPackage(deb.value, tree);
  const failure =
    failed === undefined ? await keep(tree, draft) : programFailed('the kernel package cannot be unpacked', failed);
  await rm(tree, { recursive: true, force: true });
  await rm(deb.value);
  return failure;
};

/** The newest in the cache; where there is none, that of the package lists. */
export const findApplianceKernel = async (): Promise<Outcome<GuestKernel>> => {
  const cached = await findCached();
  if (cached !== undefined) return { value: cached, diagnostics: [] };
  const candidate = await kernelCandidateOf(kernelPackage);
  if ('failed' in candidate) return { diagnostics: [notFetched(kernelPackage, candidate.failed)] };
  const { value } = candidate;
  await ensureFolder(kernelsFolder());
  const key = `${value.name.replace('linux-image-', '')}_${value.version.replaceAll(/[^\w.+~-]/g, '_')}`;
  const entry = await cachedEntry(kernelsFolder(), key, (draft) => make(value, draft));
  return 'failure' in entry
    ? { diagnostics: [entry.failure] }
    : { value: await kernelIn(entry.folder), diagnostics: [] };
};
