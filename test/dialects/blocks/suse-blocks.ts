/** SUSE's networks for guests of Xen: bridged, host-only, routed with one network, routed with several; and the appliance. */
import { type Block, files, pasted, stanza } from './block.ts';

const folder = 'etc/sysconfig/network';
const bridge = (address: string, ports: string, ...more: readonly string[]): readonly string[] => [
  ...["STARTMODE='auto'", "BOOTPROTO='static'", `IPADDR='${address}'`, ...more],
  ...["BRIDGE='yes'", `BRIDGE_PORTS='${ports}'`, "BRIDGE_STP='off'", "BRIDGE_FORWARDDELAY='0'"],
];
const guest = (...vifs: readonly string[]): readonly string[] => [
  '[...]',
  ...vifs.map((vif) => `vif=[ '${vif}', ]`),
  "#vif=[ 'vifname=xen1.0', ]",
  '[...]',
];
const silent = [
  /^\s*(?:BOOTPROTO='(?:static|none)'|STARTMODE='(?:auto|onboot)'|NAME=|BRIDGE='yes'|BRIDGE_PORTS=''|BRIDGE_STP='off')/,
];
const router = 'fe80::201:1ff:fe01:254';

export const suseBlocks: readonly Block[] = [
  files('suse: bridged', {
    [`${folder}/ifcfg-eth0`]: ["STARTMODE='auto'", "BOOTPROTO='none'"],
    [`${folder}/ifcfg-br0`]: bridge('192.168.0.1/24', 'eth0', "IPADDR_1='2001:db8:abba::1/64'"),
    [`${folder}/routes`]: ['# IPv4', 'default 192.168.0.254           - br0', `#default ${router} - br0`],
    'etc/xen/vm/xen1': guest('mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0'),
  }, silent),
  files('suse: host-only beside it', {
    [`${folder}/ifcfg-br1`]: bridge('192.168.1.1/24', ''),
    'etc/xen/vm/xen1': guest('mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0', 'mac=00:16:3e:11:11:11,script=vif-bridge,bridge=br1'),
  }, silent),
  files('suse: forwarding', { 'etc/sysconfig/sysctl': ['IP_FORWARD=yes', 'IPV6_FORWARD="yes"'], 'etc/sysconfig/SuSEfirewall2': ['FW_ROUTE=yes'], 'etc/sysctl.conf': ['net.ipv6.conf.all.forwarding = 1'] }, [/FORWARD|forwarding/]),
  files('suse: one network, proxied', {
    'etc/sysctl.conf': ['# forwarding and proxies', ...['forwarding', 'proxy_ndp'].flatMap((key) => [`net.ipv6.conf.default.${key} = 1`, `net.ipv6.conf.all.${key} = 1`]), '\tnet.ipv4.conf.all.proxy_arp = 1'],
    [`${folder}/ifcfg-eth0`]: ["BOOTPROTO='static'", "STARTMODE='onboot'", "IPADDR='192.0.2.253/28'", "IPADDR_1='2001:db8:abba::1/64'"],
    [`${folder}/ifcfg-xen1.0`]: ["NAME='the first card of guest 1'", "BOOTPROTO='static'", "STARTMODE='hotplug'"],
    [`${folder}/routes`]: ['192.0.2.241         -                        - xen1.0', 'default             192.0.2.254              - eth0', '2001:db8:abba::1001 fe80::216:3eff:fe10:1010 - xen1.0', `default             ${router}   - eth0`],
    [`${folder}/ifndp-proxy`]: ['# <address> <interface> <proxy>', '2001:db8:abba::1     eth0                xen1.0', '2001:db8:abba::1001  xen1.0              eth0'],
    'etc/xen/vm/xen1': guest('mac=00:16:3e:10:10:10,script=vif-route-ifup,vifname=xen1.0'),
  }, silent),
  files('suse: the proxied guest', {
    [`${folder}/ifcfg-eth0`]: ["NAME='a card'", "BOOTPROTO='static'", "STARTMODE='auto'", "IPADDR='192.0.2.241/28'", "IPADDR_1='2001:db8:abba::1001/64'"],
    [`${folder}/routes`]: ['192.0.2.253         -                         - eth0', 'default             192.0.2.253               - eth0', 'default             fe80::fcff:ffff:feff:ffff - eth0'],
  }, silent),
  pasted('suse: a guest’s address by its MAC', ['2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> [...]', '    link/ether 00:16:3e:10:10:10 brd ff:ff:ff:ff:ff:ff', '    inet6 fe80::216:3eff:fe10:1010/64 scope link', '[...]'], [/fe80::/]),
  files('suse: several networks', {
    [`${folder}/ifcfg-eth0`]: ["STARTMODE='auto'", "BOOTPROTO='static'", "IPADDR='192.0.2.253/28'", "IPADDR_v6='2001:db8:abba::1/64'"],
    [`${folder}/ifcfg-br1`]: bridge('192.0.2.14/28', ''),
    [`${folder}/ifcfg-br2`]: bridge('192.0.2.30/28', ''),
    [`${folder}/routes`]: ['default            192.0.2.254             - eth0', '2001:db8:abba::/60 -                       - -    unreachable', `default            ${router}  - eth0`],
    'etc/xen/vm/xen1': guest('mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0,'),
  }, silent),
  pasted('suse: routes with a source', ['  \t$ ip route add 192.168.1.10 dev xen1.0 src 192.168.1.1', '\t$ ip route add 2001:db8:abba::1001 dev xen1.0 src 2001:db8:abba::1']),
  files('suse: the same as a file', { [`${folder}/routes`]: ['192.168.1.10        - - xen1.0 src 192.168.1.1', '2001:db8:abba::1001 - - xen1.0 src 2001:db8:abba::1'] }),
  files('appliance: by DHCP, then static', { 'etc/network/interfaces': stanza('eth0 inet static', 'address 192.168.1.106', 'netmask 255.255.255.0', 'gateway 192.168.1.1'), 'etc/resolv.conf': ['nameserver 192.168.1.1'] }, [/netmask/]),
  files('appliance: its advertisements', { 'etc/network/interfaces': stanza('eth0 inet dhcp'), 'etc/radvd.conf': ['interface eth0 {', '  AdvSendAdvert on;', '  prefix 2002:cb00:7164:1::/64 { };', '};'] }),
  pasted('appliance: a hole kept open', ['vmv6r:~# ping6 -i 5 2002:c058:6302::']),
  pasted('appliance: its tunnel and filter', [
    'vmv6r:~# ip tunnel add tun6to4 mode sit remote any local any ttl 64',
    'vmv6r:~# ip link set tun6to4 up',
    'vmv6r:~# ip -6 addr add 2002:cb00:7164::1/16 dev tun6to4',
    'vmv6r:~# ip -6 route add ::/0 via ::192.88.99.1 dev tun6to4',
    'vmv6r:~# iptables -A INPUT -p 41 -j ACCEPT',
    'vmv6r:~# iptables -P INPUT DROP',
    'vmv6r:~# ip6tables -A FORWARD -i tun6to4 -m state --state RELATED,ESTABLISHED -j ACCEPT',
    'vmv6r:~# ip6tables -P FORWARD DROP',
  ]),
  pasted('appliance: its name server', ['rm -f /etc/resolv.conf', 'echo "nameserver 192.168.1.1" > /etc/resolv.conf']),
]; // prettier-ignore
