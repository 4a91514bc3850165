/** The disk of an appliance as bytes: boot sector, boot loader, kernel and archives, each at its sectors. */
import { readFile } from 'node:fs/promises';
import { type Outcome } from '../diagnostics/diagnostic.ts';
import {
  bootSignatureAt,
  diskBytes,
  layOut,
  loaderLimitBytes,
  loaderScript,
  partitionEntry,
  partitionTableAt,
  sectorBytes,
  type Extent,
} from '../appliance/disk-layout.ts';
import { commandLine } from '../appliance/v6-router.ts';
import { makeApplianceArchive, settingsArchive } from './appliance-archive.ts';
import { findApplianceKernel } from './appliance-kernel.ts';
import { makeBootLoader } from './boot-loader.ts';

export interface ApplianceDisk {
  readonly bytes: Buffer;
  /** As `uname -r` says it. */
  readonly release: string;
}

type Parts = Readonly<Partial<Record<Extent['part'], Buffer>>>;

const assemble = (extents: readonly Extent[], sector: Buffer, parts: Parts): Buffer => {
  const disk = Buffer.alloc(diskBytes(extents));
  sector.copy(disk, 0, 0, partitionTableAt);
  disk.set(partitionEntry(extents), partitionTableAt);
  disk.writeUInt16LE(0xaa55, bootSignatureAt);
  for (const { part, firstSector } of extents) parts[part]?.copy(disk, firstSector * sectorBytes);
  return disk;
};

/** With `settings`, the text of the settings that the image carries in itself. */
export const makeApplianceDisk = async (settings: string | undefined): Promise<Outcome<ApplianceDisk>> => {
  const found = await findApplianceKernel();
  if (found.value === undefined) return { diagnostics: found.diagnostics };
  const archive = await makeApplianceArchive(found.value);
  if (archive.value === undefined) return { diagnostics: archive.diagnostics };
  const kernel = await readFile(found.value.image);
  const parts = {
    kernel,
    archive: archive.value,
    ...(settings === undefined ? {} : { settings: settingsArchive(settings) }),
  };
  const extents = layOut({
    loader: loaderLimitBytes,
    kernel: kernel.length,
    archive: archive.value.length,
    ...(parts.settings === undefined ? {} : { settings: parts.settings.length }),
  });
  const loader = await makeBootLoader(loaderScript(extents, commandLine));
  if (loader.value === undefined) return { diagnostics: loader.diagnostics };
  const { sector, image } = loader.value;
  if (image.length > loaderLimitBytes) throw new Error(`a boot loader of ${image.length} bytes`);
  return {
    value: { bytes: assemble(extents, sector, { ...parts, loader: image }), release: found.value.release },
    diagnostics: [],
  };
};
