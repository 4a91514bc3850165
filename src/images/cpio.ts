/**
 * Files to an initramfs archive in the `newc` format (Documentation/driver-api/early-userspace/buffer-format.rst of the
 * kernel). The same entries give the same bytes: no time, no owner but root, names in order.
 */
export type ArchiveEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly contents: Uint8Array; readonly isExecutable: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const magic = '070701';
const modes = { folder: 0o040755, executable: 0o100755, file: 0o100644, link: 0o120777 } as const;

const modeOf = (entry: ArchiveEntry): number =>
  entry.kind === 'file' ? (entry.isExecutable ? modes.executable : modes.file) : modes[entry.kind];

const contentsOf = (entry: ArchiveEntry): Uint8Array => {
  if (entry.kind === 'file') return entry.contents;
  return entry.kind === 'link' ? Buffer.from(entry.target) : new Uint8Array();
};

const hex = (value: number): string => value.toString(16).padStart(8, '0').toUpperCase();

/** Names and contents begin at multiples of four bytes. */
const paddingFor = (length: number): Uint8Array => new Uint8Array((4 - (length % 4)) % 4);

const record = (inode: number, name: string, mode: number, contents: Uint8Array): readonly Uint8Array[] => {
  const nameBytes = Buffer.from(`${name}\0`);
  // inode, mode, owner, group, links, time, size, device (major, minor), represented device (both), name, checksum
  const fields = [inode, mode, 0, 0, 1, 0, contents.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = Buffer.from(magic + fields.map(hex).join(''));
  return [header, nameBytes, paddingFor(header.length + nameBytes.length), contents, paddingFor(contents.length)];
};

/** `a/b/c` needs `a` and `a/b`. */
const parentsOf = (path: string): readonly string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** Paths are relative to the root, without a leading slash. Folders that files need are added; a later entry wins. */
export const writeArchive = (entries: readonly ArchiveEntry[]): Buffer => {
  const byPath = new Map<string, ArchiveEntry>();
  for (const entry of entries) {
    for (const path of parentsOf(entry.path)) if (!byPath.has(path)) byPath.set(path, { kind: 'folder', path });
    byPath.set(entry.path, entry);
  }
  // A folder sorts before what is in it, since its name is a beginning of theirs.
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return Buffer.concat([
    ...sorted.flatMap((entry, index) => record(index + 1, entry.path, modeOf(entry), contentsOf(entry))),
    ...record(0, 'TRAILER!!!', 0, new Uint8Array()),
  ]);
};
