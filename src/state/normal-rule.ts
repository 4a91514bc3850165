/**
 * The one spelling of a rule: matches in a fixed order without those that the others imply. A rule that no packet passes
 * becomes none; one that refuses either family in its own way becomes one for each.
 */
import { type Family } from '../net/address.ts';
import { ethertypes, normalMatch, protocols } from './normal-match.ts';
import { type FilterMatch, type FilterRule, type FilterTable, type FilterVerdict } from './packet-filter.ts';
import { canonicalIp, compareText, field } from './spelling.ts';

type TableFamily = FilterTable['family'];

const matchOrder: readonly FilterMatch['kind'][] = [
  'iif',
  'oif',
  'port-in',
  'port-out',
  'vlan',
  'source-mac',
  'destination-mac',
  'packet-type',
  'ethertype',
  'family',
  'source',
  'destination',
  'arp-operation',
  'length',
  'mark',
  'connection-mark',
  'conntrack',
  'dnatted',
  'snatted',
  'protocol',
  'port',
  'source-port',
  'tcp-flags',
  'icmp',
  'icmp-type',
  'other',
];

/** The family that a match can only hold for. */
const familyOf = (match: FilterMatch): Family | undefined => {
  switch (match.kind) {
    case 'source':
    case 'destination':
    case 'family':
    case 'icmp-type':
      return match.family;
    case 'icmp':
      return match.types === 'neighbour-discovery' ? 6 : undefined;
    case 'protocol': {
      if (match.negate === true || match.protocols.length > 1) return undefined;
      return match.protocols[0] === protocols.icmp ? 4 : match.protocols[0] === protocols.icmpv6 ? 6 : undefined;
    }
    default:
      return undefined;
  }
};

/** The protocol whose header a match reads; an echo request has another one in each family. */
const headerOf = (match: FilterMatch, family: Family | undefined): number | undefined => {
  switch (match.kind) {
    case 'port':
    case 'source-port':
      return protocols[match.protocol];
    case 'tcp-flags':
      return protocols.tcp;
    case 'icmp':
    case 'icmp-type':
      return family === undefined ? undefined : family === 4 ? protocols.icmp : protocols.icmpv6;
    default:
      return undefined;
  }
};

/** What all that was found agrees on. */
const agreed = <T>(found: readonly (T | undefined)[]): T | 'never' | undefined => {
  const known = [...new Set(found.filter((value) => value !== undefined))];
  return known.length > 1 ? 'never' : known[0];
};

/** Leaves out a match of a list that is known to hold, and says `never` where it cannot. */
const asked = (
  value: number | undefined,
  list: readonly number[],
  negate: boolean | undefined,
): 'keep' | 'drop' | 'never' => {
  if (value === undefined) return 'keep';
  return list.includes(value) === (negate === true) ? 'never' : 'drop';
};

const isBarePort = (match: FilterMatch): boolean =>
  match.kind === 'port' && match.ports.length === 0 && match.ranges === undefined;

const withoutImpliedProtocols = (
  matches: readonly FilterMatch[],
  family: Family | undefined,
): readonly FilterMatch[] | 'never' => {
  const header = agreed(matches.map((match) => headerOf(match, family)));
  if (header === 'never') return 'never';
  const isTold = matches.some((match) => !isBarePort(match) && headerOf(match, family) !== undefined);
  const kept: FilterMatch[] = [];
  for (const match of matches) {
    if (isBarePort(match) && isTold) continue;
    const answer = match.kind === 'protocol' ? asked(header, match.protocols, match.negate) : 'keep';
    if (answer === 'never') return 'never';
    if (answer === 'keep') kept.push(match);
  }
  return kept;
};

const ethertypeOf = (family: Family): number => (family === 4 ? ethertypes.ipv4 : ethertypes.ipv6);

/** The ethertype that all packets have which a rule can mean. */
const ethertypeIn = (
  table: TableFamily,
  matches: readonly FilterMatch[],
  family: Family | undefined,
): number | undefined => {
  if (table === 'arp' || matches.some(({ kind }) => kind === 'arp-operation')) return ethertypes.arp;
  return family === undefined ? undefined : ethertypeOf(family);
};

/** In tables of IP alone an ethertype is a family; in tables of frames a family is an ethertype. */
const asFamily = (match: FilterMatch): readonly FilterMatch[] | 'never' => {
  if (match.kind !== 'ethertype') return [match];
  const families = ([4, 6] as const).filter(
    (family) => match.types.includes(ethertypeOf(family)) !== (match.negate === true),
  );
  if (families.length === 0) return 'never';
  return families.length === 2 ? [] : families.map((family) => ({ kind: 'family', family }));
};

const isFrames = (table: TableFamily): boolean => table === 'bridge' || table === 'netdev';

const withoutImpliedFamilies = (
  table: TableFamily,
  matches: readonly FilterMatch[],
  family: Family | undefined,
): readonly FilterMatch[] | 'never' => {
  const isTold = table === 'ip' || table === 'ip6' || matches.some((it) => it.kind !== 'family' && familyOf(it));
  const told = matches.filter((match) => match.kind !== 'family' || !isTold);
  const isArp = table === 'arp' || matches.some(({ kind }) => kind === 'arp-operation');
  const known = isTold || isArp ? ethertypeIn(table, matches, family) : undefined;
  const kept: FilterMatch[] = [];
  for (const match of told) {
    const answer = match.kind === 'ethertype' ? asked(known, match.types, match.negate) : 'keep';
    if (answer === 'never') return 'never';
    if (answer === 'drop') continue;
    if (match.kind === 'family' && isFrames(table))
      kept.push({ kind: 'ethertype', types: [ethertypeOf(match.family)] });
    else kept.push(match);
  }
  return kept;
};

/** Expands every match; `never` as soon as one is. */
const flatMatches = (
  matches: readonly FilterMatch[],
  expand: (match: FilterMatch) => readonly FilterMatch[] | 'never',
): readonly FilterMatch[] | 'never' => {
  const all: FilterMatch[] = [];
  for (const match of matches) {
    const expanded = expand(match);
    if (expanded === 'never') return 'never';
    all.push(...expanded);
  }
  return all;
};

const sorted = (matches: readonly FilterMatch[]): readonly FilterMatch[] => {
  const spelled = matches
    .map((match) => ({ match, text: JSON.stringify(match) }))
    .sort((a, b) => matchOrder.indexOf(a.match.kind) - matchOrder.indexOf(b.match.kind) || compareText(a.text, b.text));
  return spelled.filter(({ text }, index) => text !== spelled[index - 1]?.text).map(({ match }) => match);
};

const tableFamily = (table: TableFamily): Family | undefined =>
  table === 'ip' || table === 'arp' ? 4 : table === 'ip6' ? 6 : undefined;

interface Matched {
  readonly matches: readonly FilterMatch[];
  readonly family: Family | undefined;
}

/** The matches of a rule in order, and the family that they leave. */
const normalMatches = (table: TableFamily, given: readonly FilterMatch[]): Matched | 'never' => {
  const single = flatMatches(given, (match) => normalMatch(match, table));
  if (single === 'never') return 'never';
  const matches = isFrames(table) || table === 'arp' ? single : flatMatches(single, asFamily);
  if (matches === 'never') return 'never';
  const family = agreed([tableFamily(table), ...matches.map(familyOf)]);
  if (family === 'never') return 'never';
  // A single protocol stands for itself: only headers make it superfluous.
  const plain = withoutImpliedProtocols(matches, family);
  const told = plain === 'never' ? 'never' : withoutImpliedFamilies(table, plain, family);
  return told === 'never' ? 'never' : { matches: sorted(told), family };
};

const last = <T>(first: T | undefined, end: T | undefined): T | undefined => (end === first ? undefined : end);

const normalVerdict = (verdict: FilterVerdict, family: Family | undefined): FilterVerdict => {
  switch (verdict.kind) {
    case 'reject': {
      const isOfBoth = /^(tcp-reset|(port|host|net)-unreachable)$/.test(verdict.with);
      return { kind: 'reject', with: family === 6 && !isOfBoth ? 'admin-prohibited' : verdict.with };
    }
    case 'snat':
    case 'dnat': {
      const { kind, address, lastAddress, port, lastPort } = verdict;
      const [first, end] = [canonicalIp(address), lastAddress === undefined ? undefined : canonicalIp(lastAddress)];
      return {
        kind,
        address: first,
        ...field('lastAddress', last(first, end)),
        ...field('port', port),
        ...field('lastPort', last(port, lastPort)),
      };
    }
    case 'redirect':
      return { kind: 'redirect', ...field('port', verdict.port) };
    case 'jump':
    case 'goto':
      return { kind: verdict.kind, chain: verdict.chain };
    case 'set-mark':
    case 'set-connection-mark': {
      const mask = verdict.mask >>> 0;
      if (mask === 0) return { kind: 'continue' };
      return { kind: verdict.kind, value: (verdict.value & mask) >>> 0, mask };
    }
    case 'other':
      return { kind: 'other', text: verdict.text };
    default:
      return { kind: verdict.kind };
  }
};

/** What a verdict asks of the packets it is given: resets answer TCP, an address to translate to has a family. */
const impliedBy = (verdict: FilterVerdict): readonly FilterMatch[] => {
  if (verdict.kind === 'reject' && verdict.with === 'tcp-reset') return [{ kind: 'port', protocol: 'tcp', ports: [] }];
  if (verdict.kind === 'snat' || verdict.kind === 'dnat')
    return [{ kind: 'family', family: verdict.address.includes(':') ? 6 : 4 }];
  return [];
};

const isOfIpv4Alone = (verdict: FilterVerdict): boolean =>
  verdict.kind === 'reject' && /^((host|net)-prohibited|protocol-unreachable)$/.test(verdict.with);

/** nft has no escapes in quoted text, and keeps 128 bytes: what it cannot hold is replaced or cut. */
const plainComment = (comment: string): string =>
  comment
    .replaceAll(/["'`]/g, "'")
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 127);

export const normalRule = (rule: FilterRule, table: TableFamily): readonly FilterRule[] => {
  const found = normalMatches(table, [...rule.matches, ...impliedBy(rule.verdict)]);
  if (found === 'never') return [];
  if (found.family === undefined && isOfIpv4Alone(rule.verdict)) {
    return ([4, 6] as const).flatMap((family) =>
      normalRule({ ...rule, matches: [...rule.matches, { kind: 'family', family }] }, table),
    );
  }
  const { comment } = rule;
  return [
    {
      matches: found.matches,
      verdict: normalVerdict(rule.verdict, found.family),
      ...field('comment', comment === undefined || comment === '' ? undefined : plainComment(comment)),
    },
  ];
};
