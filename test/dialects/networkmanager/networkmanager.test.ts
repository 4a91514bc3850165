import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { networkmanager } from '../../../src/dialects/networkmanager/dialect.ts';
import { readNetworkManager } from '../../../src/dialects/networkmanager/read.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { anyStack } from '../any-stack.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';
import { fitting, vocabulary } from './vocabulary.ts';

const file = (name: string, text: string): ConfigText => ({
  path: `etc/NetworkManager/system-connections/${name}.nmconnection`,
  text,
});
const read = (...texts: ConfigText[]): ReturnType<typeof readNetworkManager> =>
  readNetworkManager(texts, { stack: 'host' });
const stateOf = (texts: readonly ConfigText[]): NetworkState =>
  mergeReadings([{ dialect: 'networkmanager', reading: readNetworkManager(texts, { stack: 'host' }) }]).state;

const bridge = [
  file('br0', '# the office\n[connection]\nid=office\nuuid=0b5f3a3e-0000-4000-8000-0000000000a1\ntype=bridge\ninterface-name=br0\n\n[bridge]\nstp=false\nforward-delay=0\n\n[ipv4]\nmethod=manual\naddress1=192.0.2.3/24,192.0.2.1\ndns=192.0.2.53;\nroute1=198.51.100.0/24,192.0.2.254,50\n\n[ipv6]\nmethod=auto\nip6-privacy=0\n'),
  file('eth0', '[connection]\nid=uplink\ntype=802-3-ethernet\ninterface-name=eth0\ncontroller=0b5f3a3e-0000-4000-8000-0000000000a1\nport-type=bridge\n'),
]; // prettier-ignore

describe('reading profiles of NetworkManager', () => {
  it('finds the bridge of a port by UUID, and gives gateways the metric of the kind of device', () => {
    const { stacks, remarks } = read(...bridge);
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line])).toEqual([['not-said', 'no-words-for', 20]]);
    expect(stacks['host']).toMatchObject({
      interfaces: { br0: { kind: 'bridge', bridge: { stp: false } }, eth0: { master: 'br0' } },
      routes: [
        { to: '0.0.0.0/0', via: '192.0.2.1', metric: 425 },
        { to: '198.51.100.0/24', via: '192.0.2.254', metric: 50 },
      ],
      sysctls: { 'net/ipv6/conf/br0/accept_ra': '2' },
      resolver: { nameservers: ['192.0.2.53'] },
    });
  });

  it('masquerades and forwards for a shared connection', () => {
    const { stacks } = read(
      file('lan', '[connection]\ntype=ethernet\ninterface-name=lan\n[ipv4]\nmethod=shared\naddress1=10.42.0.1/24\n'),
    );
    expect(stacks['host']).toMatchObject({
      sysctls: { 'net/ipv4/ip_forward': '1' },
      filter: [
        { name: 'nm-shared-lan', chains: [{ hook: 'postrouting', rules: [{ verdict: { kind: 'masquerade' } }] }] },
      ],
    });
  });

  it('leaves out what is not activated, and one of two profiles for a device', () => {
    const { stacks, remarks } = read(
      file('a', '[connection]\ntype=ethernet\ninterface-name=eth0\n[ipv4]\nmethod=auto\n'),
      file(
        'b',
        '[connection]\ntype=ethernet\ninterface-name=eth0\nautoconnect-priority=9\n[ipv4]\nmethod=manual\naddress1=192.0.2.1/24\n',
      ),
      file('c', '[connection]\ntype=ethernet\ninterface-name=eth1\nautoconnect=false\n'),
    );
    expect(Object.keys(stacks['host']?.interfaces ?? {})).toEqual(['eth0']);
    expect(stacks['host']?.services).toBeUndefined();
    expect(remarks.map(({ code }) => code)).toEqual(['not-activated', 'two-profiles']);
  });

  it('tells what is wrong, with line and column', () => {
    const { remarks } = read(
      file(
        'x',
        'stray\n[connection]\ntype=ethernet\ninterface-name=eth0\n[ipv4]\nmethod=manuel\naddress1=10.20.0.999/24\n',
      ),
      file('y', '[connection]\nid=y\n'),
    );
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line, at.column])).toEqual([
      ['error', 'not-a-setting', 1, 1],
      ['error', 'no-type', 1, 1],
      ['error', 'bad-value', 7, 10],
      ['error', 'bad-value', 6, 8],
    ]);
  });
});

describe('writing profiles of NetworkManager', () => {
  it('says every state it has words for, and reads it back as the same', () => {
    fc.assert(
      fc.property(anyStack(vocabulary).map(fitting), (state) => {
        const { files, omissions } = networkmanager.write?.(state, 'host') ?? { files: [], omissions: [] };
        expect(omissions).toEqual([]);
        expect(read(...files).remarks).toEqual([]);
        expect(stateOf(files)).toEqual(state);
      }),
      { numRuns: 300 },
    );
  });
});

describe('editing profiles of NetworkManager', () => {
  it('gives the same bytes where nothing changes', () => {
    expect(networkmanager.edit?.(bridge, stateOf(bridge), 'host').files).toEqual(bridge);
  });

  it('changes one route, and keeps comments, names and the other profile', () => {
    const wanted = JSON.parse(
      JSON.stringify(stateOf(bridge)).replace('198.51.100.0/24', '203.0.113.0/24'),
    ) as NetworkState;
    const files = networkmanager.edit?.(bridge, wanted, 'host').files ?? [];
    expect(files[1]).toEqual(bridge[1]);
    expect(files[0]?.text.split('\n')).toEqual(
      expect.arrayContaining([
        '# the office',
        'id=office',
        'uuid=0b5f3a3e-0000-4000-8000-0000000000a1',
        'address1=192.0.2.3/24,192.0.2.1',
        'ip6-privacy=0',
      ]),
    );
    expect(files[0]?.text).toContain('route1=203.0.113.0/24,192.0.2.254,50');
  });

  it('ends at what is wanted, from any files to any state', () => {
    fc.assert(
      fc.property(anyStack(vocabulary).map(fitting), anyStack(vocabulary).map(fitting), (before, after) => {
        const files = networkmanager.write?.(before, 'host').files ?? [];
        expect(stateOf(networkmanager.edit?.(files, after, 'host').files ?? [])).toEqual(after);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a VLAN on a device that no profile is for', () => {
  it('lies on a device that is there, and up', () => {
    const text = '[connection]\nid=lab\ntype=vlan\ninterface-name=lab5\n\n[vlan]\nid=5\nparent=enp3s0\n';
    const { stacks, remarks } = read(file('lab', text));
    expect(stacks['host']?.interfaces).toMatchObject({
      lab5: { kind: 'vlan', vlan: { link: 'enp3s0', id: 5 } },
      enp3s0: { kind: 'ethernet', up: true, addresses: [] },
    });
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line, at.column])).toEqual([
      ['assumed', 'no-profile', 8, 8],
    ]);
  });
});

describe('broken profiles', () => {
  it('are read without a crash, each remark with a place', { timeout: patienceMs }, () => {
    survivesMutations(networkmanager, [bridge]);
  });
});
