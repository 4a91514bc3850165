/**
 * Turns DHCP servers and relays into the configuration of dnsmasq(8), one of each family. It serves addresses only, at
 * once: the plan guarantees that nobody else has them, so that it does not ping first.
 */
import { type Resolver } from '../state/network-state.ts';
import {
  type Dhcp6Pool,
  type Dhcp6Server,
  type DhcpPool,
  type DhcpRelay,
  type DhcpServer,
  type DhcpServing,
  type RelayedDhcp6Server,
  type RelayedDhcpServer,
} from '../state/service.ts';
import { pools6Of, poolsOf } from './pools.ts';
import { allRoutes } from './told-routes.ts';

/** An option without a value is not sent, not even its default. */
type OptionLine = (option: string, ...values: readonly string[]) => string;

/** Where there are several pools, what is told is told of one of them. */
const optionOf =
  (tag: string | undefined, space: 'option' | 'option6'): OptionLine =>
  (option, ...values) =>
    `dhcp-option=${[...(tag === undefined ? [] : [`tag:${tag}`]), `${space}:${option}`, ...values].join()}`;

/** Options 6, 15 (RFC 2132) and 119 (RFC 3397). */
const resolverOptions = (option: OptionLine, resolver: Resolver | undefined): readonly string[] => {
  const { nameservers, search }: Resolver = resolver ?? { nameservers: [], search: [] };
  const [domain] = search;
  return [
    option('dns-server', ...nameservers),
    ...(domain === undefined ? [] : [option('domain-name', domain), option('domain-search', ...search)]),
  ];
};

const bracketed = (addresses: readonly string[]): readonly string[] => addresses.map((address) => `[${address}]`);

/** Options 23 and 24 (RFC 3646). What is not named is not sent: it answers for no names itself. */
const resolverOptions6 = (option: OptionLine, resolver: Resolver | undefined): readonly string[] => {
  const { nameservers, search }: Resolver = resolver ?? { nameservers: [], search: [] };
  return [
    ...(nameservers.length === 0 ? [] : [option('dns-server', ...bracketed(nameservers))]),
    ...(search.length === 0 ? [] : [option('domain-search', ...search)]),
  ];
};

/** What holds for everything that it does. */
const ownLines = (interfaces: readonly string[]): readonly string[] => [
  'port=0',
  'no-resolv',
  'no-hosts',
  'bind-interfaces',
  ...interfaces.map((name) => `interface=${name}`),
  'except-interface=lo',
  'user=root',
  'group=root',
  'log-facility=-',
];

/** What holds of servers of both families; `reservations`: of all their pools. */
const serverLines = (server: DhcpServing, leaseFile: string, reservations: number): readonly string[] => [
  ...ownLines([server.interface]),
  // It would refuse what another server has given.
  ...(server.isOneOfSeveral === true ? [] : ['dhcp-authoritative']),
  'no-ping',
  'quiet-dhcp',
  `dhcp-leasefile=${leaseFile}`,
  // dnsmasq stops at 1000 leases unless told otherwise.
  `dhcp-lease-max=${Math.max(1000, reservations * 2)}`,
];

const rangeLine = (tag: string | undefined, ...values: readonly (string | number)[]): string =>
  `dhcp-range=${[...(tag === undefined ? [] : [`set:${tag}`]), ...values].join()}`;

/** Option 121: each prefix with its router behind it. */
const routePairs = (pool: DhcpPool): readonly string[] => allRoutes(pool).flatMap(({ to, via }) => [to, via]);

const poolLines = (pool: DhcpPool, lease: string, tag: string | undefined): readonly string[] => {
  const option = optionOf(tag, 'option');
  return [
    rangeLine(tag, pool.first, pool.last, pool.netmask, lease),
    // Without this line dnsmasq would name itself, or the relay, as router.
    option('router', ...(pool.router === undefined ? [] : [pool.router])),
    ...(pool.routes === undefined ? [] : [option('classless-static-route', ...routePairs(pool))]),
    ...resolverOptions(option, pool.resolver),
    ...(pool.mtuBytes === undefined ? [] : [option('mtu', String(pool.mtuBytes))]),
    ...(pool.timeServers === undefined ? [] : [option('ntp-server', ...pool.timeServers)]),
    ...pool.reservations.map(({ mac, address, name }) => `dhcp-host=${mac},${address},${name},${lease}`),
  ];
};

/** A name for each of several pools. */
const tagOf = (pools: readonly unknown[], index: number): string | undefined =>
  pools.length === 1 ? undefined : `pool${index + 1}`;

const reservationsIn = (pools: readonly (DhcpPool | Dhcp6Pool)[]): number =>
  pools.reduce((sum, { reservations }) => sum + reservations.length, 0);

/** `leaseFile`: where it keeps its leases. */
export const dnsmasqConfig = (server: DhcpServer | RelayedDhcpServer, leaseFile: string): string => {
  const pools = poolsOf(server);
  return [
    `# DHCP on ${server.interface}`,
    ...serverLines(server, leaseFile, reservationsIn(pools)),
    ...pools.flatMap((pool, index) => poolLines(pool, `${server.leaseSeconds}s`, tagOf(pools, index))),
    '',
  ].join('\n');
};

/** The identifier of a client that names itself after its MAC (RFC 8415 section 11.4; 1: ethernet). */
export const duidOf = (mac: string): string => `00:03:00:01:${mac}`;

const pool6Lines = (pool: Dhcp6Pool, lease: string, tag: string | undefined): readonly string[] => {
  const option = optionOf(tag, 'option6');
  const times = bracketed(pool.timeServers ?? []);
  return [
    rangeLine(tag, pool.first, pool.last, pool.prefixLength, lease),
    ...resolverOptions6(option, pool.resolver),
    // Clients ask for the one or the other.
    ...(times.length === 0 ? [] : [option('sntp-server', ...times), option('ntp-server', ...times)]),
    ...pool.reservations.map(({ mac, address, name }) => `dhcp-host=id:${duidOf(mac)},[${address}],${name},${lease}`),
  ];
};

/** Router advertisements are left to the advertiser. */
export const dnsmasq6Config = (server: Dhcp6Server | RelayedDhcp6Server, leaseFile: string): string => {
  const pools = pools6Of(server);
  return [
    `# DHCPv6 on ${server.interface}`,
    ...serverLines(server, leaseFile, reservationsIn(pools)),
    ...pools.flatMap((pool, index) => pool6Lines(pool, `${server.leaseSeconds}s`, tagOf(pools, index))),
    '',
  ].join('\n');
};

/** Answers come in by other interfaces than questions do. */
export const dnsmasqRelayConfig = ({ family, links }: DhcpRelay): string =>
  [
    `# ${family === 4 ? 'DHCP' : 'DHCPv6'} passed on`,
    ...ownLines([...new Set(links.map((link) => link.interface))]),
    'quiet-dhcp',
    ...links.flatMap(({ address, servers }) => servers.map((server) => `dhcp-relay=${address},${server}`)),
    '',
  ].join('\n');
