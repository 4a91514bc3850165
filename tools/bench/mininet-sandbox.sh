# A private place for Mininet, which wants root and global names: everything in it ends with it. Run under
# `unshare -n -m -p -u -i -f --kill-child --propagation private`.
set -eu
mount -t proc proc /proc
for d in fs kernel vm; do
  mount --bind /proc/sys/$d /proc/sys/$d
  mount -o remount,bind,ro /proc/sys/$d
done
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /run/netns /run/lock
mount -t sysfs sysfs /sys
: > /run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf
ip link set lo up
cd /tmp
"$@"
