#!/bin/busybox sh
# The first process of dom0: mounts, modules, the daemons of Xen; then answers scripts that come over the second serial
# port, one line of base64 a script, with one line: its exit status and, in base64, what it wrote.
/bin/busybox mkdir -p /applets /proc /sys /dev /run /tmp /root /var/lib /var/log
/bin/busybox --install -s /applets
# What Debian's packages bring comes before what busybox has of the same name.
export PATH=/usr/lib/xen-4.17/bin:/usr/sbin:/usr/bin:/sbin:/bin:/applets HOME=/root
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/pts /dev/shm
ln -s /proc/self/fd /dev/fd
mount -t devpts none /dev/pts
for folder in /dev/shm /run /tmp; do mount -t tmpfs none $folder; done
[ -e /var/run ] || ln -s /run /var/run
[ -e /var/lock ] || ln -s /run/lock /var/lock
mkdir -p /run/lock /run/xen /run/xenstored /run/netns /var/lib/xenstored /var/lib/xen/dump /var/log/xen/console
while read -r module; do insmod "/modules/$module" || echo "dom0: no $module"; done < /modules/order
mount -t xenfs none /proc/xen
# The maintainers' scripts of Debian's package make these links.
ln -sf mawk /usr/bin/awk
for name in iptables ip6tables; do ln -sf xtables-nft-multi /usr/sbin/$name; done
ip link set lo up
xenstored --pid-file /run/xenstored.pid
for _ in $(seq 100); do [ -S /run/xenstored/socket ] && break; sleep 0.1; done
xen-init-dom0
xenconsoled --pid-file=/run/xenconsoled.pid --log=guest --log-dir=/var/log/xen/console
exec 3<>/dev/ttyS1
stty raw -echo <&3
echo ready >&3
while read -r script <&3; do
  echo "$script" | base64 -d > /tmp/script
  bash /tmp/script > /tmp/answer 2>&1 < /dev/null 3<&-
  echo "$? $(base64 -w0 /tmp/answer)" >&3
done
poweroff -f
