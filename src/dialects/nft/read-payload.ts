/** Reads matches of what packets carry (payload expressions of nft(8)) into matches of the normal form. */
import { type Family } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { type FilterMatch } from '../../state/packet-filter.ts';
import { arpOperationNumbers, icmpCodeNumbers, icmpTypeNumbers, tcpFlagBits } from '../names.ts';
import {
  ethertypeMatch,
  isMembership,
  lengthMatch,
  negation,
  protocolMatch,
  type Comparison,
  type Matches,
} from './comparison.ts';
import {
  isRecord,
  membersOf,
  numbersOf,
  readAll,
  readBits,
  readNumber,
  readPrefixes,
  readRanges,
  recordIn,
  type Json,
} from './values.ts';

const addressMatch = (kind: 'source' | 'destination', family: Family, { op, right }: Comparison): Matches => {
  const prefixes = isMembership(op) ? readAll(right, readPrefixes(family)) : undefined;
  return prefixes && [{ kind, family, prefixes, ...negation(op) }];
};

const ipMatch = (family: Family, field: unknown, comparison: Comparison): Matches => {
  const own: FilterMatch = { kind: 'family', family };
  const also = (matches: Matches): Matches => matches && [own, ...matches];
  switch (field) {
    case 'saddr':
      return addressMatch('source', family, comparison);
    case 'daddr':
      return addressMatch('destination', family, comparison);
    case 'protocol':
    case 'nexthdr':
      return also(protocolMatch(comparison));
    case 'length':
      // IPv6 counts what follows its header of 40 bytes (RFC 8200 section 3).
      return also(lengthMatch(comparison, family === 4 ? 0 : 40));
    default:
      return undefined;
  }
};

const portMatch = (protocol: 'tcp' | 'udp', field: unknown, { op, right }: Comparison): Matches => {
  if (field !== 'dport' && field !== 'sport') return undefined;
  const read = readRanges(op, right, 0xffff);
  const kind = field === 'dport' ? 'port' : 'source-port';
  return read && [{ kind, protocol, ports: [], ranges: read.ranges, ...(read.negate ? { negate: true } : {}) }];
};

export const flagMatch = ({ op, right }: Comparison, under?: unknown): Matches => {
  const value = readBits(right, tcpFlagBits);
  const mask = under === undefined ? 0xff : readBits(under, tcpFlagBits);
  if (value === undefined || mask === undefined) return undefined;
  if (op === '==' || op === '!=') return [{ kind: 'tcp-flags', mask, value, ...negation(op) }];
  if (under !== undefined || (op !== 'in' && op !== '!')) return undefined;
  // Any of these flags, or none of them.
  return [{ kind: 'tcp-flags', mask: value, value: 0, ...(op === 'in' ? { negate: true } : {}) }];
};

const icmpMatch = (family: Family, field: unknown, { op, right }: Comparison): Matches => {
  const read = field === 'type' ? readRanges(op, right, 255, icmpTypeNumbers[family]) : undefined;
  return (
    read && [{ kind: 'icmp-type', family, types: numbersOf(read.ranges), ...(read.negate ? { negate: true } : {}) }]
  );
};

const macMatch = (kind: 'source-mac' | 'destination-mac', { op, right }: Comparison): Matches => {
  if (!isMembership(op)) return undefined;
  const macs = readAll(right, (member) => {
    const mac = typeof member === 'string' ? parseMac(member) : undefined;
    return mac === undefined ? undefined : [mac];
  });
  return macs && [{ kind, macs, ...negation(op) }];
};

const arpSourceMatch = ({ op, right }: Comparison): Matches => {
  const prefixes = isMembership(op) ? readAll(right, readPrefixes(4)) : undefined;
  return prefixes && [{ kind: 'arp-source', prefixes, ...negation(op) }];
};

const arpMatch = (field: unknown, comparison: Comparison): Matches => {
  const { op, right, table } = comparison;
  if (field === 'operation') {
    const operation = readNumber(right, arpOperationNumbers);
    if (operation === undefined || (op !== '==' && op !== '!=')) return undefined;
    return [{ kind: 'arp-operation', operation, ...negation(op) }];
  }
  // What all ARP of IPv4 on Ethernet says of itself (RFC 826).
  if (op === '==' && ((field === 'htype' && right === 1) || (field === 'ptype' && right === 'ip'))) return [];
  if (table !== 'arp') return field === 'saddr ip' ? arpSourceMatch(comparison) : undefined;
  if (field === 'saddr ip') return addressMatch('source', 4, comparison);
  return field === 'daddr ip' ? addressMatch('destination', 4, comparison) : undefined;
};

/** Addresses of a frame by their place: beside `vlan` nft prints no names for them. */
const rawMatch = ({ base, offset, len }: Json, comparison: Comparison): Matches => {
  if (base !== 'll' || len !== 48) return undefined;
  return offset === 0
    ? macMatch('destination-mac', comparison)
    : offset === 48
      ? macMatch('source-mac', comparison)
      : undefined;
};

export const payloadMatch = (payload: Json, comparison: Comparison): Matches => {
  const { protocol, field } = payload;
  switch (protocol) {
    case undefined:
      return rawMatch(payload, comparison);
    case 'ip':
      return ipMatch(4, field, comparison);
    case 'ip6':
      return ipMatch(6, field, comparison);
    case 'tcp':
      return field === 'flags' ? flagMatch(comparison) : portMatch(protocol, field, comparison);
    case 'udp':
      return portMatch(protocol, field, comparison);
    case 'icmp':
      return icmpMatch(4, field, comparison);
    case 'icmpv6':
      return icmpMatch(6, field, comparison);
    case 'arp':
      return arpMatch(field, comparison);
    case 'ether':
      if (field === 'saddr') return macMatch('source-mac', comparison);
      if (field === 'daddr') return macMatch('destination-mac', comparison);
      return field === 'type' ? ethertypeMatch(comparison) : undefined;
    case 'vlan': {
      if (field === 'type') return ethertypeMatch(comparison);
      const { op, right } = comparison;
      if (field !== 'id' || typeof right !== 'number' || (op !== '==' && op !== '!=')) return undefined;
      return [{ kind: 'vlan', id: right, ...negation(op) }];
    }
    default:
      return undefined;
  }
};

/** The family of `icmp type . icmp code`. */
export const icmpPairFamily = (left: unknown): Family | undefined => {
  const parts = isRecord(left) ? left.concat : undefined;
  if (!Array.isArray(parts) || parts.length !== 2) return undefined;
  const [type, code] = parts.map((part: unknown) => recordIn(part, 'payload'));
  if (type?.field !== 'type' || code?.field !== 'code' || type.protocol !== code.protocol) return undefined;
  return type.protocol === 'icmp' ? 4 : type.protocol === 'icmpv6' ? 6 : undefined;
};

/** Types that share one code; a negation of several codes is several matches. */
export const icmpPairMatch = (family: Family, { op, right }: Comparison): Matches => {
  if (!isMembership(op)) return undefined;
  const typesOf = new Map<number, number[]>();
  for (const member of membersOf(right)) {
    const pair = isRecord(member) && Array.isArray(member.concat) ? member.concat : [];
    const type = readNumber(pair[0], icmpTypeNumbers[family]);
    const code = readNumber(pair[1], icmpCodeNumbers[family]);
    if (type === undefined || code === undefined) return undefined;
    typesOf.set(code, [...(typesOf.get(code) ?? []), type]);
  }
  if (op !== '!=' && typesOf.size !== 1) return undefined;
  return [...typesOf].map(([code, types]): FilterMatch => ({
    kind: 'icmp-type',
    family,
    types,
    code,
    ...negation(op),
  }));
};
