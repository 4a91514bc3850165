/** A server of Ubuntu with aliases, bridges, libvirt's networks and a firewall, in the order in which its page builds it. */
import { type Block, files, loopback, pasted, printedInterface, printedLoopback, stanza } from './block.ts';

const [first, second, guest] = ['52:54:00:aa:00:01', '52:54:00:aa:00:02', '52:54:00:aa:00:03'];
const interfaces = 'etc/network/interfaces';
const shownFile = `$ cat /${interfaces}`;
const routeHead = [
  'Kernel IP routing table',
  'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface',
];
const routeLine = (to: string, via: string, mask: string, name: string): string =>
  `${to.padEnd(15)} ${via.padEnd(15)} ${mask.padEnd(15)} ${via === '*' ? 'U    ' : 'UG   '} 0      0        0 ${name}`;
const network = (lines: readonly string[]): readonly string[] => [
  '<network>',
  ...lines.map((line) => `  ${line}`),
  '</network>',
];

const aliases = [
  ...stanza(
    'eth0 inet dhcp',
    'up   ip addr add 10.10.11.50/24 dev $IFACE label $IFACE:0',
    'down ip addr del 10.10.11.50/24 dev $IFACE label $IFACE:0',
  ),
];
const bridgeOf = (name: string, address: string, ports: string): readonly string[] =>
  stanza(
    `${name} inet static`,
    `address ${address}`,
    'netmask 255.255.255.0',
    `network ${address.replace(/\.\d+$/, '.0')}`,
    '# a gateway here would take the place of the one that eth0 is told',
    `bridge_ports ${ports}`,
    ...['bridge_stp on', 'bridge_fd 0', 'bridge_maxwait 0'],
  );

const status = (...rules: readonly string[]): readonly string[] => [
  ...['$ sudo ufw status verbose', 'Status: active', 'Logging: on (low)'],
  ...['Default: deny (incoming), allow (outgoing), deny (routed)', 'New profiles: skip'],
  ...(rules.length === 0
    ? []
    : ['', 'To                         Action      From', '--                         ------      ----', ...rules]),
];

const chain = (name: string, ...rules: readonly string[]): readonly string[] => [
  `Chain ${name} (policy ACCEPT)`,
  'target     prot opt source               destination         ',
  ...rules,
  '',
];

const silentInFiles = [
  /^\s+(?:netmask|network|down|bridge_maxwait)\b/,
  /^auto eth1$/,
  /^\s*<(?:name|bridge name='virbr0'|uuid|model|address type|\/?dhcp|\/network|\/ip)/,
];
const silentStatus = [/^(?:Status|Logging|New profiles|To |--)/, /^(?:Chain|target|ACCEPT|REJECT)\b/];

export const ubuntuBlocks: readonly Block[] = [
  pasted('ubuntu: interfaces as they came', [shownFile, '# how it is set up', ...loopback, ...stanza('eth0 inet dhcp')]),
  pasted('ubuntu: ifconfig of one NIC', ['$ sudo ifconfig', ...printedInterface('eth0', first, '10.10.11.248'), ...printedLoopback]),
  pasted('ubuntu: ifconfig with libvirt’s bridge', ['$ ifconfig', '', '# shortened', ...printedInterface('eth0', first, '10.10.11.248'), ...printedInterface('virbr0', '52:54:00:aa:00:09', '192.168.122.1')]),
  pasted('ubuntu: brctl', ['$ brctl show', 'bridge name\tbridge id\t\tSTP enabled\tinterfaces', 'virbr0\t\t8000.000000000000\tyes\t\t']),
  pasted('ubuntu: route', ['$ route', ...routeHead, routeLine('default', '10.10.11.1', '0.0.0.0', 'eth0'), routeLine('10.10.11.0', '*', '255.255.255.0', 'eth0')]),
  pasted('ubuntu: an editor that shows nothing', ['$ virsh net-edit default']),
  pasted('ubuntu: libvirt’s own network', network(['<name>default</name>', "<forward mode='nat'/>", "<bridge name='virbr0' stp='on' delay='0'/>", "<ip address='192.168.122.1' netmask='255.255.255.0'>", "<dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>", '</ip>']), silentInFiles),
  pasted('ubuntu: a network that ends in dots', ['$ sudo virsh net-edit default', '', '<network>', '  <name>default</name>', "  <forward mode='nat'/>", '  ...'], [/./]),
  pasted('ubuntu: a route by the bridge of a laptop', ['$ sudo route add -net 192.168.122.0 netmask 255.255.255.0 br0', '$ ping -c 3 192.168.122.1', 'PING 192.168.122.1 (192.168.122.1) 56(84) bytes of data.']),
  pasted('ubuntu: Open vSwitch without bridges', ['$ sudo ovs-vsctl show', '0f0f0f0f-0000-4000-8000-000000000001', '    ovs_version: "2.0.2"']),
  pasted('ubuntu: a static address', [...loopback, ...stanza('eth0 inet static', 'address 10.10.11.50', 'netmask 255.255.255.0', 'network 10.10.11.0', 'gateway 10.10.11.1', 'dns-nameservers 10.10.11.1')], silentInFiles),
  files('ubuntu: aliases as stanzas', { [interfaces]: [...loopback, ...stanza('eth0 inet dhcp'), '', ...stanza('eth0:0 inet static', 'address 10.10.11.50', 'netmask 255.255.255.0'), ...stanza('eth0:1 inet static', 'address 192.168.77.1', 'netmask 255.255.255.0')] }, silentInFiles),
  files('ubuntu: aliases as commands', { [interfaces]: [...loopback, ...aliases, '   up   ip addr add 192.168.77.1/24 dev $IFACE label $IFACE:1', '   down ip addr del 192.168.77.1/24 dev $IFACE label $IFACE:1'] }, silentInFiles),
  pasted('ubuntu: ifconfig with aliases', ['$ ifconfig', ...printedInterface('eth0', first, '10.10.11.248'), ...printedInterface('eth0:0', first, '10.10.11.50'), ...printedInterface('eth0:1', first, '192.168.77.1'), ...printedLoopback], [/^(?:eth0:|.*UP BROADCAST)/]),
  pasted('ubuntu: one more alias by hand', ['$ sudo ifconfig eth0:2 192.168.77.2 netmask 255.255.255.0 broadcast 192.168.77.255', '$ ifconfig eth0:2', ...printedInterface('eth0:2', first, '192.168.77.2')], [/UP BROADCAST|^eth0:2|inet addr/]),
  files('ubuntu: a second NIC', { [interfaces]: [...loopback, ...aliases, '', ...stanza('eth1 inet static', 'address 10.10.11.60', 'netmask 255.255.255.0', 'network 10.10.11.0', 'gateway 10.10.11.1', 'dns-nameservers 10.10.11.1')] }, silentInFiles),
  pasted('ubuntu: ifconfig of the second NIC', ['$ sudo ifconfig eth1', ...printedInterface('eth1', second, '10.10.11.60')]),
  files('ubuntu: a bridge with a port, and one without', { [interfaces]: [...loopback, ...aliases, ...stanza('eth1 inet manual'), ...bridgeOf('br0', '192.168.77.1', 'eth1'), ...bridgeOf('br1', '192.168.78.1', 'none')] }, silentInFiles),
  pasted('ubuntu: ifconfig whose first line has a prompt', ['$ ifconfig', `$ ${printedInterface('br0', second, '192.168.77.1').join('\n')}`, ...printedInterface('eth1', second), ...printedLoopback]),
  pasted('ubuntu: what iptables lists', ['$ sudo iptables -L', ...chain('INPUT', 'ACCEPT     udp  --  anywhere             anywhere             udp dpt:domain'), ...chain('FORWARD', 'REJECT     all  --  anywhere             anywhere             reject-with icmp-port-unreachable')], silentStatus),
  pasted('ubuntu: a firewall that is switched on', ['$ sudo ufw enable', ...status()], silentStatus),
  pasted('ubuntu: a service that is refused', ['$ sudo ufw reject ssh', 'Rule added', 'Rule added (v6)'], [/^Rule added/]),
  pasted('ubuntu: a service that is let in', ['$ sudo ufw allow ssh', ...status('22                         ALLOW IN    Anywhere', '22 (v6)                    ALLOW IN    Anywhere (v6)')], silentStatus),
  pasted('ubuntu: a guest on the LAN', ['$ sudo virsh start host1', '$ ifconfig', ...printedInterface('eth0', guest, '10.10.11.238', '255.255.255.0', ['inet6 addr: fe80::5054:ff:feaa:3/64 Scope:Link']), ...printedLoopback]),
  pasted('ubuntu: a guest that has no lease', ['$ sudo virsh console host1', '# for minutes', '$ ifconfig', ...printedInterface('eth0', guest), ...printedLoopback, '', '$ route', ...routeHead, '$ ping -c 3 10.10.11.1', 'connect: Network is unreachable']),
  files('ubuntu: a guest of another network than its gateway', { [interfaces]: [...loopback, ...stanza('eth0 inet static', 'address 192.168.78.2', 'netmask 255.255.255.0', 'network 192.168.77.0', 'gateway 192.168.77.1')] }, silentInFiles),
  pasted('ubuntu: a routed network, defined', network(['<name>network80</name>', '<bridge name="virbr80" />', '<forward mode="route" />', '<ip address="192.168.80.1" netmask="255.255.255.0" />']), silentInFiles),
  pasted('ubuntu: a routed network, as libvirt shows it', ['$ sudo virsh net-dumpxml network80', ...network(['<name>network80</name>', '<uuid>0f0f0f0f-0000-4000-8000-000000000002</uuid>', "<forward mode='route'/>", "<bridge name='virbr80' stp='on' delay='0'/>", "<mac address='52:54:00:aa:00:08'/>", "<ip address='192.168.80.1' netmask='255.255.255.0'></ip>"])], silentInFiles),
  pasted('ubuntu: two ways to see it', ['# to look', '$ sudo virsh net-dumpxml network80', '# to change', '$ sudo virsh net-edit network80']),
  pasted('ubuntu: a card on that network', ["<interface type='network'>", `  <mac address='${guest}'/>`, "  <source network='network80'/>", "  <model type='rtl8139'/>", '</interface>'], silentInFiles),
  pasted('ubuntu: a card on a bridge, in part', ["<source bridge='br1'/>"]),
  files('ubuntu: a guest on the routed network', { [interfaces]: [...loopback, ...stanza('eth0 inet static', 'address 192.168.80.2', 'netmask 255.255.255.0', 'network 192.168.80.0', 'gateway 192.168.80.1')] }, silentInFiles),
  pasted('ubuntu: routes of that guest', ['$ route', ...routeHead, routeLine('default', '192.168.80.1', '0.0.0.0', 'eth0'), routeLine('192.168.80.0', '*', '255.255.255.0', 'eth0')]),
  pasted('ubuntu: a network that is a bridge of the host', ['$ sudo virsh net-dumpxml network77', ...network(['<name>network77</name>', "<forward mode='bridge'/>", "<bridge name='br0'/>"])], silentInFiles),
  files('ubuntu: a guest on the bridge', { [interfaces]: stanza('eth0 inet static', 'address 192.168.77.2', 'netmask 255.255.255.0', 'network 192.168.77.0', 'gateway 192.168.77.1', 'dns-nameservers 10.10.11.1') }, silentInFiles),
]; // prettier-ignore
