#!/bin/sh
# Bare QEMU guests on a bridge, until each of them answers a ping; prints `ready`, and the processor seconds of all guests.
# bare-guests.sh COUNT KERNEL INITRD COMMAND-LINE DIRECTORY QEMU-ARGUMENT..., as the first process of namespaces of its own.
set -eu
count=$1 kernel=$2 initrd=$3 words=$4 directory=$5
shift 5
mount -t tmpfs tmpfs /run
ip link set lo up
ip link add br0 type bridge
ip addr add 10.9.0.254/24 dev br0
ip link set br0 up
for i in $(seq "$count"); do
  ip tuntap add "tap$i" mode tap vnet_hdr
  ip link set "tap$i" master br0 up
  qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot "$@" \
    -kernel "$kernel" -initrd "$initrd" -append "$words bench.ip=10.9.0.$i/24" \
    -netdev "tap,id=n,ifname=tap$i,script=no,downscript=no" \
    -device "virtio-net-pci,netdev=n,mac=52:54:00:00:09:$(printf %02x "$i"),romfile=" \
    -serial "file:$directory/$i.log" </dev/null >/dev/null 2>&1 &
done
for i in $(seq "$count"); do
  until ping -c1 -W1 "10.9.0.$i" >/dev/null 2>&1; do :; done
done
echo ready
ticks=0
for stat in /proc/[0-9]*/stat; do
  read -r line <"$stat" || continue
  case $line in
  *qemu-system*)
    rest=${line##*) }
    set -- $rest
    shift 11
    ticks=$((ticks + $1 + $2))
    ;;
  esac
done
echo "processor $((ticks * 10)) ms"
