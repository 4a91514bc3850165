/**
 * The kernel of an appliance: the compressed image as its boot loader takes it and the modules that it needs, of Debian's
 * kernel for all machines.
 */
import { join } from 'node:path';
import { type Outcome } from '../diagnostics/diagnostic.ts';
import { kernelModules, kernelPackage } from '../appliance/v6-router.ts';
import { digestOf } from './content-cache.ts';
import { findKernel, type DebianKernel } from './debian-kernel.ts';
import { notFetched } from './missing.ts';
import { cacheFolder } from './places.ts';

/** Other modules, other entries. */
const kernelsFolder = (): string =>
  join(cacheFolder(), `appliance-kernels-${digestOf(JSON.stringify(kernelModules)).slice(0, 8)}`);

/** The newest in the cache; where there is none, that of the package lists. */
export const findApplianceKernel = (): Promise<Outcome<DebianKernel>> =>
  findKernel({
    metaPackage: kernelPackage,
    folder: kernelsFolder(),
    modules: kernelModules,
    imageOf: (compressed) => compressed,
    cannotFetch: (result) => notFetched(kernelPackage, result),
  });
