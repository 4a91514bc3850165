# A host on which several programs made interfaces, in namespaces that the caller made for it: by hand, like Docker (what it
# leaves in the kernel and below /run), and by those of PROGRAMS, real ones of TREE or of this machine: openvswitch (its
# datapath in userspace), networkd, networkmanager, ifupdown, libvirt. Then runs the rest of the line. Nothing outlives it.
set -e
tree=$1 programs=$2
shift 2
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/netns /run/layers
for folder in usr etc var/lib var/cache var/log; do
    layer=/run/layers/$(echo $folder | tr / -)
    mkdir -p "$layer/upper" "$layer/work"
    lower=/$folder
    [ ! -d "$tree/$folder" ] || lower=$tree/$folder:/$folder
    mount -t overlay -o "lowerdir=$lower,upperdir=$layer/upper,workdir=$layer/work" none /$folder
done
# The tree keeps apart what a merged /usr has in one folder.
for folder in sbin lib; do
    [ ! -d "$tree/$folder" ] || mount -t overlay -o "lowerdir=$tree/$folder:/usr/$folder" none "/usr/$folder"
done
mount -t sysfs -o ro none /sys
ip link set lo up

# The uplink.
ip netns add router
ip link add eth0 type veth peer name lan0 netns router
ip -n router addr add 192.0.2.1/24 dev lan0
ip -n router link set lan0 up
ip addr add 192.0.2.2/24 dev eth0
ip link set eth0 up
ip route add default via 192.0.2.1
echo 1 >/proc/sys/net/ipv4/ip_forward

# By hand.
ip link add br-hand type bridge
ip addr add 10.9.0.1/24 dev br-hand
ip link set br-hand up
if [ -w /dev/net/tun ]; then
    ip tuntap add tap-hand mode tap
    ip link set tap-hand master br-hand up
fi
ip link add name veth0 type veth peer name veth1
ip link add vx7 type vxlan id 7 remote 192.0.2.9 dstport 4789 dev eth0
ip link property add dev br-hand altname office-lan 2>/dev/null || true

# Docker's.
mkdir -p /run/docker
for bridge in docker0:172.17.0.1 br-0123456789ab:172.18.0.1; do
    ip link add "${bridge%%:*}" type bridge
    ip addr add "${bridge#*:}/16" dev "${bridge%%:*}"
    ip link set "${bridge%%:*}" up
done
ip netns add web
ip link add veth1a2b3c4 type veth peer name eth0 netns web
ip link set veth1a2b3c4 master docker0 up
ip -n web addr add 172.17.0.2/16 dev eth0
ip -n web link set eth0 up
iptables -N DOCKER
iptables -P FORWARD DROP
iptables -A FORWARD -o docker0 -j DOCKER
iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE

# Where it is not installed but only unpacked, nobody made the links to it (update-alternatives(1)).
PATH=$PATH:/usr/lib/openvswitch-switch
case $programs in *openvswitch*)
    mkdir -p /run/openvswitch
    ovsdb-tool create /run/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
    ovsdb-server /run/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock --pidfile --detach --no-chdir \
        --log-file=/dev/null 2>/dev/null
    ovs-vsctl --timeout=10 --no-wait init
    ovs-vswitchd --pidfile --detach --no-chdir --log-file=/dev/null unix:/run/openvswitch/db.sock 2>/dev/null
    ip link add name ovp0 type veth peer name ovp1
    ovs-vsctl --timeout=10 add-br ovsbr0 -- set bridge ovsbr0 datapath_type=netdev -- add-port ovsbr0 ovp0 tag=30
    ;;
esac

case $programs in *networkd*)
    mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
    chown -R systemd-network: /run/systemd/netif
    echo 0123456789abcdef0123456789abcdef >/etc/machine-id
    printf '[NetDev]\nName=br-net\nKind=bridge\n' >/run/systemd/network/20-br-net.netdev
    printf '[Match]\nName=br-net\n[Network]\nAddress=10.8.0.1/24\nConfigureWithoutCarrier=yes\n' \
        >/run/systemd/network/20-br-net.network
    mkdir -p /etc/netplan
    printf 'network:\n  bridges:\n    br-plan:\n      addresses: [10.7.0.1/24]\n' >/etc/netplan/50-bridge.yaml
    printf '[NetDev]\nName=br-plan\nKind=bridge\n' >/run/systemd/network/10-netplan-br-plan.netdev
    printf '[Match]\nName=br-plan\n[Network]\nAddress=10.7.0.1/24\nConfigureWithoutCarrier=yes\n' \
        >/run/systemd/network/10-netplan-br-plan.network
    /usr/lib/systemd/systemd-networkd 2>/dev/null &
    for _ in $(seq 100); do
        ip -br addr show dev br-plan 2>/dev/null | grep -q 10.7.0.1 && grep -qs =configured /run/systemd/netif/links/* && break
        sleep 0.1
    done
    ;;
esac

case $programs in *ifupdown*)
    cat >/etc/network/interfaces <<'CONF'
iface lo inet loopback
auto br-up
iface br-up inet static
    address 10.5.0.1/24
    bridge_ports none
    bridge_fd 0
    bridge_maxwait 0
CONF
    ifup br-up >&2
    ;;
esac

case $programs in *networkmanager*)
    mkdir -p /run/NetworkManager /var/lib/NetworkManager /etc/NetworkManager/system-connections
    echo 0123456789abcdef0123456789abcdef >/etc/machine-id
    printf '[main]\nplugins=keyfile\nno-auto-default=*\ndns=none\nrc-manager=unmanaged\n[keyfile]\n%s\n' \
        'unmanaged-devices=*,except:interface-name:br-nm' >/etc/NetworkManager/NetworkManager.conf
    printf '[connection]\nid=nm\nuuid=%s\ntype=bridge\ninterface-name=br-nm\n[bridge]\nstp=false\n%s\n' \
        5f2a3c1e-8d3b-4c1a-9a70-0f5d1c2b3a4d "[ipv4]
method=manual
address1=10.4.0.1/24
[ipv6]
method=disabled" >/etc/NetworkManager/system-connections/nm.nmconnection
    chmod 600 /etc/NetworkManager/system-connections/nm.nmconnection
    timeout 20 NetworkManager --debug --configure-and-quit=initrd >/run/nm.log 2>&1 || tail -5 /run/nm.log >&2
    ;;
esac

case $programs in *libvirt*)
    mkdir -p /run/libvirt
    # Where it is only unpacked, nobody made its user, whom it looks for whatever its configuration says.
    grep -q ^libvirt-qemu: /etc/passwd || echo 'libvirt-qemu:x:64055:65534::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
    grep -q ^libvirt-qemu: /etc/group || echo 'libvirt-qemu:x:64055:' >>/etc/group
    cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
clear_emulator_capabilities = 0
remember_owner = 0
stdio_handler = "file"
CONF
    cat >/run/lab.xml <<'XML'
<network><name>lab</name><forward mode='nat'/><bridge name='labbr7'/>
<ip address='192.168.150.1' netmask='255.255.255.0'/></network>
XML
    cat >/run/vm1.xml <<'XML'
<domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><interface type='network'><source network='lab'/><model type='virtio'/></interface></devices></domain>
XML
    libvirtd >/dev/null 2>&1 &
    for _ in $(seq 600); do
        [ ! -S /run/libvirt/libvirt-sock ] || break
        sleep 0.1
    done
    virsh -q 'net-create /run/lab.xml; create /run/vm1.xml --paused' >&2
    ;;
esac
exec "$@"
