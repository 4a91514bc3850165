/**
 * Turns DHCP servers into the configuration of dnsmasq(8), one of each family. It serves addresses only, on one interface,
 * at once: the plan guarantees that nobody else has them, so that it does not ping first.
 */
import { type Resolver } from '../state/network-state.ts';
import { type Dhcp6Server, type DhcpServer } from '../state/service.ts';

/** Options 6, 15 (RFC 2132) and 119 (RFC 3397). Without a value the option is not sent, not even its default. */
const resolverOptions = (resolver: Resolver | undefined): readonly string[] => {
  const { nameservers, search }: Resolver = resolver ?? { nameservers: [], search: [] };
  const [domain] = search;
  return [
    ['dhcp-option=option:dns-server', ...nameservers].join(),
    ...(domain === undefined
      ? []
      : [`dhcp-option=option:domain-name,${domain}`, ['dhcp-option=option:domain-search', ...search].join()]),
  ];
};

/** Options 23 and 24 (RFC 3646). What is not named is not sent: it answers for no names itself. */
const resolverOptions6 = ({ nameservers, search }: Resolver): readonly string[] => [
  ...(nameservers.length === 0
    ? []
    : [['dhcp-option=option6:dns-server', ...nameservers.map((address) => `[${address}]`)].join()]),
  ...(search.length === 0 ? [] : [['dhcp-option=option6:domain-search', ...search].join()]),
];

/** What holds in both families. */
const commonLines = (server: DhcpServer | Dhcp6Server, leaseFile: string): readonly string[] => [
  'port=0',
  'no-resolv',
  'no-hosts',
  'bind-interfaces',
  `interface=${server.interface}`,
  'except-interface=lo',
  // It would refuse what another server has given.
  ...(server.isOneOfSeveral === true ? [] : ['dhcp-authoritative']),
  'no-ping',
  'user=root',
  'group=root',
  'log-facility=-',
  'quiet-dhcp',
  `dhcp-leasefile=${leaseFile}`,
  // dnsmasq stops at 1000 leases unless told otherwise.
  `dhcp-lease-max=${Math.max(1000, server.reservations.length * 2)}`,
];

/** `leaseFile`: where it keeps its leases. */
export const dnsmasqConfig = (server: DhcpServer, leaseFile: string): string => {
  const lease = `${server.leaseSeconds}s`;
  return [
    `# DHCP on ${server.interface}`,
    ...commonLines(server, leaseFile),
    `dhcp-range=${server.first},${server.last},${server.netmask},${lease}`,
    // Without a value the option is not sent; without this line dnsmasq would name itself as router.
    server.router === undefined ? 'dhcp-option=option:router' : `dhcp-option=option:router,${server.router}`,
    ...resolverOptions(server.resolver),
    ...(server.mtuBytes === undefined ? [] : [`dhcp-option=option:mtu,${server.mtuBytes}`]),
    ...server.reservations.map(({ mac, address, name }) => `dhcp-host=${mac},${address},${name},${lease}`),
    '',
  ].join('\n');
};

/** The identifier of a client that names itself after its MAC (RFC 8415 section 11.4; 1: ethernet). */
export const duidOf = (mac: string): string => `00:03:00:01:${mac}`;

/** Router advertisements are left to the advertiser. */
export const dnsmasq6Config = (server: Dhcp6Server, leaseFile: string): string => {
  const lease = `${server.leaseSeconds}s`;
  return [
    `# DHCPv6 on ${server.interface}`,
    ...commonLines(server, leaseFile),
    `dhcp-range=${server.first},${server.last},${server.prefixLength},${lease}`,
    ...resolverOptions6(server.resolver ?? { nameservers: [], search: [] }),
    ...server.reservations.map(({ mac, address, name }) => `dhcp-host=id:${duidOf(mac)},[${address}],${name},${lease}`),
    '',
  ].join('\n');
};
