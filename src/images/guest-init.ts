/**
 * The first process of a guest, as a script for busybox's shell: mounts, modules, disks, then either the agent (a guest
 * that lives in memory) or the system on the first disk. It configures no network: that is asked for through the agent.
 */

/** Where the agent and the modules are in the archive. */
export const agentPath = 'lib/lanwright/agent.pl';
export const findPortPath = 'lib/lanwright/start-agent';

const mounts = `
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/lanwright`;

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

const load = (release: string, path: string): string => {
  const name = /([^/]+)\.ko$/.exec(path)?.[1] ?? '';
  return `insmod /lib/modules/${release}/${path} ${parameters[name] ?? ''}`.trimEnd();
};

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
  readonly release: string;
  /** Paths below the folder of modules, each behind what it needs. */
  readonly modules: readonly string[];
  readonly hasDisks: boolean;
}

const head = ({ release, modules }: InitParts): string => `#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
${mounts}
${defaults}
${modules.map((path) => load(release, path)).join('\n')}`;

/** A guest that lives in memory. */
export const probeInit = (parts: InitParts): string => `${head(parts)}
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
${parts.hasDisks ? mountDisks('') : ''}
# Whoever holds the console holds the machine: it asks for no password.
(while :; do setsid cttyhack sh < /dev/ttyS0 > /dev/ttyS0 2>&1; sleep 0.2; done) &
exec /bin/sh /${findPortPath}
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
