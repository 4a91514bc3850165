/** DHCP, router advertisements and masquerading as networkd's keys. */
import { ip } from '../../net/address.ts';
import { netmaskOf, networkOf, printPrefix } from '../../net/prefix.ts';
import { type Interface, type InterfaceAddress, type Stack } from '../../state/network-state.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { type DhcpClient, type DhcpServer, type RouterAdvertiser } from '../../state/service.ts';
import { type IniDraft } from '../ini/ini-text.ts';
import { forwardingSysctl, leaseSeconds, learnedMetric } from './read-services.ts';
import { entry } from './write-netdev.ts';
import { isOnInterface } from '../../state/service.ts';

interface Served {
  readonly network: readonly (readonly [string, string])[];
  readonly sections: readonly IniDraft[];
}

const clientOf = (client: DhcpClient, stackName: string): Served => ({
  network: [['DHCP', 'ipv4']],
  sections: [
    {
      name: 'DHCPv4',
      entries: [
        ...entry('Hostname', client.hostname === stackName ? undefined : client.hostname),
        ...entry('RouteMetric', client.metric === learnedMetric ? undefined : client.metric),
      ],
    },
  ],
});

export const serving = (server: DhcpServer, it: Interface): InterfaceAddress | undefined => {
  const address = it.addresses.find(({ family }) => family === 4);
  return address !== undefined && netmaskOf(address.prefixLength) === server.netmask ? address : undefined;
};

const serverOf = (server: DhcpServer, it: Interface): Served => {
  const address = serving(server, it);
  if (address === undefined) return { network: [], sections: [] };
  const network = networkOf(address.address, address.prefixLength);
  const offset = ip(server.first).value - network.value;
  const size = ip(server.last).value - ip(server.first).value + 1n;
  return {
    network: [['DHCPServer', 'yes']],
    sections: [
      {
        name: 'DHCPServer',
        entries: [
          ...entry('PoolOffset', offset.toString()),
          ...entry('PoolSize', size.toString()),
          ...(server.router === undefined ? entry('EmitRouter', 'no') : []),
          ...entry('Router', server.router === address.address ? undefined : server.router),
          ...(server.leaseSeconds === leaseSeconds ? [] : entry('DefaultLeaseTimeSec', server.leaseSeconds)),
        ],
      },
      ...server.reservations.map((reservation) => ({
        name: 'DHCPServerStaticLease',
        entries: [...entry('MACAddress', reservation.mac), ...entry('Address', reservation.address)],
      })),
    ],
  };
};

const advertiserOf = (advertiser: RouterAdvertiser): Served => ({
  network: [['IPv6SendRA', 'yes']],
  sections: [
    { name: 'IPv6SendRA', entries: advertiser.isDefaultRouter ? [] : entry('RouterLifetimeSec', 0) },
    ...advertiser.prefixes.map((prefix) => ({ name: 'IPv6Prefix', entries: entry('Prefix', prefix) })),
  ],
});

/** Whether a table is what networkd itself would keep, and for which prefixes. */
export const masqueradedBy = (table: FilterTable): readonly string[] | undefined => {
  const [chain, ...more] = table.chains;
  const isNetworkds =
    table.name === 'io.systemd.nat' &&
    chain !== undefined &&
    more.length === 0 &&
    table.subchains === undefined &&
    chain.hook === 'postrouting' &&
    chain.priority === 101;
  if (!isNetworkds) return undefined;
  const prefixes = chain.rules.map(({ matches: [match, ...others], verdict }) =>
    verdict.kind === 'masquerade' && match?.kind === 'source' && others.length === 0 && match.negate !== true
      ? match.prefixes
      : undefined,
  );
  return prefixes.some((some) => some === undefined) ? undefined : prefixes.flatMap((some) => some ?? []);
};

/** Masquerading brings forwarding with it, and is not written where the machine does not forward. */
const masqueradeOf = (it: Interface, { filter, sysctls }: Stack): readonly (readonly [string, string])[] => {
  const prefixes = new Set(filter.flatMap((table) => masqueradedBy(table) ?? []));
  const families = ([4, 6] as const).filter((family) =>
    it.addresses.some(
      (own) =>
        sysctls[forwardingSysctl[family]] === '1' &&
        own.family === family &&
        prefixes.has(printPrefix(networkOf(own.address, own.prefixLength))),
    ),
  );
  const [first] = families;
  return first === undefined ? [] : [['IPMasquerade', families.length === 2 ? 'both' : `ipv${first}`]];
};

/** `own`: the name of the stack, which a client tells unless another is said. */
export const servedBy = (name: string, it: Interface, stack: Stack, own: string): Served => {
  const parts = stack.services.flatMap((service): readonly Served[] => {
    if (!isOnInterface(service) || service.interface !== name) return [];
    switch (service.kind) {
      case 'dhcp-client':
        return [clientOf(service, own)];
      case 'dhcp-server':
        return [serverOf(service, it)];
      case 'router-advertiser':
        return [advertiserOf(service)];
      case 'advertised-resolver':
      case 'dhcp6-client':
      case 'dhcp6-server':
      case 'relayed-dhcp-server':
      case 'relayed-dhcp6-server':
      case 'virtual-router':
        return [];
    }
  });
  return {
    network: [...parts.flatMap(({ network }) => network), ...masqueradeOf(it, stack)],
    sections: parts.flatMap(({ sections }) => sections),
  };
};
