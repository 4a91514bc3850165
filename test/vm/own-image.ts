/**
 * A cloud image as a distribution would give it: Debian with kernel, GRUB and cloud-init on one partition, which knows
 * nothing of this project. Needs root, for the files of a system belong to more than one user.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../images/bed.ts';

const sector = 512;
const firstSector = 2048;
const rootMebibytes = 2048;
const packages = [
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'grub-pc-bin', 'cloud-init', 'systemd-sysv', 'udev', 'dbus'],
  ...['iproute2', 'iputils-ping', 'procps', 'openssh-server', 'kmod'],
];

const bootScript = `set root=(hd0,msdos1)
linux /vmlinuz root=/dev/vda1 rw console=ttyS0 net.ifnames=0
initrd /initrd.img
boot
`;

const modules = ['biosdisk', 'part_msdos', 'ext2', 'linux', 'normal', 'boot'];

/** What GRUB's first sectors hold, made by its own program in the system that it will start. */
const hooks = [
  `printf '%b' "${bootScript.replaceAll('\n', '\\n')}" > "$1/boot/early.cfg"`,
  `chroot "$1" grub-mkimage -O i386-pc -o /boot/core.img -p /boot/grub -c /boot/early.cfg ${modules.join(' ')}`,
  'cp "$1/usr/lib/grub/i386-pc/boot.img" "$1/boot/core.img" "$OUT/"',
  'echo cloud > "$1/etc/hostname"; rm -f "$1/etc/machine-id" "$1"/etc/ssh/ssh_host_*; : > "$1/etc/machine-id"',
];

/** One bootable Linux partition (type 0x83) to the end of the disk, by sectors alone. */
const partitionEntry = (sectors: number): Buffer => {
  const entry = Buffer.alloc(16);
  entry.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff]);
  entry.writeUInt32LE(firstSector, 8);
  entry.writeUInt32LE(sectors, 12);
  return entry;
};

/** GRUB's `boot.img` in the first sector; `core.img` follows, where that looks for it by default. */
const writeBootSectors = (disk: string, work: string): void => {
  const first = Buffer.alloc(sector);
  readFileSync(join(work, 'boot.img')).copy(first, 0, 0, 440);
  partitionEntry((rootMebibytes * 1024 * 1024) / sector).copy(first, 446);
  first.writeUInt16LE(0xaa55, 510);
  const fd = openSync(disk, 'r+');
  writeSync(fd, first, 0, sector, 0);
  const core = readFileSync(join(work, 'core.img'));
  writeSync(fd, core, 0, core.length, sector);
  closeSync(fd);
};

/** Writes it as qcow2 to `path`. */
export const buildCloudImage = (path: string): void => {
  const work = mkdtempSync(join(tmpdir(), 'lanwright-cloud-'));
  try {
    const [tree, disk] = [join(work, 'tree'), join(work, 'disk')];
    run(
      'env',
      `OUT=${work}`,
      ...['mmdebstrap', '--quiet', '--mode=root', '--variant=minbase', `--include=${packages.join(',')}`],
      ...['--dpkgopt=path-exclude=/usr/share/doc/*', '--dpkgopt=path-exclude=/usr/share/man/*'],
      ...hooks.map((hook) => `--customize-hook=${hook}`),
      ...['bookworm', tree],
    );
    const root = join(work, 'root');
    run('mke2fs', '-q', '-F', '-t', 'ext4', '-O', '^metadata_csum_seed', '-d', tree, root, `${rootMebibytes}M`);
    run('dd', `if=${root}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=sparse', 'status=none');
    truncateSync(disk, firstSector * sector + rootMebibytes * 1024 * 1024);
    writeBootSectors(disk, work);
    run('qemu-img', 'convert', '-O', 'qcow2', disk, path);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};
