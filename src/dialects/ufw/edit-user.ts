/**
 * Rules of the user's that come, go or change, as changes of `user.rules`: each with its tuple and its lines. All other lines
 * stay. Whether the result says what is wanted is for the caller to read.
 */
import { type Family } from '../../net/address.ts';
import { type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { readIptables } from '../iptables/read.ts';
import { listSteps, plainLines, withLineEdits } from '../line-edits.ts';
import { type Recovered, ruleAt } from './recover-rules.ts';
import {
  commentOfTuple,
  isTuple,
  linesOfRule,
  prefixFor,
  tupleLine,
  withComment,
  ways,
  type UfwRule,
  type Way,
} from './rule.ts';

/** A tuple and the lines below it, or a line that has none; counted from 0. */
interface Block {
  readonly tuple: number | undefined;
  readonly lines: readonly number[];
}

const isUserLine = (line: string): boolean => /^-[AI] ufw6?-user-(?:logging-)?(?:input|output|forward)\s/.test(line);

const blocksIn = (lines: readonly string[]): readonly Block[] => {
  const blocks: { tuple: number | undefined; lines: number[] }[] = [];
  let open: { tuple: number | undefined; lines: number[] } | undefined;
  for (const [at, whole] of lines.entries()) {
    const line = whole.trim();
    if (isTuple(line)) blocks.push((open = { tuple: at, lines: [] }));
    else if (line.startsWith('### END RULES')) open = undefined;
    else if (isUserLine(line) && open !== undefined) open.lines.push(at);
    else if (isUserLine(line)) blocks.push({ tuple: undefined, lines: [at] });
  }
  return blocks;
};

interface Draft {
  readonly family: Family;
  readonly lines: readonly string[];
  readonly blocks: readonly Block[];
  readonly instead: Map<number, readonly string[]>;
  readonly behind: Map<number, readonly string[]>;
}

/** As they are loaded: with the comments of the tuples above them. */
const commented = (lines: readonly string[]): string => {
  let comment: string | undefined;
  return lines
    .map((line) => {
      const whole = line.trim();
      if (isTuple(whole)) comment = commentOfTuple(whole);
      return withComment(whole, comment);
    })
    .join('\n');
};

const subchain = (table: FilterTable | undefined, name: string): readonly FilterRule[] =>
  table?.subchains?.find((chain) => chain.name === name)?.rules ?? [];

interface Place {
  readonly family: Family;
  readonly way: Way;
}

/** What logs for a rule may stand anywhere in the chain that logs. */
const anyRuleAt = (
  place: Place,
  rules: readonly FilterRule[],
  at: number,
  logging: readonly FilterRule[],
): Recovered | undefined => {
  const isLogged = rules[at]?.verdict.kind === 'jump';
  for (let from = 0; from <= (isLogged ? logging.length : 0); from += 1) {
    const found = ruleAt(place, rules, at, logging.slice(from));
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The rules of ufw that make all of these; undefined where one is none of ufw's. */
const recovered = (
  place: Place,
  rules: readonly FilterRule[],
  logging: readonly FilterRule[],
): readonly UfwRule[] | undefined => {
  const found: UfwRule[] = [];
  for (let at = 0; at < rules.length;) {
    const first = anyRuleAt(place, rules, at, logging);
    if (first === undefined) return undefined;
    found.push(first.rule);
    at += first.count;
  }
  return found;
};

const remove = ({ lines, instead }: Draft, { tuple, lines: own }: Block): void => {
  for (const at of [...(tuple === undefined ? [] : [tuple]), ...own]) instead.set(at, []);
  const next = (own.at(-1) ?? tuple ?? 0) + 1;
  if (tuple !== undefined && lines[next]?.trim() === '') instead.set(next, []);
};

const addBehind = ({ behind }: Draft, at: number, lines: readonly string[]): void => {
  behind.set(at, [...(behind.get(at) ?? []), ...lines]);
};

/** Lines that both rules have stay; new ones stand in place of those above them, before whatever else comes there. */
const replace = ({ lines, instead }: Draft, { tuple, lines: own }: Block, rule: UfwRule): void => {
  const fresh = linesOfRule(rule);
  const before = own.map((at) => (lines[at] ?? '').trim());
  const head: string[] = [tupleLine(rule)];
  const places = own.map((at): string[] => [lines[at] ?? '']);
  for (const step of listSteps(before, fresh)) {
    if (step.kind === 'gone') places[step.at] = [];
    if (step.kind === 'changed') places[step.at] = [fresh[step.to] ?? ''];
    if (step.kind === 'new') (places[step.behind] ?? head).push(fresh[step.to] ?? '');
  }
  if (tuple !== undefined) instead.set(tuple, head);
  for (const [index, at] of own.entries())
    instead.set(at, [...(tuple === undefined && index === 0 ? head : []), ...(places[index] ?? [])]);
};

const lastLineOf = ({ tuple, lines }: Block): number => lines.at(-1) ?? tuple ?? 0;

/** Behind `after`, before `before`, or where ufw would write its first rule. */
const insert = (draft: Draft, rules: readonly UfwRule[], after: Block | undefined, before: Block | undefined): void => {
  const { lines, blocks } = draft;
  const fresh = rules.map((rule) => [tupleLine(rule), ...linesOfRule(rule)]);
  if (after !== undefined) {
    addBehind(
      draft,
      lastLineOf(after),
      fresh.flatMap((block) => ['', ...block]),
    );
    return;
  }
  const next = before?.tuple ?? before?.lines[0];
  if (next !== undefined) {
    addBehind(
      draft,
      next - 1,
      fresh.flatMap((block) => [...block, '']),
    );
    return;
  }
  const last = blocks.at(-1);
  const begin = lines.findIndex((line) => line.startsWith('### RULES ###'));
  const commit = lines.findIndex((line) => line.trim() === 'COMMIT');
  const place = last === undefined ? (begin >= 0 ? begin : commit - 1) : lastLineOf(last);
  if (last !== undefined || begin >= 0 || commit >= 0)
    addBehind(
      draft,
      place,
      fresh.flatMap((block) => ['', ...block]),
    );
};

interface KeptBlock {
  readonly block: Block;
  /** Its place among the blocks of its way, and that of its first rule in the wanted chain. */
  readonly index: number;
  readonly to: number;
  readonly count: number;
}

interface WayRules {
  readonly before: readonly FilterRule[];
  readonly wanted: readonly FilterRule[];
  readonly logging: readonly FilterRule[];
  /** By index in `before`: its line, counted from 0. */
  readonly lineOf: (index: number) => number;
}

/** Blocks all of whose rules stay, side by side. */
const keptBlocks = (blocks: readonly Block[], { before, wanted, lineOf }: WayRules): readonly KeptBlock[] => {
  const targets = new Map<number, number>();
  let to = 0;
  for (const step of listSteps(
    before.map((rule) => JSON.stringify(rule)),
    wanted.map((rule) => JSON.stringify(rule)),
  )) {
    if (step.kind === 'kept') targets.set(step.at, to);
    if (step.kind !== 'gone') to += 1;
  }
  return blocks.flatMap((block, index) => {
    const own = [...before.keys()].filter((at) => block.lines.includes(lineOf(at)));
    const places = own.map((at) => targets.get(at));
    const [first] = places;
    const isKept = first !== undefined && places.every((place, at) => place === first + at);
    return isKept ? [{ block, index, to: first, count: own.length }] : [];
  });
};

/** False where what is wanted is nothing that ufw writes. */
const editWay = (draft: Draft, way: Way, rules: WayRules): boolean => {
  const numbers = new Set([...rules.before.keys()].map(rules.lineOf));
  const own = draft.blocks.filter(({ lines }) => lines.some((at) => numbers.has(at)));
  const kept = keptBlocks(own, rules);
  const ends = [...kept, { block: undefined, index: own.length, to: rules.wanted.length, count: 0 }];
  const gaps: (() => void)[] = [];
  let [index, from]: [number, number] = [0, 0];
  for (const end of ends) {
    const gone = own.slice(index, end.index);
    const fresh = recovered({ family: draft.family, way }, rules.wanted.slice(from, end.to), rules.logging);
    if (fresh === undefined) return false;
    const [before, after] = [own[index - 1], end.block];
    gaps.push(() => {
      for (const [at, block] of gone.entries()) {
        const rule = fresh[at];
        if (rule === undefined) remove(draft, block);
        else replace(draft, block, rule);
      }
      if (fresh.length > gone.length) insert(draft, fresh.slice(gone.length), gone.at(-1) ?? before, after);
    });
    index = end.index + 1;
    from = end.to + end.count;
  }
  for (const make of gaps) make();
  return true;
};

/** `wanted`: the table that ufw is to load in the end; `known`: chains that are there before this file is loaded. */
export const withUserRules = (text: string, family: Family, wanted: FilterTable, known: readonly string[]): string => {
  const lines = plainLines(text);
  const { tables, lines: places } = readIptables(commented(lines), family, true, known);
  const table = tables.find(({ name }) => name === 'filter');
  const draft: Draft = { family, lines, blocks: blocksIn(lines), instead: new Map(), behind: new Map() };
  for (const way of ways) {
    const chain = `${prefixFor(family)}-user-${way}`;
    const lineOf = (index: number): number => (places[`${wanted.family} filter ${chain} ${index}`] ?? 0) - 1;
    const [before, after] = [subchain(table, chain), subchain(wanted, chain)];
    const logging = subchain(wanted, `${prefixFor(family)}-user-logging-${way}`);
    if (JSON.stringify(before) !== JSON.stringify(after))
      editWay(draft, way, { before, wanted: after, logging, lineOf });
  }
  return withLineEdits(text, draft);
};
