# A host whose uplink is a port of its bridge, with a guest on it, in namespaces that the caller made for it.
set -e
mount -t tmpfs none /run
mkdir -p /run/netns
mount -t sysfs none /sys
ip link set lo up
ip netns add router
ip link add eth0 type veth peer name lan0 netns router
ip -n router link set lan0 up
ip link add br0 type bridge
ip link set eth0 master br0 up
ip addr add 192.0.2.2/24 dev br0
ip addr add 2001:db8::2/64 dev br0 nodad
ip link set br0 up
ip route add default via 192.0.2.1
ip netns add vm
ip link add vm-port type veth peer name eth0 netns vm
ip link set vm-port master br0 up
ip -n vm link set eth0 up
nft -f - <<'RULES'
table inet filter {
    chain input {
        type filter hook input priority 0; policy drop;
        ip protocol icmp accept
    }
}
RULES
exec "$@"
