/** Xen's three networks as an older page has them: files, and what its machines print, with lines that the page broke. */
import { type Block, brokenInterface, files, pasted } from './block.ts';

const xend = (network: string, vif: string): Readonly<Record<string, readonly string[]>> => ({
  'etc/xen/xend-config.sxp': [
    `(network-script ${network})`,
    ...['network-bridge', 'network-nat', 'network-route'].filter((it) => it !== network).map((it) => `#(network-script ${it})`),
    `(vif-script ${vif})`,
  ],
}); // prettier-ignore

const guest = (address: string): Readonly<Record<string, readonly string[]>> => ({
  'etc/xen/auto/vm01.cfg': [`vif = [ 'ip=${address}' ]`, '# nothing else is needed'],
});

const inside = (address: string, gateway: string): Readonly<Record<string, readonly string[]>> => ({
  'etc/network/interfaces': ['auto eth0', 'iface eth0 inet static', `address ${address}`, `gateway ${gateway}`, 'netmask 255.255.255.0'],
}); // prettier-ignore

const listing = (...rules: readonly string[]): readonly string[] => [
  ...['Chain INPUT (policy ACCEPT)', 'target', 'prot opt source', '', 'destination', ''],
  ...['Chain FORWARD (policy ACCEPT)', ...rules],
];

const columns = [
  'Destination',
  'Gateway',
  '10.0.0.1',
  '*',
  'default',
  '192.168.0.1',
  '',
  'Genmask',
  '255.255.255.255',
  '0.0.0.0',
  '',
  'Iface',
  'vif1.0',
  'eth0',
];

const counted = [/^(?:RX|collisions|[a-z][\w.]*$)/, /^Link encap:Ethernet|^UP BROADCAST/, /^Chain/];

export const xenBlocks: readonly Block[] = [
  files('xen: bridged', { ...xend('network-bridge', 'vif-bridge'), ...guest('192.168.0.6') }, [/vif-script vif-bridge/]),
  files('xen: a bridged guest', inside('192.168.0.6', '192.168.0.1')),
  pasted('xen: what the bridged host prints', ['dom0:~# ifconfig', ...brokenInterface('eth0', '00:50:8b:00:00:01', '192.168.0.3'), ...brokenInterface('peth0', 'fe:ff:ff:ff:ff:ff'), ...brokenInterface('xenbr0', 'fe:ff:ff:ff:ff:ff')], counted),
  pasted('xen: its filter, broken into words', ['dom0:~# iptables -L', ...listing('ACCEPT', '0', '-- 192.168.0.6', 'anywhere', 'PHYSDEV match --physdev-in vif1.0')], counted),
  files('xen: translated', { ...xend('network-nat', 'vif-nat'), ...guest('10.0.0.1') }),
  files('xen: a guest behind the host', inside('10.0.0.1', '10.0.0.254')),
  pasted('xen: what the translating host prints', [' dom0:~# ifconfig', ...brokenInterface('eth0', '00:50:8b:00:00:01', '192.168.0.3'), ...brokenInterface('vif1.0', 'fe:ff:ff:ff:ff:ff', '10.0.0.128', '255.255.255.255')], [...counted, /dom0/]),
  pasted('xen: its routes, broken into columns', ['dom0:~# route', 'Kernel IP routing table', ...columns], counted),
  pasted('xen: what the guest prints', ['vm01:~# ifconfig', ...brokenInterface('eth0', '00:16:3e:00:00:01', '10.0.0.1')], counted),
  files('xen: routed', { ...xend('network-route', 'vif-route'), ...guest('10.0.0.1') }),
  pasted('xen: the routing host’s commands', ['echo 1 > /proc/sys/net/ipv4/conf/all/proxy_arp', 'iptables -t nat -A POSTROUTING -s 10.0.0.0 -j MASQUERADE']),
  pasted('xen: the route on the router', ['192.168.0.1:~# route add -net 10.0.0.0 netmask 255.255.255.0 gw 192.168.0.3', 'route', '# to take it away again:', 'route del -net 172.16.0.0 netmask 255.255.255.0 gw 192.0.2.76'], [/^route$/]),
  pasted('xen: the filter of translation, broken into words', ['dom0:~# iptables -t nat -L', ...listing('MASQUERADE 0', '-- 10.0.0.0', 'anywhere')], counted),
]; // prettier-ignore
