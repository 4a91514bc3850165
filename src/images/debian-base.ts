/**
 * A base with Debian on it, made from packages: mmdebstrap(1) to a tree, mke2fs(8) to a disk without partitions. Kernel,
 * modules and agent come with the archive that it is booted with, so none is on it. Ordinary users need entries in
 * subuid(5), since the files of a system belong to more than one user.
 */
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { runProgram, type RunResult } from '../run/run-program.ts';
import { digestOf } from './content-cache.ts';
import { programFailed } from './missing.ts';
import { cacheFolder, ensureFolder } from './places.ts';
import { convertImage } from './qcow2.ts';

const suite = 'bookworm';
/** Grows whenever the same packages give another base. */
const recipeVersion = 1;
const diskBytes = 4 * 1024 * 1024 * 1024;
const buildTimeoutMs = 30 * 60 * 1000;

const basePackages: readonly string[] = [
  ...['systemd-sysv', 'udev', 'dbus', 'procps', 'e2fsprogs', 'iproute2', 'iputils-ping', 'nftables'],
  // What a stack's services are served and asked with.
  ...['dnsmasq-base', 'radvd', 'udhcpc', 'isc-dhcp-client'],
];

/** The name of the base with these packages beyond the usual ones. */
export const debianBaseName = (packages: readonly string[]): string => {
  const all = [...new Set([...basePackages, ...packages])].sort();
  return `debian-${digestOf(JSON.stringify([recipeVersion, suite, all])).slice(0, 12)}`;
};

const unwanted = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];

const agentUnit = `[Unit]
Description=Hand of Lanwright in this machine
DefaultDependencies=no
After=systemd-sysctl.service
Conflicts=shutdown.target
Before=shutdown.target

[Service]
ExecStart=/bin/sh /run/lanwright/start-agent
Restart=always

[Install]
WantedBy=sysinit.target
`;

/** Whoever holds the console holds the machine: it asks for no password. */
const consoleLogin = `[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --keep-baud 115200,38400,9600 %I $TERM
`;

/** Keys come with the settings; where they do not, they are made here, never in the base. */
const sshKeys = `[Service]
ExecStartPre=
ExecStartPre=/usr/bin/ssh-keygen -A
ExecStartPre=/usr/sbin/sshd -t
`;

const units = 'etc/systemd/system';

const files: Readonly<Record<string, string>> = {
  'etc/machine-id': '',
  'etc/hostname': 'debian\n',
  'etc/fstab': '',
  [`${units}/lanwright-agent.service`]: agentUnit,
  [`${units}/serial-getty@ttyS0.service.d/lanwright.conf`]: consoleLogin,
  [`${units}/ssh.service.d/lanwright.conf`]: sshKeys,
};

const nothing = '/dev/null';

const links: Readonly<Record<string, string>> = {
  [`${units}/sysinit.target.wants/lanwright-agent.service`]: '/etc/systemd/system/lanwright-agent.service',
  // Both would change what was configured through the agent: MACs of bridges, and sysctls of every new interface.
  'etc/systemd/network/99-default.link': nothing,
  'etc/sysctl.d/50-default.conf': nothing,
  // Work that is not this machine's to do whenever it starts.
  [`${units}/apt-daily.timer`]: nothing,
  [`${units}/apt-daily-upgrade.timer`]: nothing,
  [`${units}/dpkg-db-backup.timer`]: nothing,
  [`${units}/e2scrub_all.timer`]: nothing,
  [`${units}/radvd.service`]: nothing,
  'usr/sbin/modprobe': '/run/lanwright/modprobe',
};

/** Identities that packages made for themselves. */
const identities = ['etc/ssh', 'var/lib/dbus', 'var/lib/dhcp'];

/** Root of a namespace in which a range of users exists; root itself needs none. */
const asRoot = (argv: readonly string[]): readonly string[] =>
  process.getuid?.() === 0 ? argv : ['unshare', '--user', '--map-root-user', '--map-auto', '--', ...argv];

const run = (argv: readonly string[]): Promise<RunResult> => runProgram(argv, { timeoutMs: buildTimeoutMs });

const complete = async (tree: string): Promise<Diagnostic | undefined> => {
  const keys = identities.map((folder) => join(tree, folder));
  const found = await run(
    asRoot([
      'find',
      ...keys,
      '(',
      '-name',
      'ssh_host_*',
      '-o',
      '-name',
      'machine-id',
      '-o',
      '-name',
      '*.lease*',
      ')',
      '-delete',
    ]),
  );
  // Folders of packages that are not installed are missing.
  if (found.outcome !== 'exited') return programFailed('identities cannot be removed', found);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    // A base with `kmod` keeps its own.
    await symlink(target, join(tree, path)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
  return undefined;
};

const makeDisk = async (tree: string, raw: string): Promise<Diagnostic | undefined> => {
  await writeFile(raw, '', { mode: 0o600 });
  await truncate(raw, diskBytes);
  const made = await run(asRoot(['mke2fs', '-q', '-F', '-t', 'ext4', '-L', 'system', '-d', tree, raw]));
  return made.status === 0 ? undefined : programFailed('the file system of the base cannot be made', made);
};

/** Writes the disk to `image`. */
export const buildDebian = async (packages: readonly string[], image: string): Promise<Diagnostic | undefined> => {
  const work = await mkdtemp(join(await ensureFolder(join(cacheFolder(), 'building')), 'debian-'));
  const [tar, tree, raw] = [join(work, 'tree.tar'), join(work, 'tree'), join(work, 'raw')];
  try {
    const built = await run([
      ...['mmdebstrap', '--quiet', '--variant=minbase'],
      `--include=${[...new Set([...basePackages, ...packages])].sort().join(',')}`,
      ...unwanted.map((path) => `--dpkgopt=path-exclude=${path}`),
      ...[suite, tar],
    ]);
    if (built.status !== 0) return programFailed('the base cannot be built from packages', built);
    await mkdir(tree, { mode: 0o755 });
    const unpacked = await run(
      asRoot(['tar', '--extract', '--file', tar, '--directory', tree, '--numeric-owner', '--exclude=./dev/*']),
    );
    if (unpacked.status !== 0) return programFailed('the tree of the base cannot be unpacked', unpacked);
    return (await complete(tree)) ?? (await makeDisk(tree, raw)) ?? (await convertImage(raw, image));
  } finally {
    await run(asRoot(['rm', '-rf', '--one-file-system', work]));
    await rm(work, { recursive: true, force: true });
  }
};
