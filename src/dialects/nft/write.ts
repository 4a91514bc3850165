/**
 * Turns packet filters into the text that `nft -f` takes as one transaction: everything that was there goes, everything
 * that is said here comes, or nothing changes. Names and comments can say nothing but themselves.
 */
import { type Family } from '../../net/address.ts';
import { normalFilter } from '../../state/normal-filter.ts';
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
} from '../../state/packet-filter.ts';
import { neighbourDiscoveryTypes } from './icmp-types.ts';

const setOf = (members: readonly (string | number)[]): string => {
  if (members.length === 0) throw new Error('a rule with an empty set matches nothing');
  return members.length === 1 ? String(members[0]) : `{ ${members.join(', ')} }`;
};

const identifier = (name: string): string => {
  if (!/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(name)) throw new Error(`not a name for nftables: ${name}`);
  return name;
};

/** A `*` at the end would be a wildcard; other characters could end the quotes. */
const interfaceName = (name: string): string => {
  if (!/^[a-zA-Z0-9_.@-]{1,15}$/.test(name)) throw new Error(`not an interface name for nftables: ${name}`);
  return `"${name}"`;
};

const ipOf = (family: Family): string => (family === 4 ? 'ip' : 'ip6');
const not = (negate: boolean | undefined): string => (negate === true ? '!= ' : '');
/** A single address without its length, as nft(8) prints it. */
const addressOnly = (text: string): string => text.replace(text.includes(':') ? /\/128$/ : /\/32$/, '');

/** The family that the other matches of a rule say, where they do. */
const familyOf = (matches: readonly FilterMatch[]): Family | undefined => {
  for (const match of matches) {
    if (match.kind === 'source' || match.kind === 'destination' || match.kind === 'family') return match.family;
  }
  return undefined;
};

/** nft 1.0.6 leaves `meta nfproto` out of a listing before `reject`: there, all addresses of the family say the same. */
const familyText = (family: Family, verdict: FilterVerdict): string => {
  if (verdict.kind === 'reject') return family === 4 ? 'ip saddr 0.0.0.0/0' : 'ip6 saddr ::/0';
  return `meta nfproto ipv${family}`;
};

const echoRequest = (family: Family | undefined): string => {
  if (family === 4) return 'icmp type echo-request';
  if (family === 6) return 'icmpv6 type echo-request';
  // Either family in one rule: the type is the first byte of both headers, 8 and 128 (RFC 792, RFC 4443).
  return 'meta l4proto { icmp, ipv6-icmp } @th,0,8 { 8, 128 }';
};

const matchText = (match: FilterMatch, rule: FilterRule): string => {
  switch (match.kind) {
    case 'iif':
    case 'oif':
      return `${match.kind}name ${not(match.negate)}${setOf(match.names.map(interfaceName))}`;
    case 'source':
    case 'destination': {
      const field = match.kind === 'source' ? 'saddr' : 'daddr';
      return `${ipOf(match.family)} ${field} ${not(match.negate)}${setOf(match.prefixes.map(addressOnly))}`;
    }
    case 'family':
      return familyText(match.family, rule.verdict);
    case 'port':
      return match.ports.length === 0
        ? `meta l4proto ${match.protocol}`
        : `${match.protocol} dport ${setOf(match.ports)}`;
    case 'icmp':
      return match.types === 'echo-request'
        ? echoRequest(familyOf(rule.matches))
        : `icmpv6 type ${setOf(Object.values(neighbourDiscoveryTypes))}`;
    case 'conntrack':
      return `ct state ${match.states.join(',')}`;
    case 'dnatted':
      return 'ct status dnat';
  }
};

const target = (address: string, port: number | undefined): string => {
  const family: Family = address.includes(':') ? 6 : 4;
  const host = family === 6 && port !== undefined ? `[${address}]` : address;
  return `${ipOf(family)} to ${host}${port === undefined ? '' : `:${port}`}`;
};

const verdictText = (verdict: FilterVerdict): string => {
  switch (verdict.kind) {
    case 'reject':
      return verdict.with === 'tcp-reset' ? 'reject with tcp reset' : `reject with icmpx ${verdict.with}`;
    case 'snat':
    case 'dnat':
      return `${verdict.kind} ${target(verdict.address, verdict.port)}`;
    case 'redirect':
      return `redirect to :${verdict.port}`;
    default:
      return verdict.kind;
  }
};

const ruleText = (rule: FilterRule): string =>
  [
    ...rule.matches.map((match) => matchText(match, rule)),
    verdictText(rule.verdict),
    ...(rule.comment === undefined ? [] : [`comment "${rule.comment}"`]),
  ].join(' ');

const chainText = (chain: FilterChain): string =>
  [
    `  chain ${identifier(chain.name)} {`,
    `    type ${chain.type} hook ${chain.hook} priority ${chain.priority}; policy ${chain.policy};`,
    ...chain.rules.map((rule) => `    ${ruleText(rule)}`),
    '  }',
  ].join('\n');

const tableText = (table: FilterTable): string =>
  [`table ${table.family} ${identifier(table.name)} {`, ...table.chains.map(chainText), '}'].join('\n');

export const writeNft = (tables: readonly FilterTable[]): string =>
  `${['flush ruleset', ...normalFilter(tables).map(tableText)].join('\n')}\n`;
