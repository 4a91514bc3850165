/** A guide to Ubuntu with libvirt: the files that it has people write, its faults included. */
import { dhcp, interfaces, manual, static4, type Machines, type Segments } from '../linted.ts';

const networks = 'etc/libvirt/qemu/networks';
const mask = 'netmask 255.255.255.0';

const aliases = [
  'up   ip addr add 10.10.11.50/24 dev $IFACE label $IFACE:0',
  'down ip addr del 10.10.11.50/24 dev $IFACE label $IFACE:0',
];

export const secondNic = {
  server: {
    [interfaces]: [
      dhcp('eth0', ...aliases, 'up   ip addr add 192.168.77.1/24 dev $IFACE label $IFACE:1'),
      static4('eth1', '10.10.11.60', mask, 'network 10.10.11.0', 'gateway 10.10.11.1', 'dns-nameservers 10.10.11.1'),
    ].join('\n'),
  },
};

const bridge = (name: string, address: string, network: string, ports: string): string =>
  static4(
    name,
    address,
    mask,
    `network ${network}`,
    `bridge_ports ${ports}`,
    'bridge_stp on',
    'bridge_fd 0',
    'bridge_maxwait 0',
  );

const defaultNetwork =
  "<network><name>default</name><forward mode='nat'/><bridge name='virbr0' stp='on' delay='0'/><ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>";
const network80 =
  '<network><name>network80</name><bridge name="virbr80"/><forward mode="route"/><ip address="192.168.80.1" netmask="255.255.255.0"/></network>';
const network77 = "<network><name>network77</name><forward mode='bridge'/><bridge name='br0'/></network>";

export const serverFiles = {
  [interfaces]: [
    dhcp('eth0', ...aliases),
    manual('eth1'),
    bridge('br0', '192.168.77.1', '192.168.77.0', 'eth1'),
    bridge('br1', '192.168.78.1', '192.168.78.0', 'none'),
  ].join('\n'),
  [`${networks}/default.xml`]: defaultNetwork,
  [`${networks}/network80.xml`]: network80,
  [`${networks}/network77.xml`]: network77,
};

/** The laptop stands for the rest of the world: gateway, DHCP and DNS of the LAN, with routes that say `br0` and no gateway. */
export const laptop = (...lines: readonly string[]): Machines[string] => ({
  [interfaces]: [static4('br0', '10.10.11.1/24', ...lines.map((line) => `up ${line}`)), dhcp('wan')].join('\n'),
  'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
  'etc/iptables/rules.v4':
    '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.10.11.0/24 -o wan -j MASQUERADE\nCOMMIT\n',
  'etc/dnsmasq.conf':
    'interface=br0\ndhcp-range=10.10.11.200,10.10.11.247,255.255.255.0,12h\ndhcp-option=option:router,10.10.11.1\n',
});

export const onlink = (third: number): string => `route add -net 192.168.${third}.0 netmask 255.255.255.0 br0`;

const domain = (name: string, source: string): string =>
  `<domain type='kvm'><name>${name}</name><devices><interface type='${source.startsWith('br') ? 'bridge' : 'network'}'><source ${source.startsWith('br') ? 'bridge' : 'network'}='${source}'/></interface></devices></domain>`;

export const guest = (
  address: string,
  network: string,
  gateway: string,
  ...more: readonly string[]
): Machines[string] => ({
  [interfaces]: static4('eth0', address, mask, `network ${network}`, `gateway ${gateway}`, ...more),
});

export const segments: Segments = { lan: ['laptop:br0', 'server:eth0', 'server:eth1'], internet: ['laptop:wan'] };

/** The server with one guest on a network of libvirt, or on a bridge. */
export const withGuest = (source: string, host1: Machines[string], ...routes: readonly string[]): Machines => ({
  laptop: laptop(...routes),
  server: { ...serverFiles, 'etc/libvirt/qemu/host1.xml': domain('host1', source) },
  host1,
});

export const dhcpGuest: Machines[string] = { [interfaces]: dhcp('eth0') };
