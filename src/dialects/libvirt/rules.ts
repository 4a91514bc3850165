/**
 * The rules that libvirt keeps for its networks (src/network/network_iptables.c): in chains of its own, which the
 * built-in ones jump to first. A network's rules come before those of networks that were started earlier.
 */
import { type Family } from '../../net/address.ts';
import { networkOf, printPrefix } from '../../net/prefix.ts';
import { type FilterMatch, type FilterRule, type FilterTable, type FilterVerdict } from '../../state/packet-filter.ts';
import { field } from '../../state/spelling.ts';
import { type VirtualNetwork } from './networks.ts';

const rule = (verdict: FilterVerdict, ...matches: readonly FilterMatch[]): FilterRule => ({ matches, verdict });
const accept: FilterVerdict = { kind: 'accept' };
const reject: FilterVerdict = { kind: 'reject', with: 'port-unreachable' };

const from = (name: string): FilterMatch => ({ kind: 'iif', names: [name] });
const towards = (name: string): FilterMatch => ({ kind: 'oif', names: [name] });
const port = (protocol: 'tcp' | 'udp', number: number): FilterMatch => ({ kind: 'port', protocol, ports: [number] });

const subnets = ({ addresses }: VirtualNetwork, family: Family): readonly string[] =>
  addresses
    .filter((address) => address.family === family)
    .map(({ address, prefixLength }) => printPrefix(networkOf(address, prefixLength)));

/** Names and addresses are asked for at the host: DNS on both protocols, DHCP of the family. */
const serverPorts = (family: Family): readonly (readonly ['tcp' | 'udp', number])[] =>
  family === 4
    ? [['udp', 53], ['tcp', 53], ['udp', 67], ['tcp', 67]]
    : [['udp', 547], ['udp', 53], ['tcp', 53]]; // prettier-ignore

const clientPorts = (family: Family): readonly (readonly ['tcp' | 'udp', number])[] =>
  family === 4
    ? [['udp', 53], ['tcp', 53], ['udp', 68], ['tcp', 68]]
    : [['udp', 546], ['udp', 53], ['tcp', 53]]; // prettier-ignore

const isTranslated = ({ mode, natsIpv6 }: VirtualNetwork, family: Family): boolean =>
  mode === 'nat' && (family === 4 || natsIpv6);

const leavingBy = ({ device }: VirtualNetwork): readonly FilterMatch[] =>
  device === undefined ? [] : [towards(device)];
const comingBy = ({ device }: VirtualNetwork): readonly FilterMatch[] => (device === undefined ? [] : [from(device)]);

/** What goes out of the guests' subnet, by whatever way. */
const outward = (network: VirtualNetwork, family: Family): readonly FilterRule[] => {
  const { bridge, mode } = network;
  if (mode === 'isolated') return [rule(reject, from(bridge))];
  return [
    ...subnets(network, family).map((prefix) =>
      rule(accept, { kind: 'source', family, prefixes: [prefix] }, from(bridge), ...leavingBy(network)),
    ),
    rule(reject, from(bridge)),
  ];
};

const inward = (network: VirtualNetwork, family: Family): readonly FilterRule[] => {
  const { bridge, mode } = network;
  if (mode === 'isolated') return [rule(reject, towards(bridge))];
  const states: readonly FilterMatch[] = isTranslated(network, family)
    ? [{ kind: 'conntrack', states: ['related', 'established'] }]
    : [];
  return [
    ...subnets(network, family).map((prefix) =>
      rule(
        accept,
        { kind: 'destination', family, prefixes: [prefix] },
        ...comingBy(network),
        towards(bridge),
        ...states,
      ),
    ),
    rule(reject, towards(bridge)),
  ];
};

const across = ({ bridge }: VirtualNetwork): readonly FilterRule[] => [rule(accept, from(bridge), towards(bridge))];

/** Addresses are said for IPv4 only. */
const translation = ({ translated }: VirtualNetwork, family: Family): FilterVerdict =>
  translated === undefined || family === 6
    ? { kind: 'masquerade' }
    : {
        ...{ kind: 'snat', address: translated.first },
        ...field('lastAddress', translated.last === translated.first ? undefined : translated.last),
      };

const masquerading = (network: VirtualNetwork, family: Family): readonly FilterRule[] => {
  if (!isTranslated(network, family)) return [];
  const spared = family === 4 ? ['224.0.0.0/24', '255.255.255.255/32'] : ['ff02::/16'];
  return subnets(network, family).flatMap((prefix) => {
    const own: FilterMatch = { kind: 'source', family, prefixes: [prefix] };
    const away: FilterMatch = { kind: 'destination', family, prefixes: [prefix], negate: true };
    return [
      ...spared.map((one) =>
        rule({ kind: 'return' }, own, { kind: 'destination', family, prefixes: [one] }, ...leavingBy(network)),
      ),
      rule(translation(network, family), own, away, ...leavingBy(network)),
    ];
  });
};

const jump = (chain: string): FilterRule => rule({ kind: 'jump', chain });

const hasRules = (network: VirtualNetwork, family: Family): boolean =>
  network.mode !== 'open' &&
  network.mode !== 'bridge' &&
  network.mode !== 'direct' &&
  (family === 4 || subnets(network, 6).length > 0);

const tablesOf = (all: readonly VirtualNetwork[], family: Family): readonly FilterTable[] => {
  const networks = all.filter((network) => hasRules(network, family)).toReversed();
  if (networks.length === 0) return [];
  const base = { type: 'filter' as const, priority: 0, policy: 'accept' as const };
  const tableFamily = family === 4 ? ('ip' as const) : ('ip6' as const);
  const each = (work: (network: VirtualNetwork) => readonly FilterRule[]): readonly FilterRule[] =>
    networks.flatMap(work);
  const translated = each((network) => masquerading(network, family));
  return [
    {
      family: tableFamily,
      name: 'filter',
      chains: [
        { ...base, name: 'INPUT', hook: 'input', rules: [jump('LIBVIRT_INP')] },
        { ...base, name: 'FORWARD', hook: 'forward', rules: ['LIBVIRT_FWX', 'LIBVIRT_FWI', 'LIBVIRT_FWO'].map(jump) },
        { ...base, name: 'OUTPUT', hook: 'output', rules: [jump('LIBVIRT_OUT')] },
      ],
      subchains: [
        { name: 'LIBVIRT_INP', rules: each(({ bridge }) => serverPorts(family).map(([protocol, number]) => rule(accept, from(bridge), port(protocol, number)))) },
        { name: 'LIBVIRT_OUT', rules: each(({ bridge }) => clientPorts(family).map(([protocol, number]) => rule(accept, towards(bridge), port(protocol, number)))) },
        { name: 'LIBVIRT_FWX', rules: each(across) },
        { name: 'LIBVIRT_FWI', rules: each((network) => inward(network, family)) },
        { name: 'LIBVIRT_FWO', rules: each((network) => outward(network, family)) },
      ],
    },
    ...(translated.length === 0
      ? []
      : [
          {
            family: tableFamily,
            name: 'nat',
            chains: [
              {
                name: 'POSTROUTING', type: 'nat' as const, hook: 'postrouting' as const, priority: 100,
                policy: 'accept' as const, rules: [jump('LIBVIRT_PRT')],
              },
            ],
            subchains: [{ name: 'LIBVIRT_PRT', rules: translated }],
          },
        ]),
  ]; // prettier-ignore
};

/** In the order in which the networks are started. */
export const rulesOf = (networks: readonly VirtualNetwork[]): readonly FilterTable[] => [
  ...tablesOf(networks, 4),
  ...tablesOf(networks, 6),
];
