/** The one spelling of services and resolvers. */
import { compareIps, ip } from '../net/address.ts';
import { normalDhcp6Server, normalDhcpRelay, normalDhcpServer } from './normal-dhcp.ts';
import { normalResolver } from './normal-resolver.ts';
import { normalRole } from './normal-role.ts';
import { normalRoutingDaemon } from './routing-daemon.ts';
import {
  type NameServer,
  type NameView,
  placeOfService,
  type ResourceRecord,
  type Service,
  type VirtualRouter,
  type Watcher,
  type Zone,
  type ZoneTransfers,
} from './service.ts';
import { canonicalIp, canonicalPrefix, compareText, field, flag } from './spelling.ts';

const recordKey = ({ name, type, data }: ResourceRecord): string => `${name} ${type} ${data}`;

/** Each once; the order of resource records says nothing (RFC 2181 section 5). */
const normalRecords = (records: readonly ResourceRecord[]): readonly ResourceRecord[] =>
  [...new Map(records.map((record) => [recordKey(record), record]))]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { name, type, data }]) => ({ name, type, data }));

const normalZone = ({ name, isPartial, records }: Zone): Zone => ({
  name,
  ...flag('isPartial', isPartial, true),
  records: normalRecords(records),
});

const normalView = ({ name, clients, isRecursive, zones }: NameView): NameView => ({
  name,
  clients: [...new Set(clients.map(canonicalPrefix))].sort(),
  isRecursive,
  zones: zones.map(normalZone).sort((a, b) => compareText(a.name, b.name)),
});

/** The order in which primaries are asked says something. */
const normalTransfers = (transfers: ZoneTransfers): ZoneTransfers =>
  transfers.kind === 'primary'
    ? { kind: 'primary', secondaries: [...new Set(transfers.secondaries.map(canonicalIp))].sort() }
    : {
        kind: 'secondary',
        primaries: [...new Set(transfers.primaries.map(canonicalIp))],
        sources: [...new Set(transfers.sources.map(canonicalIp))].sort(),
      };

const normalNameServer = ({ views, roots, forwarders, transfers }: NameServer): NameServer => ({
  kind: 'name-server',
  views: views.map(normalView).sort((a, b) => compareText(a.name, b.name)),
  ...field('roots', roots?.map(canonicalIp)),
  ...field('forwarders', forwarders?.map(canonicalIp)),
  ...field('transfers', transfers === undefined ? undefined : normalTransfers(transfers)),
});

const normalVirtualRouter = ({ addresses, ...router }: VirtualRouter): VirtualRouter => ({
  kind: 'virtual-router',
  interface: router.interface,
  family: router.family,
  id: router.id,
  priority: router.priority,
  addresses: addresses
    .map(({ address, prefixLength }) => ({ address: canonicalIp(address), prefixLength }))
    .sort((a, b) => compareIps(ip(a.address), ip(b.address))),
  tracks: [...new Set(router.tracks)].filter((name) => name !== router.interface).sort(),
});

const normalAlert = (alert: Watcher['alert']): Watcher['alert'] => {
  if (alert === undefined) return undefined;
  if (alert.kind === 'command') return { kind: 'command', argv: alert.argv };
  if (alert.kind === 'mail') {
    const { kind, address, port, name, from, to } = alert;
    return { kind, address: canonicalIp(address), port, name, from, to: [...new Set(to)] };
  }
  const { address, port, path, host } = alert;
  return { kind: 'webhook', address: canonicalIp(address), port, path, host };
};

const normalWatcher = ({ port, silenceSeconds, machines, alert }: Watcher): Watcher => ({
  kind: 'watcher',
  port,
  silenceSeconds,
  machines: [...new Set(machines)].sort(compareText),
  ...field('alert', normalAlert(alert)),
});

const normalPrefixes = (prefixes: readonly string[] | undefined): readonly string[] | undefined =>
  prefixes === undefined || prefixes.length === 0 ? undefined : [...new Set(prefixes.map(canonicalPrefix))].sort();

const normalService = (service: Service): Service => {
  switch (service.kind) {
    case 'dhcp-server':
    case 'relayed-dhcp-server':
      return normalDhcpServer(service);
    case 'dhcp6-server':
    case 'relayed-dhcp6-server':
      return normalDhcp6Server(service);
    case 'dhcp-relay':
      return normalDhcpRelay(service);
    case 'router-advertiser':
      return {
        kind: 'router-advertiser',
        interface: service.interface,
        prefixes: service.prefixes.map(canonicalPrefix).sort(),
        isDefaultRouter: service.isDefaultRouter,
        ...field('preference', service.preference),
        ...field('routes', normalPrefixes(service.routes)),
        ...flag('isManaged', service.isManaged, true),
        ...flag('isOnLinkOnly', service.isOnLinkOnly, true),
        ...field('resolver', normalResolver(service.resolver)),
        ...field('mtuBytes', service.mtuBytes),
      };
    case 'virtual-router':
      return normalVirtualRouter(service);
    case 'routing-daemon':
      return normalRoutingDaemon(service);
    case 'dhcp-client':
      return {
        kind: 'dhcp-client',
        interface: service.interface,
        hostname: service.hostname,
        metric: service.metric,
        ...flag('ignoresRouter', service.ignoresRouter, true),
        ...flag('setsResolver', service.setsResolver, true),
      };
    case 'dhcp6-client':
      return { kind: 'dhcp6-client', interface: service.interface, hostname: service.hostname };
    case 'advertised-resolver':
      return { kind: 'advertised-resolver', interface: service.interface };
    case 'name-server':
      return normalNameServer(service);
    case 'root-server':
      return { kind: 'root-server', records: normalRecords(service.records) };
    case 'responder':
      return { kind: 'responder', port: service.port };
    case 'watcher':
      return normalWatcher(service);
    case 'check-in':
      return {
        kind: 'check-in',
        name: service.name,
        address: canonicalIp(service.address),
        port: service.port,
        everySeconds: service.everySeconds,
      };
    default:
      return normalRole(service);
  }
};

const serviceKey = (service: Service): string => `${service.kind} ${placeOfService(service)}`;

export const normalServices = (services: readonly Service[]): readonly Service[] =>
  services
    .map(normalService)
    .sort((a, b) => compareText(serviceKey(a), serviceKey(b)) || compareText(JSON.stringify(a), JSON.stringify(b)));
