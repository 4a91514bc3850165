/** The one spelling of DHCP servers and relays. */
import { compareIps, ip } from '../net/address.ts';
import {
  type Dhcp6Pool,
  type Dhcp6Server,
  type DhcpPool,
  type DhcpRelay,
  type DhcpServer,
  type DhcpServing,
  type HotStandby,
  type RelayedDhcp6Server,
  type RelayedDhcpServer,
  type RelayedPool,
  type RelayedPool6,
  type ToldRoute,
} from './dhcp-service.ts';
import { normalResolver } from './normal-resolver.ts';
import { canonicalIp, canonicalPrefix, compareText, field, flag } from './spelling.ts';

const sortedIps = (addresses: readonly string[]): readonly string[] =>
  [...new Set(addresses.map(canonicalIp))].sort((a, b) => compareIps(ip(a), ip(b)));

const normalReservations = (reservations: DhcpPool['reservations']): DhcpPool['reservations'] =>
  reservations
    .map(({ mac, address, name }) => ({ mac: mac.toLowerCase(), address: canonicalIp(address), name }))
    .sort((a, b) => compareIps(ip(a.address), ip(b.address)) || compareText(a.mac, b.mac));

/** Clients try them in their order. */
const normalTimeServers = (servers: readonly string[] | undefined): readonly string[] | undefined =>
  servers === undefined || servers.length === 0 ? undefined : [...new Set(servers.map(canonicalIp))];

/** Which of two ways to one prefix is taken is not said: their order says nothing. */
const normalRoutes = (routes: readonly ToldRoute[] | undefined): readonly ToldRoute[] | undefined =>
  routes === undefined || routes.length === 0
    ? undefined
    : routes
        .map(({ to, via }) => ({ to: canonicalPrefix(to), via: canonicalIp(via) }))
        .sort((a, b) => compareText(a.to, b.to) || compareText(a.via, b.via));

const normalPool = (pool: DhcpPool): DhcpPool => ({
  first: pool.first,
  last: pool.last,
  netmask: pool.netmask,
  ...field('router', pool.router),
  ...field('routes', normalRoutes(pool.routes)),
  ...field('resolver', normalResolver(pool.resolver)),
  ...field('mtuBytes', pool.mtuBytes),
  ...field('timeServers', normalTimeServers(pool.timeServers)),
  reservations: normalReservations(pool.reservations),
});

const normalPool6 = (pool: Dhcp6Pool): Dhcp6Pool => ({
  first: canonicalIp(pool.first),
  last: canonicalIp(pool.last),
  prefixLength: pool.prefixLength,
  ...field('resolver', normalResolver(pool.resolver)),
  ...field('timeServers', normalTimeServers(pool.timeServers)),
  reservations: normalReservations(pool.reservations),
});

const byFirst = (a: { readonly first: string }, b: { readonly first: string }): number =>
  compareIps(ip(a.first), ip(b.first));

const normalRelayed = (pools: readonly RelayedPool[]): readonly RelayedPool[] =>
  pools.map((pool) => ({ ...normalPool(pool), relays: sortedIps(pool.relays) })).sort(byFirst);

const normalRelayed6 = (pools: readonly RelayedPool6[]): readonly RelayedPool6[] =>
  pools.map((pool) => ({ ...normalPool6(pool), relays: sortedIps(pool.relays) })).sort(byFirst);

const absentWhenEmpty = <V>(list: readonly V[]): readonly V[] | undefined => (list.length === 0 ? undefined : list);

const normalStandby = ({ role, self, partner, port }: HotStandby): HotStandby => ({
  role,
  self: { name: self.name, address: canonicalIp(self.address) },
  partner: { name: partner.name, address: canonicalIp(partner.address) },
  port,
});

/** What servers of both families have. */
const common = (
  server: DhcpServing,
): Partial<Pick<DhcpServing, 'isOneOfSeveral' | 'program' | 'standby'>> & Pick<DhcpServing, 'leaseSeconds'> => ({
  leaseSeconds: server.leaseSeconds,
  ...flag('isOneOfSeveral', server.isOneOfSeveral, true),
  ...field('program', server.program),
  ...field('standby', server.standby && normalStandby(server.standby)),
});

export const normalDhcpServer = (server: DhcpServer | RelayedDhcpServer): DhcpServer | RelayedDhcpServer =>
  server.kind === 'relayed-dhcp-server'
    ? { kind: server.kind, interface: server.interface, ...common(server), relayed: normalRelayed(server.relayed) }
    : {
        kind: server.kind,
        interface: server.interface,
        ...normalPool(server),
        ...common(server),
        ...field('relayed', absentWhenEmpty(normalRelayed(server.relayed ?? []))),
      };

export const normalDhcp6Server = (server: Dhcp6Server | RelayedDhcp6Server): Dhcp6Server | RelayedDhcp6Server =>
  server.kind === 'relayed-dhcp6-server'
    ? {
        kind: server.kind,
        interface: server.interface,
        ...common(server),
        relayed: normalRelayed6(server.relayed),
        address: canonicalIp(server.address),
      }
    : {
        kind: server.kind,
        interface: server.interface,
        ...normalPool6(server),
        ...common(server),
        ...field('relayed', absentWhenEmpty(normalRelayed6(server.relayed ?? []))),
        ...field('address', server.address && canonicalIp(server.address)),
      };

export const normalDhcpRelay = ({ family, links }: DhcpRelay): DhcpRelay => ({
  kind: 'dhcp-relay',
  family,
  links: links
    .map((link) => ({
      interface: link.interface,
      address: canonicalIp(link.address),
      servers: sortedIps(link.servers),
    }))
    .sort((a, b) => compareText(a.interface, b.interface) || compareText(a.address, b.address)),
});
