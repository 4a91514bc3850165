/**
 * Matches of the normal form in the words of nft(8). Names say nothing but themselves. What is written here is read back
 * as the same match by `read-match.ts`; what nft has no words for is thrown as Lanwright's own fault.
 */
import { type Family } from '../../net/address.ts';
import {
  type FilterMatch,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
  type NumberRange,
} from '../../state/packet-filter.ts';
import { neighbourDiscoveryTypes } from './icmp-types.ts';

export interface MatchPlace {
  readonly table: FilterTable['family'];
  readonly rule: FilterRule;
}

const setOf = (members: readonly (string | number)[]): string => {
  if (members.length === 0) throw new Error('a rule with an empty set matches nothing');
  return members.length === 1 ? String(members[0]) : `{ ${members.join(', ')} }`;
};

/** Only a `*` at the end is a wildcard; other characters could end the quotes or the name. */
export const interfaceName = (name: string): string => {
  if (!/^(?=.{1,15}$)[a-zA-Z0-9_.@=+~,#%^!-]+\*?$/.test(name))
    throw new Error(`not an interface name for nftables: ${name}`);
  return `"${name}"`;
};

const macAddress = (mac: string): string => {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) throw new Error(`not a MAC address for nftables: ${mac}`);
  return mac;
};

export const ipOf = (family: Family): string => (family === 4 ? 'ip' : 'ip6');
const not = (negate: boolean | undefined): string => (negate === true ? '!= ' : '');
/** A single address without its length, as nft(8) prints it. */
const addressOnly = (text: string): string => text.replace(text.includes(':') ? /\/128$/ : /\/32$/, '');
const rangeText = ([first, last]: NumberRange): string => (first === last ? String(first) : `${first}-${last}`);
export const hex = (value: number): string => `0x${value.toString(16)}`;

/** The family that the table or the matches of a rule say, where they do. */
export const familyIn = ({ table, rule }: MatchPlace): Family | undefined => {
  if (table === 'ip') return 4;
  if (table === 'ip6') return 6;
  for (const match of rule.matches) {
    if ('family' in match) return match.family;
    if (match.kind === 'icmp' && match.types === 'neighbour-discovery') return 6;
    if (match.kind === 'ethertype' && match.negate !== true && match.types.length === 1) {
      if (match.types[0] === 0x0800) return 4;
      if (match.types[0] === 0x86dd) return 6;
    }
  }
  return undefined;
};

/** nft 1.0.6 leaves families out of a listing before `reject`: there, all addresses of the family say the same. */
const everyAddress = (family: Family): string => (family === 4 ? 'ip saddr 0.0.0.0/0' : 'ip6 saddr ::/0');

const familyText = (family: Family, verdict: FilterVerdict): string =>
  verdict.kind === 'reject' ? everyAddress(family) : `meta nfproto ipv${family}`;

const ethertypeText = (match: Extract<FilterMatch, { kind: 'ethertype' }>, place: MatchPlace): string => {
  const family =
    place.rule.verdict.kind === 'reject'
      ? familyIn({ ...place, rule: { ...place.rule, matches: [match] } })
      : undefined;
  if (family !== undefined) return everyAddress(family);
  // The field of the frame says 802.1Q where there is a tag; this is the type behind it.
  return `meta protocol ${not(match.negate)}${setOf(match.types.map(hex))}`;
};

const echoRequest = (family: Family | undefined): string => {
  if (family === 4) return 'icmp type echo-request';
  if (family === 6) return 'icmpv6 type echo-request';
  // Either family in one rule: the type is the first byte of both headers, 8 and 128 (RFC 792, RFC 4443).
  // Protocols by number: their names are in /etc/protocols, which a small system does not have.
  return 'meta l4proto { 1, 58 } @th,0,8 { 8, 128 }';
};

const addressText = (match: Extract<FilterMatch, { kind: 'source' | 'destination' }>, place: MatchPlace): string => {
  const field = match.kind === 'source' ? 'saddr' : 'daddr';
  const header = place.table === 'arp' ? `arp ${field} ip` : `${ipOf(match.family)} ${field}`;
  return `${header} ${not(match.negate)}${setOf(match.prefixes.map(addressOnly))}`;
};

const portText = (match: Extract<FilterMatch, { kind: 'port' | 'source-port' }>): string => {
  const members = [...match.ports.map(String), ...(match.ranges ?? []).map(rangeText)];
  if (members.length === 0) return `meta l4proto ${match.protocol}`;
  return `${match.protocol} ${match.kind === 'port' ? 'dport' : 'sport'} ${not(match.negate)}${setOf(members)}`;
};

const icmpTypeText = (match: Extract<FilterMatch, { kind: 'icmp-type' }>): string => {
  const header = match.family === 4 ? 'icmp' : 'icmpv6';
  if (match.code === undefined) return `${header} type ${not(match.negate)}${setOf(match.types)}`;
  const pairs = match.types.map((type) => `${type} . ${String(match.code)}`);
  return `${header} type . ${header} code ${not(match.negate)}{ ${pairs.join(', ')} }`;
};

const markText = ({
  kind,
  value,
  mask,
  negate,
}: Extract<FilterMatch, { kind: 'mark' | 'connection-mark' }>): string => {
  const key = kind === 'mark' ? 'meta mark' : 'ct mark';
  if (mask === 0xffffffff) return `${key} ${not(negate)}${hex(value)}`;
  return `${key} & ${hex(mask)} ${negate === true ? '!=' : '=='} ${hex(value)}`;
};

export const matchText = (match: FilterMatch, place: MatchPlace): string => {
  switch (match.kind) {
    case 'iif':
    case 'oif':
      return `${match.kind}name ${not(match.negate)}${setOf(match.names.map(interfaceName))}`;
    case 'port-in':
    case 'port-out':
      throw new Error('nftables has no words for the bridge port of an IP packet');
    case 'source':
    case 'destination':
      return addressText(match, place);
    case 'family':
      return familyText(match.family, place.rule.verdict);
    case 'protocol':
      return `meta l4proto ${not(match.negate)}${setOf(match.protocols)}`;
    case 'port':
    case 'source-port':
      return portText(match);
    case 'icmp':
      return match.types === 'echo-request'
        ? echoRequest(familyIn(place))
        : `icmpv6 type ${setOf(Object.values(neighbourDiscoveryTypes))}`;
    case 'icmp-type':
      return icmpTypeText(match);
    case 'tcp-flags':
      return `tcp flags & ${hex(match.mask)} ${match.negate === true ? '!=' : '=='} ${hex(match.value)}`;
    case 'conntrack':
      return `ct state ${match.states.join(',')}`;
    case 'dnatted':
    case 'snatted': {
      const bit = match.kind === 'dnatted' ? 'dnat' : 'snat';
      return match.negate === true ? `ct status & ${bit} == 0` : `ct status ${bit}`;
    }
    case 'mark':
    case 'connection-mark':
      return markText(match);
    case 'length':
      return `meta length ${not(match.negate)}${rangeText(match.range)}`;
    case 'source-mac':
    case 'destination-mac':
      return `ether ${match.kind === 'source-mac' ? 'saddr' : 'daddr'} ${not(match.negate)}${setOf(match.macs.map(macAddress))}`;
    case 'ethertype':
      return ethertypeText(match, place);
    case 'vlan':
      return `vlan id ${not(match.negate)}${match.id}`;
    case 'packet-type':
      return `meta pkttype ${not(match.negate)}${setOf(match.types)}`;
    case 'arp-source':
      return `arp saddr ip ${not(match.negate)}${setOf(match.prefixes.map(addressOnly))}`;
    case 'arp-operation':
      return `arp operation ${not(match.negate)}${match.operation}`;
    case 'other':
      throw new Error(`no normal form of a match can be written back: ${match.text}`);
  }
};
