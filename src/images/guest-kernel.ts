/**
 * A kernel for guests: the files of Debian's package `linux-image-cloud-amd64`, fetched by apt as an ordinary user and
 * unpacked, nothing installed. What is fetched once stays in the cache and is used without a network.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type RunResult } from '../run/run-program.ts';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { cachedEntry, digestOf, isWhole } from './content-cache.ts';
import { fetchPackage, kernelCandidateOf, unpackPackage, type DebianPackage } from './debian-package.ts';
import { readClosure } from './kernel-modules.ts';
import { imageFault, programFailed } from './missing.ts';
import { cacheFolder, ensureFolder } from './places.ts';
import { allFeatures, partsOf } from './probe-features.ts';
import { extractVmlinux } from './vmlinux.ts';

export interface GuestKernel {
  /** As `uname -r` says it. */
  readonly release: string;
  /** What QEMU starts: the ELF file where the package's image could be unpacked, else that image. */
  readonly image: string;
  /** Folder of modules: `kernel/…/*.ko`. */
  readonly modules: string;
}

const metaPackage = 'linux-image-cloud-amd64';

/** Kernels are kept with the modules that some feature asks for: other features, other entries. */
const kernelsFolder = (): string =>
  join(cacheFolder(), `kernels-${digestOf(JSON.stringify(partsOf(allFeatures))).slice(0, 8)}`);

const kernelIn = async (folder: string): Promise<GuestKernel> => {
  const release = (await readFile(join(folder, 'release'), 'utf8')).trim();
  return { release, image: join(folder, 'kernel'), modules: join(folder, 'modules') };
};

/** Numbers in names count as numbers: 6.1.0-9 comes before 6.1.0-10. */
export const newestFirst = (names: readonly string[]): readonly string[] =>
  [...names].sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));

const findCached = async (): Promise<GuestKernel | undefined> => {
  const names = await readdir(kernelsFolder()).catch(() => []);
  for (const name of newestFirst(names.filter((it) => !it.startsWith('.')))) {
    const folder = join(kernelsFolder(), name);
    if (await isWhole(folder)) return kernelIn(folder);
  }
  return undefined;
};

const cannotFetch = (result: RunResult): Diagnostic =>
  result.outcome === 'missing'
    ? imageFault(
        'guest-kernel-missing',
        `guests start with the kernel of Debian's package \`${metaPackage}\`, and there is no apt to fetch it with`,
        `copy ${kernelsFolder()} from a Debian machine where Lanwright has made it`,
      )
    : {
        ...programFailed(`the kernel for guests cannot be fetched from Debian`, result),
        code: 'guest-kernel-missing',
        help: 'check the network, then run `apt-get update` as root',
      };

const keepModules = async (from: string, to: string): Promise<void> => {
  const { modules, onDemand } = partsOf(allFeatures);
  for (const { path } of await readClosure(from, [...modules, ...onDemand])) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await rename(join(from, path), join(to, path));
  }
};

/** Keeps the image, the modules and the name of the release; the rest of the package is for booting real machines. */
const unpack = async (deb: string, draft: string): Promise<Diagnostic | undefined> => {
  const tree = join(draft, 'package');
  const failed = await unpackPackage(deb, tree);
  if (failed !== undefined) return programFailed('the kernel package cannot be unpacked', failed);
  // Debian's trees have `lib` or `usr/lib`.
  const roots = ['lib/modules', 'usr/lib/modules'].map((path) => join(tree, path));
  for (const root of roots) {
    const [release] = await readdir(root).catch(() => []);
    if (release === undefined) continue;
    const image = await readFile(join(tree, 'boot', `vmlinuz-${release}`));
    await writeFile(join(draft, 'kernel'), extractVmlinux(image) ?? image, { mode: 0o600 });
    await writeFile(join(draft, 'release'), `${release}\n`, { mode: 0o600 });
    await keepModules(join(root, release), join(draft, 'modules'));
    await rm(tree, { recursive: true });
    return undefined;
  }
  return imageFault('guest-kernel-missing', 'the kernel package holds no modules');
};

const fetchAndUnpack = async (candidate: DebianPackage, draft: string): Promise<Diagnostic | undefined> => {
  const deb = await fetchPackage(candidate, draft);
  if ('failed' in deb) return cannotFetch(deb.failed);
  const failure = await unpack(deb.value, draft);
  await rm(deb.value);
  return failure;
};

/** The newest kernel in the cache; where there is none, or a newer one is asked for, that of the package lists. */
export const findGuestKernel = async (
  options: { readonly isNewestWanted?: boolean } = {},
): Promise<Outcome<GuestKernel>> => {
  const cached = options.isNewestWanted === true ? undefined : await findCached();
  if (cached !== undefined) return { value: cached, diagnostics: [] };
  const candidate = await kernelCandidateOf(metaPackage);
  if ('failed' in candidate) return { diagnostics: [cannotFetch(candidate.failed)] };
  const { value } = candidate;
  await ensureFolder(kernelsFolder());
  const key = `${value.name.replace('linux-image-', '')}_${value.version.replaceAll(/[^\w.+~-]/g, '_')}`;
  const entry = await cachedEntry(kernelsFolder(), key, (draft) => fetchAndUnpack(value, draft));
  return 'failure' in entry
    ? { diagnostics: [entry.failure] }
    : { value: await kernelIn(entry.folder), diagnostics: [] };
};
