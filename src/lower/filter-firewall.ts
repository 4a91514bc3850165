/** Turns a machine's `firewall` into rules: exceptions in the order deny, reject, allow, and the verdict on all else. */
import { type LabFirewallItem } from '../lab/lab.ts';
import { bgpPort } from '../state/bgp-speaker.ts';
import { type FilterMatch, type FilterRule, type FilterVerdict } from '../state/packet-filter.ts';

/** What every restrictive chain begins with: connections that stand go on. */
export const standing: readonly FilterRule[] = [
  { matches: [{ kind: 'conntrack', states: ['established', 'related'] }], verdict: { kind: 'accept' } },
];

const dhcpRule = (
  kind: 'iif' | 'oif',
  interfaces: readonly string[],
  port: 67 | 68 | 546 | 547,
  comment: string,
): readonly FilterRule[] =>
  interfaces.length === 0
    ? []
    : [
        {
          matches: [
            { kind, names: interfaces },
            { kind: 'port', protocol: 'udp', ports: [port] },
          ],
          verdict: { kind: 'accept' },
          comment,
        },
      ];

const VRRP = 112;
const OSPF = 89;

const protocolRule = (
  kind: 'iif' | 'oif',
  interfaces: readonly string[],
  protocol: number,
  comment: string,
): readonly FilterRule[] =>
  interfaces.length === 0
    ? []
    : [
        {
          matches: [
            { kind, names: interfaces },
            { kind: 'protocol', protocols: [protocol] },
          ],
          verdict: { kind: 'accept' },
          comment,
        },
      ];

/**
 * The interfaces on which a machine serves DHCP and DHCPv6, asks by DHCPv6, shares addresses with others (VRRP), and finds
 * routes with them (OSPF, BGP). Clients of DHCP need no rule: they read frames before any filter.
 */
export interface Serving {
  readonly dhcp: readonly string[];
  readonly dhcp6: readonly string[];
  readonly asking6: readonly string[];
  /** Of relays: the interfaces of those whose questions they pass on. */
  readonly relaying: readonly string[];
  readonly relaying6: readonly string[];
  readonly sharing: readonly string[];
  readonly routing: readonly string[];
  /** The addresses of those that it speaks BGP with. */
  readonly peers: readonly string[];
  /** The address and TCP port of each server that has the same leases. */
  readonly partners: readonly { readonly address: string; readonly port: number }[];
}

/** Servers answer from where they were asked, which connection tracking knows. */
const relayRules = (
  direction: 'input' | 'output',
  family: 4 | 6,
  interfaces: readonly string[],
): readonly FilterRule[] => {
  const [client, server] = family === 4 ? ([68, 67] as const) : ([546, 547] as const);
  const comment = family === 4 ? 'passes on DHCP' : 'passes on DHCPv6';
  if (interfaces.length === 0 || direction === 'input') return dhcpRule('iif', interfaces, server, comment);
  const asks: FilterRule = {
    matches: [{ kind: 'port', protocol: 'udp', ports: [server] }],
    verdict: { kind: 'accept' },
    comment,
  };
  return [...dhcpRule('oif', interfaces, client, comment), asks];
};

const partnerRules = (
  direction: 'input' | 'output',
  partners: Serving['partners'],
  comment: string,
): readonly FilterRule[] =>
  partners.map(({ address, port }) => {
    const family = address.includes(':') ? 6 : 4;
    return {
      matches: [
        {
          kind: direction === 'input' ? 'source' : 'destination',
          family,
          prefixes: [`${address}/${family === 4 ? 32 : 128}`],
        },
        { kind: 'port', protocol: 'tcp', ports: [port] },
      ],
      verdict: { kind: 'accept' },
      comment,
    };
  });

/**
 * What every closed machine still hears or says: itself, its neighbours, those that it shares addresses or finds routes with, and what it
 * serves or asks by DHCP (connection tracking does not know answers to what was sent to everybody).
 */
export const essentials = (
  direction: 'input' | 'output',
  { dhcp, dhcp6, asking6, relaying, relaying6, sharing, partners, routing, peers }: Serving,
): readonly FilterRule[] => {
  const kind = direction === 'input' ? 'iif' : 'oif';
  return [
    { matches: [{ kind, names: ['lo'] }], verdict: { kind: 'accept' } },
    { matches: [{ kind: 'icmp', types: 'neighbour-discovery' }], verdict: { kind: 'accept' } },
    ...dhcpRule(kind, dhcp, direction === 'input' ? 67 : 68, 'serves DHCP'),
    ...dhcpRule(kind, dhcp6, direction === 'input' ? 547 : 546, 'serves DHCPv6'),
    ...dhcpRule(kind, asking6, direction === 'input' ? 546 : 547, 'asks by DHCPv6'),
    ...protocolRule(kind, sharing, VRRP, 'shares addresses'),
    ...protocolRule(kind, routing, OSPF, 'finds routes'),
    ...relayRules(direction, 4, relaying),
    ...relayRules(direction, 6, relaying6),
    ...partnerRules(direction, partners, 'shares leases'),
    ...partnerRules(
      direction,
      peers.map((address) => ({ address, port: bgpPort })),
      'finds routes',
    ),
  ];
};

const sources = (from: readonly string[]): readonly (readonly FilterMatch[])[] => {
  if (from.length === 0) return [[]];
  return ([4, 6] as const)
    .map((family) => ({ family, prefixes: from.filter((text) => text.includes(':') === (family === 6)) }))
    .filter(({ prefixes }) => prefixes.length > 0)
    .map(({ family, prefixes }) => [{ kind: 'source', family, prefixes }]);
};

const verdictOf = ({ verdict, protocol }: LabFirewallItem): FilterVerdict => {
  if (verdict === 'allow') return { kind: 'accept' };
  if (verdict === 'deny') return { kind: 'drop' };
  return { kind: 'reject', with: protocol === 'tcp' ? 'tcp-reset' : 'port-unreachable' };
};

const what = ({ protocol, ports }: LabFirewallItem): FilterMatch =>
  protocol === 'ping' ? { kind: 'icmp', types: 'echo-request' } : { kind: 'port', protocol, ports };

export const itemText = ({ verdict, protocol, ports }: LabFirewallItem): string =>
  `firewall: ${verdict} ${[protocol, ...ports].join(' ')}`;

export const itemRules = (items: readonly LabFirewallItem[]): readonly FilterRule[] =>
  items.flatMap((item) =>
    sources(item.from).map((from) => ({
      matches: [...from, what(item)],
      verdict: verdictOf(item),
      comment: itemText(item),
    })),
  );

/** What a name server hears from its clients, whatever its firewall keeps out by not naming it; none: from everybody. */
export const nameRules = (clients: readonly string[] | undefined): readonly FilterRule[] =>
  clients === undefined
    ? []
    : sources(clients).flatMap((from) =>
        (['tcp', 'udp'] as const).map((protocol) => ({
          matches: [...from, { kind: 'port' as const, protocol, ports: [53] }],
          verdict: { kind: 'accept' as const },
          comment: 'serves names',
        })),
      );

/** Where the other ends of tunnels of WireGuard find it: UDP ports. */
export const tunnelRules = (ports: readonly number[]): readonly FilterRule[] =>
  ports.length === 0
    ? []
    : [
        {
          matches: [{ kind: 'port', protocol: 'udp', ports }],
          verdict: { kind: 'accept' },
          comment: 'an end of WireGuard',
        },
      ];

/** How a chain ends that refuses what it does not let through. `deny` is the chain's policy and needs no rule. */
export const lastRules = (verdict: 'allow' | 'deny' | 'reject', comment: string): readonly FilterRule[] =>
  verdict !== 'reject'
    ? []
    : [
        {
          matches: [{ kind: 'port', protocol: 'tcp', ports: [] }],
          verdict: { kind: 'reject', with: 'tcp-reset' },
          comment,
        },
        { matches: [], verdict: { kind: 'reject', with: 'port-unreachable' }, comment },
      ];
