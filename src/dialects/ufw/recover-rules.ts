/**
 * Rules of a chain of the user's to the rules of ufw(8) that make them. A rule of ufw is taken for what stands there only
 * where the lines that ufw would write for it, read again, are just that.
 */
import { type Family } from '../../net/address.ts';
import { type FilterMatch, type FilterRule, type NumberRange } from '../../state/packet-filter.ts';
import { readIptables } from '../iptables/read.ts';
import {
  addressText,
  hasPorts,
  isOfIpv4Alone,
  linesOfRule,
  prefixFor,
  ufwProtocols,
  withComment,
  type UfwRule,
  type Way,
} from './rule.ts';

export interface Recovered {
  readonly rule: UfwRule;
  /** How many rules of the chain it makes, and of the chain that logs for it. */
  readonly count: number;
  readonly logged: number;
}

/** Of a rule of ufw what its matches say. */
type Matched = Partial<Pick<UfwRule, 'iif' | 'oif' | 'protocol'>> & {
  readonly to?: UfwRule['to'];
  readonly from?: UfwRule['from'];
};

const nameOf = ({ names, negate }: Extract<FilterMatch, { kind: 'iif' | 'oif' }>): string | undefined => {
  const [name = ''] = names;
  const plain = name.replace(/\*$/, '+');
  return names.length === 1 &&
    negate !== true &&
    /^[\w.+,=%@-]{1,15}$/.test(plain) &&
    !/^\.\.?$/.test(plain) &&
    !/\+$/.test(name)
    ? plain
    : undefined;
};

const addressOf = ({
  prefixes,
  negate,
}: Extract<FilterMatch, { kind: 'source' | 'destination' }>): string | undefined =>
  prefixes.length === 1 && negate !== true ? prefixes.map(addressText)[0] : undefined;

const rangeText = ([first, last]: NumberRange): string => (first === last ? String(first) : `${first}:${last}`);
const mostPorts = 15;

const portsOf = ({
  ports,
  ranges = [],
  negate,
}: Extract<FilterMatch, { kind: 'port' | 'source-port' }>): string | undefined => {
  const all = [...ports.map((port): NumberRange => [port, port]), ...ranges].sort((a, b) => a[0] - b[0]);
  const size = ports.length + 2 * ranges.length;
  if (negate === true || size > mostPorts || all.some(([first]) => first === 0)) return undefined;
  return all.map(rangeText).join(',');
};

const protocolNames: ReadonlyMap<number, string> = new Map(
  Object.entries(ufwProtocols).map(([name, number]) => [number, name]),
);

/** Each match as a part of a rule of ufw; undefined where it has no words for it. */
const partOf = (match: FilterMatch, before: Matched): Matched | undefined => {
  switch (match.kind) {
    case 'iif':
    case 'oif': {
      const name = nameOf(match);
      return name === undefined ? undefined : { [match.kind]: name };
    }
    case 'source':
    case 'destination': {
      const address = addressOf(match);
      if (address === undefined) return undefined;
      return match.kind === 'source' ? { from: { ...before.from, address } } : { to: { ...before.to, address } };
    }
    case 'protocol': {
      const protocol = protocolNames.get(match.protocols[0] ?? -1);
      return match.protocols.length !== 1 || match.negate === true || protocol === undefined ? undefined : { protocol };
    }
    case 'port':
    case 'source-port': {
      const ports = portsOf(match);
      if (ports === undefined || (before.protocol ?? match.protocol) !== match.protocol) return undefined;
      const end = ports === '' ? {} : { ports };
      const { protocol } = match;
      return match.kind === 'port'
        ? { protocol, to: { ...before.to, ...end } }
        : { protocol, from: { ...before.from, ...end } };
    }
    default:
      return undefined;
  }
};

const matchedBy = (matches: readonly FilterMatch[]): Matched | undefined => {
  let found: Matched = {};
  for (const match of matches) {
    const part = partOf(match, found);
    if (part === undefined) return undefined;
    found = { ...found, ...part };
  }
  return found;
};

const isRecent = (match: FilterMatch): boolean => match.kind === 'other' && match.text.startsWith('-m recent --set');
const isNew = (match: FilterMatch): boolean => match.kind === 'conntrack' && match.states.join() === 'new';

interface Decided {
  readonly action: UfwRule['action'];
  readonly matches: readonly FilterMatch[];
}

const decidedBy = ({ matches, verdict }: FilterRule): Decided | undefined => {
  if (verdict.kind === 'continue' && matches.some(isRecent))
    return { action: 'limit', matches: matches.filter((match) => !isRecent(match) && !isNew(match)) };
  if (verdict.kind === 'accept') return { action: 'allow', matches };
  if (verdict.kind === 'drop') return { action: 'deny', matches };
  return verdict.kind === 'reject' ? { action: 'reject', matches } : undefined;
};

/** `'dapp_Nginx%20Full,sapp_Chat'`, as ufw comments on rules of profiles. */
const profilesIn = (comment: string | undefined): { readonly to?: string; readonly from?: string } => {
  const [, to, from] = /^'(?:dapp_([^',]+))?,?(?:sapp_([^',]+))?'$/.exec(comment ?? '') ?? [];
  const plain = (name: string): string => name.replaceAll('%20', ' ');
  return { ...(to === undefined ? {} : { to: plain(to) }), ...(from === undefined ? {} : { from: plain(from) }) };
};

interface Place {
  readonly family: Family;
  readonly way: Way;
}

const ruleFrom = (
  { family, way }: Place,
  { action }: Decided,
  { protocol = 'any', to = {}, from = {}, iif, oif }: Matched,
  comment: string | undefined,
): UfwRule => {
  const profile = profilesIn(comment);
  const isOfProfile = profile.to !== undefined || profile.from !== undefined;
  return {
    ...{ family, action, isRouted: way === 'forward', protocol },
    direction: way === 'output' || (way === 'forward' && iif === undefined && oif !== undefined) ? 'out' : 'in',
    to: { ...to, ...(profile.to === undefined ? {} : { profile: profile.to }) },
    from: { ...from, ...(profile.from === undefined ? {} : { profile: profile.from }) },
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    ...(comment === undefined || isOfProfile ? {} : { comment }),
  };
};

/** As the chains of the kernel spell what its own defaults are. */
const plainText = (text: string): string =>
  text
    .replaceAll(/ --name DEFAULT| --rsource| --mask (?:255\.255\.255\.255|ffff:[f:]+)/g, '')
    .replaceAll('3/minute', '3/min');

const keyOf = (rule: FilterRule): string =>
  JSON.stringify(rule, (key, value: unknown) =>
    key === 'text' && typeof value === 'string' ? plainText(value) : value,
  );

/** What the lines of a rule are, read again: of the user's chain, and of the one that logs. */
const madeBy = (rule: UfwRule, way: Way): { readonly own: readonly string[]; readonly logging: readonly string[] } => {
  const prefix = prefixFor(rule.family);
  const [own, logging] = [`${prefix}-user-${way}`, `${prefix}-user-logging-${way}`];
  const chains = [own, logging, `${prefix}-user-limit`, `${prefix}-user-limit-accept`];
  const lines = linesOfRule(rule).map((line) => withComment(line, rule.comment));
  const { tables } = readIptables(
    ['*filter', ...chains.map((chain) => `:${chain} -`), ...lines, 'COMMIT'].join('\n'),
    rule.family,
  );
  const rulesOf = (name: string): readonly string[] =>
    (tables[0]?.subchains?.find((chain) => chain.name === name)?.rules ?? []).map(keyOf);
  return { own: rulesOf(own), logging: rulesOf(logging) };
};

const isThere = (wanted: readonly string[], rules: readonly FilterRule[], from: number): boolean =>
  wanted.length > 0 && wanted.every((key, index) => keyOfAt(rules, from + index) === key);

const keyOfAt = (rules: readonly FilterRule[], at: number): string => {
  const rule = rules[at];
  return rule === undefined ? '' : keyOf(rule);
};

/** The same of all protocols that have ports comes first: it makes two rules. */
const candidatesFor = (rule: UfwRule, isLogged: boolean): readonly UfwRule[] => {
  const isPlain = (ports: string | undefined): boolean => ports === undefined || /^\d+$/.test(ports);
  const hasPort = rule.to.ports !== undefined || rule.from.ports !== undefined;
  const mayBeAny = rule.protocol === 'tcp' && hasPort && isPlain(rule.to.ports) && isPlain(rule.from.ports);
  const each = [...(mayBeAny ? [{ ...rule, protocol: 'any' }] : []), rule];
  return isLogged ? (['log', 'log-all'] as const).flatMap((logs) => each.map((one) => ({ ...one, logs }))) : each;
};

/** The rule of ufw that begins at `at`, longest first; `logging`: what logs for the chain, from where that was not yet told. */
export const ruleAt = (
  place: Place,
  rules: readonly FilterRule[],
  at: number,
  logging: readonly FilterRule[] = [],
): Recovered | undefined => {
  const first = rules[at];
  const isLogged =
    first?.verdict.kind === 'jump' && first.verdict.chain === `${prefixFor(place.family)}-user-logging-${place.way}`;
  const deciding = isLogged ? rules[at + 1] : first;
  const decided = deciding && decidedBy(deciding);
  const matched = decided && matchedBy(decided.matches);
  if (deciding === undefined || decided === undefined || matched === undefined) return undefined;
  const plain = ruleFrom(place, decided, matched, deciding.comment);
  if (isOfIpv4Alone(plain.protocol) && place.family === 6) return undefined;
  if (!hasPorts(plain.protocol) && (plain.to.ports ?? plain.from.ports) !== undefined) return undefined;
  for (const rule of candidatesFor(plain, isLogged)) {
    const { own, logging: logs } = madeBy(rule, place.way);
    if (!isThere(own, rules, at) || (isLogged && !isThere(logs, logging, 0))) continue;
    return { rule, count: own.length, logged: logs.length };
  }
  return undefined;
};

/** All of a chain; undefined where one of its rules is none of ufw's. */
export const rulesOfChain = (
  place: Place,
  rules: readonly FilterRule[],
  logging: readonly FilterRule[],
): readonly UfwRule[] | undefined => {
  const found: UfwRule[] = [];
  let logged = 0;
  for (let at = 0; at < rules.length;) {
    const recovered = ruleAt(place, rules, at, logging.slice(logged));
    if (recovered === undefined) return undefined;
    found.push(recovered.rule);
    at += recovered.count;
    logged += recovered.logged;
  }
  return logged === logging.length ? found : undefined;
};
