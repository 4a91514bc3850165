/**
 * Reads one match of a rule as `nft -j` lists it into matches of the normal form that hold together; undefined where the
 * normal form cannot say it.
 */
import { type FilterTable } from '../../state/packet-filter.ts';
import {
  ethertypeMatch,
  isMembership,
  lengthMatch,
  negation,
  protocolMatch,
  type Comparison,
  type Matches,
} from './comparison.ts';
import { flagMatch, icmpPairFamily, icmpPairMatch, payloadMatch } from './read-payload.ts';
import { isRecord, readAll, recordIn, type Json } from './values.ts';

const text = (member: unknown): readonly string[] | undefined => (typeof member === 'string' ? [member] : undefined);

/** Names of interfaces; an index without a name is a number. */
const nameMatch = (kind: 'iif' | 'oif', { op, right }: Comparison): Matches => {
  const names = isMembership(op) ? readAll(right, text) : undefined;
  return names && [{ kind, names, ...negation(op) }];
};

const familyMatch = (comparison: Comparison): Matches => {
  const families = isMembership(comparison.op)
    ? readAll(comparison.right, (member) => (member === 'ipv4' ? [0x0800] : member === 'ipv6' ? [0x86dd] : undefined))
    : undefined;
  return families && [{ kind: 'ethertype', types: families, ...negation(comparison.op) }];
};

const packetTypeNames = ['host', 'broadcast', 'multicast', 'other'] as const;

const packetTypeMatch = ({ op, right }: Comparison): Matches => {
  if (!isMembership(op)) return undefined;
  const types = readAll(right, (member) => {
    const known = packetTypeNames.find((name) => name === (member === 'unicast' ? 'host' : member));
    return known && [known];
  });
  return types && [{ kind: 'packet-type', types, ...negation(op) }];
};

/** Marks under a mask of leading bits are printed as prefixes. */
const markMatch = (kind: 'mark' | 'connection-mark', { op, right }: Comparison, under?: unknown): Matches => {
  const { addr, len } = recordIn(right, 'prefix') ?? {};
  const leading = typeof len === 'number' && len > 0 && len <= 32 ? (-1 << (32 - len)) >>> 0 : undefined;
  const [value, mask] = leading === undefined ? [right, under ?? 0xffffffff] : [addr, leading];
  if ((op !== '==' && op !== '!=') || typeof mask !== 'number' || typeof value !== 'number') return undefined;
  return [{ kind, value, mask, ...negation(op) }];
};

const metaMatch = (key: unknown, comparison: Comparison): Matches => {
  switch (key) {
    case 'iifname':
    case 'iif':
      return nameMatch('iif', comparison);
    case 'oifname':
    case 'oif':
      return nameMatch('oif', comparison);
    case 'nfproto':
      return familyMatch(comparison);
    case 'protocol':
      return ethertypeMatch(comparison);
    case 'l4proto':
      return protocolMatch(comparison);
    case 'mark':
      return markMatch('mark', comparison);
    case 'length':
      return lengthMatch(comparison);
    case 'pkttype':
      return packetTypeMatch(comparison);
    default:
      return undefined;
  }
};

const states = ['new', 'established', 'related', 'invalid', 'untracked'] as const;

const stateMatch = ({ op, right }: Comparison): Matches => {
  // One comparison with several bits: a packet has one state, and is never equal to two.
  if (op === '!=' && isRecord(right) && '|' in right) return [{ kind: 'conntrack', states }];
  // `!` asks that none of the bits is there, which for one state is `!=`.
  if (!isMembership(op) && op !== '!') return undefined;
  const known = readAll(right, (member) => {
    const state = states.find((name) => name === member);
    return state && [state];
  });
  return known && [{ kind: 'conntrack', states: known, ...negation(op === '!' ? '!=' : op) }];
};

/** `under`: the bit that alone is compared. */
const statusMatch = ({ op, right }: Comparison, under?: unknown): Matches => {
  const bit = under ?? right;
  if (bit !== 'dnat' && bit !== 'snat') return undefined;
  const kind = bit === 'dnat' ? 'dnatted' : 'snatted';
  const isSet = under === undefined ? op === 'in' : (right === bit) === (op === '==');
  const isKnown = under === undefined ? op === 'in' || op === '!' : right === bit || right === 0;
  return isKnown ? [{ kind, ...(isSet ? {} : { negate: true }) }] : undefined;
};

const connectionMatch = (key: unknown, comparison: Comparison): Matches => {
  if (key === 'state') return stateMatch(comparison);
  if (key === 'status') return statusMatch(comparison);
  return key === 'mark' ? markMatch('connection-mark', comparison) : undefined;
};

/** A field under a mask. */
const maskedMatch = (field: unknown, mask: unknown, comparison: Comparison): Matches => {
  if (recordIn(field, 'meta')?.key === 'mark') return markMatch('mark', comparison, mask);
  const connection = recordIn(field, 'ct');
  if (connection?.key === 'mark') return markMatch('connection-mark', comparison, mask);
  if (connection?.key === 'status') return statusMatch(comparison, mask);
  const payload = recordIn(field, 'payload');
  return payload?.protocol === 'tcp' && payload.field === 'flags' ? flagMatch(comparison, mask) : undefined;
};

export const readMatch = (match: Json, table: FilterTable['family']): Matches => {
  const { op, left, right } = match;
  const comparison: Comparison = { op, right, table };
  const meta = recordIn(left, 'meta');
  if (meta !== undefined) return metaMatch(meta.key, comparison);
  const payload = recordIn(left, 'payload');
  if (payload !== undefined) return payloadMatch(payload, comparison);
  const connection = recordIn(left, 'ct');
  if (connection !== undefined) return connectionMatch(connection.key, comparison);
  const under = isRecord(left) ? left['&'] : undefined;
  if (Array.isArray(under) && under.length === 2) return maskedMatch(under[0], under[1], comparison);
  const family = icmpPairFamily(left);
  return family && icmpPairMatch(family, comparison);
};
