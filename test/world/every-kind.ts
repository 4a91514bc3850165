/**
 * Stacks with links on top of others, bridge ports, routes, rules and neighbours of all kinds: everything at once, and any
 * choice of it.
 */
import fc from 'fast-check';
import { normalize } from '../../src/state/normal-form.ts';
import {
  type BridgePort,
  type Interface,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from '../../src/state/network-state.ts';

export const stack = (parts: Partial<Stack>): Stack => ({
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
  ...parts,
  interfaces: { lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] }, ...parts.interfaces },
});
export const nic = (more: Partial<Interface> = {}): Interface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  addresses: [],
  ...more,
});
const v4 = (address: string, prefixLength = 24) => ({ family: 4, address, prefixLength }) as const;
const v6 = (address: string, prefixLength = 64) => ({ family: 6, address, prefixLength }) as const;
const main = { metric: 0, table: 254 } as const;
const main6 = { metric: 1024, table: 254 } as const;

const allLinks: Readonly<Record<string, Interface>> = {
  mv0: nic({
    kind: 'macvlan',
    mac: '52:54:00:00:00:10',
    addresses: [v4('192.0.2.10'), v6('2001:db8:2::10')],
    macvlan: { link: 'eth0', mode: 'bridge' },
  }),
  mv1: nic({ kind: 'macvlan', mtuBytes: 1400, up: false, macvlan: { link: 'br0', mode: 'private' } }),
  mv2: nic({ kind: 'macvlan', master: 'br1', macvlan: { link: 'eth0', mode: 'vepa' } }),
  vx4: nic({
    kind: 'vxlan',
    mtuBytes: 1450,
    master: 'br0',
    port: { isolated: true, learning: false },
    vxlan: { id: 10, local: '192.0.2.1', remotes: ['192.0.2.3', '192.0.2.2'], port: 4789 },
  }),
  vx6: nic({
    kind: 'vxlan',
    mtuBytes: 1430,
    addresses: [v6('2001:db8:66::1')],
    vxlan: { id: 0xabcdef, remotes: ['2001:db8:2::2'], port: 8472 },
  }),
  vx0: nic({ kind: 'vxlan', mtuBytes: 1450, vxlan: { id: 11, remotes: [], port: 4790 } }),
};

const allRoutes: readonly Route[] = [
  {
    family: 4,
    to: '0.0.0.0/0',
    type: 'unicast',
    nexthops: [
      { via: '192.0.2.2', dev: 'eth0', weight: 1 },
      { via: '192.0.2.3', dev: 'mv0', weight: 3 },
    ],
    ...main,
  },
  {
    family: 6,
    to: '2001:db8:100::/48',
    type: 'unicast',
    nexthops: [
      { via: '2001:db8:2::2', dev: 'eth0', weight: 2 },
      { via: 'fe80::2', dev: 'eth0', weight: 1 },
    ],
    ...main6,
  },
  {
    family: 4,
    to: '10.1.0.0/16',
    type: 'unicast',
    nexthops: [
      { dev: 'eth0', weight: 1 },
      { via: '10.255.0.1', dev: 'br0', weight: 1, onlink: true },
    ],
    ...main,
  },
  { family: 4, to: '10.2.0.0/16', type: 'throw', metric: 7, table: 100 },
  { family: 6, to: '2001:db8:102::/48', type: 'throw', metric: 1024, table: 100 },
  { family: 4, to: '10.3.0.0/16', type: 'local', dev: 'lo', metric: 0, table: 255 },
  { family: 6, to: '2001:db8:103::/48', type: 'local', dev: 'lo', metric: 1024, table: 255 },
  { family: 4, to: '10.4.0.0/16', type: 'unicast', via: '203.0.113.1', dev: 'eth0', onlink: true, ...main },
  { family: 6, to: '::/0', type: 'unicast', via: '2001:db8:ffff::1', dev: 'eth0', onlink: true, ...main6 },
  { family: 4, to: '10.5.0.0/16', type: 'unicast', via: 'fe80::2', dev: 'eth0', ...main },
  { family: 4, to: '10.6.0.0/16', type: 'prohibit', ...main },
  { family: 6, to: '2001:db8:106::/48', type: 'unreachable', ...main6 },
  { family: 4, to: '10.7.0.0/24', type: 'unicast', dev: 'mv0', source: '192.0.2.10', metric: 5, table: 1000 },
];

const allRules: readonly PolicyRule[] = [
  { family: 4, priority: 100, oif: 'eth0', table: 100 },
  { family: 4, priority: 100, iif: 'nowhere', table: 100 },
  { family: 4, priority: 101, mark: { value: 0x10, mask: 0xf0 }, table: 100 },
  { family: 4, priority: 102, mark: { value: 0, mask: 1 }, not: true, table: 1000 },
  { family: 6, priority: 103, mark: { value: 0xffffffff, mask: 0xffffffff }, action: 'prohibit', table: 0 },
  { family: 4, priority: 104, protocol: 6, destinationPorts: [80, 443], sourcePorts: [1024, 65534], table: 100 },
  { family: 6, priority: 105, protocol: 17, destinationPorts: [53, 53], table: 100 },
  { family: 4, priority: 106, from: '192.0.2.10/32', not: true, action: 'blackhole', table: 0 },
  { family: 6, priority: 107, to: '2001:db8:9::/48', action: 'unreachable', table: 0 },
  { family: 4, priority: 108, table: 254, suppressPrefixLength: 0 },
  { family: 6, priority: 109, table: 254, suppressPrefixLength: 1 },
  { family: 4, priority: 32766, from: '10.0.0.0/8', table: 254 },
];

const allNeighbours: readonly NonNullable<Stack['neighbours']>[number][] = [
  { family: 4, address: '192.0.2.99', mac: '52:54:00:00:00:99', dev: 'eth0' },
  { family: 6, address: '2001:db8:2::99', mac: '52:54:00:00:00:99', dev: 'eth0' },
  { family: 4, address: '192.0.2.98', mac: '52:54:00:00:00:98', dev: 'mv0' },
];

interface Choice {
  readonly links: readonly string[];
  readonly routes: readonly Route[];
  readonly rules: readonly PolicyRule[];
  readonly neighbours: readonly NonNullable<Stack['neighbours']>[number][];
  readonly port: BridgePort;
  readonly mode: NonNullable<Interface['macvlan']>['mode'];
  readonly remotes: readonly string[];
  readonly isUp: boolean;
  /** The far end's interface that the host's eth0 is plugged into. */
  readonly farEnd: 'eth0' | 'eth1';
  readonly mac: string;
}

export const everything: Choice = {
  links: Object.keys(allLinks),
  routes: allRoutes,
  rules: allRules,
  neighbours: allNeighbours,
  port: { isolated: true, hairpin: true, learning: false, flood: false },
  mode: 'bridge',
  remotes: ['192.0.2.2', '192.0.2.3'],
  isUp: true,
  farEnd: 'eth0',
  mac: '52:54:00:00:00:01',
};

export const bridge = (addresses: Interface['addresses'], more: Partial<Interface> = {}): Interface =>
  nic({ kind: 'bridge', addresses, bridge: { stp: false, forwardDelaySeconds: 15 }, ...more });

/** Routes and neighbours only of interfaces that are there and up: the kernel has no others. */
export const stateOf = (choice: Choice): NetworkState => {
  const { mv0, vx4, ...others } = allLinks;
  if (mv0 === undefined || vx4?.vxlan === undefined) throw new Error('a link is missing');
  const links: Readonly<Record<string, Interface>> = {
    ...others,
    mv0: { ...mv0, up: choice.isUp, macvlan: { link: 'eth0', mode: choice.mode } },
    vx4: { ...vx4, vxlan: { ...vx4.vxlan, remotes: choice.remotes } },
  };
  const interfaces: Readonly<Record<string, Interface>> = {
    eth0: nic({ mac: choice.mac, addresses: [v4('192.0.2.1'), v6('2001:db8:2::1'), v6('fe80::1')] }),
    br0: bridge([v4('10.0.0.1')], { mac: '52:54:00:00:00:02' }),
    br1: bridge([]),
    port1: nic({ master: 'br0', port: choice.port }),
    ...Object.fromEntries(Object.entries(links).filter(([name]) => choice.links.includes(name))),
  };
  const isUp = (dev: string): boolean => dev === 'lo' || interfaces[dev]?.up === true;
  return normalize({
    version: 1,
    stacks: {
      host: stack({
        interfaces,
        routes: choice.routes.filter(({ dev, nexthops }) =>
          [...(dev === undefined ? [] : [dev]), ...(nexthops ?? []).map((hop) => hop.dev)].every(isUp),
        ),
        rules: choice.rules,
        neighbours: choice.neighbours.filter(({ dev }) => isUp(dev)),
      }),
      far: stack({ interfaces: { [choice.farEnd]: nic({ mac: '52:54:00:00:00:03' }) } }),
      guest: stack({ interfaces: { eth0: nic({ mac: '52:54:00:00:00:04' }) } }),
    },
    cables: [
      { a: { stack: 'far', interface: choice.farEnd }, b: { stack: 'host', interface: 'eth0' } },
      { a: { stack: 'guest', interface: 'eth0' }, b: { stack: 'host', interface: 'port1' } },
    ],
  });
};

export const choice: fc.Arbitrary<Choice> = fc.record({
  links: fc.subarray(Object.keys(allLinks)),
  routes: fc.subarray([...allRoutes]),
  rules: fc.subarray([...allRules]),
  neighbours: fc.subarray([...allNeighbours]),
  port: fc.record(
    {
      isolated: fc.constant(true as const),
      hairpin: fc.constant(true as const),
      learning: fc.constant(false as const),
      flood: fc.constant(false as const),
    },
    { requiredKeys: [] },
  ),
  mode: fc.constantFrom('bridge', 'private', 'vepa'),
  remotes: fc.subarray(['192.0.2.2', '192.0.2.3', '198.51.100.1']),
  isUp: fc.boolean(),
  farEnd: fc.constantFrom('eth0', 'eth1'),
  mac: fc.constantFrom('52:54:00:00:00:01', '52:54:00:00:00:05'),
});
