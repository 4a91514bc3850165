/**
 * The first process of a probe guest: mounts, modules, and the agent, started again whenever it ends. It configures
 * nothing: that is asked for through the agent. Shell of busybox, without a process where a builtin will do.
 */

/** Where the script finds the agent. */
export const agentPath = 'lib/lanwright/agent.pl';

const mounts = `
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
mkdir -p /run/lock`;

// Addresses are in use at once, as in a namespace: no duplicate detection. Before interfaces are born, since they inherit it.
const defaults = `
for each in all default; do echo 0 > /proc/sys/net/ipv6/conf/$each/accept_dad; done`;

const agent = `
port=
until [ -n "$port" ]; do
  for each in /sys/class/virtio-ports/*; do
    read name < $each/name && [ "$name" = org.lanwright.agent ] && port=/dev/\${each##*/}
  done 2>/dev/null
  [ -n "$port" ] || usleep 10000
done
read up rest < /proc/uptime
echo "lanwright: agent starts at $up s" > /dev/console
while :; do
  perl /${agentPath} $port < /dev/null > /dev/console 2>&1
  usleep 200000
done`;

/** `modules`: paths below the folder of modules, each behind what it needs. */
export const probeInit = (release: string, modules: readonly string[]): string => {
  const loads = modules.map((path) => `insmod /lib/modules/${release}/${path}`).join('\n');
  return `#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
${mounts}
${defaults}
${loads}
${agent}
`;
};
