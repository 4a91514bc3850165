import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { netplan } from '../../../src/dialects/netplan/dialect.ts';
import { readNetplan } from '../../../src/dialects/netplan/read.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';
import { anySayable } from './vocabulary.ts';

const file = (name: string, text: string): ConfigText => ({ path: `etc/netplan/${name}`, text });
const read = (...texts: ConfigText[]): ReturnType<typeof readNetplan> => readNetplan(texts, { stack: 'host' });
const stateOf = (texts: readonly ConfigText[]): NetworkState =>
  mergeReadings([{ dialect: 'netplan', reading: readNetplan(texts, { stack: 'host' }) }]).state;

const office = file(
  '01-office.yaml',
  `# the host of the office
network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:   # the uplink
      dhcp4: false
      optional: true
  bridges:
    br0:
      interfaces: [eth0]
      # guests are plugged in here
      addresses:
        - 192.0.2.3/24
        - "2001:db8:abba::1/64"
      routes:
        - to: default
          via: 192.0.2.1
      nameservers:
        addresses: [192.0.2.53]
      parameters:
        stp: false
        forward-delay: 0
`,
);

describe('reading netplan', () => {
  it('puts members into bridges, and takes addresses, routes and names', () => {
    const { stacks, remarks } = read(office);
    expect(remarks).toEqual([]);
    expect(stacks['host']).toEqual({
      interfaces: {
        eth0: { kind: 'ethernet', mtuBytes: 1500, up: true, addresses: [], master: 'br0' },
        br0: {
          kind: 'bridge', mtuBytes: 1500, up: true, bridge: { stp: false, forwardDelaySeconds: 0 },
          addresses: [
            { family: 4, address: '192.0.2.3', prefixLength: 24 },
            { family: 6, address: '2001:db8:abba::1', prefixLength: 64 },
          ],
        },
      },
      routes: [{ family: 4, to: '0.0.0.0/0', type: 'unicast', via: '192.0.2.1', dev: 'br0', metric: 0, table: 254 }],
      resolver: { nameservers: ['192.0.2.53'], search: [] },
    }); // prettier-ignore
  });

  it('lays files over each other by name: maps are joined, lists go on, the last word counts', () => {
    const { stacks } = read(
      file('90-more.yaml', 'network:\n  ethernets:\n    eth0:\n      addresses: [192.0.2.2/24]\n      mtu: 1400\n'),
      file(
        '10-base.yaml',
        'network:\n  version: 2\n  ethernets:\n    eth0:\n      addresses: [192.0.2.1/24]\n      mtu: 9000\n',
      ),
    );
    expect(stacks['host']?.interfaces?.['eth0']).toMatchObject({
      mtuBytes: 1400,
      addresses: [{ address: '192.0.2.1' }, { address: '192.0.2.2' }],
    });
  });

  it('switches STP on where parameters do not say it, and calls NICs what set-name calls them', () => {
    const { stacks } = read(
      file(
        'a.yaml',
        'network:\n  version: 2\n  ethernets:\n    up:\n      match: {macaddress: "02:00:00:00:00:01"}\n      set-name: wan\n      dhcp4: yes\n  bridges:\n    br0: {interfaces: [up], parameters: {}}\n    br1: {}\n',
      ),
    );
    expect(stacks['host']).toMatchObject({
      interfaces: {
        wan: { master: 'br0' },
        br0: { bridge: { stp: true, forwardDelaySeconds: 15 } },
        br1: { bridge: { stp: false } },
      },
      services: [{ kind: 'dhcp-client', interface: 'wan', metric: 100, hostname: 'host' }],
    });
  });

  it('tells what netplan refuses, with line and column', () => {
    const text = [
      'network:', '  version: 3', '  etherets: {}', '  ethernets:', '    eth0:', '      adresses: [192.0.2.1/24]',
      '      addresses: [10.20.0.999/24, 192.0.2.1]', '      gateway4: 192.0.2.254', '      routes: [{to: 10.0.0.0/8, scope: global}]',
      '  bridges:', '    br0: {interfaces: [eth9]}', '',
    ].join('\n'); // prettier-ignore
    expect(read(file('a.yaml', text)).remarks.map(({ kind, code, at }) => [kind, code, at.line, at.column])).toEqual([
      ['error', 'other-version', 2, 12],
      ['error', 'unknown-key', 3, 3],
      ['error', 'unknown-key', 6, 7],
      ['error', 'bad-value', 7, 19],
      ['error', 'bad-value', 7, 35],
      ['error', 'undefined-member', 11, 24],
      ['ignored', 'deprecated', 8, 17],
      ['error', 'no-gateway', 9, 16],
    ]);
    expect(read(file('a.yaml', 'network: [\n')).remarks).toMatchObject([{ kind: 'error', code: 'not-yaml' }]);
  });
});

describe('writing netplan', () => {
  it('says every state it has words for, and reads it back as the same', () => {
    fc.assert(
      fc.property(anySayable(), (state) => {
        const { files, omissions } = netplan.write?.(state, 'host') ?? { files: [], omissions: [] };
        expect(omissions).toEqual([]);
        expect(read(...files).remarks).toEqual([]);
        expect(stateOf(files)).toEqual(state);
      }),
      { numRuns: 300 },
    );
  });
});

describe('editing netplan', () => {
  it('gives the same bytes where nothing changes', () => {
    expect(netplan.edit?.([office], stateOf([office]), 'host').files).toEqual([office]);
  });

  it('sets one key, and keeps every other byte', () => {
    const wanted = JSON.parse(
      JSON.stringify(stateOf([office])).replaceAll('"192.0.2.1"', '"192.0.2.7"'),
    ) as NetworkState;
    expect(netplan.edit?.([office], wanted, 'host').files).toEqual([
      { path: office.path, text: office.text.replace('via: 192.0.2.1', 'via: 192.0.2.7') },
    ]);
  });

  it('adds a device behind the others', () => {
    const state = stateOf([office]);
    const host = state.stacks['host'];
    if (host === undefined) throw new Error('no host');
    const eth1 = {
      kind: 'ethernet' as const,
      mtuBytes: 1500,
      up: true,
      addresses: [{ family: 4 as const, address: '10.0.0.1', prefixLength: 24 }],
    };
    const wanted = { ...state, stacks: { host: { ...host, interfaces: { ...host.interfaces, eth1 } } } };
    expect(netplan.edit?.([office], wanted, 'host').files[0]?.text).toBe(
      office.text.replace(
        '      optional: true\n',
        '      optional: true\n    eth1:\n      addresses:\n        - 10.0.0.1/24\n',
      ),
    );
  });

  it('ends at what is wanted, from any files to any state', () => {
    fc.assert(
      fc.property(anySayable(), anySayable(), (before, after) => {
        const files = netplan.write?.(before, 'host').files ?? [];
        expect(stateOf(netplan.edit?.(files, after, 'host').files ?? [])).toEqual(after);
      }),
      { numRuns: 150 },
    );
  });
});

describe('broken files of netplan', () => {
  it('are read without a crash, each remark with a place', { timeout: patienceMs }, () => {
    const wireguard =
      'network:\n  version: 2\n  tunnels:\n    wg0:\n      mode: wireguard\n      key: /k\n      peers:\n        - keys: {public: x}\n          allowed-ips: [10.0.0.0/8]\n';
    survivesMutations(netplan, [[office], [file('a.yaml', wireguard)]]);
  });
});
