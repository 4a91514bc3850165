/** The kernel of guests: that of Debian's package for clouds, with the modules that some feature asks for. */
import { join } from 'node:path';
import { type RunResult } from '../run/run-program.ts';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { digestOf } from './content-cache.ts';
import { findKernel, type DebianKernel } from './debian-kernel.ts';
import { imageFault, programFailed } from './missing.ts';
import { cacheFolder } from './places.ts';
import { allFeatures, partsOf } from './probe-features.ts';
import { extractVmlinux } from './vmlinux.ts';

/** `image`: what QEMU starts, the ELF file where the package's image could be unpacked, else that image. */
export type GuestKernel = DebianKernel;

const metaPackage = 'linux-image-cloud-amd64';

/** Other features, other entries. */
const kernelsFolder = (): string =>
  join(cacheFolder(), `kernels-${digestOf(JSON.stringify(partsOf(allFeatures))).slice(0, 8)}`);

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

/** The newest kernel in the cache; where there is none, or a newer one is asked for, that of the package lists. */
export const findGuestKernel = (options: { readonly isNewestWanted?: boolean } = {}): Promise<Outcome<GuestKernel>> => {
  const { modules, onDemand } = partsOf(allFeatures);
  return findKernel(
    {
      ...{ metaPackage, folder: kernelsFolder(), modules: [...modules, ...onDemand], cannotFetch },
      imageOf: (compressed) => extractVmlinux(compressed) ?? compressed,
    },
    options.isNewestWanted,
  );
};
