/**
 * Turns DHCP servers into the configuration of Kea (kea-dhcp4(8), kea-dhcp6(8)), alone or as one of two that know all
 * leases (hot standby). Both keep what they have given in a file of their own, and tell each other by HTTP before they
 * answer a client.
 */
import { ip } from '../net/address.ts';
import { prefixOf, printPrefix } from '../net/prefix.ts';
import {
  type Dhcp6Pool,
  type Dhcp6Server,
  type DhcpPool,
  type DhcpServer,
  type DhcpServing,
  type HotStandby,
  type RelayedDhcp6Server,
  type RelayedDhcpServer,
} from '../state/service.ts';
import { duidOf } from './dnsmasq.ts';
import { pools6Of, poolsOf } from './pools.ts';
import { allRoutes, routeData } from './told-routes.ts';

/** Where its files are. */
export interface KeaPlaces {
  readonly leases: string;
  /** A unix socket, by which the other one of two asks for leases. */
  readonly control: string;
  /** The folder of its libraries. */
  readonly hooks: string;
}

interface OptionData {
  readonly name?: string;
  readonly code?: number;
  readonly data: string;
  readonly 'csv-format'?: false;
}

/** In Kea a comma parts values. */
const option = (name: string, values: readonly string[]): readonly OptionData[] =>
  values.length === 0 ? [] : [{ name, data: values.join(', ') }];

/** Option 121, which Kea has no name for. */
const routeOptions = (pool: DhcpPool): readonly OptionData[] =>
  pool.routes === undefined ? [] : [{ code: 121, data: routeData(allRoutes(pool)), 'csv-format': false }];

const options4 = (pool: DhcpPool): readonly OptionData[] => {
  const { router, resolver, mtuBytes, timeServers = [] } = pool;
  return [
    ...option('routers', router === undefined ? [] : [router]),
    ...routeOptions(pool),
    ...option('domain-name-servers', resolver?.nameservers ?? []),
    ...option('domain-name', (resolver?.search ?? []).slice(0, 1)),
    ...option('domain-search', resolver?.search ?? []),
    ...option('interface-mtu', mtuBytes === undefined ? [] : [String(mtuBytes)]),
    ...option('ntp-servers', timeServers),
  ];
};

/** Each address as a suboption (RFC 5908 section 4.1), which Kea has no name for. */
const timeData = (addresses: readonly string[]): string =>
  addresses.map((address) => `00010010${ip(address).value.toString(16).padStart(32, '0')}`).join('');

const options6 = ({ resolver, timeServers = [] }: Dhcp6Pool): readonly OptionData[] => [
  ...option('dns-servers', resolver?.nameservers ?? []),
  ...option('domain-search', resolver?.search ?? []),
  ...option('sntp-servers', timeServers),
  ...(timeServers.length === 0 ? [] : [{ code: 56, data: timeData(timeServers), 'csv-format': false } as const]),
];

const relayOf = (relays: readonly string[] | undefined): object =>
  relays === undefined ? {} : { relay: { 'ip-addresses': relays } };

const bitsOf = (netmask: string): number => ip(netmask).value.toString(2).replaceAll('0', '').length;

const subnetOf = (first: string, length: number): string => printPrefix(prefixOf(ip(first), length));

/** Its numbers stay with the subnets as long as they stand in one order. */
const subnet = (
  { first, last, relays }: { readonly first: string; readonly last: string; readonly relays?: readonly string[] },
  server: DhcpServing,
  {
    id,
    length,
    options,
    reservations,
  }: Readonly<Record<'options' | 'reservations', readonly object[]>> & {
    readonly id: number;
    readonly length: number;
  },
): object => ({
  id,
  subnet: subnetOf(first, length),
  // Who asks itself on the link is told by the interface; who asks through a relay, by the relay.
  ...(relays === undefined ? { interface: server.interface } : {}),
  ...relayOf(relays),
  pools: [{ pool: `${first} - ${last}` }],
  'option-data': options,
  reservations,
});

const subnets4 = (server: DhcpServer | RelayedDhcpServer): readonly object[] =>
  poolsOf(server).map((pool, index) =>
    subnet(pool, server, {
      id: index + 1,
      length: bitsOf(pool.netmask),
      options: options4(pool),
      reservations: pool.reservations.map(({ mac, address, name }) => ({
        'hw-address': mac,
        'ip-address': address,
        hostname: name,
      })),
    }),
  );

const subnets6 = (server: Dhcp6Server | RelayedDhcp6Server): readonly object[] =>
  pools6Of(server).map((pool, index) =>
    subnet(pool, server, {
      id: index + 1,
      length: pool.prefixLength,
      options: options6(pool),
      reservations: pool.reservations.map(({ mac, address, name }) => ({
        duid: duidOf(mac),
        'ip-addresses': [address],
        hostname: name,
      })),
    }),
  );

const urlOf = (address: string, port: number): string =>
  `http://${ip(address).family === 6 ? `[${address}]` : address}:${port}/`;

/**
 * How soon the other one is given up, in milliseconds: a heartbeat is due every `heartbeat`; without an answer for
 * `response` the standby answers clients itself, without waiting to see whether the primary does.
 */
const heartbeatMs = 500;
const responseMs = 1500;
const acknowledgementMs = 1000;

const availability = ({ role, self, partner, port }: HotStandby): object => {
  const peer = (one: HotStandby['self'], own: HotStandby['role']): object => ({
    name: one.name,
    url: urlOf(one.address, port),
    role: own,
    'auto-failover': true,
  });
  return {
    'this-server-name': self.name,
    mode: 'hot-standby',
    'heartbeat-delay': heartbeatMs,
    'max-response-delay': responseMs,
    'max-ack-delay': acknowledgementMs,
    'max-unacked-clients': 0,
    'multi-threading': {
      'enable-multi-threading': true,
      'http-dedicated-listener': true,
      'http-listener-threads': 2,
      'http-client-threads': 2,
    },
    peers: [peer(self, role), peer(partner, role === 'primary' ? 'standby' : 'primary')],
  };
};

const libraries = (standby: HotStandby, hooks: string): readonly object[] => [
  { library: `${hooks}/libdhcp_lease_cmds.so` },
  { library: `${hooks}/libdhcp_ha.so`, parameters: { 'high-availability': [availability(standby)] } },
];

/** What servers of both families have; `program`: as its log calls it. */
const common = (server: DhcpServing, program: string, { leases, control, hooks }: KeaPlaces): object => ({
  'lease-database': { type: 'memfile', persist: true, name: leases, 'lfc-interval': 0 },
  'control-socket': { 'socket-type': 'unix', 'socket-name': control },
  'valid-lifetime': server.leaseSeconds,
  'multi-threading': { 'enable-multi-threading': true, 'thread-pool-size': 2 },
  ...(server.standby === undefined ? {} : { 'hooks-libraries': libraries(server.standby, hooks) }),
  loggers: [{ name: program, output_options: [{ output: 'stdout' }], severity: 'INFO' }],
});

const text = (configuration: object): string => `${JSON.stringify(configuration, null, 2)}\n`;

export const keaConfig = (server: DhcpServer | RelayedDhcpServer, places: KeaPlaces): string =>
  text({
    Dhcp4: {
      'interfaces-config': { interfaces: [server.interface], 'dhcp-socket-type': 'raw' },
      ...common(server, 'kea-dhcp4', places),
      // It would refuse what another server has given.
      authoritative: server.isOneOfSeveral !== true,
      // Stations are known by their MAC, whatever they call themselves.
      'match-client-id': false,
      subnet4: subnets4(server),
    },
  });

/** Relays ask it by its address. */
export const kea6Config = (server: Dhcp6Server | RelayedDhcp6Server, places: KeaPlaces): string =>
  text({
    Dhcp6: {
      'interfaces-config': {
        interfaces: [
          server.interface,
          ...(server.address === undefined ? [] : [`${server.interface}/${server.address}`]),
        ],
      },
      ...common(server, 'kea-dhcp6', places),
      'preferred-lifetime': server.leaseSeconds,
      // Named after its MAC, so that nothing has to be kept in a file.
      'server-id': { type: 'LL', persist: false },
      subnet6: subnets6(server),
    },
  });
