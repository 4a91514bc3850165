/** The networks of a guide to libvirt, from interfaces(5) of the hosts and guests and the XML of networks and domains. */
import { describe, expect, it } from 'vitest';
import { findingsOfCode, linted } from '../../lint/linted.ts';
import { asker, imported, outcomes, type Machines } from './imported.ts';

const interfaces = 'etc/network/interfaces';
const networks = 'etc/libvirt/qemu/networks';

const laptop = (...routes: readonly string[]): Machines[string] => ({
  [interfaces]: [
    'auto br0', 'iface br0 inet static', '  address 10.10.11.1/24', ...routes.map((route) => `  up ip route add ${route}`),
    'auto wan', 'iface wan inet dhcp', '',
  ].join('\n'),
  'etc/iptables/rules.v4': '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.10.11.0/24 -o wan -j MASQUERADE\nCOMMIT\n',
  'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
}); // prettier-ignore

const server: Machines[string] = {
  [interfaces]: [
    'auto eth0', 'iface eth0 inet static', '  address 10.10.11.248', '  netmask 255.255.255.0', '  gateway 10.10.11.1',
    'auto eth1', 'iface eth1 inet manual', '',
    'auto br0', 'iface br0 inet static', '  address 192.168.77.1', '  netmask 255.255.255.0', '  bridge_ports eth1',
    '  bridge_stp off', '  bridge_fd 0', '',
  ].join('\n'),
  [`${networks}/default.xml`]:
    "<network><name>default</name><forward mode='nat'/><bridge name='virbr0' stp='on' delay='0'/><ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>",
  [`${networks}/network80.xml`]:
    "<network><name>network80</name><forward mode='route'/><bridge name='virbr80'/><ip address='192.168.80.1' netmask='255.255.255.0'/></network>",
  [`${networks}/network77.xml`]: "<network><name>network77</name><forward mode='bridge'/><bridge name='br0'/></network>",
}; // prettier-ignore

const domain = (name: string, network: string): string =>
  `<domain type='kvm'><name>${name}</name><devices><interface type='network'><source network='${network}'/></interface></devices></domain>`;

const guest = (address: string, gateway: string): Machines[string] => ({
  [interfaces]: `auto eth0\niface eth0 inet static\n  address ${address}\n  netmask 255.255.255.0\n  gateway ${gateway}\n`,
});

const host = (network: string): Machines[string] => ({
  ...server,
  'etc/libvirt/qemu/host1.xml': domain('host1', network),
});
const segments = { lan: ['laptop:br0', 'server:eth0', 'server:eth1'], internet: ['laptop:wan'] };

describe('ubuntu-nat from its files', () => {
  const network = imported(
    {
      laptop: laptop('192.168.122.0/24 dev br0'),
      server: { ...host('default'), 'etc/libvirt/qemu/host2.xml': domain('host2', 'default') },
      host1: { [interfaces]: 'auto eth0\niface eth0 inet dhcp\n' },
      host2: guest('192.168.122.77', '192.168.122.1'),
    },
    segments,
  );

  it('lets guests out, behind the server’s address, and nobody in', () => {
    expect(
      outcomes(network, [['host2', '192.168.122.1'], ['host2', '10.10.11.1'], ['host1', '192.168.122.77'], ['laptop', '192.168.122.1'], ['laptop', '192.168.122.77'], ['laptop', '192.168.122.77 22']]),
    ).toEqual([
      'host2 > 192.168.122.1: yes, seen as 192.168.122.77',
      'host2 > 10.10.11.1: yes, seen as 10.10.11.248',
      'host1 > 192.168.122.77: yes, seen as 192.168.122.2',
      'laptop > 192.168.122.1: yes, seen as 10.10.11.1',
      'laptop > 192.168.122.77: no',
      'laptop > 192.168.122.77 22: no',
    ]);
  }); // prettier-ignore
});

describe('ubuntu-routed from its files', () => {
  const files = (route: string): Machines => ({
    laptop: laptop(route),
    server: host('network80'),
    host1: guest('192.168.80.2', '192.168.80.1'),
  });

  it('loses replies where the laptop takes the guests’ subnet for on-link, and works with a route by the server', () => {
    const lost = imported(files('192.168.80.0/24 dev br0'), segments);
    expect(
      outcomes(lost, [
        ['host1', '192.168.80.1'],
        ['host1', '192.168.77.1'],
        ['host1', '10.10.11.1'],
      ]),
    ).toEqual([
      'host1 > 192.168.80.1: yes, seen as 192.168.80.2',
      'host1 > 192.168.77.1: yes, seen as 192.168.80.2',
      'host1 > 10.10.11.1: no',
    ]);
    expect(asker(lost)('host1', '10.10.11.1')).toMatchObject({ arrived: true, stop: { stack: 'laptop' } });
    const found = imported(files('192.168.80.0/24 via 10.10.11.248'), segments);
    expect(
      outcomes(found, [
        ['host1', '10.10.11.1'],
        ['laptop', '192.168.80.2'],
      ]),
    ).toEqual(['host1 > 10.10.11.1: yes, seen as 192.168.80.2', 'laptop > 192.168.80.2: yes, seen as 10.10.11.1']);
  });
});

describe('ubuntu-bridge-forward-lan from its files', () => {
  it('has the guest on the LAN through the server’s bridge, and not in the server’s other subnets', () => {
    const network = imported(
      { laptop: laptop(), server: host('network77'), host1: guest('10.10.11.51', '10.10.11.1') },
      segments,
    );
    expect(
      outcomes(network, [
        ['host1', '198.51.100.1'],
        ['laptop', '10.10.11.51'],
        ['host1', '192.168.122.1'],
      ]),
    ).toEqual([
      'host1 > 198.51.100.1: yes, seen as 203.0.113.100',
      'laptop > 10.10.11.51: yes, seen as 10.10.11.1',
      'host1 > 192.168.122.1: no',
    ]);
  });
});

const macvtap = (name: string, mode: string): string =>
  `<domain type='kvm'><name>${name}</name><devices><interface type='direct'><source dev='eth1' mode='${mode}'/></interface></devices></domain>`;

describe('guests on macvtap', () => {
  const machines = (mode: string): Machines => ({
    laptop: laptop(),
    server: {
      [interfaces]: 'auto eth1\niface eth1 inet static\n  address 10.10.11.248/24\n  gateway 10.10.11.1\n',
      'etc/libvirt/qemu/host1.xml': macvtap('host1', mode),
      'etc/libvirt/qemu/host2.xml': macvtap('host2', mode),
    },
    host1: guest('10.10.11.51', '10.10.11.1'),
    host2: guest('10.10.11.52', '10.10.11.1'),
  });
  const wires = { lan: ['laptop:br0', 'server:eth1'], internet: ['laptop:wan'] };
  const asked = [
    ['host1', '10.10.11.1'],
    ['laptop', '10.10.11.51'],
    ['host1', '198.51.100.1'],
    ['host1', '10.10.11.248'],
    ['server', '10.10.11.51'],
  ] as const;

  it.each(['bridge', 'private', 'vepa'])(
    'are on the LAN, and neither reach their host nor are reached from it: %s',
    (mode) => {
      expect(outcomes(imported(machines(mode), wires), asked)).toEqual([
        'host1 > 10.10.11.1: yes, seen as 10.10.11.51',
        'laptop > 10.10.11.51: yes, seen as 10.10.11.1',
        'host1 > 198.51.100.1: yes, seen as 203.0.113.100',
        'host1 > 10.10.11.248: no',
        'server > 10.10.11.51: no',
      ]);
      expect(outcomes(imported(machines(mode), wires), [['host1', '10.10.11.52']])).toEqual([
        `host1 > 10.10.11.52: ${mode === 'bridge' ? 'yes, seen as 10.10.11.51' : 'no'}`,
      ]);
    },
  );

  it('are told by lint, with the ways out', () => {
    const found = findingsOfCode(linted(machines('bridge'), wires), 'macvlan-hides-host');
    expect(found.map(({ message }) => message)).toEqual(
      ['macvtap0', 'macvtap1'].map(
        (tap) =>
          `\`server\` has its address on \`eth1\`, under the bridge macvlan \`${tap}\`: whoever is on that cannot reach \`server\`, nor be reached from it`,
      ),
    );
  });
});
