#!/bin/sh
# Runs LINE with sh in the tree of programs TREE, whose files those of FILES hide, in this network namespace and in
# namespaces of mounts and processes of its own. What it writes goes when it ends.
set -e
files=$1 tree=$2 line=$3
mount -t tmpfs -o mode=755 none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$files:$tree,upperdir=/mnt/upper,workdir=/mnt/work" none /mnt/root
cd /mnt/root
mkdir -p proc sys run dev tmp
mount -t proc none proc
# Where /sys is read-only nobody waits for udev, as systemd has it for containers.
mount -t sysfs -o ro none sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 none run
mount -t tmpfs none tmp
mkdir run/lock run/netns run/network
[ -e var/run ] || ln -s /run var/run
exec chroot . /bin/sh -ec "$line"
