/** Random parts of stacks that a small dialect is about: parameters, resolver, services, packet filters of iptables. */
import fc from 'fast-check';
import { normalize } from '../../src/state/normal-form.ts';
import { type NetworkState, type Resolver, type Stack } from '../../src/state/network-state.ts';
import { type DhcpServer, type RouterAdvertiser } from '../../src/state/service.ts';
import { field } from '../../src/state/spelling.ts';
import { emptyStack } from '../../src/state/empty-stack.ts';

const octet = fc.integer({ min: 0, max: 255 });
export const ipv4 = fc.tuple(octet, octet).map(([a, b]) => `10.7.${a}.${b}`);
const ipv6 = fc.integer({ min: 1, max: 0xffff }).map((last) => `2001:db8::${last.toString(16)}`);
const nic = fc.constantFrom('eth0', 'br0', 'lan.5', 'vlan7', 'wg-0');

const sysctlKey = fc.oneof(
  fc.constantFrom('net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding', 'net/core/somaxconn', 'net/ipv4/tcp_rmem'),
  fc.tuple(nic, fc.constantFrom('rp_filter', 'proxy_arp')).map(([dev, key]) => `net/ipv4/conf/${dev}/${key}`),
);
export const sysctls: fc.Arbitrary<Stack['sysctls']> = fc.dictionary(
  sysctlKey,
  fc.constantFrom('0', '1', '2', '4096 131072 6291456'),
  { maxKeys: 6 },
);

export const resolver: fc.Arbitrary<Resolver> = fc.record({
  nameservers: fc.uniqueArray(fc.oneof(ipv4, ipv6), { minLength: 1, maxLength: 3 }),
  search: fc.uniqueArray(fc.constantFrom('example.org', 'lan', 'a.example'), { maxLength: 3 }),
});

/** What a server tells of one family: one of both parts may be empty, and nothing is told of nobody. */
const toldResolver = (address: fc.Arbitrary<string>, most: number): fc.Arbitrary<Resolver | undefined> =>
  fc
    .record({
      nameservers: fc.uniqueArray(address, { maxLength: most }),
      search: fc.uniqueArray(fc.constantFrom('example.org', 'lan', 'a.example'), { maxLength: 3 }),
    })
    .map((told) => (told.nameservers.length + told.search.length === 0 ? undefined : told));

const dhcpServer = (name: string, subnet: number): fc.Arbitrary<DhcpServer> =>
  fc
    .record({
      ends: fc.tuple(fc.integer({ min: 2, max: 100 }), fc.integer({ min: 101, max: 254 })),
      router: fc.boolean(),
      told: toldResolver(ipv4, 3),
      leaseSeconds: fc.constantFrom(120, 3600, 86400),
      mtuBytes: fc.option(fc.integer({ min: 576, max: 9000 }), { nil: undefined }),
      reservations: fc
        .uniqueArray(octet, { maxLength: 3 })
        .map((lasts) => lasts.map((last) => [`02:00:5e:00:00:${last.toString(16).padStart(2, '0')}`, last] as const)),
    })
    .map(({ ends, router, told, mtuBytes, leaseSeconds, reservations }) => ({
      ...{
        kind: 'dhcp-server',
        interface: name,
        first: `10.${subnet}.0.${ends[0]}`,
        last: `10.${subnet}.0.${ends[1]}`,
      },
      netmask: '255.255.255.0',
      ...(router ? { router: `10.${subnet}.0.1` } : {}),
      ...field('resolver', told),
      ...field('mtuBytes', mtuBytes),
      leaseSeconds,
      reservations: reservations.map(([own, last], index) => ({
        mac: own,
        address: `10.${subnet}.0.${last}`,
        name: `vm${index}`,
      })),
    }));
export const dhcpServers: fc.Arbitrary<DhcpServer[]> = fc
  .uniqueArray(nic, { minLength: 1, maxLength: 3 })
  .chain((names) => fc.tuple(...names.map((name, index) => dhcpServer(name, index + 1))));

export const advertisers: fc.Arbitrary<RouterAdvertiser[]> = fc.uniqueArray(
  fc
    .record({
      kind: fc.constant('router-advertiser' as const),
      interface: nic,
      prefixes: fc.uniqueArray(fc.constantFrom('2001:db8:1::/64', '2001:db8:2::/64', 'fd00::/64'), { maxLength: 2 }),
      isDefaultRouter: fc.boolean(),
      told: toldResolver(ipv6, 5),
      preference: fc.constantFrom('high' as const, 'low' as const, undefined),
      routes: fc.uniqueArray(fc.constantFrom('2001:db8:9::/48', 'fd00:2::/64', '::/0'), { maxLength: 2 }),
      mtuBytes: fc.constantFrom(1280, 9000, undefined),
      managed: fc.constantFrom('not', 'beside', 'alone'),
    })
    .map(({ told, managed, preference, routes, mtuBytes, ...advertiser }) => ({
      ...advertiser,
      ...field('preference', preference),
      ...field('routes', routes.length === 0 ? undefined : routes),
      ...field('mtuBytes', mtuBytes),
      ...(managed === 'not' ? {} : { isManaged: true as const }),
      ...(managed === 'alone' && advertiser.prefixes.length > 0 ? { isOnLinkOnly: true as const } : {}),
      ...field('resolver', told),
    })),
  { minLength: 1, maxLength: 3, selector: (one) => one.interface },
);

/** A state of one machine `m` in normal form. */
export const stateOf = (part: Partial<Stack>): NetworkState =>
  normalize({ version: 1, stacks: { m: { ...emptyStack, ...part } }, cables: [] });
