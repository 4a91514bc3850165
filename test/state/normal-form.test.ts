/** One spelling for everything that means the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containsIp, prefix } from '../../src/net/prefix.ts';
import { ip, printIp } from '../../src/net/address.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { coverOf } from '../../src/state/prefix-cover.ts';

const route = fc.record({
  family: fc.constant(4 as const),
  to: fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '192.0.2.0/24'),
  type: fc.constant('unicast' as const),
  dev: fc.constantFrom('eth0', 'eth1'),
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
  rules: fc.array(fc.record({ family: fc.constant(4 as const), priority: fc.nat(9), table: fc.nat(9) }), {
    maxLength: 3,
  }),
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
    routes: one.routes.toReversed(),
    rules: one.rules.toReversed(),
    neighbourProxies: one.neighbourProxies.toReversed(),
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
