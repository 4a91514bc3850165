/** What one interface is configured to, as a .network file. */
import { type Interface, type PolicyRule, type PortRange, type Route, type Stack } from '../../state/network-state.ts';
import { type IniDraft } from '../ini/ini-text.ts';
import { isMtuTold } from '../born-mtu.ts';
import { bornMetric, everything } from '../default-route.ts';
import { entry } from './write-netdev.ts';
import { servedBy } from './write-services.ts';

type Entry = readonly [key: string, value: string];

const yes = (key: string, isSo: boolean): readonly Entry[] => (isSo ? [[key, 'yes']] : []);

/** The table that routes of an interface are in where nothing is said. */
const tableOf = (it: Interface, stack: Stack): number =>
  it.vrf?.table ?? (it.master === undefined ? undefined : stack.interfaces[it.master]?.vrf?.table) ?? 254;

/** networkd takes gateways to be on the link of what has no address. */
const isOnlinkTaken = ({ addresses }: Interface): boolean => addresses.length === 0;

/** A default route that `Gateway=` of [Network] says as a whole. */
const isPlainGateway = (route: Route, table: number, it: Interface): boolean =>
  route.type === 'unicast' &&
  route.via !== undefined &&
  route.to === everything[route.family] &&
  route.metric === bornMetric[route.family] &&
  route.table === table &&
  route.source === undefined &&
  (route.onlink === true) === isOnlinkTaken(it);

const routeSection = (route: Route, table: number, it: Interface): IniDraft => ({
  name: 'Route',
  entries: [
    ...entry('Destination', route.to),
    ...(route.type === 'unicast' ? [] : entry('Type', route.type)),
    ...entry('Gateway', route.via),
    ...(route.via === undefined || (route.onlink === true) === isOnlinkTaken(it)
      ? []
      : entry('GatewayOnLink', route.onlink === true ? 'yes' : 'no')),
    ...(route.nexthops ?? []).flatMap(({ via, dev, weight }) =>
      entry('MultiPathRoute', `${via ?? ''}@${dev} ${weight}`),
    ),
    ...entry('Metric', route.metric === bornMetric[route.family] ? undefined : route.metric),
    ...entry('Table', route.table === table ? undefined : route.table),
    ...entry('PreferredSource', route.source),
  ],
});

const ports = (range: PortRange | undefined): string | undefined =>
  range === undefined ? undefined : range[0] === range[1] ? String(range[0]) : `${range[0]}-${range[1]}`;

const ruleSection = (rule: PolicyRule): IniDraft => ({
  name: 'RoutingPolicyRule',
  entries: [
    ...entry('Family', `ipv${rule.family}`),
    ...entry('Priority', rule.priority),
    ...entry('From', rule.from),
    ...entry('To', rule.to),
    ...entry('IncomingInterface', rule.iif),
    ...entry('OutgoingInterface', rule.oif),
    ...entry('FirewallMark', rule.mark === undefined ? undefined : `${rule.mark.value}/${rule.mark.mask}`),
    ...entry('IPProtocol', rule.protocol),
    ...entry('SourcePort', ports(rule.sourcePorts)),
    ...entry('DestinationPort', ports(rule.destinationPorts)),
    ...yes('InvertRule', rule.not === true),
    ...entry('Type', rule.action),
    ...entry('SuppressPrefixLength', rule.suppressPrefixLength),
    ...entry('Table', rule.action === undefined ? rule.table : undefined),
  ],
});

/** The kernel forgets what size a bridge was made with when the first port joins; what is set then stays. */
const isSizedLater = ({ kind }: Interface): boolean => kind === 'ethernet' || kind === 'loopback' || kind === 'bridge';

const linkEntries = (name: string, it: Interface, { interfaces }: Stack): readonly Entry[] => [
  ...entry('MACAddress', it.kind === 'ethernet' ? it.mac : undefined),
  ...entry('MTUBytes', isSizedLater(it) && isMtuTold(name, it, interfaces) ? it.mtuBytes : undefined),
  ...(it.up ? [] : entry('ActivationPolicy', 'down')),
];

/**
 * networkd gives addresses to what has a carrier: a bridge has none before the first guest is plugged in, nor has what
 * stays down.
 */
const carrierEntries = (it: Interface, isFirst: boolean, { rules }: Stack): readonly Entry[] => {
  const isBusy = it.addresses.length > 0 || (isFirst && rules.length > 0);
  return yes('ConfigureWithoutCarrier', it.kind === 'bridge' || it.kind === 'bond' || (!it.up && isBusy));
};

const portEntries = ({ port }: Interface): readonly Entry[] => [
  ...yes('Isolated', port?.isolated === true),
  ...yes('HairPin', port?.hairpin === true),
  ...(port?.learning === false ? entry('Learning', 'no') : []),
  ...(port?.flood === false ? entry('UnicastFlood', 'no') : []),
];

const masterEntries = (name: string, it: Interface, stack: Stack): readonly Entry[] => {
  if (it.master === undefined) return [];
  const master = stack.interfaces[it.master];
  const key = master?.kind === 'bond' ? 'Bond' : master?.kind === 'vrf' ? 'VRF' : 'Bridge';
  return [...entry(key, it.master), ...yes('PrimarySlave', master?.bond?.primary === name)];
};

const upperEntries = (name: string, stack: Stack): readonly Entry[] =>
  Object.entries(stack.interfaces).flatMap(([upper, { vlan, macvlan }]) => {
    if (vlan?.link === name) return entry('VLAN', upper);
    return macvlan?.link === name ? entry('MACVLAN', upper) : [];
  });

const pathFilters: Readonly<Record<string, string>> = { '0': 'no', '1': 'strict', '2': 'loose' };
const answers: Readonly<Record<string, string>> = { '0': 'no', '1': 'yes' };

/** Sysctls of an interface that have a key of their own: by the end of their path, with the values they have words for. */
export const interfaceSysctls: readonly {
  readonly path: string;
  readonly key: string;
  readonly words: Readonly<Record<string, string>>;
}[] = [
  { path: 'net/ipv4/conf/%/forwarding', key: 'IPv4Forwarding', words: answers },
  { path: 'net/ipv6/conf/%/forwarding', key: 'IPv6Forwarding', words: answers },
  { path: 'net/ipv4/conf/%/proxy_arp', key: 'IPv4ProxyARP', words: answers },
  { path: 'net/ipv6/conf/%/proxy_ndp', key: 'IPv6ProxyNDP', words: answers },
  { path: 'net/ipv4/conf/%/accept_local', key: 'IPv4AcceptLocal', words: answers },
  { path: 'net/ipv4/conf/%/route_localnet', key: 'IPv4RouteLocalnet', words: answers },
  { path: 'net/ipv4/conf/%/rp_filter', key: 'IPv4ReversePathFilter', words: pathFilters },
  { path: 'net/ipv6/conf/%/accept_ra', key: 'IPv6AcceptRA', words: { '0': 'no', '2': 'yes' } },
];

const sysctlEntries = (name: string, { sysctls }: Stack): readonly Entry[] =>
  interfaceSysctls.flatMap(({ path, key, words }) => entry(key, words[sysctls[path.replace('%', name)] ?? '']));

/** What is the machine's and not an interface's: it stands in the first file. */
const forwardingOf = ({ sysctls }: Stack): readonly Entry[] => {
  const four = sysctls['net/ipv4/ip_forward'] === '1';
  const six = sysctls['net/ipv6/conf/all/forwarding'] === '1';
  return four || six ? [['IPForward', four && six ? 'yes' : four ? 'ipv4' : 'ipv6']] : [];
};

/** Routes that stand in the file of an interface: its own, of several next hops the first's; in the first file all without. */
const routesOf = (name: string, isFirst: boolean, stack: Stack): readonly Route[] =>
  stack.routes.filter(({ dev, nexthops }) => {
    const place = dev ?? nexthops?.[0]?.dev;
    return place === name || (place === undefined && isFirst);
  });

export const networkOf = (
  name: string,
  it: Interface,
  isFirst: boolean,
  stack: Stack,
  own: string,
): readonly IniDraft[] => {
  const table = tableOf(it, stack);
  const routes = routesOf(name, isFirst, stack);
  const served = servedBy(name, it, stack, own);
  const proxied = stack.neighbourProxies.filter(({ dev, family }) => dev === name && family === 6);
  // Order is meaning: where one address has a label, all stand in sections of their own.
  const isPlain = it.addresses.every(({ label }) => label === undefined);
  const plain = isPlain ? it.addresses : [];
  const resolver = isFirst ? stack.resolver : undefined;
  const drafts: readonly IniDraft[] = [
    { name: 'Match', entries: entry('Name', name) },
    { name: 'Link', entries: linkEntries(name, it, stack) },
    {
      name: 'Network',
      entries: [
        ...masterEntries(name, it, stack),
        ...upperEntries(name, stack),
        ...carrierEntries(it, isFirst, stack),
        ...served.network,
        ...plain.flatMap(({ address, prefixLength }) => entry('Address', `${address}/${prefixLength}`)),
        ...routes.filter((route) => isPlainGateway(route, table, it)).flatMap(({ via }) => entry('Gateway', via)),
        ...(resolver?.nameservers ?? []).flatMap((address) => entry('DNS', address)),
        ...(resolver?.search ?? []).flatMap((domain) => entry('Domains', domain)),
        ...(isFirst ? forwardingOf(stack) : []),
        ...sysctlEntries(name, stack),
        ...proxied.flatMap(({ address }) => entry('IPv6ProxyNDPAddress', address)),
      ],
    },
    ...(isPlain ? [] : it.addresses).map(({ address, prefixLength, label }) => ({
      name: 'Address',
      entries: [...entry('Address', `${address}/${prefixLength}`), ...entry('Label', label)],
    })),
    ...routes.filter((route) => !isPlainGateway(route, table, it)).map((route) => routeSection(route, table, it)),
    ...(isFirst ? stack.rules.map(ruleSection) : []),
    ...(stack.neighbours ?? [])
      .filter(({ dev }) => dev === name)
      .map(({ address, mac }) => ({
        name: 'Neighbor',
        entries: [...entry('Address', address), ...entry('LinkLayerAddress', mac)],
      })),
    { name: 'Bridge', entries: portEntries(it) },
    ...served.sections,
  ];
  return drafts.filter(({ entries }) => entries.length > 0);
};
