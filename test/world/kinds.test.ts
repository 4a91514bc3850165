/**
 * Links on top of others, bridge ports, routes, rules and neighbours of all kinds on the real kernel, in a world: what
 * is observed is what was asked for, with iproute2 as witness; any choice of them leads to any other; what this kernel
 * has not is refused by name and taken back.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { runProgram } from '../../src/run/run-program.ts';
import { normalize } from '../../src/state/normal-form.ts';
import {
  type BridgePort,
  type Interface,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from '../../src/state/network-state.ts';
import { type World } from '../../src/world/client.ts';
import { startWorld } from '../../src/world/start-world.ts';

fc.configureGlobal({ includeErrorInReport: true });

const supervisor = new URL('../../dist/supervisor.js', import.meta.url).pathname;
const runs = process.env['LANWRIGHT_SOAK'] === '1' ? 200 : 30;

const stack = (parts: Partial<Stack>): Stack => ({
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
  ...parts,
  interfaces: { lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] }, ...parts.interfaces },
});
const nic = (more: Partial<Interface> = {}): Interface => ({
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

const everything: Choice = {
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

const bridge = (addresses: Interface['addresses'], more: Partial<Interface> = {}): Interface =>
  nic({ kind: 'bridge', addresses, bridge: { stp: false, forwardDelaySeconds: 15 }, ...more });

/** Routes and neighbours only of interfaces that are there and up: the kernel has no others. */
const stateOf = (choice: Choice): NetworkState => {
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

const choice: fc.Arbitrary<Choice> = fc.record({
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

let world: World;
const inHost = async (...argv: string[]): Promise<string> => {
  const { pid } = await world.status();
  const enter = ['nsenter', '--target', String(pid), '--user', '--preserve-credentials', '--mount', '--pid', '--net'];
  const result = await runProgram([...enter, 'ip', 'netns', 'exec', 'host', ...argv]);
  expect(result.stderr).toBe('');
  return result.stdout;
};
const apply = (desired: NetworkState) => world.apply(desired, '/test/lab.yaml', []);
/** What the kernel refused, in one line, which a property's report shows. */
const refusal = async (desired: NetworkState): Promise<string> => {
  const { failure } = await apply(desired);
  return failure === undefined ? '' : `${failure.step}: ${failure.message}`;
};
const left = async (desired: NetworkState) => planChanges(await world.observe(), desired).steps;

beforeAll(async () => {
  world = await startWorld(`kinds-${process.pid}`, supervisor);
});
afterAll(() => world.down());

describe('every kind that this kernel has', () => {
  const desired = stateOf(everything);

  it('is observed as it was asked for', async () => {
    expect((await apply(desired)).failure).toBeUndefined();
    expect(await left(desired)).toEqual([]);
    expect((await apply(desired)).steps).toBe(0);
  });

  it('is what iproute2 sees', async () => {
    const links = await inHost('ip', '-d', 'link');
    expect(links).toMatch(/mv0@eth0:[^]*?macvlan mode bridge/);
    expect(links).toMatch(/mv1@br0:[^]*?macvlan mode private/);
    expect(links).toMatch(/vx4:[^]*?vxlan id 10 local 192\.0\.2\.1 .*dstport 4789/);
    expect(links).toMatch(/vx6:[^]*?vxlan id 11259375 .*dstport 8472/);
    expect((await inHost('bridge', 'fdb', 'show', 'dev', 'vx4')).match(/^00:00:00:00:00:00 dst .*$/gm)?.sort()).toEqual(
      ['00:00:00:00:00:00 dst 192.0.2.2 self permanent', '00:00:00:00:00:00 dst 192.0.2.3 self permanent'],
    );
    expect(await inHost('bridge', 'fdb', 'show', 'dev', 'vx6')).toMatch(/00:00:00:00:00:00 dst 2001:db8:2::2/);
    expect(await inHost('bridge', '-d', 'link', 'show', 'dev', 'port1')).toMatch(
      /hairpin on .*learning off flood off .*isolated on/,
    );
    expect(await inHost('bridge', '-d', 'link', 'show', 'dev', 'vx4')).toMatch(/learning off flood on .*isolated on/);

    const routes = (await inHost('ip', 'route', 'show', 'table', 'all')).replaceAll(/[ \t]+/g, ' ');
    expect(routes).toMatch(
      /default proto static ?\n nexthop via 192\.0\.2\.2 dev eth0 weight 1 ?\n nexthop via 192\.0\.2\.3 dev mv0 weight 3/,
    );
    expect(routes).toMatch(/nexthop via 10\.255\.0\.1 dev br0 weight 1 onlink ?\n nexthop dev eth0 weight 1/);
    expect(routes).toMatch(/throw 10\.2\.0\.0\/16 table 100 proto static metric 7/);
    expect(routes).toMatch(/local 10\.3\.0\.0\/16 dev lo table local proto static scope host/);
    expect(routes).toMatch(/10\.4\.0\.0\/16 via 203\.0\.113\.1 dev eth0 proto static onlink/);
    expect(routes).toMatch(/10\.5\.0\.0\/16 via inet6 fe80::2 dev eth0/);
    expect(routes).toMatch(/throw 2001:db8:102::\/48 dev lo table 100/);
    expect(routes).toMatch(/local 2001:db8:103::\/48 dev lo table local/);
    expect(routes).toMatch(/2001:db8:100::\/48 proto static metric 1024 pref medium ?\n nexthop via .* weight/);

    const rules = (await inHost('ip', 'rule')) + (await inHost('ip', '-6', 'rule'));
    expect(rules).toMatch(/100:\s+from all oif eth0 lookup 100/);
    expect(rules).toMatch(/101:\s+from all fwmark 0x10\/0xf0 lookup 100/);
    expect(rules).toMatch(/102:\s+not from all fwmark 0\/0x1 lookup 1000/);
    expect(rules).toMatch(/103:\s+from all fwmark 0xffffffff prohibit/);
    expect(rules).toMatch(/104:\s+from all ipproto tcp sport 1024-65534 dport 80-443 lookup 100/);
    expect(rules).toMatch(/105:\s+from all ipproto udp dport 53 lookup 100/);
    expect(rules).toMatch(/106:\s+not from 192\.0\.2\.10 blackhole/);
    expect(rules).toMatch(/107:\s+from all to 2001:db8:9::\/48 unreachable/);
    expect(rules).toMatch(/108:\s+from all lookup main suppress_prefixlength 0/);
    expect(rules).toMatch(/32766:\s+from 10\.0\.0\.0\/8 lookup main/);

    expect((await inHost('ip', 'neigh', 'show', 'nud', 'permanent')).trim().split(/\s*\n/).sort()).toEqual([
      '192.0.2.98 dev mv0 lladdr 52:54:00:00:00:98 PERMANENT',
      '192.0.2.99 dev eth0 lladdr 52:54:00:00:00:99 PERMANENT',
      '2001:db8:2::99 dev eth0 lladdr 52:54:00:00:00:99 PERMANENT',
    ]);
  });

  it('leads to any other choice and back', async () => {
    await fc.assert(
      fc.asyncProperty(choice, async (other) => {
        const there = stateOf(other);
        const refused = await refusal(there);
        if (refused !== '') throw new Error(refused);
        expect(await left(there)).toEqual([]);
        expect((await apply(there)).steps).toBe(0);
      }),
      { numRuns: runs },
    );
    expect((await apply(desired)).failure).toBeUndefined();
    expect(await left(desired)).toEqual([]);
  });

  it('is made again with the link that it rests on', async () => {
    const moved = stateOf({ ...everything, farEnd: 'eth1' });
    const { failure } = await apply(moved);
    expect(failure).toBeUndefined();
    expect(await left(moved)).toEqual([]);
    expect((await apply(desired)).failure).toBeUndefined();
  });

  const withInterfaces = (interfaces: Readonly<Record<string, Interface>>): NetworkState => {
    const { host, ...others } = desired.stacks;
    if (host === undefined) throw new Error('no host');
    const changed = { ...host, interfaces: { ...host.interfaces, ...interfaces } };
    return normalize({ ...desired, stacks: { ...others, host: changed } });
  };
  const filtering = { stp: false, forwardDelaySeconds: 15, vlanFiltering: true } as const;

  /** Exactly what a kernel without 802.1Q devices, VLAN filtering and sit says; another kernel carries them out. */
  it.each([
    ['a VLAN link', { 'eth0.10': nic({ kind: 'vlan', vlan: { link: 'eth0', id: 10 } }) }, 'vlan eth0.10 on eth0 id 10'],
    [
      'a tunnel',
      { t0: nic({ kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', local: '192.0.2.1', remote: '192.0.2.2' } }) },
      'sit t0 local 192.0.2.1 remote 192.0.2.2',
    ],
    ['a new bridge that filters VLANs', { br2: bridge([], { bridge: filtering }) }, 'bridge br2'],
    [
      'VLAN filtering of a bridge that is there',
      { br1: bridge([], { mac: '52:54:00:00:00:06', bridge: { ...filtering, vlans: [{ id: 10 }] } }) },
      'br1: up, mtu 1500, 52:54:00:00:00:06, stp off, VLAN filtering, VLANs 10',
    ],
  ])('is left whole by %s: carried out where the kernel can, taken back where not', async (_what, more, text) => {
    expect((await apply(desired)).failure).toBeUndefined();
    const wanted = withInterfaces(more);
    const { failure } = await apply(wanted);
    if (failure === undefined) expect(await left(wanted)).toEqual([]);
    else {
      expect(failure.step).toMatch(/^[+~] host: /);
      expect(failure.step.slice(8)).toBe(text);
      expect(failure.message).toMatch(/^(?:Unknown device type|this kernel does not support it) \(EOPNOTSUPP\)$/);
      expect(await left(desired)).toEqual([]);
    }
    expect((await apply(desired)).failure).toBeUndefined();
  });

  it('goes away again', async () => {
    const bare = normalize({ version: 1, stacks: { host: stack({}) }, cables: [] });
    expect((await apply(bare)).failure).toBeUndefined();
    expect(await left(bare)).toEqual([]);
    expect((await inHost('ip', '-br', 'link')).trim().split('\n')).toHaveLength(1);
    expect((await inHost('ip', 'rule')).trim().split('\n')).toHaveLength(3);
    expect(await inHost('ip', 'neigh', 'show', 'nud', 'permanent')).toBe('');
  });
});
