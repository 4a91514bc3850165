/** A guide to interfaces(5) on a server with two NICs, from its own files: aliases, bridges, a second NIC, a firewall. */
import { describe, expect, it } from 'vitest';
import { asker, imported, outcomes, type Machines } from './imported.ts';

const interfaces = 'etc/network/interfaces';
const lines = (...all: readonly string[]): string => [...all, ''].join('\n');

const laptop = (...onLink: readonly string[]): Machines[string] => ({
  [interfaces]: lines(
    'auto br0', 'iface br0 inet static', '  address 10.10.11.1', '  netmask 255.255.255.0',
    ...onLink.map((net) => `  up route add -net ${net} netmask 255.255.255.0 br0`),
    'auto wan', 'iface wan inet dhcp',
  ),
  'etc/dnsmasq.conf':
    'interface=br0\ndhcp-range=10.10.11.200,10.10.11.247,255.255.255.0\ndhcp-host=52:54:00:87:a5:22,10.10.11.248\ndhcp-option=option:router,10.10.11.1\n',
  // It takes other subnets to be on the LAN, and does not hand on between them.
  'etc/iptables/rules.v4':
    '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i br0 -o br0 -j DROP\nCOMMIT\n*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.10.11.0/24 -o wan -j MASQUERADE\nCOMMIT\n',
  'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
}); // prettier-ignore

const segments = { lan: ['laptop:br0', 'server:eth0', 'server:eth1'], internet: ['laptop:wan'] };

const loopback = ['auto lo', 'iface lo inet loopback', ''];
const eth0 = ['auto eth0', 'iface eth0 inet dhcp', '    hwaddress ether 52:54:00:87:a5:22'];
const alias = (address: string, label: number): readonly string[] => [
  `   up   ip addr add ${address}/24 dev $IFACE label $IFACE:${label}`,
  `   down ip addr del ${address}/24 dev $IFACE label $IFACE:${label}`,
];
const bridge = (name: string, net: string, ports: string): readonly string[] => [
  `auto ${name}`, `iface ${name} inet static`, `   address ${net}.1`, '   netmask 255.255.255.0', `   network ${net}.0`,
  `   #ADDING OVERRIDES THE DEFAULT SET BY eth0 DHCP: gateway ${net}.1`,
  `   bridge_ports ${ports}`, '   bridge_stp on', '   bridge_fd 0', '   bridge_maxwait 0', '',
]; // prettier-ignore

const bridges = lines(
  ...loopback, ...eth0, ...alias('10.10.11.50', 0), '', 'auto eth1', 'iface eth1 inet manual', '',
  ...bridge('br0', '192.168.77', 'eth1'), ...bridge('br1', '192.168.78', 'none'),
); // prettier-ignore

const onBridge = (name: string, bridgeName: string): Machines[string] => ({
  [`etc/libvirt/qemu/${name}.xml`]: `<domain type='kvm'><name>${name}</name><devices><interface type='bridge'><source bridge='${bridgeName}'/></interface></devices></domain>`,
});
const byDhcp: Machines[string] = { [interfaces]: lines(...loopback, 'auto eth0', 'iface eth0 inet dhcp') };

describe('ubuntu-alias from its files', () => {
  const spellings = {
    'interfaces of their own': lines(
      ...loopback, ...eth0, 'auto eth0:0', 'iface eth0:0 inet static', '    address 10.10.11.50', '    netmask 255.255.255.0',
      'auto eth0:1', 'iface eth0:1 inet static', '    address 192.168.77.1', '    netmask 255.255.255.0',
    ),
    'commands': lines(...loopback, ...eth0, ...alias('10.10.11.50', 0), ...alias('192.168.77.1', 1)),
  }; // prettier-ignore
  const questions = [
    ['laptop', '10.10.11.248'],
    ['laptop', '10.10.11.50'],
    ['laptop', '192.168.77.1'],
    ['server', '198.51.100.1'],
  ] as const;

  it.each(Object.entries(spellings))(
    'reaches the address of another subnet by a route only, written as %s',
    (_, text) => {
      const server = { [interfaces]: text };
      expect(outcomes(imported({ laptop: laptop(), server }, segments), questions)).toEqual([
        'laptop > 10.10.11.248: yes, seen as 10.10.11.1',
        'laptop > 10.10.11.50: yes, seen as 10.10.11.1',
        'laptop > 192.168.77.1: no',
        'server > 198.51.100.1: yes, seen as 203.0.113.100',
      ]);
      const routed = imported({ laptop: laptop('192.168.77.0'), server }, segments);
      expect(outcomes(routed, questions.slice(2, 3))).toEqual(['laptop > 192.168.77.1: yes, seen as 10.10.11.1']);
    },
  );

  it('reads both spellings as the same addresses', () => {
    const [one, other] = Object.values(spellings).map(
      (text) => imported({ laptop: laptop(), server: { [interfaces]: text } }, segments).state.stacks['server'],
    );
    expect(one?.interfaces['eth0']?.addresses.map(({ address, label }) => `${address} ${label}`)).toEqual([
      '10.10.11.50 eth0:0',
      '192.168.77.1 eth0:1',
    ]);
    expect(one?.interfaces).toEqual(other?.interfaces);
  });
});

describe('ubuntu-second-nic from its files', () => {
  it('has two NICs on the LAN, and two ways out', () => {
    const server = {
      [interfaces]: lines(
        ...loopback, ...eth0, ...alias('10.10.11.50', 0), '', 'auto eth1', 'iface eth1 inet static', '   address 10.10.11.60',
        '   netmask 255.255.255.0', '   network 10.10.11.0', '   gateway 10.10.11.1', '   dns-nameservers 10.10.11.1',
      ),
    }; // prettier-ignore
    const network = imported({ laptop: laptop(), server }, segments);
    expect(outcomes(network, [['laptop', '10.10.11.60'], ['laptop', '10.10.11.50']])).toEqual([
      'laptop > 10.10.11.60: yes, seen as 10.10.11.1',
      'laptop > 10.10.11.50: yes, seen as 10.10.11.1',
    ]); // prettier-ignore
  });
});

describe('ubuntu-bridge, -isolated-bridge and -isolated-static from their files', () => {
  const laid = (bridgeName: string, host1: Machines[string]): ReturnType<typeof imported> =>
    imported(
      {
        laptop: laptop('192.168.77.0', '192.168.78.0'),
        server: { [interfaces]: bridges, ...onBridge('host1', bridgeName), ...onBridge('host2', bridgeName) },
        host1,
        host2: byDhcp,
      },
      segments,
    );

  it('gives guests on the bridge addresses of the LAN, and none of the bridge’s own subnet', () => {
    const network = laid('br0', byDhcp);
    const [host1, host2] = ['host1', 'host2'].map((name) => asker(network)(name, '10.10.11.1').seenSource);
    expect([host1, host2].every((address) => address?.startsWith('10.10.11.2'))).toBe(true);
    expect(host1).not.toBe(host2);
    expect(
      outcomes(network, [['host1', host2 ?? ''], ['host1', '10.10.11.248'], ['host1', '10.10.11.50'], ['host1', '192.168.77.1'], ['laptop', host1 ?? '']]),
    ).toEqual([
      `host1 > ${host2}: yes, seen as ${host1}`,
      `host1 > 10.10.11.248: yes, seen as ${host1}`,
      `host1 > 10.10.11.50: yes, seen as ${host1}`,
      'host1 > 192.168.77.1: no',
      `laptop > ${host1}: yes, seen as 10.10.11.1`,
    ]);
  }); // prettier-ignore

  it('leaves guests on a bridge without ports without an address, and answers on the bridge itself', () => {
    const network = laid('br1', byDhcp);
    expect(outcomes(network, [['laptop', '192.168.78.1'], ['host1', '192.168.78.1']])).toEqual([
      'laptop > 192.168.78.1: yes, seen as 10.10.11.1',
      'host1 > 192.168.78.1: no',
    ]); // prettier-ignore
    expect(asker(network)('host1', '10.10.11.1').stop).toMatchObject({ stack: 'host1' });
  });

  const stray = (...more: readonly string[]): Machines[string] => ({
    [interfaces]: lines(
      ...loopback, 'auto eth0', 'iface eth0 inet static', '   address 192.168.78.2', '   netmask 255.255.255.0',
      '   network 192.168.77.0', ...more,
    ),
  }); // prettier-ignore
  const others = ['192.168.77.1', '10.10.11.248', '10.10.11.50'];

  it('has a guest without a gateway reach its own link only', () => {
    const network = laid('br1', stray());
    expect(
      outcomes(network, [['host1', '192.168.78.1'], ...[...others, '10.10.11.1'].map((to) => ['host1', to] as const)]),
    ).toEqual([
      'host1 > 192.168.78.1: yes, seen as 192.168.78.2',
      ...[...others, '10.10.11.1'].map((to) => `host1 > ${to}: no`),
    ]);
    expect(asker(network)('laptop', '192.168.78.2')).toMatchObject({ verdict: 'no', stop: { stack: 'laptop' } });
  });

  // ifupdown of Ubuntu 14.04 refused such a gateway; later ones add it `onlink`, and the server answers for it on any bridge.
  it('has a guest with a gateway of another subnet reach what that gateway has, by its onlink route', () => {
    const network = laid('br1', stray('   gateway 192.168.77.1'));
    expect(network.state.stacks['host1']?.routes).toMatchObject([{ via: '192.168.77.1', onlink: true }]);
    expect(
      outcomes(
        network,
        [...others, '10.10.11.1'].map((to) => ['host1', to] as const),
      ),
    ).toEqual([...others.map((to) => `host1 > ${to}: yes, seen as 192.168.78.2`), 'host1 > 10.10.11.1: no']);
  });
});

describe('ubuntu-bridge-forward from its files', () => {
  it('reaches the laptop along its on-link route, and nobody beyond, since nobody translates the subnet', () => {
    const network = imported(
      {
        laptop: laptop('192.168.77.0'),
        server: {
          [interfaces]: bridges,
          // With a network that is translated, libvirt turns forwarding on.
          'etc/libvirt/qemu/networks/default.xml':
            "<network><name>default</name><forward mode='nat'/><bridge name='virbr0' stp='on' delay='0'/><ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>",
          'etc/libvirt/qemu/networks/network77.xml':
            "<network><name>network77</name><forward mode='bridge'/><bridge name='br0'/></network>",
          'etc/libvirt/qemu/host1.xml':
            "<domain type='kvm'><name>host1</name><devices><interface type='network'><source network='network77'/></interface></devices></domain>",
        },
        host1: {
          [interfaces]: lines(
            'auto eth0', 'iface eth0 inet static', '   address 192.168.77.2', '   netmask 255.255.255.0',
            '   network 192.168.77.0', '   gateway 192.168.77.1', '   dns-nameservers 10.10.11.1',
          ),
        },
      },
      segments,
    ); // prettier-ignore
    expect(
      outcomes(network, [
        ['host1', '192.168.77.1'],
        ['host1', '10.10.11.1'],
        ['host1', '198.51.100.1'],
      ]),
    ).toEqual([
      'host1 > 192.168.77.1: yes, seen as 192.168.77.2',
      'host1 > 10.10.11.1: yes, seen as 192.168.77.2',
      'host1 > 198.51.100.1: no',
    ]);
  });
});

describe('ubuntu-firewall from its status', () => {
  const status = (...rules: readonly string[]): string =>
    lines(
      'Status: active', 'Logging: on (low)', 'Default: deny (incoming), allow (outgoing), deny (routed)', 'New profiles: skip',
      ...(rules.length === 0 ? [] : ['', 'To                         Action      From', '--                         ------      ----']),
      ...rules,
    ); // prettier-ignore
  const asked = (text: string): readonly (string | undefined)[] => {
    const network = imported(
      { laptop: laptop(), server: { [interfaces]: lines(...loopback, ...eth0), 'ufw-status.txt': text } },
      segments,
    );
    const ask = asker(network);
    return ['10.10.11.248', '10.10.11.248 22', '10.10.11.248 80'].map((to) => {
      const { verdict, clientSees } = ask('laptop', to);
      return verdict === 'yes' ? 'answer' : clientSees;
    });
  };

  it.each([
    ['denied', status(), 'timeout'],
    ['rejected', status('22                         REJECT IN   Anywhere'), 'refused'],
    ['allowed', status('22                         ALLOW IN    Anywhere'), 'answer'],
  ])('has ssh %s, answers pings and is silent on other ports', (_, text, ssh) => {
    expect(asked(text)).toEqual(['answer', ssh, 'timeout']);
  });
});
