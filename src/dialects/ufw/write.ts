/** A packet filter as the files of ufw(8), at their places; and kernel parameters as those that ufw sets when it starts. */
import { type Family } from '../../net/address.ts';
import { type NetworkState } from '../../state/network-state.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { type ConfigText, type Omission, type Writing } from '../dialect.ts';
import { differencesBetween, namesOf } from '../filter-differences.ts';
import { isClassic } from '../iptables/classic-tables.ts';
import { readIptables } from '../iptables/read.ts';
import { writeIptables } from '../iptables/write.ts';
import { stackIn } from '../reading.ts';
import { afterText, beforeText, confText, defaultText, parametersText } from './framework-files.ts';
import { byWay, partsOfOthers, partsOfUfw, type FamilyParts } from './parts.ts';
import { ways } from './rule.ts';
import { sysctlPath } from './settings.ts';
import { closedIpv6, type Policies, type Policy } from './skeleton.ts';
import { userText } from './user-file.ts';

export interface Classic {
  readonly tables: readonly FilterTable[];
  readonly unwritten: readonly { readonly what: string; readonly why: string }[];
}

/** Tables of one family as iptables has them: its own as they are, others translated. */
export const classicTables = (filter: readonly FilterTable[], family: Family): Classic => {
  const own = filter.filter((table) => table.family === (family === 4 ? 'ip' : 'ip6'));
  if (!filter.some((table) => table.family === 'inet') && own.every(isClassic)) return { tables: own, unwritten: [] };
  const { text, unwritten } = writeIptables(filter, family);
  return { tables: readIptables(text, family).tables, unwritten };
};

/** With `IPV6=no` ufw leaves loopback and nothing else. */
const isClosed = (tables: readonly FilterTable[]): boolean =>
  JSON.stringify(tables) === JSON.stringify(readIptables(['*filter', ...closedIpv6, 'COMMIT'].join('\n'), 6).tables);

export interface AllParts {
  readonly policies: Policies;
  readonly ipv4: FamilyParts;
  /** Absent: IPv6 is closed. */
  readonly ipv6: FamilyParts | undefined;
}

const verdicts = {
  ACCEPT: { kind: 'accept' },
  DROP: { kind: 'drop' },
  REJECT: { kind: 'reject', with: 'port-unreachable' },
} as const satisfies Readonly<Record<Policy, unknown>>;

/** Policies are those of both families: where IPv6 has another one, its last rule says so. */
const withPolicies = (parts: FamilyParts, policies: Policies): FamilyParts => {
  const differs = ways.filter((way) => parts.policies[way] !== policies[way]);
  if (differs.length === 0) return parts;
  return {
    ...parts,
    after: byWay((way) =>
      differs.includes(way)
        ? [...parts.after[way], { matches: [], verdict: verdicts[parts.policies[way]] }]
        : parts.after[way],
    ),
    isWhole: false,
  };
};

export const allParts = (ipv4: readonly FilterTable[], ipv6: readonly FilterTable[]): AllParts => {
  const four = partsOfUfw(4, ipv4) ?? partsOfOthers(4, ipv4);
  if (isClosed(ipv6)) return { policies: four.policies, ipv4: four, ipv6: undefined };
  const six = partsOfUfw(6, ipv6) ?? partsOfOthers(6, ipv6);
  return { policies: four.policies, ipv4: four, ipv6: withPolicies(six, four.policies) };
};

const filesOf = ({ policies, ipv4, ipv6 }: AllParts): readonly ConfigText[] => {
  const ofFamily = (family: Family, parts: FamilyParts): readonly ConfigText[] => {
    const six = family === 6 ? '6' : '';
    return [
      { path: `etc/ufw/before${six}.rules`, text: beforeText(family, parts) },
      { path: `etc/ufw/after${six}.rules`, text: afterText(family, parts.after) },
      { path: `etc/ufw/user${six}.rules`, text: userText(family, parts, policies) },
    ];
  };
  return [
    { path: 'etc/default/ufw', text: defaultText(policies, ipv6 !== undefined) },
    { path: 'etc/ufw/ufw.conf', text: confText(ipv4.logLevel) },
    ...ofFamily(4, ipv4),
    ...(ipv6 === undefined ? [] : ofFamily(6, ipv6)),
  ];
};

export const unseen = (stack: string, filter: readonly FilterTable[]): readonly Omission[] =>
  filter
    .filter(({ family }) => family === 'arp' || family === 'bridge' || family === 'netdev')
    .map(({ family, name }) => ({ stack, what: `filter/${family} ${name}`, why: 'ufw filters IP packets only' }));

type Read = (texts: readonly ConfigText[], stack: string) => readonly FilterTable[];

/** What the files say of a filter that they should say as it is, and do not. */
const lostOf = (stack: string, wanted: readonly FilterTable[], said: readonly FilterTable[]): readonly Omission[] =>
  differencesBetween(said, wanted)
    .flatMap(namesOf)
    .map((name) => ({ stack, what: `filter/${name}`, why: 'ufw has no place for it' }));

/** `read`: what files of ufw load, to hold what is written to what was asked for. */
export const writeUfw = (state: NetworkState, stack: string, read: Read): Writing => {
  const { filter, sysctls } = stackIn(state, stack);
  const why = 'ufw sets parameters where it filters packets';
  if (filter.length === 0) return { files: [], omissions: Object.keys(sysctls).map((key) => ({ stack, what: `sysctls/${key}`, why })) }; // prettier-ignore
  const [ipv4, ipv6] = [classicTables(filter, 4), classicTables(filter, 6)];
  const parts = allParts(ipv4.tables, ipv6.tables);
  const rules = filesOf(parts);
  const isWhole = parts.ipv4.isWhole && parts.ipv6?.isWhole !== false;
  const parameters = Object.keys(sysctls).length === 0 ? [] : [{ path: sysctlPath, text: parametersText(sysctls) }];
  return {
    files: [...rules.slice(0, 2), ...parameters, ...rules.slice(2)],
    omissions: [
      ...unseen(stack, filter),
      ...[...ipv4.unwritten, ...ipv6.unwritten].map(({ what, why: reason }) => ({
        stack,
        what: `filter/${what}`,
        why: reason,
      })),
      ...(isWhole ? lostOf(stack, [...ipv4.tables, ...ipv6.tables], read(rules, stack)) : []),
    ],
  };
};
