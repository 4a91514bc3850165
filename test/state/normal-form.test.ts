/** One spelling for everything that means the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containsIp, prefix } from '../../src/net/prefix.ts';
import { ip, printIp } from '../../src/net/address.ts';
import {
  type BridgeSettings,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { coverOf } from '../../src/state/prefix-cover.ts';

const hop = fc.record(
  {
    via: fc.constantFrom('192.0.2.1', '192.0.2.2'),
    dev: fc.constantFrom('eth0', 'eth1'),
    weight: fc.constantFrom(1, 2),
    onlink: fc.constant(true as const),
  },
  { requiredKeys: ['dev', 'weight'] },
);
const route = fc.record({
  family: fc.constant(4 as const),
  to: fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '192.0.2.0/24'),
  type: fc.constantFrom('unicast' as const, 'throw' as const, 'local' as const),
  dev: fc.constantFrom('eth0', 'eth1'),
  nexthops: fc.array(hop, { maxLength: 3 }),
  metric: fc.constantFrom(0, 100),
  table: fc.constant(254),
});
const services = fc.subarray<Stack['services'][number]>([
  { kind: 'responder', port: 7 },
  { kind: 'dhcp-client', interface: 'eth0', hostname: 'a', metric: 0 },
  { kind: 'dhcp-client', interface: 'eth1', hostname: 'a', metric: 100 },
  {
    kind: 'router-advertiser',
    interface: 'eth0',
    prefixes: ['2001:db8:2::/64', '2001:db8:1::/64'],
    isDefaultRouter: true,
  },
]);
const stack: fc.Arbitrary<Stack> = fc.record({
  interfaces: fc.dictionary(
    fc.constantFrom('eth0', 'eth1', 'br0'),
    fc.record({
      kind: fc.constant('ethernet' as const),
      mac: fc.constantFrom('52:54:00:00:00:0A', '52:54:00:00:00:0b'),
      mtuBytes: fc.constant(1500),
      up: fc.boolean(),
      addresses: fc.constant([{ family: 6 as const, address: '2001:DB8:0::1', prefixLength: 64 }]),
    }),
  ),
  routes: fc.array(route, { maxLength: 5 }),
  rules: fc.array(
    fc.record(
      {
        family: fc.constant(4 as const),
        priority: fc.nat(9),
        from: fc.constantFrom('0.0.0.0/0', '10.0.0.0/8'),
        mark: fc.record({ value: fc.nat(9), mask: fc.nat(3) }),
        not: fc.constant(true as const),
        action: fc.constantFrom('prohibit' as const, 'blackhole' as const),
        table: fc.nat(9),
      },
      { requiredKeys: ['family', 'priority', 'table'] },
    ),
    { maxLength: 3 },
  ),
  neighbours: fc.array(
    fc.record({
      family: fc.constant(6 as const),
      address: fc.constantFrom('2001:DB8::2', '2001:db8::1'),
      mac: fc.constantFrom('52:54:00:00:00:0A', '52:54:00:00:00:0b'),
      dev: fc.constantFrom('b', 'a'),
    }),
    { maxLength: 3 },
  ),
  neighbourProxies: fc.array(
    fc.record({
      family: fc.constant(6 as const),
      address: fc.constantFrom('2001:DB8::2', '2001:db8::1'),
      dev: fc.constantFrom('b', 'a'),
    }),
    { maxLength: 3 },
  ),
  sysctls: fc.dictionary(fc.constantFrom('net/b', 'net/a'), fc.constantFrom('1', ' 0 ', '1\t2')),
  filter: fc.constant([]),
  services,
});
const state: fc.Arbitrary<NetworkState> = fc.record({
  version: fc.constant(1 as const),
  stacks: fc.dictionary(fc.constantFrom('z', 'm', 'a'), stack),
  cables: fc.array(
    fc.record({
      a: fc.record({ stack: fc.constantFrom('z', 'a'), interface: fc.constantFrom('eth0', 'eth1') }),
      b: fc.record({ stack: fc.constantFrom('z', 'a'), interface: fc.constantFrom('eth0', 'eth1') }),
    }),
    { maxLength: 4 },
  ),
});

/** The same state, written the other way round. */
const reversed = <T>(record: Readonly<Record<string, T>>, map: (value: T) => T = (value) => value): Record<string, T> =>
  Object.fromEntries(
    Object.entries(record)
      .reverse()
      .map(([key, value]) => [key, map(value)]),
  );
const mirrored = (given: NetworkState): NetworkState => ({
  version: 1,
  stacks: reversed(given.stacks, (one) => ({
    ...one,
    interfaces: reversed(one.interfaces),
    sysctls: reversed(one.sysctls),
    routes: one.routes
      .toReversed()
      .map(({ nexthops, ...rest }) => (nexthops === undefined ? rest : { ...rest, nexthops: nexthops.toReversed() })),
    rules: one.rules.toReversed(),
    neighbourProxies: one.neighbourProxies.toReversed(),
    ...(one.neighbours === undefined ? {} : { neighbours: one.neighbours.toReversed() }),
    services: one.services.toReversed(),
  })),
  cables: given.cables.toReversed().map(({ a, b }) => ({ a: b, b: a })),
});

describe('normal form', () => {
  it('is its own normal form', () => {
    fc.assert(
      fc.property(state, (given) => {
        const once = normalize(given);
        expect(JSON.stringify(normalize(once))).toBe(JSON.stringify(once));
      }),
    );
  });

  it('does not depend on the order in which things are written', () => {
    fc.assert(
      fc.property(state, (given) => {
        expect(JSON.stringify(normalize(mirrored(given)))).toBe(JSON.stringify(normalize(given)));
      }),
    );
  });

  it('spells addresses in one way', () => {
    const written: Stack = {
      interfaces: {},
      routes: [
        { family: 6, to: '2001:DB8:0:0::/64', type: 'unicast', via: 'FE80::1', dev: 'a', metric: 1024, table: 254 },
      ],
      rules: [],
      neighbourProxies: [],
      sysctls: {},
      filter: [],
      services: [],
    };
    const [route0] = normalize({ version: 1, stacks: { a: written }, cables: [] }).stacks.a?.routes ?? [];
    expect(route0).toMatchObject({ to: '2001:db8::/64', via: 'fe80::1' });
  });
});

const stackOf = (parts: Partial<Stack>): Stack => ({
  interfaces: {},
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
  ...parts,
});
const normalStack = (parts: Partial<Stack>): Stack => {
  const stack0 = normalize({ version: 1, stacks: { a: stackOf(parts) }, cables: [] }).stacks.a;
  if (stack0 === undefined) throw new Error('no stack');
  return stack0;
};
const plain = { mtuBytes: 1500, up: true, addresses: [] };
const route0 = { family: 4, to: '10.0.0.0/8', metric: 0, table: 254 } as const;

describe('one spelling', () => {
  it('leaves out what a port has by default, and VLANs where nothing filters by them', () => {
    const vlans = [{ id: 20 }, { id: 1, pvid: true, untagged: true }] as const;
    const ports = (bridge: BridgeSettings) =>
      normalStack({
        interfaces: {
          br0: { ...plain, kind: 'bridge', bridge },
          p1: { ...plain, kind: 'ethernet', master: 'br0', port: { vlans } },
          p2: { ...plain, kind: 'ethernet', master: 'br0', port: { vlans: vlans.slice(1) } },
          p3: { ...plain, kind: 'ethernet', master: 'br0', port: { isolated: true } },
          p4: { ...plain, kind: 'ethernet', master: 'br0', port: {} },
          p5: { ...plain, kind: 'ethernet', port: { isolated: true } },
        },
      }).interfaces;
    const off = ports({ stp: false, forwardDelaySeconds: 15, vlans });
    expect(off.br0?.bridge).toEqual({ stp: false, forwardDelaySeconds: 15 });
    expect(Object.values(off).map(({ port }) => port)).toEqual([
      undefined,
      undefined,
      undefined,
      { isolated: true },
      undefined,
      undefined,
    ]);
    const on = ports({ stp: false, forwardDelaySeconds: 15, vlanFiltering: true, vlans });
    const sorted = [{ id: 1, pvid: true, untagged: true }, { id: 20 }];
    expect(on.br0?.bridge).toEqual({ stp: false, forwardDelaySeconds: 15, vlanFiltering: true, vlans: sorted });
    expect(on.p1?.port).toEqual({ vlans: sorted });
    expect(on.p2).not.toHaveProperty('port');
  });

  it('keeps the settings of an interface’s own kind', () => {
    const { v, x, t } = normalStack({
      interfaces: {
        v: { ...plain, kind: 'vlan', vlan: { link: 'eth0', id: 1 }, macvlan: { link: 'eth0', mode: 'vepa' } },
        x: {
          ...plain,
          kind: 'vxlan',
          vxlan: { id: 1, local: '::', remotes: ['2001:DB8::2', '2001:db8::1', '2001:db8:0::2'], port: 4789 },
        },
        t: { ...plain, kind: 'tunnel', tunnel: { mode: 'sit', local: '0.0.0.0', remote: '192.0.2.2' } },
      },
    }).interfaces;
    expect(v).toEqual({ ...plain, kind: 'vlan', vlan: { link: 'eth0', id: 1 } });
    expect(x?.vxlan).toEqual({ id: 1, remotes: ['2001:db8::1', '2001:db8::2'], port: 4789 });
    expect(t?.tunnel).toEqual({ mode: 'sit', remote: '192.0.2.2' });
  });

  it('says the only next hop in the route itself, and no device of what is discarded', () => {
    const routes = (more: Omit<Route, keyof typeof route0> & Partial<Route>) =>
      normalStack({ routes: [{ ...route0, ...more }] }).routes;
    expect(routes({ type: 'unicast', nexthops: [{ via: '192.0.2.1', dev: 'a', weight: 9, onlink: true }] })).toEqual(
      routes({ type: 'unicast', via: '192.0.2.1', dev: 'a', onlink: true }),
    );
    expect(
      routes({
        type: 'unicast',
        nexthops: [
          { via: '192.0.2.1', dev: 'b', weight: 2 },
          { dev: 'a', weight: 1 },
        ],
      })[0]?.nexthops,
    ).toEqual([
      { dev: 'a', weight: 1 },
      { via: '192.0.2.1', dev: 'b', weight: 2 },
    ]);
    expect(routes({ type: 'throw', dev: 'lo' })).toEqual([{ ...route0, type: 'throw' }]);
    expect(routes({ type: 'local', dev: 'lo' })).toEqual([{ ...route0, type: 'local', dev: 'lo' }]);
    expect(routes({ type: 'throw', family: 6, to: '::/0' })[0]?.metric).toBe(1024);
  });

  it('leaves out selectors of everything', () => {
    const rules = (rule: Partial<PolicyRule>) =>
      normalStack({ rules: [{ family: 4, priority: 1, table: 100, ...rule }] }).rules;
    const all = [{ family: 4, priority: 1, table: 100 }];
    expect(rules({ from: '0.0.0.0/0', to: '0.0.0.0/0', mark: { value: 5, mask: 0 } })).toEqual(all);
    expect(rules({ mark: { value: 0xff000001, mask: 0xff000000 } })).toMatchObject([
      { mark: { value: 0xff000000, mask: 0xff000000 } },
    ]);
    expect(rules({ action: 'prohibit', suppressPrefixLength: 0 })).toEqual([
      { family: 4, priority: 1, action: 'prohibit', table: 0 },
    ]);
  });

  it('has no neighbours rather than an empty list', () => {
    expect(normalStack({ neighbours: [] })).not.toHaveProperty('neighbours');
    const neighbour = { family: 6, address: '2001:DB8::1', mac: '52:54:00:AA:00:01', dev: 'a' } as const;
    expect(normalStack({ neighbours: [neighbour] }).neighbours).toEqual([
      { family: 6, address: '2001:db8::1', mac: '52:54:00:aa:00:01', dev: 'a' },
    ]);
  });
});

describe('a cover of prefixes', () => {
  const block = fc
    .tuple(fc.nat(255), fc.integer({ min: 24, max: 32 }))
    .map(([last, length]) => `10.0.0.${last - (last % 2 ** (32 - length))}/${length}`);

  it('holds the same addresses in the fewest blocks', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
        const cover = coverOf(blocks);
        for (let last = 0; last < 256; last += 1) {
          const address = ip(`10.0.0.${last}`);
          const isIn = (list: readonly string[]): boolean => list.some((text) => containsIp(prefix(text), address));
          expect(isIn(cover), printIp(address)).toBe(isIn(blocks));
        }
        expect(coverOf(cover)).toEqual(cover);
        expect(cover.length).toBeLessThanOrEqual(new Set(blocks).size);
      }),
    );
  });

  it('goes up to the last address', () => {
    expect(coverOf(['0.0.0.0/1', '128.0.0.0/1'])).toEqual(['0.0.0.0/0']);
    expect(coverOf(['ffff:ffff:ffff:ffff::/64'])).toEqual(['ffff:ffff:ffff:ffff::/64']);
    expect(coverOf(['::/0', '2001:db8::/32'])).toEqual(['::/0']);
  });
});
