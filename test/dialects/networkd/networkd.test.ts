import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { networkd } from '../../../src/dialects/networkd/dialect.ts';
import { readNetworkd } from '../../../src/dialects/networkd/read.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { anyStack, type Vocabulary } from '../any-stack.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const file = (name: string, text: string): ConfigText => ({ path: `etc/systemd/network/${name}`, text });
const read = (...texts: ConfigText[]): ReturnType<typeof readNetworkd> => readNetworkd(texts, { stack: 'host' });
const stateOf = (texts: readonly ConfigText[]): NetworkState =>
  mergeReadings([{ dialect: 'networkd', reading: readNetworkd(texts, { stack: 'host' }) }]).state;

const vocabulary: Vocabulary = {
  kinds: ['ethernet', 'bridge', 'bond', 'vlan', 'dummy', 'vrf', 'vxlan', 'tunnel', 'wireguard'],
  labels: true, routeTypes: ['unicast', 'blackhole', 'unreachable', 'prohibit'], metrics: true, tables: true,
  sources: true, onlink: true, rules: true, neighbours: true, ports: true, dhcp: true, resolver: true, down: true,
  macs: true, forwarding: true,
}; // prettier-ignore

const bridged = [
  file('10-br0.netdev', '[NetDev]\nName=br0\nKind=bridge\n\n[Bridge]\nSTP=no\nForwardDelaySec=0\n'),
  file('20-uplink.network', '# the port\n[Match]\nName=eth0\n\n[Network]\nBridge=br0\n'),
  file(
    '20-br0.network',
    [
      '# the office',
      '[Match]',
      'Name=br0',
      '',
      '[Network]',
      'Address=192.0.2.3/24',
      'Address=2001:db8:abba::1/64',
      'Gateway=192.0.2.1   ',
      'DNS=192.0.2.53',
      '; forwards for guests',
      'IPForward=yes',
      'LLMNR=no',
      '',
      '[Route]',
      'Destination=198.51.100.0/24',
      'Gateway=192.0.2.254',
      'Metric=50',
      '',
    ].join('\n'),
  ),
];

describe('reading networkd', () => {
  it('puts a port into its bridge, and addresses and routes on the bridge', () => {
    const { stacks, remarks } = read(...bridged);
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line])).toEqual([['not-said', 'no-words-for', 12]]);
    expect(stacks['host']).toMatchObject({
      interfaces: {
        br0: {
          kind: 'bridge',
          up: true,
          bridge: { stp: false, forwardDelaySeconds: 0 },
          addresses: [{ address: '192.0.2.3' }, { address: '2001:db8:abba::1', prefixLength: 64 }],
        },
        eth0: { kind: 'ethernet', master: 'br0', up: true },
      },
      routes: [
        { to: '0.0.0.0/0', via: '192.0.2.1', dev: 'br0', metric: 0, table: 254 },
        { to: '198.51.100.0/24', via: '192.0.2.254', metric: 50 },
      ],
      sysctls: { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' },
      resolver: { nameservers: ['192.0.2.53'], search: [] },
    });
  });

  it('takes the first file that matches, by the name of the file, whatever its folder', () => {
    const { stacks, remarks } = read(
      file('50-all.network', '[Match]\nName=eth*\n[Network]\nDHCP=yes\n'),
      {
        path: 'usr/lib/systemd/network/10-eth0.network',
        text: '[Match]\nName=eth0\n[Network]\nAddress=192.0.2.1/24\n',
      },
      file('60-eth1.network', '[Match]\nName=eth1\n[Network]\nAddress=192.0.2.2/24\n'),
    );
    expect(stacks['host']?.interfaces).toMatchObject({
      eth0: { addresses: [{ address: '192.0.2.1' }] },
      eth1: { addresses: [] },
    });
    expect(stacks['host']?.services).toMatchObject([{ kind: 'dhcp-client', interface: 'eth1', metric: 1024 }]);
    expect(remarks.map(({ code }) => code)).toContain('unknown-interfaces');
  });

  it('adds drop-ins, hides files of the same name, and forgets lists at an empty value', () => {
    const { stacks, remarks } = read(
      file('10-eth0.network', '[Match]\nName=eth0\n[Network]\nAddress=192.0.2.1/24\nDNS=192.0.2.53\n'),
      file('10-eth0.network.d/more.conf', '[Network]\nAddress=\nAddress=192.0.2.9/24\n'),
      { path: 'lib/systemd/network/10-eth0.network', text: '[Match]\nName=eth0\n' },
    );
    expect(stacks['host']?.interfaces).toMatchObject({ eth0: { addresses: [{ address: '192.0.2.9' }] } });
    expect(remarks).toMatchObject([
      { kind: 'ignored', code: 'hidden-file', at: { path: 'lib/systemd/network/10-eth0.network' } },
    ]);
  });

  it('knows VLANs, bonds and VRFs, each with what lies below or within', () => {
    const { stacks, remarks } = read(
      file('1.netdev', '[NetDev]\nName=vlan30\nKind=vlan\n[VLAN]\nId=30\n'),
      file(
        '2.netdev',
        '[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=802.3ad\nMIIMonitorSec=0.1s\nLACPTransmitRate=fast\n',
      ),
      file('3.netdev', '[NetDev]\nName=red\nKind=vrf\n[VRF]\nTable=1001\n'),
      file('a.network', '[Match]\nName=eth0 eth1\n[Network]\nBond=bond0\n'),
      file('b.network', '[Match]\nName=bond0\n[Network]\nVLAN=vlan30\n'),
      file('c.network', '[Match]\nName=vlan30\n[Network]\nVRF=red\nAddress=192.0.2.1/24\nGateway=192.0.2.2\n'),
    );
    expect(remarks).toEqual([]);
    expect(stacks['host']?.interfaces).toMatchObject({
      bond0: { kind: 'bond', bond: { mode: '802.3ad', miimonMilliseconds: 100, lacpRate: 'fast' } },
      eth0: { master: 'bond0' },
      eth1: { master: 'bond0' },
      vlan30: { kind: 'vlan', vlan: { link: 'bond0', id: 30 }, master: 'red' },
      red: { kind: 'vrf', vrf: { table: 1001 }, up: false },
    });
    expect(stacks['host']?.routes).toMatchObject([{ via: '192.0.2.2', table: 1001 }]);
  });

  it('knows what networkd does without being told: gateways on the link, no address while down, sizes of bridges', () => {
    const { stacks, remarks } = read(
      file('0.netdev', '[NetDev]\nName=br0\nKind=bridge\nMTUBytes=1400\n'),
      file('1.network', '[Match]\nName=eth0\n[Link]\nMTUBytes=9000\n[Network]\nBridge=br0\n'),
      file(
        '2.network',
        '[Match]\nName=br0\n[Network]\nGateway=192.0.2.1\n[Route]\nGateway=fe80::1\nGatewayOnLink=no\n',
      ),
      file('3.network', '[Match]\nName=eth1\n[Link]\nActivationPolicy=down\n[Network]\nAddress=192.0.2.9/24\n'),
    );
    expect(stacks['host']?.routes).toMatchObject([
      { via: '192.0.2.1', dev: 'br0', onlink: true },
      { via: 'fe80::1', dev: 'br0' },
    ]);
    expect(stacks['host']?.routes?.[1]?.onlink).toBeUndefined();
    expect(stacks['host']?.interfaces).toMatchObject({ br0: { mtuBytes: 9000 }, eth1: { up: false, addresses: [] } });
    expect(remarks.map(({ kind, code }) => [kind, code])).toEqual([['ignored', 'address-while-down']]);
  });

  it('serves addresses, advertises prefixes and masquerades as networkd does', () => {
    const { stacks } = read(
      file(
        'lan.network',
        [
          '[Match]', 'Name=lan', '[Network]', 'Address=10.0.0.1/24', 'DHCPServer=yes', 'IPv6SendRA=yes',
          'IPMasquerade=ipv4', '[DHCPServer]', 'PoolOffset=100', 'PoolSize=50', '[DHCPServerStaticLease]',
          'MACAddress=02:00:00:00:00:07', 'Address=10.0.0.7', '[IPv6Prefix]', 'Prefix=2001:db8:1::/64',
        ].join('\n'), // prettier-ignore
      ),
    );
    expect(stacks['host']).toMatchObject({
      services: [
        {
          kind: 'dhcp-server', interface: 'lan', first: '10.0.0.100', last: '10.0.0.149', netmask: '255.255.255.0',
          router: '10.0.0.1', leaseSeconds: 3600, reservations: [{ mac: '02:00:00:00:00:07', address: '10.0.0.7' }],
        },
        { kind: 'router-advertiser', interface: 'lan', prefixes: ['2001:db8:1::/64'], isDefaultRouter: true },
      ],
      sysctls: { 'net/ipv4/ip_forward': '1' },
      filter: [{ name: 'io.systemd.nat', chains: [{ hook: 'postrouting', rules: [{ verdict: { kind: 'masquerade' } }] }] }],
    }); // prettier-ignore
  });

  it('tells what networkd refuses, with line and column', () => {
    const { remarks } = read(
      file(
        'eth0.network',
        '[Match]\nName=eth0\n[Network]\nAddress=10.20.0.999/24\nAdress=10.0.0.1/24\nstray\n[Oops]\nA=b\n',
      ),
      file('x.netdev', '[NetDev]\nKind=bridge\n'),
    );
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line, at.column])).toEqual([
      ['error', 'not-a-setting', 6, 1],
      ['ignored', 'unknown-key', 5, 1],
      ['ignored', 'unknown-section', 7, 1],
      ['error', 'no-device', 1, 1],
      ['error', 'bad-value', 4, 9],
    ]);
  });
});

describe('writing networkd', () => {
  it('says every state it has words for, and reads it back as the same', () => {
    fc.assert(
      fc.property(anyStack(vocabulary), (state) => {
        const { files, omissions } = networkd.write?.(state, 'host') ?? { files: [], omissions: [] };
        expect(omissions).toEqual([]);
        expect(read(...files).remarks).toEqual([]);
        expect(stateOf(files)).toEqual(state);
      }),
      { numRuns: 300 },
    );
  });

  it('lists what it has no words for', () => {
    const state = stateOf(bridged);
    const host = state.stacks['host'];
    if (host === undefined) throw new Error('no host');
    const more: NetworkState = {
      ...state,
      stacks: {
        host: {
          ...host,
          sysctls: { ...host.sysctls, 'net/ipv4/tcp_l3mdev_accept': '1' },
          filter: [{ family: 'inet', name: 'mine', chains: [] }],
          neighbourProxies: [{ family: 4, address: '192.0.2.7', dev: 'br0' }],
          services: [{ kind: 'responder', port: 80 }],
        },
      },
    };
    expect(networkd.write?.(more, 'host').omissions.map(({ what }) => what)).toEqual([
      'sysctls/net/ipv4/tcp_l3mdev_accept',
      'filter/inet mine',
      'neighbourProxies/192.0.2.7 dev br0',
      'services/responder 80',
    ]);
  });
});

describe('editing networkd', () => {
  it('gives the same bytes where nothing changes', () => {
    expect(networkd.edit?.(bridged, stateOf(bridged), 'host').files).toEqual(bridged);
  });

  it('takes one line out and puts one in, and keeps comments, order and what it does not understand', () => {
    const state = stateOf(bridged);
    const text = JSON.stringify(state)
      .replaceAll('192.0.2.1"', '192.0.2.7"')
      .replace('198.51.100.0/24', '203.0.113.0/24');
    const edited = networkd.edit?.(bridged, JSON.parse(text) as NetworkState, 'host').files ?? [];
    expect(edited.slice(0, 2)).toEqual(bridged.slice(0, 2));
    expect(edited[2]?.text).toBe(
      [
        '# the office', '[Match]', 'Name=br0', '', '[Network]', 'Address=192.0.2.3/24', 'Address=2001:db8:abba::1/64',
        'DNS=192.0.2.53', '; forwards for guests', 'IPForward=yes', 'LLMNR=no', 'Gateway=192.0.2.7', '', '', '[Route]',
        'Destination=203.0.113.0/24', 'Gateway=192.0.2.254', 'Metric=50', '',
      ].join('\n'), // prettier-ignore
    );
  });

  it('ends at what is wanted, from any files to any state', () => {
    fc.assert(
      fc.property(anyStack(vocabulary), anyStack(vocabulary), (before, after) => {
        const files = networkd.write?.(before, 'host').files ?? [];
        expect(stateOf(networkd.edit?.(files, after, 'host').files ?? [])).toEqual(after);
      }),
      { numRuns: 150 },
    );
  });
});

describe('broken files of networkd', () => {
  it('are read without a crash, each remark with a place', { timeout: patienceMs }, () => {
    const wireguard = '[NetDev]\nName=wg0\nKind=wireguard\n[WireGuardPeer]\nPublicKey=x\nAllowedIPs=10.0.0.0/8,::/0\n';
    survivesMutations(networkd, [bridged, [file('a.netdev', wireguard)]]);
  });
});
