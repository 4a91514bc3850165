/** What files of other people taught of systemd-networkd (systemd.network(5), and its parsers). */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { networkd } from '../../../src/dialects/networkd/dialect.ts';

const read = (...lines: readonly string[]): Reading =>
  networkd.read([{ path: 'etc/systemd/network/a.network', text: ['[Match]', 'Name=eth0', ...lines, ''].join('\n') }], {
    stack: 'm',
  });

describe('files of other people', () => {
  it.each([
    ['none', 0],
    ['v4', 1],
    ['both', 1],
    ['v6', 0],
  ])('ask by DHCP as they once did: %s', (word, count) => {
    const { stacks, remarks } = read('[Network]', `DHCP=${word}`);
    expect(remarks.map(({ kind }) => kind)).not.toContain('error');
    expect(stacks['m']?.services ?? []).toHaveLength(count);
  });

  it('call the section of a lease [DHCP], and [DHCPv4] goes before it', () => {
    const metricOf = (...lines: readonly string[]): unknown =>
      read('[Network]', 'DHCP=ipv4', ...lines).stacks['m']?.services?.[0];
    expect(metricOf('[DHCP]', 'RouteMetric=10')).toMatchObject({ metric: 10 });
    expect(metricOf('[DHCP]', 'RouteMetric=10', '[DHCPv4]', 'RouteMetric=20')).toMatchObject({ metric: 20 });
  });

  it.each([
    ['ipv4', { 'net/ipv4/ip_forward': '1' }],
    ['both', { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' }],
    ['no', {}],
  ])('forward where they masquerade: %s', (word, sysctls) => {
    const { stacks } = read('[Network]', 'Address=10.0.0.1/24', `IPMasquerade=${word}`);
    expect(stacks['m']?.sysctls ?? {}).toEqual(sysctls);
  });

  it('are written with masquerading only where they forward', () => {
    const { stacks } = read('[Network]', 'Address=10.0.0.1/24', 'IPMasquerade=ipv4');
    const [part] = Object.values(stacks);
    const written = (sysctls: Readonly<Record<string, string>>): string =>
      networkd
        .write?.(
          {
            version: 1,
            cables: [],
            stacks: {
              m: {
                ...{ interfaces: {}, routes: [], rules: [], neighbourProxies: [], filter: [], services: [], ...part },
                sysctls,
              },
            },
          },
          'm',
        )
        .files.map(({ text }) => text)
        .join('') ?? '';
    expect(written({ 'net/ipv4/ip_forward': '1' })).toContain('IPMasquerade=ipv4');
    expect(written({})).not.toContain('IPMasquerade');
  });
});

const readFiles = (files: Readonly<Record<string, readonly string[]>>): Reading =>
  networkd.read(
    Object.entries(files).map(([name, lines]) => ({
      path: `etc/systemd/network/${name}`,
      text: `${lines.join('\n')}\n`,
    })),
    { stack: 'm' },
  );
const codes = ({ remarks }: Reading): readonly string[] => remarks.map(({ kind, code }) => `${kind} ${code}`);
const ofPart = ({ stacks }: Reading): NonNullable<(typeof stacks)[string]> => stacks['m'] ?? {};

describe('what networkd does with what it reads', () => {
  it('leaves members of bonds without addresses, routes and DHCP', () => {
    const reading = readFiles({
      '1.netdev': ['[NetDev]', 'Name=bond0', 'Kind=bond'],
      '2.network': [
        '[Match]',
        'Name=eth0',
        '[Network]',
        'Bond=bond0',
        'DHCP=ipv4',
        'Address=192.0.2.2/24',
        'Gateway=192.0.2.1',
      ],
    });
    expect(codes(reading)).toEqual(['ignored member-addressing']);
    expect(ofPart(reading).interfaces?.['eth0']).toMatchObject({ master: 'bond0', addresses: [] });
    expect(ofPart(reading).routes ?? []).toEqual([]);
    expect(ofPart(reading).services ?? []).toEqual([]);
  });

  it('says nothing of members whose addressing is switched off', () => {
    const member = ['[Match]', 'Name=eth0', '[Network]', 'Bond=bond0', 'DHCP=no'];
    expect(codes(readFiles({ '1.netdev': ['[NetDev]', 'Name=bond0', 'Kind=bond'], '2.network': member }))).toEqual([]);
  });

  it('hands on what it is asked by DHCP, or serves it', () => {
    const reading = read(
      '[Network]',
      'Address=192.0.2.1/24',
      'DHCPServer=yes',
      '[DHCPServer]',
      'RelayTarget=198.51.100.1',
    );
    expect(codes(reading)).toEqual(['not-said dhcp-relay']);
    expect(ofPart(reading).services ?? []).toEqual([]);
  });

  it('gives an interface the address that it is to serve with', () => {
    const serving = [
      '[Network]',
      'DHCPServer=yes',
      '[DHCPServer]',
      'ServerAddress=192.0.2.1/24',
      'PoolOffset=10',
      'PoolSize=5',
    ];
    const reading = read(...serving);
    expect(codes(reading)).toEqual([]);
    expect(ofPart(reading).interfaces?.['eth0']?.addresses).toMatchObject([{ address: '192.0.2.1', prefixLength: 24 }]);
    expect(ofPart(reading).services).toMatchObject([{ first: '192.0.2.10', last: '192.0.2.14', router: '192.0.2.1' }]);
  });

  it('knows neighbours of tunnels, and the old name of a VRF\u2019s table', () => {
    expect(codes(read('[Neighbor]', 'Address=10.0.0.2', 'LinkLayerAddress=192.0.2.9'))).toEqual([
      'not-said tunnel-neighbour',
    ]);
    const vrf = readFiles({ '1.netdev': ['[NetDev]', 'Name=red', 'Kind=vrf', '[VRF]', 'TableId=42'] });
    expect(ofPart(vrf).interfaces?.['red']?.vrf).toEqual({ table: 42 });
  });

  it('makes a route to the far end of a link', () => {
    const reading = read(
      '[Address]',
      'Address=10.0.0.1/32',
      'Peer=10.9.0.1/32',
      '[Address]',
      'Address=2001:db8::1/64',
      'Peer=2001:db8:1::1/64',
    );
    expect(codes(reading)).toEqual(['assumed peer', 'assumed peer']);
    expect(ofPart(reading).interfaces?.['eth0']?.addresses).toMatchObject([
      { prefixLength: 32 },
      { prefixLength: 128 },
    ]);
    expect(ofPart(reading).routes).toMatchObject([
      { to: '10.9.0.1/32', dev: 'eth0', metric: 0 },
      { to: '2001:db8:1::/64', dev: 'eth0', metric: 256 },
    ]);
  });

  it('tells that an address without a length meant another thing before', () => {
    expect(codes(read('[Network]', 'Address=192.0.2.2'))).toEqual(['assumed no-length']);
  });

  it.each([
    ['NextHop=3', 'not-said next-hop-object'],
    ['Type=multicast', 'not-said other-type'],
  ])('has no plain route where it says `%s`', (line, remark) => {
    const reading = read('[Route]', 'Destination=198.51.100.0/24', line);
    expect(codes(reading)).toEqual([remark]);
    expect(ofPart(reading).routes ?? []).toEqual([]);
  });

  it.each([
    [['[Route]', 'Destination=there', 'Gateway=192.0.2.9'], 'routes'],
    [['[Route]', 'Gateway=192.0.2.9', 'Metric=low'], 'routes'],
    [['[RoutingPolicyRule]', 'From=here', 'Table=7'], 'rules'],
    [['[RoutingPolicyRule]', 'From=192.0.2.0/24', 'Priority=-1'], 'rules'],
    [['[RoutingPolicyRule]', 'From=192.0.2.0/24', 'IPProtocol=constructor'], 'rules'],
    [['[Neighbor]', 'Address=192.0.2.9', 'LinkLayerAddress=00:00'], 'neighbours'],
  ] as const)('leaves the whole section out where it cannot read a value: %j', (lines, key) => {
    const reading = read(...lines);
    expect(codes(reading)).toEqual(['error bad-value']);
    expect(ofPart(reading)[key] ?? []).toEqual([]);
  });

  it.each([
    [['[RoutingPolicyRule]', 'From=192.0.2.0/24', 'TypeOfService=8', 'Table=7'], 'unsaid-rule'],
    [['[RoutingPolicyRule]', 'L3MasterDevice=yes'], 'unsaid-rule'],
    [['[Route]', 'Source=2001:db8:7::/48', 'Gateway=fe80::1'], 'source-route'],
  ] as const)('does not say of all packets what holds for some: %j', (lines, code) => {
    const reading = read(...lines);
    expect(codes(reading)).toEqual([`not-said ${code}`]);
    expect([...(ofPart(reading).rules ?? []), ...(ofPart(reading).routes ?? [])]).toEqual([]);
  });

  it('has a far end of its own subnet on the link', () => {
    const reading = read('[Address]', 'Address=10.4.2.3/16', 'Peer=10.4.2.4/16');
    expect(codes(reading)).toEqual([]);
    expect(ofPart(reading).interfaces?.['eth0']?.addresses).toMatchObject([{ prefixLength: 16 }]);
    expect(ofPart(reading).routes ?? []).toEqual([]);
  });

  it('knows sections about queues', () => {
    expect(codes(read('[FairQueueing]', 'PacketLimit=5'))).toEqual(['not-said no-words-for']);
  });
});

describe('VLANs of bridges', () => {
  const bridge = (...more: readonly string[]): readonly string[] => [
    ...['[NetDev]', 'Name=br0', 'Kind=bridge', '[Bridge]', 'VLANFiltering=yes', ...more],
  ];
  const port = (...more: readonly string[]): readonly string[] => [
    '[Match]',
    'Name=eth0',
    '[Network]',
    'Bridge=br0',
    ...more,
  ];

  it('are added to that of birth, which is no longer the port\u2019s own', () => {
    const reading = readFiles({
      '1.netdev': bridge(),
      '2.network': port('[BridgeVLAN]', 'VLAN=100', 'PVID=100', 'EgressUntagged=100', '[BridgeVLAN]', 'VLAN=200-201'),
      '3.network': ['[Match]', 'Name=br0', '[BridgeVLAN]', 'VLAN=100'],
    });
    expect(reading.remarks).toEqual([]);
    const { interfaces = {} } = ofPart(reading);
    expect(interfaces['eth0']?.port?.vlans?.toSorted((a, b) => a.id - b.id)).toEqual([
      { id: 1, untagged: true },
      { id: 100, pvid: true, untagged: true },
      { id: 200 },
      { id: 201 },
    ]);
    expect(interfaces['br0']?.bridge?.vlans).toEqual([{ id: 1, pvid: true, untagged: true }, { id: 100 }]);
  });

  it('begin with the one that the bridge gives, or with none', () => {
    const vlansOf = (word: string): unknown =>
      ofPart(readFiles({ '1.netdev': bridge(`DefaultPVID=${word}`), '2.network': port() })).interfaces?.['eth0']?.port
        ?.vlans;
    expect(vlansOf('30')).toEqual([{ id: 30, pvid: true, untagged: true }]);
    expect(vlansOf('none')).toEqual([]);
    expect(vlansOf('1')).toBeUndefined();
  });
});

describe('[Match]', () => {
  it.each(['Type=ether', 'Driver=virtio_net', 'Path=pci-0000:02:00.0-*'])(
    'by `%s` is for interfaces nobody knows here',
    (line) => {
      const reading = readFiles({ '1.network': ['[Match]', line, '[Network]', 'DHCP=yes'] });
      expect(codes(reading)).toEqual(['not-said unknown-interfaces']);
      expect(reading.stacks).toEqual({});
    },
  );

  it('by name goes before what else it asks, which is told', () => {
    const reading = readFiles({
      '1.network': ['[Match]', 'Name=eth0', 'Type=ether', '[Network]', 'Address=192.0.2.2/24'],
    });
    expect(codes(reading)).toEqual(['not-said no-words-for']);
    expect(ofPart(reading).interfaces?.['eth0']?.addresses).toHaveLength(1);
  });

  it('that says nothing is refused', () => {
    expect(codes(readFiles({ '1.network': ['[Match]', '[Network]', 'DHCP=yes'] }))).toEqual(['error no-match']);
  });
});
