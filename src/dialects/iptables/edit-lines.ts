/**
 * Rules, chains and tables that change, as changes of their lines: all others stay, with their counters, comments and targets
 * that decide nothing. Whether the result says what is wanted is for the caller to read.
 */
import { type Family } from '../../net/address.ts';
import { type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { type Chain, chainsOf } from '../filter-differences.ts';
import { listSteps, type ListStep, plainLines, withLineEdits, withLinesAdded } from '../line-edits.ts';
import { readIptables } from './read.ts';
import { ruleTexts, tableLines } from './write.ts';

/** The lines of one table, counted from 0. */
interface TableLines {
  readonly name: string;
  readonly begin: number;
  /** Its `COMMIT`. */
  readonly end: number;
}

interface Draft {
  readonly family: Family;
  readonly lines: readonly string[];
  readonly instead: Map<number, readonly string[]>;
  readonly behind: Map<number, readonly string[]>;
}

/** The last of its name: what stands before it is not loaded. Absent: no `COMMIT` ends it. */
const linesOfTable = (lines: readonly string[], name: string): TableLines | undefined => {
  const begin = lines.findLastIndex((line) => line.trim() === `*${name}`);
  const end = lines.findIndex((line, at) => at > begin && line.trim() === 'COMMIT');
  return begin < 0 || end < 0 ? undefined : { name, begin, end };
};

const within = ({ lines }: Draft, { begin, end }: TableLines, isMeant: (line: string) => boolean): readonly number[] =>
  lines.flatMap((line, at) => (at > begin && at < end && isMeant(line.trim()) ? [at] : []));

const isDeclaring = (line: string, chain: string): boolean => line.split(/\s+/)[0] === `:${chain}`;

/** `:chain …`, and every command that names the chain first. */
const isAbout = (line: string, chain: string): boolean => {
  if (isDeclaring(line, chain)) return true;
  const [, quoted, plain] = /^(?:\[\d+:\d+\]\s+)?(?:-[AINPFXZ]|--[a-z-]+)\s+(?:"([^"]+)"|([^\s"]+))/.exec(line) ?? [];
  return (quoted ?? plain) === chain;
};

const policyOf = (chain: Chain): string => ('policy' in chain ? (chain.policy === 'drop' ? 'DROP' : 'ACCEPT') : '-');

const setPolicy = (draft: Draft, table: TableLines, chain: Chain): void => {
  for (const at of within(draft, table, (line) => isDeclaring(line, chain.name)))
    draft.instead.set(at, [
      (draft.lines[at] ?? '').replace(/^(\s*:\S+\s+)\S+/, (_, head: string) => head + policyOf(chain)),
    ]);
  for (const at of within(draft, table, (line) => /^(?:-P|--policy)\s/.test(line) && isAbout(line, chain.name)))
    draft.instead.set(at, [(draft.lines[at] ?? '').replace(/\S+(\s*)$/, (_, end: string) => policyOf(chain) + end)]);
};

const addBehind = ({ behind }: Draft, at: number, lines: readonly string[]): void => {
  behind.set(at, [...(behind.get(at) ?? []), ...lines]);
};

const linesOfRule = (
  { family }: Draft,
  chain: string,
  rule: FilterRule | undefined,
  letter: 'A' | 'I',
): readonly string[] => {
  const texts = rule === undefined ? [] : ruleTexts(rule, family);
  if ('why' in texts) return [];
  const lines = texts.map((text) => `-${letter} ${chain}${text === '' ? '' : ` ${text}`}`);
  return letter === 'I' ? lines.toReversed() : lines;
};

/** From the blank before it to the end of the line. */
const target = /\s(?:-[jg]|--jump|--goto)\s.*$/;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** With its counters; and with its target as it is spelt, or its matches, where those are not what changes. */
const changedLine = (
  draft: Draft,
  line: string,
  chain: string,
  [before, wanted]: readonly [FilterRule, FilterRule],
): readonly string[] => {
  const letter = /^\s*(?:\[\d+:\d+\]\s+)?-I/.test(line) ? 'I' : 'A';
  const [fresh, ...more] = linesOfRule(draft, chain, wanted, letter);
  if (fresh === undefined) return [line];
  if (more.length > 0) return [fresh, ...more];
  const head =
    /^\s*(?:\[\d+:\d+\]\s+)?(?:-[AI]|--append|--insert)\s+(?:"[^"]*"|\S+)(?:\s+\d+(?=\s))?/.exec(line)?.[0] ?? '';
  const words = fresh.slice(`-${letter} ${chain}`.length);
  const own = { matches: line.slice(head.length).replace(target, ''), target: target.exec(line)?.[0] ?? '' };
  const asked = { matches: words.replace(target, ''), target: target.exec(words)?.[0] ?? '' };
  const isSameTarget = same(before.verdict, wanted.verdict);
  const isSameMatch = same(before.matches, wanted.matches) && before.comment === wanted.comment;
  return [`${head}${isSameMatch ? own.matches : asked.matches}${isSameTarget ? own.target : asked.target.trimEnd()}`];
};

/** `lineOf`: where a rule stands, counted from 0. */
const setRules = (
  draft: Draft,
  table: TableLines,
  [before, wanted]: readonly [Chain, Chain],
  lineOf: (index: number) => number,
): void => {
  const { lines, instead } = draft;
  const isInserted = (at: number): boolean => /^\s*(?:\[\d+:\d+\]\s+)?-I\s/.test(lines[at] ?? '');
  const put = (step: Extract<ListStep, { readonly kind: 'new' }>): void => {
    const rule = wanted.rules[step.to];
    const anchor = lineOf(step.behind < 0 ? 0 : step.behind);
    if (step.behind < 0 && before.rules.length === 0) {
      addBehind(draft, table.end - 1, linesOfRule(draft, wanted.name, rule, 'A'));
      return;
    }
    const fresh = linesOfRule(draft, wanted.name, rule, isInserted(anchor) ? 'I' : 'A');
    // Each `-I` comes above those that were there: what is to be below it stands before it.
    const isAbove = step.behind < 0 ? !isInserted(anchor) : isInserted(anchor);
    const place = isAbove ? anchor - 1 : anchor;
    if (isInserted(anchor)) draft.behind.set(place, [...fresh, ...(draft.behind.get(place) ?? [])]);
    else addBehind(draft, place, fresh);
  };
  for (const step of listSteps(...bothTexts(before, wanted))) {
    if (step.kind === 'gone') instead.set(lineOf(step.at), []);
    if (step.kind === 'new') put(step);
    const [old, rule] = step.kind === 'changed' ? [before.rules[step.at], wanted.rules[step.to]] : [];
    if (step.kind === 'changed' && old !== undefined && rule !== undefined) {
      const at = lineOf(step.at);
      instead.set(at, changedLine(draft, lines[at] ?? '', wanted.name, [old, rule]));
    }
  }
};

function bothTexts(before: Chain, wanted: Chain): [readonly string[], readonly string[]] {
  const texts = ({ rules }: Chain): readonly string[] => rules.map((rule) => JSON.stringify(rule));
  return [texts(before), texts(wanted)];
}

/** Declared below the other chains; its rules are the last of the table. */
const addChain = (draft: Draft, table: TableLines, chain: Chain): void => {
  const declared = within(draft, table, (line) => line.startsWith(':')).at(-1) ?? table.begin;
  addBehind(draft, declared, [`:${chain.name} ${policyOf(chain)} [0:0]`]);
  addBehind(
    draft,
    table.end - 1,
    chain.rules.flatMap((rule) => linesOfRule(draft, chain.name, rule, 'A')),
  );
};

const editTable = (
  draft: Draft,
  table: TableLines,
  before: FilterTable,
  wanted: FilterTable,
  places: Readonly<Record<string, number>>,
): void => {
  const [was, is] = [chainsOf(before), chainsOf(wanted)];
  for (const chain of was) {
    const after = is.find(({ name }) => name === chain.name);
    if (after === undefined) {
      for (const at of within(draft, table, (line) => isAbout(line, chain.name))) draft.instead.set(at, []);
      continue;
    }
    const lineOf = (index: number): number =>
      (places[`${before.family} ${before.name} ${chain.name} ${index}`] ?? 0) - 1;
    if (policyOf(chain) !== policyOf(after)) {
      if (within(draft, table, (line) => isDeclaring(line, chain.name)).length > 0) setPolicy(draft, table, after);
      else addBehind(draft, table.begin, [`:${chain.name} ${policyOf(after)} [0:0]`]);
    }
    if (chain.rules.every((_, index) => lineOf(index) >= 0)) setRules(draft, table, [chain, after], lineOf);
  }
  for (const chain of is) if (!was.some(({ name }) => name === chain.name)) addChain(draft, table, chain);
};

/** `wanted`: tables of the family that this text is to say. `known`: chains that are declared elsewhere. */
export const withTablesEdited = (
  text: string,
  family: Family,
  wanted: readonly FilterTable[],
  known: readonly string[] = [],
): string => {
  const { tables, lines: places } = readIptables(text, family, false, known);
  const draft: Draft = { family, lines: plainLines(text), instead: new Map(), behind: new Map() };
  for (const before of tables) {
    const lines = linesOfTable(draft.lines, before.name);
    const after = wanted.find(({ name }) => name === before.name);
    if (lines === undefined) continue;
    if (after !== undefined) editTable(draft, lines, before, after, places);
    else for (let at = lines.begin; at <= lines.end; at += 1) draft.instead.set(at, []);
  }
  const fresh = wanted.filter(({ name }) => !tables.some((table) => table.name === name));
  return withLinesAdded(
    withLineEdits(text, draft),
    fresh.flatMap((table) => tableLines(table, family)),
  );
};
