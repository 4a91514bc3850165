/** What the statements of a rule say one by one, and how a change to the rule becomes a change to as few of them as can be. */
import { normalRule } from '../../../state/normal-rule.ts';
import { type FilterMatch, type FilterRule, type FilterTable } from '../../../state/packet-filter.ts';
import { type NamedSets } from '../expand.ts';
import { readRule } from '../read-rule.ts';
import { isRecord, kindOf, setMembers, type Json } from '../values.ts';
import { verdictText } from '../write.ts';
import { matchText } from '../write-match.ts';
import { type Phrase, type RuleSite, type Site, type Span, type StatementPhrase } from '../text/sites.ts';
import { type Candidate, wordsOr } from './candidate.ts';
import { type Splice } from './layout.ts';
import { isWithin, listedIn, missingFrom, wordsOfMissing } from './value-domain.ts';
import { type Value, valuesOf } from './value-lists.ts';
import { valueSplices } from './value-splices.ts';

export interface RuleContext {
  readonly family: FilterTable['family'];
  readonly sets: NamedSets;
  readonly sites: readonly Site[];
  readonly textOf: (path: string) => string;
}

const keyOf = (part: unknown): string => JSON.stringify(part);

/** Rules of one statement alone, in normal form. */
const rulesOfStatement = (json: Json, { family, sets }: RuleContext): readonly FilterRule[] =>
  readRule({ expr: [json] }, { table: family, sets }).rules.flatMap((rule) => normalRule(rule, family));

const common = (rules: readonly FilterRule[]): readonly FilterMatch[] =>
  (rules[0]?.matches ?? []).filter((match) =>
    rules.every(({ matches }) => matches.some((other) => keyOf(other) === keyOf(match))),
  );

const minus = (a: readonly FilterMatch[], b: readonly FilterMatch[]): readonly FilterMatch[] =>
  a.filter((match) => !b.some((other) => keyOf(other) === keyOf(match)));

/** With the blanks before it, or behind it where it is the first. */
const without = (text: string, { path, from, to }: Span, body: Span): Splice => {
  const before = /[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
  if (from > body.from) return { path, from: from - before, to, text: '' };
  const behind = /^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0;
  return { path, from, to: to + behind, text: '' };
};

/** Values of one comparison. */
const rightsOf = (json: Json, sets: NamedSets): readonly unknown[] | undefined => {
  const right = isRecord(json.match) ? json.match.right : undefined;
  if (typeof right === 'string' && right.startsWith('@')) return sets.get(right.slice(1));
  return setMembers(right) ?? (right === undefined || Array.isArray(right) ? undefined : [right]);
};

/** A match whose list is written in a set, a variable or braces: by its values. */
const byValues = (
  statement: StatementPhrase,
  [gone, come]: readonly [FilterMatch, FilterMatch],
  site: RuleSite,
  rule: FilterRule,
  context: RuleContext,
): readonly Splice[] | undefined => {
  const [had, wanted] = [listedIn(gone), listedIn(come)];
  const rights = rightsOf(statement.json, context.sets);
  const values = valuesOf(statement.tokens, site.scope, context.sites);
  if (had === undefined || wanted?.subject !== had.subject || rights?.length !== values?.length) return undefined;
  if (rights === undefined || values === undefined || !isRecord(statement.json.match)) return undefined;
  const { match } = statement.json;
  const own = rights.map((right) => {
    const [alone] = rulesOfStatement({ match: { ...match, right: { set: [right] } } }, context);
    return alone?.matches.map(listedIn).find((listed) => listed?.subject === had.subject);
  });
  if (own.some((listed) => listed === undefined)) return undefined;
  const isKept = own.map((listed) => listed !== undefined && isWithin(listed, wanted));
  const kept = own.flatMap((listed, at) => (listed !== undefined && isKept[at] === true ? [listed] : []));
  const gaps = isKept.flatMap((is, at) => (is ? [] : [at]));
  const hasIntervals = values.every(({ list }) => list.hasIntervals);
  const place = { table: context.family, rule };
  const words = wordsOr(() => wordsOfMissing(wanted, missingFrom(wanted, kept), hasIntervals, place));
  return words && fillGaps(values, gaps, words, context);
};

/** New words stand where old ones did; what is left over goes, or comes behind the last that stays. */
const fillGaps = (
  values: readonly Value[],
  gaps: readonly number[],
  words: readonly string[],
  { textOf }: RuleContext,
): readonly Splice[] | undefined => {
  const instead = new Map<number, string>();
  for (const [index, at] of gaps.entries()) {
    const word = words[index];
    if (word !== undefined) instead.set(at, word);
  }
  const rest = words.slice(gaps.length);
  const gone = gaps.slice(words.length);
  const last = values.findLastIndex((_, at) => !gone.includes(at));
  if (last < 0) return undefined;
  const replaced = instead.get(last);
  if (rest.length > 0 && replaced !== undefined && values[last]?.list.isBraced === false) {
    instead.set(last, `{ ${[replaced, ...rest].join(', ')} }`);
    return valueSplices(values, { gone, instead, behind: new Map() }, textOf);
  }
  return valueSplices(
    values,
    { gone, instead, behind: rest.length === 0 ? new Map() : new Map([[last, rest]]) },
    textOf,
  );
};

const isVerdict = (statement: StatementPhrase, rule: FilterRule, context: RuleContext): boolean =>
  rulesOfStatement(statement.json, context).some(
    ({ verdict }) => verdict.kind !== 'continue' && keyOf(verdict) === keyOf(rule.verdict),
  );

const behindLast = ({ statements, body }: RuleSite, words: string): Splice | undefined => {
  const span = statements.at(-1)?.span ?? body.span;
  return span && { path: span.path, from: span.to, to: span.to, text: ` ${words}` };
};

const verdictSplices = (
  site: RuleSite,
  body: Span,
  [before, wanted]: readonly [FilterRule, FilterRule],
  context: RuleContext,
): readonly Splice[] | undefined => {
  if (keyOf(before.verdict) === keyOf(wanted.verdict)) return [];
  const words = wordsOr(() => verdictText(wanted.verdict, { table: context.family, rule: wanted }));
  if (words === undefined) return undefined;
  if (before.verdict.kind === 'continue') {
    const splice = behindLast(site, words);
    return splice && [splice];
  }
  const span = site.statements.find((statement) => isVerdict(statement, before, context))?.span;
  if (span === undefined) return undefined;
  // A comment without a statement before it would be the chain's.
  return wanted.verdict.kind === 'continue' && wanted.matches.length > 0
    ? [without(context.textOf(span.path), span, body)]
    : [{ ...span, text: words }];
};

const commentSplices = (
  site: RuleSite,
  body: Span,
  [before, wanted]: readonly [FilterRule, FilterRule],
  { textOf }: RuleContext,
): readonly Splice[] | undefined => {
  if (before.comment === wanted.comment) return [];
  const words = wanted.comment === undefined ? undefined : `comment "${wanted.comment}"`;
  const span = site.comment?.span;
  if (span === undefined) {
    const splice = words === undefined ? undefined : behindLast(site, words);
    return splice && [splice];
  }
  return words === undefined ? [without(textOf(span.path), span, body)] : [{ ...span, text: words }];
};

const matchSplices = (
  touched: readonly Phrase[],
  come: readonly FilterMatch[],
  body: Span,
  rule: FilterRule,
  context: RuleContext,
): readonly Splice[] | undefined => {
  const words = wordsOr(() => come.map((match) => matchText(match, { table: context.family, rule })).join(' '));
  const spans = touched.flatMap(({ span }) => (span === undefined ? [] : [span]));
  if (words === undefined || spans.length < touched.length) return undefined;
  const [first, ...others] = spans;
  if (first === undefined)
    return words === '' ? [] : [{ path: body.path, from: body.from, to: body.from, text: `${words} ` }];
  const text = context.textOf(first.path);
  return [
    words === '' ? without(text, first, body) : { ...first, text: words },
    ...others.map((span) => without(text, span, body)),
  ];
};

/** Changes that all rules of the normal form share that one rule of the file stands for; finest first. */
export function* statementCandidates(
  site: RuleSite,
  before: readonly FilterRule[],
  wanted: readonly FilterRule[],
  context: RuleContext,
): Generator<Candidate> {
  const body = site.body.span;
  const pairs = before
    .map((rule, at) => [rule, wanted[at]] as const)
    .filter((pair): pair is [FilterRule, FilterRule] => pair[1] !== undefined);
  const [first] = pairs;
  if (body === undefined || first === undefined || before.length !== wanted.length) return;
  const [had, is] = [common(before), common(wanted)];
  const [gone, come] = [minus(had, is), minus(is, had)];
  const changed = pairs.filter(([a, b]) => keyOf(a.verdict) !== keyOf(b.verdict));
  const verdicts = changed.map((pair) => verdictSplices(site, body, pair, context));
  const rest = [...verdicts, commentSplices(site, body, first, context)];
  const isGone = (match: FilterMatch): boolean => gone.some((other) => keyOf(other) === keyOf(match));
  const isTouched = ({ json }: StatementPhrase): boolean =>
    isRecord(json.match) && rulesOfStatement(json, context).some(({ matches }) => matches.some(isGone));
  const touched = site.statements.filter(isTouched);
  const [statement, ...others] = touched;
  const ways: (readonly Splice[] | undefined)[] = [];
  if (statement !== undefined && others.length === 0 && gone.length === 1 && come.length === 1) {
    const [from, to] = [gone[0], come[0]];
    if (from !== undefined && to !== undefined) ways.push(byValues(statement, [from, to], site, first[1], context));
  }
  ways.push(matchSplices(touched, come, body, first[1], context));
  for (const way of ways) {
    const all = [way, ...rest];
    if (all.every((splices) => splices !== undefined)) yield all.flat();
  }
}

/** Statements of which the rules of the normal form know nothing: to write such a rule anew would lose them. */
export const isWholeInRules = ({ statements }: RuleSite, { family, sets }: RuleContext): boolean =>
  statements.every(({ json }) => !['counter', 'log', 'last'].includes(kindOf(json)[0])) &&
  readRule({ expr: statements.map(({ json }) => json) }, { table: family, sets }).untold.length === 0;
