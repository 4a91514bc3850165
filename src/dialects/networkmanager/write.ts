/** A stack as NetworkManager's key files, and what they cannot say. */
import { type Family } from '../../net/address.ts';
import {
  type Interface,
  type NetworkState,
  type PolicyRule,
  type PortRange,
  type Route,
  type Stack,
} from '../../state/network-state.ts';
import { compareText } from '../../state/spelling.ts';
import { bornMtuBytes, isMtuTold } from '../born-mtu.ts';
import { type Writing } from '../dialect.ts';
import { printIni, type IniDraft } from '../ini/ini-text.ts';
import { everything } from '../default-route.ts';
import { stackIn } from '../reading.ts';
import { folder } from './read.ts';
import { asksIn, homesOf, isPortOf, speaks, type Homes } from './homes.ts';
import { omissionsOf } from './omissions.ts';
import { bornTableOf, bornMetricOf, kindsByType, macvlanModes, numberOfKey, tunnelModes } from './values.ts';

type Entry = readonly [key: string, value: string];

const entry = (key: string, value: string | number | undefined): readonly Entry[] =>
  value === undefined ? [] : [[key, String(value)]];

const typeOf = (kind: Interface['kind']): string | undefined => numberOfKey(kindsByType, kind);

const natureSections = (it: Interface): readonly IniDraft[] => {
  switch (it.kind) {
    case 'bridge':
      return [
        {
          name: 'bridge',
          entries: [
            ...entry('stp', String(it.bridge?.stp ?? false)),
            ...entry('forward-delay', it.bridge?.stp === true ? it.bridge.forwardDelaySeconds : undefined),
            ...entry('vlan-filtering', it.bridge?.vlanFiltering === true ? 'true' : undefined),
            ...entry('mac-address', it.mac),
          ],
        },
      ];
    case 'bond':
      return [
        {
          name: 'bond',
          entries: [
            ...entry('mode', it.bond?.mode),
            ...entry('miimon', it.bond?.miimonMilliseconds),
            ...entry('primary', it.bond?.primary),
            ...entry('lacp_rate', it.bond?.lacpRate),
            ...entry('xmit_hash_policy', it.bond?.hashPolicy),
          ],
        },
      ];
    case 'vlan':
      return [{ name: 'vlan', entries: [...entry('id', it.vlan?.id), ...entry('parent', it.vlan?.link)] }];
    case 'vrf':
      return [{ name: 'vrf', entries: entry('table', it.vrf?.table) }];
    case 'macvlan':
      return [
        {
          name: 'macvlan',
          entries: [
            ...entry('mode', it.macvlan === undefined ? undefined : numberOfKey(macvlanModes, it.macvlan.mode)),
            ...entry('parent', it.macvlan?.link),
          ],
        },
      ];
    case 'vxlan':
      return [
        {
          name: 'vxlan',
          entries: [
            ...entry('id', it.vxlan?.id),
            ...entry('local', it.vxlan?.local),
            ...entry('remote', it.vxlan?.remotes[0]),
            ...entry('destination-port', it.vxlan?.port),
          ],
        },
      ];
    case 'tunnel':
      return [
        {
          name: 'ip-tunnel',
          entries: [
            ...entry('mode', it.tunnel === undefined ? undefined : numberOfKey(tunnelModes, it.tunnel.mode)),
            ...entry('local', it.tunnel?.local),
            ...entry('remote', it.tunnel?.remote),
            ...entry('ttl', it.tunnel?.ttl),
            ...entry('mtu', it.mtuBytes === bornMtuBytes(it) ? undefined : it.mtuBytes),
          ],
        },
      ];
    case 'wireguard':
      return [
        {
          name: 'wireguard',
          entries: [
            ...entry('listen-port', it.wireguard?.listenPort),
            // Routes to peers are those of the state.
            ...entry('peer-routes', (it.wireguard?.peers.length ?? 0) > 0 ? 'false' : undefined),
            ...entry('mtu', it.mtuBytes === bornMtuBytes(it) ? undefined : it.mtuBytes),
          ],
        },
        ...(it.wireguard?.peers ?? []).map((peer) => ({
          name: `wireguard-peer.${peer.publicKey}`,
          entries: [
            ...entry('endpoint', peer.endpoint),
            ...entry('allowed-ips', `${peer.allowedPrefixes.join(';')};`),
            ...entry('persistent-keepalive', peer.keepaliveSeconds),
          ],
        })),
      ];
    default:
      return [];
  }
};

/** Settings that NICs and whatever acts as one have in [ethernet]. */
const ethernetEntries = (name: string, it: Interface, { interfaces }: Stack): readonly Entry[] => {
  if (it.kind === 'tunnel' || it.kind === 'wireguard' || it.kind === 'vrf') return [];
  return [
    ...entry('cloned-mac-address', it.kind === 'bridge' ? undefined : it.mac),
    ...entry('mtu', isMtuTold(name, it, interfaces) ? it.mtuBytes : undefined),
  ];
};

const isPlainGateway = (route: Route, metric: number, table: number): boolean =>
  route.type === 'unicast' && route.via !== undefined && route.to === everything[route.family] &&
  route.metric === metric && route.table === table && route.source === undefined && route.onlink === undefined; // prettier-ignore

const routeEntries = (route: Route, table: number, index: number): readonly Entry[] => {
  const noHop = route.family === 4 ? '0.0.0.0' : '::';
  const options = [
    ...(route.table === bornTableOf(route.type, table) ? [] : [`table=${route.table}`]),
    ...(route.onlink === true ? ['onlink=true'] : []),
    ...(route.source === undefined ? [] : [`src=${route.source}`]),
    ...(route.type === 'unicast' ? [] : [`type=${route.type}`]),
  ];
  return [
    [`route${index}`, `${route.to},${route.via ?? noHop},${route.metric}`],
    ...(options.length === 0 ? [] : [[`route${index}_options`, options.join(',')] as const]),
  ];
};

const ports = (range: PortRange): string => (range[0] === range[1] ? String(range[0]) : `${range[0]}-${range[1]}`);

const ruleText = (rule: PolicyRule): string =>
  [
    ...(rule.not === true ? ['not'] : []),
    `priority ${rule.priority}`,
    `from ${rule.from ?? everything[rule.family]}`,
    ...(rule.to === undefined ? [] : [`to ${rule.to}`]),
    ...(rule.iif === undefined ? [] : [`iif ${rule.iif}`]),
    ...(rule.oif === undefined ? [] : [`oif ${rule.oif}`]),
    ...(rule.mark === undefined ? [] : [`fwmark ${rule.mark.value}/${rule.mark.mask}`]),
    ...(rule.protocol === undefined ? [] : [`ipproto ${rule.protocol}`]),
    ...(rule.sourcePorts === undefined ? [] : [`sport ${ports(rule.sourcePorts)}`]),
    ...(rule.destinationPorts === undefined ? [] : [`dport ${ports(rule.destinationPorts)}`]),
    ...(rule.suppressPrefixLength === undefined ? [] : [`suppress_prefixlength ${rule.suppressPrefixLength}`]),
    ...(rule.action === undefined ? [`table ${rule.table}`] : [`type ${rule.action}`]),
  ].join(' ');

const methodOf = (family: Family, name: string, it: Interface, isUsed: boolean, stack: Stack): string => {
  if (family === 4) return asksIn(name, stack) ? 'auto' : speaks(4, name, it, stack) ? 'manual' : 'disabled';
  if (stack.sysctls[`net/ipv6/conf/${name}/disable_ipv6`] === '1') return 'disabled';
  const accepts = stack.sysctls[`net/ipv6/conf/${name}/accept_ra`];
  if (accepts === '2') return 'auto';
  const hasAddress = it.addresses.some((address) => address.family === 6);
  if (hasAddress) return 'manual';
  return accepts === '0' || isUsed ? 'link-local' : 'ignore';
};

const familySection = (
  family: Family,
  name: string,
  it: Interface,
  isFirst: boolean,
  homes: Homes,
  stack: Stack,
  own: string,
): IniDraft => {
  const table = it.vrf?.table ?? (it.master === undefined ? undefined : stack.interfaces[it.master]?.vrf?.table) ?? 254;
  const metric = bornMetricOf(it.kind);
  const addresses = it.addresses.filter((address) => address.family === family);
  const routes = stack.routes.filter(
    (route) =>
      route.family === family &&
      route.nexthops === undefined &&
      (route.dev === name || (route.dev === undefined && homes[family] === name)),
  );
  const client = stack.services.find((service) => service.kind === 'dhcp-client' && service.interface === name);
  const isNeverDefault = family === 4 && client?.kind === 'dhcp-client' && client.ignoresRouter === true;
  const gateway =
    addresses.length === 0 || isNeverDefault ? undefined : routes.find((route) => isPlainGateway(route, metric, table));
  const rules = isFirst ? stack.rules.filter((rule) => rule.family === family) : [];
  const { nameservers = [], search = [] } = stack.resolver ?? {};
  const servers = (homes[family] === name ? nameservers : []).filter(
    (address) => address.includes(':') === (family === 6),
  );
  const isUsed = addresses.length + routes.length + rules.length > 0;
  return {
    name: `ipv${family}`,
    entries: [
      ...entry('method', methodOf(family, name, it, isUsed, stack)),
      ...addresses.flatMap(({ address, prefixLength }, index) =>
        entry(`address${index + 1}`, `${address}/${prefixLength}`),
      ),
      ...entry('gateway', gateway?.via),
      ...routes.filter((route) => route !== gateway).flatMap((route, index) => routeEntries(route, table, index + 1)),
      ...rules.flatMap((rule, index) => entry(`routing-rule${index + 1}`, ruleText(rule))),
      ...(servers.length === 0 ? [] : entry('dns', `${servers.join(';')};`)),
      ...(homes[family] === name && (family === 4 || homes[4] === undefined) && search.length > 0
        ? entry('dns-search', `${search.join(';')};`)
        : []),
      ...(family === 4 && client?.kind === 'dhcp-client'
        ? [
            ...entry('dhcp-hostname', client.hostname === own ? undefined : client.hostname),
            ...entry('route-metric', client.metric === metric ? undefined : client.metric),
            ...entry('never-default', isNeverDefault ? 'true' : undefined),
          ]
        : []),
    ],
  };
};

const profileOf = (
  name: string,
  it: Interface,
  isFirst: boolean,
  homes: Homes,
  stack: Stack,
  own: string,
): readonly IniDraft[] => {
  const master = it.master === undefined ? undefined : stack.interfaces[it.master];
  const drafts: readonly IniDraft[] = [
    {
      name: 'connection',
      entries: [
        ...entry('id', name),
        ...entry('type', typeOf(it.kind)),
        ...entry('interface-name', name),
        ...entry('master', it.master),
        ...entry('slave-type', it.master === undefined ? undefined : (master?.kind ?? 'bridge')),
      ],
    },
    { name: 'ethernet', entries: ethernetEntries(name, it, stack) },
    ...natureSections(it),
    { name: 'bridge-port', entries: entry('hairpin-mode', it.port?.hairpin === true ? 'true' : undefined) },
    ...(isPortOf(it, stack)
      ? []
      : ([4, 6] as const).map((family) => familySection(family, name, it, isFirst, homes, stack, own))),
  ];
  return drafts.filter(({ entries }) => entries.length > 0);
};

const isPlainLoopback = ({ kind, addresses, mtuBytes }: Interface): boolean =>
  kind === 'loopback' &&
  mtuBytes === 65536 &&
  addresses.every(({ address }) => address === '127.0.0.1' || address === '::1');

export const writeNetworkManager = (state: NetworkState, own: string): Writing => {
  const stack = stackIn(state, own);
  const named = Object.entries(stack.interfaces)
    .filter(([, it]) => !isPlainLoopback(it))
    // The first one takes what is the machine's: it must have addresses of its own.
    .sort(([a, x], [b, y]) => Number(x.master !== undefined) - Number(y.master !== undefined) || compareText(a, b));
  const homes = homesOf(
    named.map(([name]) => name),
    stack,
  );
  const files = named.map(([name, it], index) => ({
    path: `${folder}/${name}.nmconnection`,
    text: printIni(profileOf(name, it, index === 0, homes, stack, own)),
  }));
  return { files, omissions: omissionsOf(own, stack, homes) };
};
