/**
 * Reads what iptables-save(8) or ip6tables-save(8) prints into packet filters in normal form, with the priorities that
 * the kernel gives the classic tables. Nothing is thrown: lines that cannot be read, and words that the normal form
 * cannot say, are told with their line.
 */
import { type Family } from '../../net/address.ts';
import { normalFilter } from '../../state/normal-filter.ts';
import { normalRule } from '../../state/normal-rule.ts';
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
} from '../../state/packet-filter.ts';
import { chainTypeOf, hookNames, priorities, type Hook } from './classic-tables.ts';
import { readMatches } from './read-matches.ts';
import { readTarget } from './read-target.ts';
import { groupOptions, optionText, optionsOf, wordsOf, type RuleWords } from './words.ts';
import { ownEntry } from '../plain-values.ts';

export interface LineNote {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** What is wrong with it, where that is known. */
  readonly why?: string;
}

export interface IptablesReading {
  readonly tables: readonly FilterTable[];
  /** What is in the rules as `other`, or left out of them. */
  readonly unknown: readonly LineNote[];
  /** Lines that are no rules, chains or tables. */
  readonly errors: readonly LineNote[];
  /** Rules that negate as no version since 1.8.9 does. */
  readonly outdated: readonly LineNote[];
  /** Lines at which tables begin that take the place of what the text said of them before. */
  readonly replacing: readonly LineNote[];
  /** The line of each rule of the normal form, by `<family> <table> <chain> <index>`. */
  readonly lines: Readonly<Record<string, number>>;
}

interface ChainDraft {
  policy: 'accept' | 'drop';
  readonly rules: FilterRule[];
}

interface TableDraft {
  readonly name: string;
  readonly chains: Map<string, ChainDraft>;
  /** Chains that any line of the table declares: rules may name them before. */
  readonly declared: ReadonlySet<string>;
}

interface Reader {
  readonly family: Family;
  readonly tables: Map<string, TableDraft>;
  table: TableDraft | undefined;
  readonly unknown: LineNote[];
  readonly errors: LineNote[];
  readonly outdated: LineNote[];
  readonly replacing: LineNote[];
  readonly isAdded: boolean;
  readonly lineOf: Map<FilterRule, number>;
}

const hookOf = (table: string, chain: string): Hook | undefined => {
  const hook = ownEntry(hookNames, chain);
  return hook !== undefined && ownEntry(priorities, table)?.[hook] !== undefined ? hook : undefined;
};

const chainIn = (table: TableDraft, name: string): ChainDraft => {
  const chain = table.chains.get(name) ?? { policy: 'accept', rules: [] };
  table.chains.set(name, chain);
  return chain;
};

const commentIn = ({ matches }: RuleWords): string | undefined =>
  matches
    .filter(({ name }) => name === 'comment')
    .flatMap(({ options }) => options.filter(({ name }) => name === '--comment').flatMap(({ values }) => values))[0];

const verdictOf = (reader: Reader, words: RuleWords, note: (text: string) => void): FilterVerdict => {
  const { target } = words;
  if (target === undefined) return { kind: 'continue' };
  const isChain =
    hookOf(reader.table?.name ?? '', target.name) === undefined && reader.table?.declared.has(target.name);
  const read = readTarget(target, reader.family, isChain === true);
  if (read?.leftOut !== undefined) note(read.leftOut);
  if (read !== undefined) return read.verdict;
  const text = [target.isGoto ? '-g' : '-j', target.name, ...target.options.map(optionText)].join(' ');
  note(text);
  return { kind: 'other', text };
};

const portOption = /^--(?:[sd]ports?|(?:source|destination)-ports?|ports)$/;

/** Ports that are greater than any. */
const portsBeyond = ({ matches }: RuleWords): readonly string[] =>
  matches
    .flatMap(({ options }) => options)
    .filter(({ name }) => portOption.test(name))
    .flatMap(({ values }) => values.flatMap((value) => value.split(/[,:]/)))
    .filter((port) => /^\d+$/.test(port) && Number(port) > 0xffff);

/** `text`: what stands after the name of the chain. */
const readRule = (reader: Reader, line: number, text: string): FilterRule | undefined => {
  const words = wordsOf(text);
  const options = words && optionsOf(words);
  if (options === undefined) return undefined;
  const grouped = groupOptions(options);
  const refuse = (why: string): void => {
    reader.errors.push({ line, text, why });
  };
  if (options.some(({ isNegatedLate }) => isNegatedLate)) reader.outdated.push({ line, text });
  if (grouped.matches.some(({ name }) => name === '')) refuse('`-m` names no match');
  for (const port of portsBeyond(grouped)) refuse(`\`${port}\` is no port`);
  const note = (untold: string): void => {
    reader.unknown.push({ line, text: untold });
  };
  const matches: readonly FilterMatch[] = readMatches(grouped.own, grouped.matches, reader.family);
  for (const match of matches) if (match.kind === 'other') note(match.text);
  const comment = commentIn(grouped);
  return { matches, verdict: verdictOf(reader, grouped, note), ...(comment === undefined ? {} : { comment }) };
};

const readAppend = (reader: Reader, line: number, text: string): boolean => {
  const [, command, quoted, plain, rest = ''] =
    /^(?:\[\d+:\d+\]\s+)?(-A|--append|-I|--insert)\s+(?:"([^"]+)"|([^\s"]+))(?:\s+(.*))?$/.exec(text) ?? [];
  const chain = quoted ?? plain;
  if (reader.table === undefined || command === undefined || chain === undefined) return false;
  const isInsert = command === '-I' || command === '--insert';
  // `-I chain 3 …` puts a rule in third place, `-I chain …` in the first.
  const place = isInsert ? /^\d+(?=\s|$)/.exec(rest)?.[0] : undefined;
  const rule = readRule(reader, line, rest.slice(place?.length ?? 0));
  if (rule === undefined) return false;
  reader.lineOf.set(rule, line);
  if (hookOf(reader.table.name, chain) === undefined && !reader.table.declared.has(chain))
    reader.errors.push({ line, text, why: `the table has no chain \`${chain}\`` });
  const { rules } = chainIn(reader.table, chain);
  if (isInsert) rules.splice(Math.max(0, Number(place ?? 1) - 1), 0, rule);
  else rules.push(rule);
  return true;
};

/** `:chain policy [packets:bytes]`, `-P chain policy`, `-N chain`. */
const readChain = ({ table }: Reader, text: string): boolean => {
  const [, name, policy] =
    /^:(\S+)\s+(\S+)/.exec(text) ??
    /^(?:-P|--policy)\s+(\S+)\s+(\S+)$/.exec(text) ??
    /^(?:-N|--new-chain)\s+(\S+)$/.exec(text) ??
    [];
  if (table === undefined || name === undefined) return false;
  const chain = chainIn(table, name);
  if (policy === 'DROP') chain.policy = 'drop';
  return policy === undefined || ['ACCEPT', 'DROP', '-'].includes(policy);
};

/** `-F [chain]`, `-X [chain]`, `-Z [chain]`, as in a script. */
const readEmptying = ({ table }: Reader, text: string): boolean => {
  const [, command, name] = /^(-F|--flush|-X|--delete-chain|-Z|--zero)(?:\s+(\S+))?$/.exec(text) ?? [];
  if (table === undefined || command === undefined) return false;
  if (command === '-Z' || command === '--zero') return true;
  for (const [chain, draft] of table.chains) {
    if (name !== undefined && chain !== name) continue;
    if (command === '-F' || command === '--flush') draft.rules.splice(0);
    else if (hookOf(table.name, chain) === undefined) table.chains.delete(chain);
  }
  return true;
};

const declaredIn = (lines: readonly string[], from: number): ReadonlySet<string> => {
  const declared = new Set<string>();
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index]?.trim() ?? '';
    if (line.startsWith('*')) break;
    const name = /^(?::|-N\s+|--new-chain\s+)(\S+)/.exec(line)?.[1];
    if (name !== undefined) declared.add(name);
  }
  return declared;
};

const finished = ({ tables, family }: Reader): readonly FilterTable[] =>
  [...tables.values()].map(({ name, chains }): FilterTable => {
    const base: FilterChain[] = [];
    const subchains: { name: string; rules: readonly FilterRule[] }[] = [];
    for (const [chain, { policy, rules }] of chains) {
      const hook = hookOf(name, chain);
      const priority = hook && ownEntry(priorities, name)?.[hook];
      if (hook === undefined || priority === undefined) subchains.push({ name: chain, rules });
      else base.push({ name: chain, type: chainTypeOf(name, hook), hook, priority, policy, rules });
    }
    return { family: family === 4 ? 'ip' : 'ip6', name, chains: base, ...(subchains.length > 0 ? { subchains } : {}) };
  });

/** One rule of the text may be none or several of the normal form. */
const linesOfRules = (tables: readonly FilterTable[], lineOf: Reader['lineOf']): Readonly<Record<string, number>> => {
  const lines: Record<string, number> = {};
  for (const { family, name, chains, subchains = [] } of tables)
    for (const chain of [...chains, ...subchains]) {
      let index = 0;
      for (const rule of chain.rules)
        for (let count = normalRule(rule, family).length; count > 0; count -= 1) {
          lines[`${family} ${name} ${chain.name} ${index}`] = lineOf.get(rule) ?? 0;
          index += 1;
        }
    }
  return lines;
};

const readTable = (reader: Reader, line: number, name: string, declared: () => ReadonlySet<string>): boolean => {
  reader.table = undefined;
  if (ownEntry(priorities, name) === undefined) return false;
  const known = reader.tables.get(name);
  if (known !== undefined && !reader.isAdded) reader.replacing.push({ line, text: name });
  reader.table = (reader.isAdded ? known : undefined) ?? { name, chains: new Map(), declared: declared() };
  reader.tables.set(name, reader.table);
  return true;
};

/**
 * `family`: 4 for iptables-save(8), 6 for ip6tables-save(8). `isAdded`: with `--noflush`, tables that are loaded again go
 * on where they were. `known`: chains that each table has already.
 */
export const readIptables = (
  text: string,
  family: Family,
  isAdded = false,
  known: readonly string[] = [],
): IptablesReading => {
  const reader: Reader = {
    family,
    tables: new Map(),
    table: undefined,
    unknown: [],
    errors: [],
    outdated: [],
    replacing: [],
    isAdded,
    lineOf: new Map(),
  };
  const lines = text.split('\n');
  for (const [index, whole] of lines.entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line === 'COMMIT') {
      reader.table = undefined;
      continue;
    }
    const isRead = line.startsWith('*')
      ? readTable(reader, index + 1, line.slice(1), () => new Set([...known, ...declaredIn(lines, index + 1)]))
      : readChain(reader, line) || readEmptying(reader, line) || readAppend(reader, index + 1, line);
    if (!isRead) reader.errors.push({ line: index + 1, text: line });
  }
  const tables = finished(reader);
  return {
    tables: normalFilter(tables),
    unknown: reader.unknown,
    errors: reader.errors,
    outdated: reader.outdated,
    replacing: reader.replacing,
    lines: linesOfRules(tables, reader.lineOf),
  };
};
