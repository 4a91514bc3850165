/**
 * The first process of a guest, as a script for busybox's shell: mounts, modules, disks, then either the agent (a guest
 * that lives in memory) or the system on the first disk. It configures no network: that is asked for through the agent.
 */

/** Where the agent and the modules are in the archive. */
export const agentPath = 'lib/lanwright/agent.pl';
export const findPortPath = 'lib/lanwright/start-agent';

/** What is mounted first, by one process: each costs a hundredth of a second where instructions are emulated. */
export const mountTable = `proc /proc proc defaults 0 0
sysfs /sys sysfs defaults 0 0
devtmpfs /dev devtmpfs defaults 0 0
tmpfs /run tmpfs mode=755 0 0
`;

// Addresses are in use at once, as in a namespace: no duplicate detection. Before interfaces are born, since they inherit it.
const defaults = `
for each in all default; do echo 0 > /proc/sys/net/ipv6/conf/$each/accept_dad; done
# Tunnel modules would bring interfaces that nobody asked for (ip-sysctl.rst).
echo 2 > /proc/sys/net/core/fb_tunnels_only_for_init_net`;

/** The same for modules that bring interfaces by a parameter. modprobe finds these on the kernel's command line. */
const parameters: Readonly<Record<string, string>> = { bonding: 'max_bonds=0', dummy: 'numdummies=0' };

export const moduleParameters = Object.entries(parameters)
  .map(([name, text]) => `${name}.${text}`)
  .join(' ');

/** Runs the agent on its port, again whenever it ends; `perl` is that of the system it runs in. */
export const startAgent = (agent: string): string => `#!/bin/sh
port=
until [ -n "$port" ]; do
  for each in /sys/class/virtio-ports/*; do
    read name < $each/name && [ "$name" = org.lanwright.agent ] && port=/dev/\${each##*/}
  done 2>/dev/null
  [ -n "$port" ] || sleep 0.05
done
read up rest < /proc/uptime
echo "lanwright: agent starts at $up s" > /dev/console
while :; do
  perl ${agent} $port < /dev/null > /dev/console 2>&1
  sleep 0.2
done
`;

/** Each disk says its role as its serial number. Below the new root: data at /srv, scratch as swap and /tmp. */
const mountDisks = (root: string): string => `
disk() { for each in /sys/block/vd*; do [ "$(cat $each/serial)" = $1 ] && echo /dev/\${each##*/} && return; done 2>/dev/null; }
settings=$(disk settings) data=$(disk data) scratch=$(disk scratch)
[ -n "$data" ] && mkdir -p ${root}/srv && mount -t ext4 -o noatime $data ${root}/srv
[ -n "$scratch" ] && swapon \${scratch}1 && mount -t ext4 -o noatime \${scratch}2 ${root}/tmp && chmod 1777 ${root}/tmp
from=
[ -n "$settings" ] && mkdir -p /run/lanwright/settings && mount -t iso9660 -o ro $settings /run/lanwright/settings && from=/run/lanwright/settings/files
[ -z "$settings" ] && [ -d ${root}/srv/.settings ] && from=${root}/srv/.settings
[ -n "$from" ] && cp -a $from/. ${root}/
[ -e ${root}/etc/hostname ] && hostname -F ${root}/etc/hostname`;

export interface InitParts {
  /** Names of modules that are loaded first, with all that they need. */
  readonly modules: readonly string[];
  readonly hasDisks: boolean;
  /** Whether there are modules that the kernel may come to ask for. */
  readonly hasOnDemand: boolean;
}

const head = ({ modules }: InitParts): string => `#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
mount -a
mkdir -p /run/lock /run/lanwright
${defaults}
modprobe -a ${modules.join(' ')}`;

/** All that there is has been loaded: the kernel need start nobody to hear that there is no more. */
const noModprobe = `
echo > /proc/sys/kernel/modprobe`;

/**
 * Whoever holds the console holds the machine: it asks for no password. The shell starts with the first line that
 * somebody types, which it carries out: most consoles are never looked at. Its end hangs up the line for all.
 */
const consoleShell = `
while :; do
  { echo 'press Enter for a shell'; read -r line && setsid cttyhack sh -c 'eval "$0"; exec sh' "$line"; } < /dev/ttyS0 > /dev/ttyS0 2>&1
  sleep 0.2
done &`;

/** A guest that lives in memory. */
export const probeInit = (parts: InitParts): string => `${head(parts)}
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
${parts.hasDisks ? mountDisks('') : ''}
${parts.hasOnDemand ? '' : noModprobe.trim()}
${consoleShell.trim()}
. /${findPortPath}
`;

/**
 * A guest with its system on a disk, which says `system`. Modules, busybox's modprobe and the agent come from the archive
 * and so fit the kernel and this version, whatever base the disk stands on; nothing of them is written to the disk.
 */
export const systemInit = (parts: InitParts): string => `${head(parts)}
mkdir -p /root
${mountDisks('/root')
  .replace('settings=$(disk', 'mount -t ext4 -o noatime $(disk system) /root || exec sh\nsettings=$(disk')
  .trim()}
cp /bin/busybox /run/lanwright/modprobe
cp /${agentPath} /${findPortPath} /run/lanwright/
sed -i s,/${agentPath},/run/lanwright/agent.pl, /run/lanwright/start-agent
echo /run/lanwright/modprobe > /proc/sys/kernel/modprobe
mkdir -p /root/lib/modules && mount -t tmpfs -o mode=755 tmpfs /root/lib/modules && cp -a /lib/modules/. /root/lib/modules/
for each in dev proc sys run; do mount --move /$each /root/$each; done
exec switch_root /root /sbin/init
`;
