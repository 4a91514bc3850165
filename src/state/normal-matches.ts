/**
 * The one spelling of all matches of a rule together: in a fixed order, without those that the others imply. Matches that
 * exclude each other are `never`.
 */
import { type Family } from '../net/address.ts';
import { ethertypes, normalMatch, protocols } from './normal-match.ts';
import { type FilterMatch, type FilterTable } from './packet-filter.ts';
import { compareText } from './spelling.ts';

export type TableFamily = FilterTable['family'];

const matchOrder: readonly FilterMatch['kind'][] = [
  'iif',
  'oif',
  'port-in',
  'port-out',
  'source-mac',
  'destination-mac',
  'vlan',
  'packet-type',
  'ethertype',
  'family',
  'source',
  'destination',
  'arp-operation',
  'arp-source',
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

const icmpOf = (family: Family): number => (family === 4 ? protocols.icmp : protocols.icmpv6);

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
      return family === undefined ? undefined : icmpOf(family);
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

const isFrames = (table: TableFamily): boolean => table === 'bridge' || table === 'netdev';

/** Only IP packets pass the hooks of these, ingress of inet tables among them. */
const isIpTable = (table: TableFamily): boolean => table === 'inet' || table === 'ip' || table === 'ip6';

/** What is left of an echo request of either family beside matches of protocols: both families, one, or none. */
const narrowEcho = (matches: readonly FilterMatch[]): readonly FilterMatch[] | 'never' => {
  const left = ([4, 6] as const).filter((family) =>
    matches.every(
      (match) =>
        (match.kind !== 'protocol' || match.protocols.includes(icmpOf(family)) !== (match.negate === true)) &&
        (headerOf(match, family) ?? icmpOf(family)) === icmpOf(family),
    ),
  );
  if (left.length === 0) return 'never';
  const rest = matches.filter(({ kind }) => kind !== 'protocol');
  return left.length === 2 ? rest : [...rest, ...left.map((family): FilterMatch => ({ kind: 'family', family }))];
};

const ethertypeOf = (family: Family): number => (family === 4 ? ethertypes.ipv4 : ethertypes.ipv6);

const isArp = (matches: readonly FilterMatch[]): boolean =>
  matches.some(({ kind }) => kind === 'arp-operation' || kind === 'arp-source');

/** Matches of what only IP packets have; addresses are those of ARP in its own family only. */
const ofIpAlone = new Set<FilterMatch['kind']>([
  'family',
  'source',
  'destination',
  'protocol',
  'port',
  'source-port',
  'tcp-flags',
  'icmp',
  'icmp-type',
]);

const isOfIp = (matches: readonly FilterMatch[]): boolean => matches.some(({ kind }) => ofIpAlone.has(kind));

/** The ethertype that all packets have which a rule can mean. */
const ethertypeIn = (
  table: TableFamily,
  matches: readonly FilterMatch[],
  family: Family | undefined,
): number | undefined => {
  if (table === 'arp' || isArp(matches)) return ethertypes.arp;
  return family === undefined ? undefined : ethertypeOf(family);
};

/** In tables of frames an ethertype can be a family for as long as matches are compared. */
const asFamilyOfFrame = (match: FilterMatch): readonly FilterMatch[] => {
  const isOne = match.kind === 'ethertype' && match.negate !== true && match.types.length === 1;
  if (isOne && match.types[0] === ethertypes.ipv4) return [{ kind: 'family', family: 4 }];
  return isOne && match.types[0] === ethertypes.ipv6 ? [{ kind: 'family', family: 6 }] : [match];
};

/** Of IP packets alone an ethertype is a family. */
const asFamily = (match: FilterMatch): readonly FilterMatch[] | 'never' => {
  if (match.kind !== 'ethertype') return [match];
  const families = ([4, 6] as const).filter(
    (family) => match.types.includes(ethertypeOf(family)) !== (match.negate === true),
  );
  if (families.length === 0) return 'never';
  return families.length === 2 ? [] : families.map((family) => ({ kind: 'family', family }));
};

const withFamilies = (table: TableFamily, matches: readonly FilterMatch[]): readonly FilterMatch[] | 'never' => {
  if (table === 'arp') return matches;
  if (!isIpTable(table) && !isOfIp(matches)) {
    const told = matches.flatMap(asFamilyOfFrame);
    return isArp(told) && isOfIp(told) ? 'never' : told;
  }
  return isArp(matches) ? 'never' : flatMatches(matches, asFamily);
};

const withoutImpliedFamilies = (
  table: TableFamily,
  matches: readonly FilterMatch[],
  family: Family | undefined,
): readonly FilterMatch[] | 'never' => {
  const isTold = table === 'ip' || table === 'ip6' || matches.some((it) => it.kind !== 'family' && familyOf(it));
  const told = matches.filter((match) => match.kind !== 'family' || !isTold);
  const known = isTold || table === 'arp' || isArp(matches) ? ethertypeIn(table, matches, family) : undefined;
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

const sorted = (matches: readonly FilterMatch[]): readonly FilterMatch[] => {
  const spelled = matches
    .map((match) => ({ match, text: JSON.stringify(match) }))
    .sort((a, b) => matchOrder.indexOf(a.match.kind) - matchOrder.indexOf(b.match.kind) || compareText(a.text, b.text));
  return spelled.filter(({ text }, index) => text !== spelled[index - 1]?.text).map(({ match }) => match);
};

const tableFamily = (table: TableFamily): Family | undefined =>
  table === 'ip' || table === 'arp' ? 4 : table === 'ip6' ? 6 : undefined;

export interface Matched {
  readonly matches: readonly FilterMatch[];
  readonly family: Family | undefined;
}

/** The matches of a rule in order, and the family that they leave. */
export const normalMatches = (table: TableFamily, given: readonly FilterMatch[]): Matched | 'never' => {
  const single = flatMatches(given, (match) => normalMatch(match, table));
  if (single === 'never') return 'never';
  const plain = withFamilies(table, single);
  if (plain === 'never') return 'never';
  const told = agreed([tableFamily(table), ...plain.map(familyOf)]);
  const isEitherEcho = told === undefined && plain.some((match) => match.kind === 'icmp');
  const matches = isEitherEcho ? narrowEcho(plain) : plain;
  if (matches === 'never' || told === 'never') return 'never';
  const family = told ?? matches.map(familyOf).find((known) => known !== undefined);
  // A single protocol stands for itself: only headers make it superfluous.
  const headers = withoutImpliedProtocols(matches, family);
  const kept = headers === 'never' ? 'never' : withoutImpliedFamilies(table, headers, family);
  return kept === 'never' ? 'never' : { matches: sorted(kept), family };
};
