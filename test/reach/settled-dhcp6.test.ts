/** What DHCPv6 and the advertisements beside it come to give, and whose filters they have to pass. */
import { describe, expect, it } from 'vitest';
import { type Facts } from '../../src/reach/facts.ts';
import { settledFacts } from '../../src/reach/settled.ts';
import { emptyStack } from '../../src/state/empty-stack.ts';
import { type Interface, type Stack } from '../../src/state/network-state.ts';
import { type FilterRule, type FilterTable } from '../../src/state/packet-filter.ts';
import { type RouterAdvertiser } from '../../src/state/service.ts';

const nic = (mac: string, addresses: Interface['addresses'] = []): Interface => ({
  ...{ kind: 'ethernet', mtuBytes: 1500, up: true, mac, addresses },
});

const closed = (hook: 'input' | 'output', ...ports: readonly number[]): FilterTable => ({
  family: 'inet',
  name: 'filter',
  chains: [
    {
      ...{ name: hook, type: 'filter', hook, priority: 0, policy: 'drop' },
      rules: ports.map((port): FilterRule => ({
        matches: [{ kind: 'port', protocol: 'udp', ports: [port] }],
        verdict: { kind: 'accept' },
      })),
    },
  ],
});

interface Variant {
  readonly onServer?: Stack['filter'];
  readonly onClient?: Stack['filter'];
  readonly client?: Partial<Stack>;
  readonly advertiser?: Partial<RouterAdvertiser>;
}

const block = '2001:db8:1::/64';

const factsOf = ({ onServer = [], onClient = [], client = {}, advertiser = {} }: Variant): Facts =>
  settledFacts({
    version: 1,
    stacks: {
      client: {
        ...emptyStack,
        interfaces: { eth0: nic('52:54:00:00:00:04') },
        sysctls: { 'net/ipv6/conf/eth0/accept_ra': '2', 'net/ipv6/conf/eth0/autoconf': '0' },
        filter: onClient,
        services: [{ kind: 'dhcp6-client', interface: 'eth0', hostname: 'client' }],
        ...client,
      },
      server: {
        ...emptyStack,
        interfaces: {
          eth0: nic('52:54:00:00:00:02', [{ family: 6, address: '2001:db8:1::2', prefixLength: 64 }]),
        },
        filter: onServer,
        services: [
          {
            ...{ kind: 'dhcp6-server', interface: 'eth0', first: '2001:db8:1::100', last: '2001:db8:1::1ff' },
            ...{ prefixLength: 64, leaseSeconds: 3600 },
            reservations: [{ mac: '52:54:00:00:00:04', address: '2001:db8:1::4', name: 'client' }],
          },
          {
            ...{ kind: 'router-advertiser', interface: 'eth0', prefixes: [block], isDefaultRouter: true },
            ...{ isManaged: true, isOnLinkOnly: true, ...advertiser },
          },
        ],
      },
    },
    cables: [{ a: { stack: 'client', interface: 'eth0' }, b: { stack: 'server', interface: 'eth0' } }],
  });

const addressesIn = ({ addresses = [] }: Facts): readonly string[] =>
  addresses.filter(({ stack }) => stack === 'client').map((own) => `${own.address}/${own.prefixLength}`);
const routesIn = ({ routes = [] }: Facts): readonly string[] =>
  routes.map(({ to, via, metric }) => `${to} ${via ?? 'on the link'} ${metric}`);

describe('DHCPv6', () => {
  it('gives the address alone, and advertisements the link and the router', () => {
    const facts = factsOf({});
    expect(addressesIn(facts)).toEqual(['2001:db8:1::4/128']);
    expect(routesIn(facts)).toEqual([`${block} on the link 256`, '::/0 fe80::5054:ff:fe00:2 1024']);
  });

  it('gives whom nobody knows the first address of the range', () => {
    const interfaces = { eth0: nic('52:54:00:00:00:05') };
    expect(addressesIn(factsOf({ client: { interfaces } }))).toEqual(['2001:db8:1::100/128']);
  });

  it('passes the filters of both ends, in both directions', () => {
    const given = ['2001:db8:1::4/128'];
    expect(addressesIn(factsOf({ onServer: [closed('input')] }))).toEqual([]);
    expect(addressesIn(factsOf({ onServer: [closed('input', 547)] }))).toEqual(given);
    expect(addressesIn(factsOf({ onServer: [closed('output', 547)] }))).toEqual([]);
    expect(addressesIn(factsOf({ onServer: [closed('output', 546)] }))).toEqual(given);
    expect(addressesIn(factsOf({ onClient: [closed('input')] }))).toEqual([]);
    expect(addressesIn(factsOf({ onClient: [closed('input', 546)] }))).toEqual(given);
    expect(addressesIn(factsOf({ onClient: [closed('output', 546)] }))).toEqual([]);
    expect(addressesIn(factsOf({ onClient: [closed('output', 547)] }))).toEqual(given);
  });

  it('leaves ways of advertisements alone where the stack takes none so long', () => {
    const advertiser = { routes: ['fd00:2::/64', 'fd00:3::/48'] };
    const taken = (longest: string): readonly string[] =>
      routesIn(
        factsOf({
          advertiser,
          client: {
            sysctls: {
              'net/ipv6/conf/eth0/accept_ra': '2',
              'net/ipv6/conf/eth0/autoconf': '0',
              'net/ipv6/conf/eth0/accept_ra_rt_info_max_plen': longest,
            },
          },
        }),
      ).filter((line) => line.startsWith('fd00'));
    expect(taken('0')).toEqual([]);
    expect(taken('48')).toEqual(['fd00:3::/48 fe80::5054:ff:fe00:2 1024']);
    expect(taken('128')).toHaveLength(2);
  });

  it('leaves machines that make addresses to do so only where prefixes are for that', () => {
    const sysctls = { 'net/ipv6/conf/eth0/accept_ra': '2', 'net/ipv6/conf/eth0/autoconf': '1' };
    const made = '2001:db8:1:0:5054:ff:fe00:4/64';
    expect(addressesIn(factsOf({ client: { sysctls, services: [] } }))).toEqual([]);
    const both: RouterAdvertiser = {
      ...{ kind: 'router-advertiser', interface: 'eth0', prefixes: [block], isDefaultRouter: true, isManaged: true },
    };
    const facts = settledFactsWith(sysctls, both);
    expect(addressesIn(facts)).toEqual([made]);
  });
});

/** A client that makes its own address, beside an advertiser as it is given. */
const settledFactsWith = (sysctls: Stack['sysctls'], advertiser: RouterAdvertiser): Facts =>
  settledFacts({
    version: 1,
    stacks: {
      client: { ...emptyStack, interfaces: { eth0: nic('52:54:00:00:00:04') }, sysctls },
      server: {
        ...emptyStack,
        interfaces: { eth0: nic('52:54:00:00:00:02', [{ family: 6, address: '2001:db8:1::2', prefixLength: 64 }]) },
        services: [advertiser],
      },
    },
    cables: [{ a: { stack: 'client', interface: 'eth0' }, b: { stack: 'server', interface: 'eth0' } }],
  });
