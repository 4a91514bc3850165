/**
 * The one spelling of a packet filter: tables by name, chains by hook and priority, the matches of a rule in a fixed
 * order with sorted members. The order of rules is meaning and stays.
 */
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
} from './packet-filter.ts';
import { coverOf } from './prefix-cover.ts';

const matchOrder: readonly FilterMatch['kind'][] = [
  'iif',
  'oif',
  'family',
  'source',
  'destination',
  'conntrack',
  'dnatted',
  'port',
  'icmp',
];
const stateOrder = ['new', 'established', 'related', 'invalid'] as const;
const hookOrder = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;

const uniqueText = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

type AddressMatch = Extract<FilterMatch, { kind: 'source' | 'destination' }>;

/** All addresses of a family, or all but none, are the family. */
const normalAddresses = ({ kind, family, prefixes, negate }: AddressMatch): FilterMatch => {
  const cover = coverOf(prefixes);
  const isNegated = negate === true;
  const isAll = isNegated ? cover.length === 0 : cover.some((text) => text.endsWith('/0'));
  if (isAll) return { kind: 'family', family };
  return { kind, family, prefixes: cover, ...(isNegated ? { negate: true } : {}) };
};

const normalMatch = (match: FilterMatch): FilterMatch => {
  switch (match.kind) {
    case 'iif':
    case 'oif':
      return { kind: match.kind, names: uniqueText(match.names), ...(match.negate === true ? { negate: true } : {}) };
    case 'source':
    case 'destination':
      return normalAddresses(match);
    case 'family':
      return { kind: 'family', family: match.family };
    case 'port':
      return { kind: 'port', protocol: match.protocol, ports: [...new Set(match.ports)].sort((a, b) => a - b) };
    case 'icmp':
      return { kind: 'icmp', types: match.types };
    case 'conntrack':
      return { kind: 'conntrack', states: stateOrder.filter((state) => match.states.includes(state)) };
    case 'dnatted':
      return { kind: 'dnatted' };
  }
};

/** The family that the addresses of a rule imply, or that only IPv6 has. */
const impliesFamily = (matches: readonly FilterMatch[]): boolean =>
  matches.some(
    (match) =>
      match.kind === 'source' ||
      match.kind === 'destination' ||
      (match.kind === 'icmp' && match.types === 'neighbour-discovery'),
  );

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const normalMatches = (given: readonly FilterMatch[]): readonly FilterMatch[] => {
  const matches = given.map(normalMatch);
  const spelled = matches
    .filter((match) => match.kind !== 'family' || !impliesFamily(matches))
    .map((match) => ({ match, text: JSON.stringify(match) }))
    .sort((a, b) => matchOrder.indexOf(a.match.kind) - matchOrder.indexOf(b.match.kind) || compareText(a.text, b.text));
  return spelled.filter(({ text }, index) => text !== spelled[index - 1]?.text).map(({ match }) => match);
};

const normalVerdict = (verdict: FilterVerdict): FilterVerdict => {
  switch (verdict.kind) {
    case 'reject':
      return { kind: 'reject', with: verdict.with };
    case 'snat':
    case 'dnat':
      return {
        kind: verdict.kind,
        address: verdict.address,
        ...(verdict.port === undefined ? {} : { port: verdict.port }),
      };
    case 'redirect':
      return { kind: 'redirect', port: verdict.port };
    default:
      return { kind: verdict.kind };
  }
};

/** nft has no escapes in quoted text, and keeps 128 bytes: what it cannot hold is replaced or cut. */
export const plainComment = (comment: string): string =>
  comment
    .replaceAll(/["'`]/g, "'")
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 127);

export const normalRule = (rule: FilterRule): FilterRule => ({
  matches: normalMatches(rule.matches),
  verdict: normalVerdict(rule.verdict),
  ...(rule.comment === undefined || rule.comment === '' ? {} : { comment: plainComment(rule.comment) }),
});

const normalChain = (chain: FilterChain): FilterChain => ({
  name: chain.name,
  type: chain.type,
  hook: chain.hook,
  priority: chain.priority,
  policy: chain.policy,
  rules: chain.rules.map(normalRule),
});

const compareChains = (a: FilterChain, b: FilterChain): number =>
  hookOrder.indexOf(a.hook) - hookOrder.indexOf(b.hook) || a.priority - b.priority || compareText(a.name, b.name);

export const normalFilter = (tables: readonly FilterTable[]): readonly FilterTable[] =>
  tables
    .map((table): FilterTable => ({
      family: table.family,
      name: table.name,
      chains: table.chains.map(normalChain).sort(compareChains),
    }))
    .sort((a, b) => compareText(a.name, b.name));
