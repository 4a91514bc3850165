#!/bin/sh
# Brings up FILE by the ifup of TREE in namespaces of its own, and prints what the kernel has then: three JSON texts and
# the values of the kernel parameters below /proc/sys that are named behind, each on a line.
set -e
tree=$1 file=$2
shift 2
mount -t sysfs none /sys
mount -t overlay overlay -o "lowerdir=$tree/lib:/usr/lib" /usr/lib
mount -t overlay overlay -o "lowerdir=$tree/sbin:/usr/sbin" /usr/sbin
mount -t overlay overlay -o "lowerdir=$tree/etc:/etc" /etc
mount -t tmpfs none /run
mkdir -p /run/network
for nic in eth0 eth1 eth2; do
    ip link add $nic type veth peer name far-$nic
    ip link set far-$nic up
done
ifup -a -i "$file" --state-dir=/run/network >&2 || echo "ifup: $?" >&2
ip -j -d addr
ip -j -N -4 route show table all
ip -j -N -6 route show table all
for key in "$@"; do cat "/proc/sys/$key"; done
