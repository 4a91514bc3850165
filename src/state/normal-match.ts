/**
 * The one spelling of a single match of a packet filter: members sorted and joined, `negate` absent where it says nothing.
 * A match becomes several where it says several things (an ICMP type is also a family), none where every packet passes
 * it, and `never` where no packet does.
 */
import { parseMac } from '../net/mac.ts';
import { type FilterMatch, type FilterTable, type NumberRange } from './packet-filter.ts';
import { coverOf } from './prefix-cover.ts';
import { field, flag } from './spelling.ts';

export type NormalMatches = readonly FilterMatch[] | 'never';

export const ethertypes = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
/** IANA protocol numbers. */
export const protocols = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;
/** MLD, router and neighbour discovery (RFC 2710, 3810, 4861). */
export const neighbourDiscovery: readonly number[] = [130, 131, 132, 133, 134, 135, 136, 143];

const highestPort = 0xffff;
const everyBit = 0xffffffff;
const stateOrder = ['new', 'established', 'related', 'invalid', 'untracked'] as const;
const packetTypeOrder = ['host', 'broadcast', 'multicast', 'other'] as const;

const numbers = (values: readonly number[]): readonly number[] => [...new Set(values)].sort((a, b) => a - b);
const texts = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

type Kind<K extends FilterMatch['kind']> = Extract<FilterMatch, { kind: K }>;

/** Nothing is in an empty list, and everything is outside of it. */
const listed = (list: readonly unknown[], negate: boolean | undefined, match: FilterMatch): NormalMatches => {
  if (list.length > 0) return [match];
  return negate === true ? [] : 'never';
};

/** Names that another one with a `*` means too are left out. */
const interfaceNames = (names: readonly string[]): readonly string[] => {
  const wild = names.filter((name) => name.endsWith('*'));
  const isMeant = (name: string): boolean =>
    wild.some((other) => other !== name && name.startsWith(other.slice(0, -1)));
  return texts(names).filter((name) => !isMeant(name));
};

const normalNames = ({ kind, names, negate }: Kind<'iif' | 'oif' | 'port-in' | 'port-out'>): NormalMatches =>
  listed(names, negate, { kind, names: interfaceNames(names), ...flag('negate', negate, true) });

/** All addresses of a family, or all but none, are the family; ARP is about IPv4 addresses alone. */
const normalAddresses = (match: Kind<'source' | 'destination'>, table: FilterTable['family']): NormalMatches => {
  const { kind, family, prefixes, negate } = match;
  const cover = coverOf(prefixes);
  const isAll = cover.some((text) => text.endsWith('/0'));
  if (negate === true ? isAll : cover.length === 0) return 'never';
  if (table === 'arp' && family === 6) return 'never';
  if (isAll || cover.length === 0) return table === 'arp' ? [] : [{ kind: 'family', family }];
  return [{ kind, family, prefixes: cover, ...flag('negate', negate, true) }];
};

/** Any sender of ARP is ARP. */
const normalArpSource = ({ prefixes, negate }: Kind<'arp-source'>): NormalMatches => {
  const addresses = normalAddresses({ kind: 'source', family: 4, prefixes, ...flag('negate', negate, true) }, 'arp');
  if (addresses === 'never') return 'never';
  const [own] = addresses;
  return own?.kind === 'source'
    ? [{ kind: 'arp-source', prefixes: own.prefixes, ...flag('negate', negate, true) }]
    : [{ kind: 'ethertype', types: [ethertypes.arp] }];
};

/** TCP and UDP are spelled as ports without numbers; ICMP is also a family. */
const protocolMatches = (match: Kind<'protocol'>): NormalMatches => {
  const [first, ...others] = numbers(match.protocols);
  if (first === undefined) return match.negate === true ? [] : 'never';
  const all = [first, ...others];
  if (match.negate === true) return [{ kind: 'protocol', protocols: all, negate: true }];
  if (others.length > 0) return [{ kind: 'protocol', protocols: all }];
  if (first === protocols.tcp) return [{ kind: 'port', protocol: 'tcp', ports: [] }];
  if (first === protocols.udp) return [{ kind: 'port', protocol: 'udp', ports: [] }];
  const own: FilterMatch = { kind: 'protocol', protocols: [first] };
  if (first === protocols.icmp) return [own, { kind: 'family', family: 4 }];
  return first === protocols.icmpv6 ? [own, { kind: 'family', family: 6 }] : [own];
};

/** Ports and ranges joined where they overlap or touch. */
const joinedPorts = (ports: readonly number[], ranges: readonly NumberRange[]): readonly NumberRange[] => {
  const joined: NumberRange[] = [];
  const all = [...ports.map((port): NumberRange => [port, port]), ...ranges].filter(([first, last]) => first <= last);
  for (const [first, last] of all.sort((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1)
      joined[joined.length - 1] = [before[0], Math.max(before[1], last)];
    else joined.push([first, last]);
  }
  return joined;
};

const normalPorts = ({ kind, protocol, ports, ranges, negate }: Kind<'port' | 'source-port'>): NormalMatches => {
  const bare: FilterMatch = { kind: 'port', protocol, ports: [] };
  const isBare = ports.length === 0 && ranges === undefined;
  const joined = isBare ? [[0, highestPort] as const] : joinedPorts(ports, ranges ?? []);
  const isAll = joined.length === 1 && joined[0]?.[0] === 0 && joined[0][1] >= highestPort;
  if (negate === true ? isAll : joined.length === 0) return 'never';
  if (isAll || joined.length === 0) return [bare];
  // Two neighbours read better as two ports.
  const isWide = ([first, last]: NumberRange): boolean => last > first + 1;
  const wide = joined.filter(isWide);
  return [
    {
      kind,
      protocol,
      ports: joined.flatMap((range) => (isWide(range) ? [] : numbers(range))),
      ...field('ranges', wide.length === 0 ? undefined : wide),
      ...flag('negate', negate, true),
    },
  ];
};

/** Echo requests and neighbour discovery have names of their own. */
const normalIcmpTypes = ({ family, types, code, negate }: Kind<'icmp-type'>): NormalMatches => {
  const sorted = numbers(types);
  const own: FilterMatch = { kind: 'family', family };
  if (sorted.length === 0) {
    if (negate !== true) return 'never';
    return protocolMatches({ kind: 'protocol', protocols: [family === 4 ? protocols.icmp : protocols.icmpv6] });
  }
  if (code === undefined && negate !== true) {
    if (sorted.length === 1 && sorted[0] === (family === 4 ? 8 : 128))
      return [own, { kind: 'icmp', types: 'echo-request' }];
    if (family === 6 && sorted.join() === neighbourDiscovery.join())
      return [own, { kind: 'icmp', types: 'neighbour-discovery' }];
  }
  return [own, { kind: 'icmp-type', family, types: sorted, ...field('code', code), ...flag('negate', negate, true) }];
};

/** A field under a mask: bits outside of the mask are never there, and under no mask there is nothing to ask. */
const masked = (value: number, mask: number, negate: boolean | undefined): 'always' | 'never' | 'asked' => {
  const isPossible = (value & ~mask) >>> 0 === 0;
  if (isPossible && mask !== 0) return 'asked';
  return isPossible === (negate === true) ? 'never' : 'always';
};

const normalTcpFlags = ({ kind, mask, value, negate }: Kind<'tcp-flags'>): NormalMatches => {
  const asked = masked(value, mask, negate);
  if (asked === 'never') return 'never';
  if (asked === 'always') return [{ kind: 'port', protocol: 'tcp', ports: [] }];
  return [{ kind, mask, value, ...flag('negate', negate, true) }];
};

const normalMark = ({ kind, value, mask, negate }: Kind<'mark' | 'connection-mark'>): NormalMatches => {
  const asked = masked(value, (mask & everyBit) >>> 0, negate);
  if (asked === 'never') return 'never';
  return asked === 'always' ? [] : [{ kind, value, mask, ...flag('negate', negate, true) }];
};

/** A packet has exactly one of the five states: all but some are the others. */
const normalStates = ({ states, negate }: Kind<'conntrack'>): NormalMatches => {
  const meant = stateOrder.filter((state) => states.includes(state) !== (negate === true));
  return meant.length === 0 ? 'never' : [{ kind: 'conntrack', states: meant }];
};

export const normalMatch = (match: FilterMatch, table: FilterTable['family']): NormalMatches => {
  switch (match.kind) {
    case 'iif':
    case 'oif':
    case 'port-in':
    case 'port-out':
      return normalNames(match);
    case 'source':
    case 'destination':
      return normalAddresses(match, table);
    case 'family':
      return [{ kind: 'family', family: match.family }];
    case 'protocol':
      return protocolMatches(match);
    case 'port':
    case 'source-port':
      return normalPorts(match);
    case 'icmp':
      return match.types === 'neighbour-discovery'
        ? normalIcmpTypes({ kind: 'icmp-type', family: 6, types: neighbourDiscovery })
        : [{ kind: 'icmp', types: match.types }];
    case 'icmp-type':
      return normalIcmpTypes(match);
    case 'tcp-flags':
      return normalTcpFlags(match);
    case 'conntrack':
      return normalStates(match);
    case 'dnatted':
    case 'snatted':
      return [{ kind: match.kind, ...flag('negate', match.negate, true) }];
    case 'mark':
    case 'connection-mark':
      return normalMark(match);
    case 'length': {
      const [first, last] = match.range;
      if (first > last) return match.negate === true ? [] : 'never';
      return [{ kind: 'length', range: [first, last], ...flag('negate', match.negate, true) }];
    }
    case 'source-mac':
    case 'destination-mac': {
      const macs = texts(match.macs.map((mac) => parseMac(mac) ?? mac));
      return listed(macs, match.negate, { kind: match.kind, macs, ...flag('negate', match.negate, true) });
    }
    case 'ethertype': {
      const types = numbers(match.types);
      return listed(types, match.negate, { kind: 'ethertype', types, ...flag('negate', match.negate, true) });
    }
    case 'vlan':
      return [{ kind: 'vlan', id: match.id, ...flag('negate', match.negate, true) }];
    case 'packet-type': {
      const types = packetTypeOrder.filter((type) => match.types.includes(type) !== (match.negate === true));
      if (types.length === packetTypeOrder.length) return [];
      return types.length === 0 ? 'never' : [{ kind: 'packet-type', types }];
    }
    case 'arp-operation':
      return [{ kind: 'arp-operation', operation: match.operation, ...flag('negate', match.negate, true) }];
    case 'arp-source':
      return normalArpSource(match);
    case 'other':
      return [{ kind: 'other', text: match.text }];
  }
};
