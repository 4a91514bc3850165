/**
 * What a hypervisor boots for tests, from the tree of Debian's packages: Xen, a kernel, and the archive of dom0, with the
 * programs of the tree, the modules that dom0 needs, and what guests boot: the same kernel and an archive of busybox.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { xenTree } from '../../tools/program-tree.mjs';
import { cachedEntry } from '../../src/images/content-cache.ts';
import { writeArchive, type ArchiveEntry } from '../../src/images/cpio.ts';
import { moduleName, readClosure } from '../../src/images/kernel-modules.ts';
import { cacheFolder } from '../../src/images/places.ts';
import { type HypervisorBoot } from './hypervisor-words.ts';

/** Where dom0 finds what its guests boot. */
export const guestKernelPath = '/guest/kernel';
export const guestInitrdPath = '/guest/initrd';

const inTree = (...path: readonly string[]): string => join(xenTree, ...path);

/** Folders of the tree whose files are dom0's too, and whether what is below them is. */
const kept: readonly (readonly [folder: string, isDeep: boolean])[] = [
  ...(['bin', 'sbin', 'usr/bin', 'usr/sbin', 'lib64', 'lib/x86_64-linux-gnu'] as const).map(
    (folder) => [folder, false] as const,
  ),
  ['usr/lib/x86_64-linux-gnu', false],
  ['usr/lib/x86_64-linux-gnu/xtables', false],
  ['usr/lib/xen-4.17/bin', false],
  ['etc/xen', true],
];

/** Of dom0: Xen's devices and the back end of vifs; what bridges, and what filters. */
const modules = [
  ...[
    'crc32c_generic',
    'xen-evtchn',
    'xen-gntdev',
    'xen-gntalloc',
    'xen-privcmd',
    'xenfs',
    'xen-netback',
    'bridge',
    'br_netfilter',
  ],
  ...['veth', 'nf_tables', 'nft_ct', 'nft_nat', 'nft_masq', 'nft_redir', 'nft_chain_nat', 'nft_reject_inet'],
  ...['nft_compat', 'xt_physdev'],
];

const fileEntry = (path: string, contents: Uint8Array, isExecutable = false): ArchiveEntry => ({
  ...{ kind: 'file', path, contents, isExecutable },
});

const entriesBelow = (folder: string, isDeep: boolean): readonly ArchiveEntry[] =>
  readdirSync(inTree(folder), { withFileTypes: true }).flatMap((file): readonly ArchiveEntry[] => {
    const path = join(folder, file.name);
    if (file.isSymbolicLink()) return [{ kind: 'link', path, target: readlinkSync(inTree(path)) }];
    if (file.isDirectory()) return isDeep ? entriesBelow(path, true) : [];
    return file.isFile() ? [fileEntry(path, readFileSync(inTree(path)), true)] : [];
  });

const script = (path: string, name: string): ArchiveEntry =>
  fileEntry(path, readFileSync(new URL(`./inside/${name}`, import.meta.url)), true);

const release = (): string => readdirSync(inTree('lib/modules'))[0] ?? '';

/** All in one folder, with the order in which they are loaded. */
const moduleEntries = async (wanted: readonly string[]): Promise<readonly ArchiveEntry[]> => {
  const folder = inTree('lib/modules', release());
  const all = await readClosure(folder, wanted);
  const nameOf = (path: string): string => `${moduleName(path)}.ko`;
  return [
    ...all.map(({ path }) => fileEntry(`modules/${nameOf(path)}`, readFileSync(join(folder, path)))),
    fileEntry('modules/order', Buffer.from(all.map(({ path }) => `${nameOf(path)}\n`).join(''))),
  ];
};

/**
 * The ELF file in a kernel that is packed by xz (Documentation/x86/boot.rst of the kernel): where instructions are
 * emulated, unpacking it for each guest takes longer than anything else. The last four bytes are no part of what xz wrote.
 */
const unpackKernel = (image: Buffer): Buffer => {
  const start = ((image[0x1f1] ?? 0) + 1) * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c) - 4);
  const libraries = ['lib', 'usr/lib'].map((folder) => inTree(folder, 'x86_64-linux-gnu')).join(':');
  return execFileSync(
    inTree('lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
    ['--library-path', libraries, inTree('usr/bin/xz'), '-dc'],
    { input: payload, maxBuffer: 1 << 30 },
  );
};

const busybox = (): ArchiveEntry => fileEntry('bin/busybox', readFileSync(inTree('bin/busybox')), true);

const guestArchive = async (): Promise<Buffer> =>
  writeArchive([busybox(), script('init', 'guest-init.sh'), ...(await moduleEntries(['xen-netfront']))]);

const dom0Archive = async (kernel: Buffer): Promise<Buffer> =>
  writeArchive([
    ...kept.flatMap(([folder, isDeep]) => entriesBelow(folder, isDeep)),
    ...(await moduleEntries(modules)),
    script('init', 'dom0-init.sh'),
    script('bin/ask-guest', 'ask-guest.sh'),
    fileEntry('etc/passwd', Buffer.from('root:x:0:0::/root:/bin/sh\n')),
    fileEntry(guestKernelPath.slice(1), kernel),
    fileEntry(guestInitrdPath.slice(1), await guestArchive()),
  ]);

const bootIn = (folder: string): HypervisorBoot => ({
  hypervisor: join(folder, 'xen'),
  kernel: join(folder, 'kernel'),
  initrd: join(folder, 'initrd'),
});

const write = async (folder: string): Promise<undefined> => {
  const boot = bootIn(folder);
  const kernel = unpackKernel(readFileSync(inTree('boot', `vmlinuz-${release()}`)));
  await writeFile(boot.hypervisor, gunzipSync(readFileSync(inTree('boot/xen-4.17-amd64.gz'))));
  await writeFile(boot.kernel, kernel);
  await writeFile(boot.initrd, await dom0Archive(kernel));
};

/** The recipe and the scripts are part of the key: other ones, another archive. */
const digest = (): string => {
  const hash = createHash('sha256').update(xenTree);
  const sources = ['dom0-archive.ts', 'inside/dom0-init.sh', 'inside/guest-init.sh', 'inside/ask-guest.sh'];
  for (const name of sources) hash.update(readFileSync(new URL(`./${name}`, import.meta.url)));
  return hash.digest('hex').slice(0, 32);
};

/** From the cache, or made now. */
export const prepareHypervisor = async (): Promise<HypervisorBoot> => {
  const entry = await cachedEntry(join(cacheFolder(), 'hypervisors'), digest(), write);
  if ('failure' in entry) throw new Error('an archive that could not be written');
  return bootIn(entry.folder);
};
