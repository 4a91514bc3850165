/**
 * The disk of an appliance: a boot loader, a kernel and its archives one behind the other, found by sector and not by a file
 * system, so that nothing on it is ever mounted or written. Sectors are 512 bytes.
 */

export const sectorBytes = 512;

/** What is on the disk, in order, with where it begins and how many sectors it takes. */
export interface Extent {
  readonly part: 'loader' | 'kernel' | 'archive' | 'settings';
  readonly firstSector: number;
  readonly sectors: number;
}

/** Lengths in bytes; `settings` is present where the image has settings of its own. */
export interface PartSizes {
  readonly loader: number;
  readonly kernel: number;
  readonly archive: number;
  readonly settings?: number;
}

/** The loader follows the boot sector (GRUB's boot.img looks for it there); what it loads begins at pages. */
const alignment = 8;
const sectorsFor = (bytes: number): number => Math.ceil(bytes / sectorBytes);
const aligned = (sector: number): number => Math.ceil(sector / alignment) * alignment;

/** The loader has to be told where the rest is before its own size is known: what it may take. */
const loaderSectors = 511;
export const loaderLimitBytes = loaderSectors * sectorBytes;

export const layOut = (sizes: PartSizes): readonly Extent[] => {
  const extents: Extent[] = [{ part: 'loader', firstSector: 1, sectors: loaderSectors }];
  let next = aligned(1 + loaderSectors);
  for (const part of ['kernel', 'archive', 'settings'] as const) {
    const bytes = sizes[part];
    if (bytes === undefined) continue;
    extents.push({ part, firstSector: next, sectors: sectorsFor(bytes) });
    next = aligned(next + sectorsFor(bytes));
  }
  return extents;
};

/** Hypervisors count disks in mebibytes. */
export const diskBytes = (extents: readonly Extent[]): number => {
  const end = Math.max(...extents.map(({ firstSector, sectors }) => firstSector + sectors));
  return Math.ceil((end * sectorBytes) / 1048576) * 1048576;
};

const blocks = ({ firstSector, sectors }: Extent): string => `(hd0)${firstSector}+${sectors}`;

/** What GRUB is told: files are runs of sectors ("block lists", GRUB manual 13.3). Archives behind each other are one. */
export const loaderScript = (extents: readonly Extent[], commandLine: string): string => {
  const of = (...parts: readonly Extent['part'][]): string =>
    extents
      .filter(({ part }) => parts.includes(part))
      .map(blocks)
      .join(' ');
  return `linux ${of('kernel')} ${commandLine}\ninitrd ${of('archive', 'settings')}\nboot\n`;
};

/** Where the table of partitions is in the first sector, and what ends that sector. */
export const partitionTableAt = 446;
export const bootSignatureAt = 510;

/**
 * One partition over all that is loaded, active since some firmwares boot from no other, of the type that says "no file
 * system" (0xda), so that tools for disks see a used disk. Its ends as cylinders are not said (0xfeffff).
 */
export const partitionEntry = (extents: readonly Extent[]): Uint8Array => {
  const loaded = extents.filter(({ part }) => part !== 'loader');
  const first = Math.min(...loaded.map(({ firstSector }) => firstSector));
  const end = Math.max(...loaded.map(({ firstSector, sectors }) => firstSector + sectors));
  const entry = new Uint8Array([0x80, 0xfe, 0xff, 0xff, 0xda, 0xfe, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
  const view = new DataView(entry.buffer);
  view.setUint32(8, first, true);
  view.setUint32(12, end - first, true);
  return entry;
};
