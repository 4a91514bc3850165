/**
 * What ufw(8) loads of its files, as its start script does (ufw-framework(8)): the chains that it makes, the lines of
 * `before.rules`, `after.rules` and `user.rules` in them, rules that were typed or printed, and the policies.
 */
import { type Family } from '../../net/address.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { readIptables } from '../iptables/read.ts';
import { type ConfigText, type Place, type Remark } from '../dialect.ts';
import { linesOf } from '../text.ts';
import { commentOfTuple, isTuple, prefixFor, withComment } from './rule.ts';
import { closedIpv6, skeletonOf, usualBefore, type Policies } from './skeleton.ts';

const rulesPath = /^(?:etc|lib|var\/lib)\/ufw\/(?:user|before|after)6?\.rules$/;

export const isRulesPath = (path: string): boolean => rulesPath.test(path);

/** One line for iptables-restore, and where it is from; undefined: ufw makes it itself. */
export interface MadeLine {
  readonly text: string;
  readonly at: Place | undefined;
}

const builtIn = /^:(?:INPUT|OUTPUT|FORWARD)\s/;

/** Of a rule. */
const chainOf = (line: string): string | undefined => /^(?:-[AI]|--append|--insert)\s+(\S+)/.exec(line)?.[1];

/**
 * Lines of a file by table: declarations of chains, and rules. To declare a chain again empties it
 * (iptables-restore(8) with `--noflush`); policies of built-in chains are ufw's own, which it sets last.
 */
const addFile = (tables: Map<string, MadeLine[]>, { path, text }: ConfigText): void => {
  let table = 'filter';
  let comment: string | undefined;
  for (const line of linesOf(text)) {
    const whole = line.text.trim();
    if (isTuple(whole)) comment = commentOfTuple(whole);
    if (whole === '' || whole.startsWith('#') || whole === 'COMMIT') continue;
    if (whole.startsWith('*')) table = whole.slice(1);
    else if (table !== 'filter' || !builtIn.test(whole)) {
      const column = line.text.length - line.text.trimStart().length + 1;
      const chain = /^:(\S+)\s+-(?:\s|$)/.exec(whole)?.[1];
      const before = tables.get(table) ?? [];
      const kept = chain === undefined ? before : before.filter(({ text: known }) => chainOf(known) !== chain);
      kept.push({ text: withComment(whole, comment), at: { path, line: line.number, column } });
      tables.set(table, kept);
    }
  }
};

/** A pasted text is the user's rules, or whatever its chains are named after. */
const stemOf = ({ path, text }: ConfigText): string => {
  const stem = /\/(user|before|after)6?\.rules$/.exec(path)?.[1];
  return stem ?? /^:ufw6?-(user|before|after)-/m.exec(text)?.[1] ?? 'user';
};

export const familyOfText = ({ path, text }: ConfigText): Family =>
  rulesPath.test(path) ? (path.endsWith('6.rules') ? 6 : 4) : /\bufw6-/.test(text) ? 6 : 4;

export const textsNamed = (
  texts: readonly ConfigText[],
  stem: 'user' | 'before' | 'after',
  family: Family,
): readonly ConfigText[] => texts.filter((it) => stemOf(it) === stem && familyOfText(it) === family);

/** A rule of the user's that is in no file: typed, or printed. */
export interface AddedLine extends MadeLine {
  readonly family: Family;
}

export interface LoadedFrom {
  readonly rules: readonly ConfigText[];
  readonly added: readonly AddedLine[];
  readonly policies: Policies;
  readonly hasIpv6: boolean;
}

/** All lines of one family in the order in which ufw loads them. */
const linesFor = (family: Family, files: LoadedFrom): ReadonlyMap<string, readonly MadeLine[]> => {
  const { rules, added, policies } = files;
  const prefix = prefixFor(family);
  const made = (texts: readonly string[]): MadeLine[] => texts.map((text) => ({ text, at: undefined }));
  if (family === 6 && !files.hasIpv6) return new Map([['filter', made(closedIpv6)]]);
  const { chains, first, last } = skeletonOf(prefix, policies);
  const before = textsNamed(rules, 'before', family);
  const tables = new Map<string, MadeLine[]>([['filter', made([...chains, ...first])]]);
  if (before.length === 0) tables.get('filter')?.push(...made(usualBefore(prefix)));
  for (const file of [...before, ...textsNamed(rules, 'after', family), ...textsNamed(rules, 'user', family)])
    addFile(tables, file);
  tables.get('filter')?.push(...added.filter((line) => line.family === family), ...made(last));
  return tables;
};

export interface Loaded {
  readonly filter: readonly FilterTable[];
  readonly remarks: readonly Remark[];
  readonly origins: Readonly<Record<string, Place>>;
}

/** Each table's declarations come first, so that rules may name chains that a later file declares. */
const textOf = (tables: ReadonlyMap<string, readonly MadeLine[]>): readonly MadeLine[] =>
  [...tables].flatMap(([table, own]) => {
    const isDeclaration = ({ text }: MadeLine): boolean => text.startsWith(':');
    return [
      { text: `*${table}`, at: undefined },
      ...own.filter(isDeclaration),
      ...own.filter((line) => !isDeclaration(line)),
      { text: 'COMMIT', at: undefined },
    ];
  });

/** What logs, and what keeps from it, decides about no packet. */
const isOfLogging = /\s-j LOG(?:\s|$)|^-[AI] ufw6?-(?:\w+-)?logging-/;

export const loadUfw = (files: LoadedFrom, stack: string): Loaded => {
  const filter: FilterTable[] = [];
  const remarks: Remark[] = [];
  const origins: Record<string, Place> = {};
  for (const family of [4, 6] as const) {
    const lines = textOf(linesFor(family, files));
    const reading = readIptables(lines.map(({ text }) => text).join('\n'), family, true);
    filter.push(...reading.tables);
    const placeAt = (line: number): Place | undefined => lines[line - 1]?.at;
    const tell = (kind: Remark['kind'], code: string, line: number, message: string): void => {
      const at = placeAt(line);
      if (at !== undefined) remarks.push({ kind, code, message, at });
    };
    for (const { line, text, why } of reading.errors)
      tell('error', 'not-a-rule', line, why ?? `\`${text.slice(0, 80)}\` is no chain and no rule of iptables`);
    for (const { line, text } of reading.unknown.filter(({ line: at }) => !isOfLogging.test(lines[at - 1]?.text ?? '')))
      tell(
        'not-said',
        'unsaid-match',
        line,
        `\`${text}\` is kept as it is: whether a packet passes it is not modelled`,
      );
    for (const [key, line] of Object.entries(reading.lines)) {
      const at = placeAt(line);
      if (at !== undefined) origins[`${stack}/filter/${key}`] = at;
    }
  }
  return { filter, remarks, origins };
};
