/**
 * What the IPv6 router appliance is made of: the drivers of the machines that it may meet, what routing and filtering ask
 * of the kernel, the programs, and the scripts that ship with Lanwright. Module names are those of Linux.
 */

export const applianceName = 'v6-router';

/** Given to it by the descriptions of its machine. The kernel unpacks itself in memory and needs most of it for that. */
export const memoryMebibytes = 128;

/** Debian's kernel for all machines: that for clouds has no driver for the cards of VirtualBox and VMware. */
export const kernelPackage = 'linux-image-amd64';

const cards = ['virtio_pci', 'virtio_net', 'e1000', 'e1000e', 'vmxnet3', 'pcnet32'];

/** For a disk with settings; the appliance's own is read by the boot loader alone. */
const disks = ['virtio_blk', 'ata_piix', 'ahci', 'sr_mod', 'sd_mod', 'isofs', 'vfat', 'nls_cp437', 'nls_ascii'];

const network = ['sit', 'crc32c_generic', 'nf_tables', 'nft_ct', 'nft_reject_inet', 'nft_reject_ipv6'];

/** The kernel asks for them through modprobe(8), or the appliance's first script does. */
export const kernelModules: readonly string[] = [...cards, ...disks, ...network, 'button', 'evdev'];

/** Beside busybox, which is the rest. */
export const programs: readonly string[] = ['ip', 'nft', 'radvd'];

/** Below `guest/v6-router/` in Lanwright: scripts that run, and what they read. */
export const scripts: readonly string[] = [
  ...['say', 'prepare', 'read-settings', 'lease-address', 'leased', 'find-outside', 'route', 'power-button'],
];
export const dataFiles: readonly string[] = ['inittab', 'filter.nft', 'prefix.awk'];

export const libraryPath = 'lib/v6-router';

/** Where the image has settings of its own, and the name of the file on a disk or CD with settings. */
export const ownSettingsPath = 'etc/v6-router.settings';
export const settingsFileName = 'v6-router.settings';
export const settingsLabel = 'V6ROUTER';

export const folders: readonly string[] = [
  ...['dev', 'proc', 'sys', 'run', 'tmp', 'root', 'etc', 'sbin', 'bin', 'usr/bin', 'usr/sbin', 'var'],
];

const console = `Lanwright v6-router, an IPv6 router for a network that has only IPv4.
Log in as root for a shell; "v6-router" tells what it does.

`;

/** Small tables that Unix programs look for. Paths are relative to the root. */
export const tables: Readonly<Record<string, string>> = {
  'etc/fstab': `proc /proc proc nosuid,noexec,nodev 0 0
sysfs /sys sysfs nosuid,noexec,nodev 0 0
devtmpfs /dev devtmpfs nosuid 0 0
tmpfs /run tmpfs mode=755,size=8m 0 0
`,
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  // Whoever holds the console holds the machine: a password is asked for where the settings have one.
  'etc/shadow.open': 'root::19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n',
  'etc/issue': console,
  'etc/profile': `export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PS1='v6-router# '\nv6-router\n`,
};

/** Of its programs, what tells how it fares. */
export const tellState = `#!/bin/sh
tail -n 12 /run/v6-router/log
/usr/bin/ip -br address
`;

/** Symbolic links, by their paths: what changes lies in memory. */
export const links: Readonly<Record<string, string>> = {
  init: 'bin/busybox',
  'sbin/modprobe': '/bin/busybox',
  'etc/inittab': '/lib/v6-router/inittab',
  'etc/shadow': '/run/shadow',
  'etc/resolv.conf': '/run/resolv.conf',
  'var/run': '/run',
};

/** `net.ifnames=0`: one card, eth0, whatever slot the hypervisor puts it into. Both consoles get a login. */
export const commandLine = [
  ...['console=ttyS0', 'console=tty0', 'quiet', 'panic=10', 'net.ifnames=0', 'random.trust_cpu=on'],
  ...['cryptomgr.notests', 'no_timer_check', 'rdinit=/init'],
].join(' ');
