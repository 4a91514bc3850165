/**
 * Packet filters as the text that iptables-restore(8) takes: tables and chains of the classic names where a filter has
 * those, else the chain of iptables that hangs on the same hook. A rule that takes several is written as several; one
 * that iptables has no words for is left out and told, with the rule as it is.
 */
import { type Family } from '../../net/address.ts';
import { normalFilter } from '../../state/normal-filter.ts';
import {
  type FilterChain,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
  type RejectWith,
} from '../../state/packet-filter.ts';
import { chainTypeOf, hookNames, priorities } from './classic-tables.ts';
import { isPlainWords, matchWords, type MatchWords } from './write-matches.ts';

export interface UnwrittenRule {
  /** `<family> <table> <chain> <index>`, or a chain alone. */
  readonly what: string;
  readonly why: string;
}

export interface IptablesText {
  readonly text: string;
  readonly unwritten: readonly UnwrittenRule[];
}

const rejections: Readonly<Record<Family, Partial<Record<RejectWith, string>>>> = {
  4: {
    'net-unreachable': 'icmp-net-unreachable',
    'host-unreachable': 'icmp-host-unreachable',
    'protocol-unreachable': 'icmp-proto-unreachable',
    'port-unreachable': 'icmp-port-unreachable',
    'net-prohibited': 'icmp-net-prohibited',
    'host-prohibited': 'icmp-host-prohibited',
    'admin-prohibited': 'icmp-admin-prohibited',
    'tcp-reset': 'tcp-reset',
  },
  6: {
    'net-unreachable': 'icmp6-no-route',
    'admin-prohibited': 'icmp6-adm-prohibited',
    'host-unreachable': 'icmp6-addr-unreachable',
    'port-unreachable': 'icmp6-port-unreachable',
    'tcp-reset': 'tcp-reset',
  },
};

type Translation = Extract<FilterVerdict, { kind: 'snat' | 'dnat' }>;

const translationText = ({ kind, address, lastAddress, port, lastPort }: Translation): string => {
  const ends = [address, ...(lastAddress === undefined ? [] : [lastAddress])];
  const hosts =
    address.includes(':') && port !== undefined ? `[${ends.join('-')}]`.replace('-', ']-[') : ends.join('-');
  const ports = port === undefined ? '' : `:${[port, ...(lastPort === undefined ? [] : [lastPort])].join('-')}`;
  return kind === 'snat' ? `-j SNAT --to-source ${hosts}${ports}` : `-j DNAT --to-destination ${hosts}${ports}`;
};

const chainName = (name: string): string | undefined =>
  /^[^\s"'\\!:*-][^\s"'\\!:*]{0,27}$/.test(name) ? name : undefined;

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Undefined: there are no words for it. */
const verdictText = (verdict: FilterVerdict, family: Family): string | undefined => {
  switch (verdict.kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'masquerade':
      return `-j ${verdict.kind.toUpperCase()}`;
    case 'reject': {
      const reason = rejections[family][verdict.with];
      return reason && `-j REJECT --reject-with ${reason}`;
    }
    case 'snat':
    case 'dnat':
      return verdict.address.includes(':') === (family === 6) ? translationText(verdict) : undefined;
    case 'redirect':
      return verdict.port === undefined ? '-j REDIRECT' : `-j REDIRECT --to-ports ${verdict.port}`;
    case 'jump':
    case 'goto': {
      const chain = chainName(verdict.chain);
      return chain && `${verdict.kind === 'jump' ? '-j' : '-g'} ${chain}`;
    }
    case 'notrack':
      return '-j CT --notrack';
    case 'continue':
      return '';
    case 'set-mark':
    case 'set-connection-mark':
      return `-j ${verdict.kind === 'set-mark' ? 'MARK' : 'CONNMARK'} --set-xmark ${hex(verdict.value)}/${hex(verdict.mask)}`;
    case 'restore-mark':
      return '-j CONNMARK --restore-mark';
    case 'save-mark':
      return '-j CONNMARK --save-mark';
    case 'other':
      return /^-[jg] /.test(verdict.text) && isPlainWords(verdict.text) ? verdict.text : undefined;
  }
};

const joined = (a: MatchWords, b: MatchWords): MatchWords | undefined => {
  const text = (x: string, y: string): string => [x, y].filter((part) => part !== '').join(' ');
  // There is one `-p` in a rule; the same one may be asked for twice.
  const [p, q] = [/-p \S+/.exec(a.own)?.[0], /-p \S+/.exec(b.own)?.[0]];
  if (p !== undefined && q !== undefined)
    return p === q && !a.own.includes('! -p') && !b.own.includes('! -p')
      ? { own: text(a.own, b.own.replace(q, '').trim()), modules: text(a.modules, b.modules) }
      : undefined;
  return { own: text(a.own, b.own), modules: text(a.modules, b.modules) };
};

const commentText = (comment: string | undefined): string =>
  comment === undefined ? '' : `-m comment --comment "${comment.replaceAll(/[\\"]/g, '\\$&')}"`;

const mostAlternatives = 4096;

const translatesPort = (verdict: FilterVerdict): boolean =>
  (verdict.kind === 'snat' || verdict.kind === 'dnat' || verdict.kind === 'redirect') && verdict.port !== undefined;

/** The rules that one rule takes, without the chain; or why there are none. */
export const ruleTexts = (rule: FilterRule, family: Family): readonly string[] | { readonly why: string } => {
  const verdict = verdictText(rule.verdict, family);
  if (verdict === undefined) return { why: `iptables has no words for \`${rule.verdict.kind}\` as it is asked for` };
  let all: readonly MatchWords[] = [{ own: '', modules: '' }];
  for (const match of rule.matches) {
    const words = matchWords(match, family);
    if (words === undefined) return { why: `iptables has no words for this \`${match.kind}\`` };
    const next: MatchWords[] = [];
    for (const before of all)
      for (const after of words) {
        const both = joined(before, after);
        if (both === undefined) return { why: 'a rule of iptables names one protocol' };
        next.push(both);
      }
    if (next.length > mostAlternatives) return { why: 'it would take too many rules' };
    all = next;
  }
  const comment = commentText(rule.comment);
  if (translatesPort(rule.verdict) && !all.every(({ own }) => /(?:^| )-p /.test(own)))
    // iptables wants to know whose ports they are.
    all = all.flatMap((words) =>
      ['tcp', 'udp'].map((protocol) => ({ ...words, own: `${words.own} -p ${protocol}`.trim() })),
    );
  return all.map((words) => [words.own, words.modules, comment, verdict].filter((part) => part !== '').join(' '));
};

const hookOf = Object.fromEntries(Object.entries(hookNames).map(([chain, hook]) => [hook, chain]));

/** The table and chain of iptables that a base chain is. */
const placeOf = (
  { type, hook, priority }: FilterChain,
  table: string,
): readonly [table: string, chain: string] | undefined => {
  const chain = hook === 'ingress' ? undefined : hookOf[hook];
  if (chain === undefined || hook === 'ingress') return undefined;
  if (priorities[table]?.[hook] === priority && chainTypeOf(table, hook) === type) return [table, chain];
  if (type === 'nat') return priorities.nat?.[hook] === undefined ? undefined : ['nat', chain];
  if (type === 'route') return ['mangle', chain];
  const name = priority <= -300 ? 'raw' : priority < 0 ? 'mangle' : 'filter';
  return priorities[name]?.[hook] === undefined
    ? priorities.mangle?.[hook] === undefined
      ? undefined
      : ['mangle', chain]
    : [name, chain];
};

interface ChainDraft {
  readonly policy: 'ACCEPT' | 'DROP' | '-';
  readonly rules: readonly string[];
}

type TableDraft = Map<string, ChainDraft>;

const tableOrder = ['raw', 'mangle', 'nat', 'filter', 'security'];

const chainsJumpedTo = (rules: readonly FilterRule[]): readonly string[] =>
  rules.flatMap(({ verdict }) => (verdict.kind === 'jump' || verdict.kind === 'goto' ? [verdict.chain] : []));

/** All chains that are reached from these rules. */
const reached = (rules: readonly FilterRule[], table: FilterTable): ReadonlySet<string> => {
  const names = new Set<string>();
  const visit = (more: readonly FilterRule[]): void => {
    for (const name of chainsJumpedTo(more)) {
      if (names.has(name)) continue;
      names.add(name);
      visit(table.subchains?.find((chain) => chain.name === name)?.rules ?? []);
    }
  };
  visit(rules);
  return names;
};

const textOf = (tables: ReadonlyMap<string, TableDraft>): string =>
  tableOrder
    .flatMap((name) => {
      const chains = tables.get(name);
      if (chains === undefined) return [];
      return [
        `*${name}`,
        ...[...chains].map(([chain, { policy }]) => `:${chain} ${policy} [0:0]`),
        ...[...chains].flatMap(([chain, { rules }]) =>
          rules.map((rule) => `-A ${chain}${rule === '' ? '' : ` ${rule}`}`),
        ),
        'COMMIT',
      ];
    })
    .map((line) => `${line}\n`)
    .join('');

/** Tables of the other family, and those that iptables does not see (arp, bridge, netdev), are not looked at. */
export const writeIptables = (filter: readonly FilterTable[], family: Family): IptablesText => {
  const own = family === 4 ? 'ip' : 'ip6';
  const unwritten: UnwrittenRule[] = [];
  const tables = new Map<string, TableDraft>();
  const both = filter.filter((table) => table.family === own || table.family === 'inet');
  for (const table of both) {
    // In the normal form of one family, rules of the other one are gone.
    const [narrow] = normalFilter([{ ...table, family: own }]);
    if (narrow === undefined) continue;
    const rulesOf = (chain: string, rules: readonly FilterRule[]): string[] =>
      rules.flatMap((rule, index) => {
        const texts = ruleTexts(rule, family);
        if (!('why' in texts)) return texts;
        unwritten.push({ what: `${table.family} ${table.name} ${chain} ${index}`, why: texts.why });
        return [];
      });
    const add = (place: string, chain: string, draft: () => ChainDraft): boolean => {
      const chains = tables.get(place) ?? new Map<string, ChainDraft>();
      if (chains.has(chain)) return false;
      tables.set(place, chains.set(chain, draft()));
      return true;
    };
    const told = new Set<string>();
    for (const chain of narrow.chains) {
      const place = placeOf(chain, table.name);
      const what = `${table.family} ${table.name} ${chain.name}`;
      if (place === undefined) {
        unwritten.push({ what, why: 'iptables has no chain on this hook' });
        continue;
      }
      const policy = chain.policy === 'drop' ? 'DROP' : 'ACCEPT';
      if (!add(place[0], place[1], () => ({ policy, rules: rulesOf(chain.name, chain.rules) })))
        unwritten.push({
          what,
          why: `iptables has one chain ${place[1]} in its table ${place[0]}, which another one is`,
        });
      for (const name of reached(chain.rules, narrow)) {
        const subchain = narrow.subchains?.find((it) => it.name === name);
        told.add(name);
        if (subchain !== undefined && chainName(name) !== undefined)
          add(place[0], name, () => ({ policy: '-', rules: rulesOf(name, subchain.rules) }));
      }
    }
    for (const { name, rules } of narrow.subchains ?? []) {
      if (told.has(name) || priorities[table.name] === undefined) continue;
      add(table.name, name, () => ({ policy: '-', rules: rulesOf(name, rules) }));
    }
    if (priorities[table.name] !== undefined && !tables.has(table.name)) tables.set(table.name, new Map());
  }
  return { text: textOf(tables), unwritten };
};

/** A table by itself, from its name to `COMMIT`. */
export const tableLines = (table: FilterTable, family: Family): readonly string[] =>
  writeIptables([table], family).text.split('\n').slice(0, -1);
