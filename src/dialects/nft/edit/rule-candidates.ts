/** Rules that go, come, or say something else: each where it stands, in a block or in a command of its own. */
import { type FilterRule } from '../../../state/packet-filter.ts';
import { type ListStep } from '../../line-edits.ts';
import { tableKey } from '../read.ts';
import { ruleText } from '../write.ts';
import { type RuleSite } from '../text/sites.ts';
import { type Candidate, type SiteOf, type Standing, wordsOr } from './candidate.ts';
import { type Difference } from '../../filter-differences.ts';
import { withDeclarations } from './forward-declarations.ts';
import { chainInside } from './inside.ts';
import { insertionAtBegin, insertionBefore, insertionBehind, removal, type Splice } from './layout.ts';
import { elementCandidates } from './map-elements.ts';
import { isWholeInRules, type RuleContext, statementCandidates } from './statements.ts';

type RulesDiffer = Extract<Difference, { readonly kind: 'rules' }>;

/** What one rule of the file stands for, and is to stand for. */
interface Group {
  readonly site: RuleSite;
  readonly before: readonly FilterRule[];
  readonly wanted: FilterRule[];
  isChanged: boolean;
}

/** Rules that come, behind what another rule of the file stands for; none: before all others. */
interface Arrival {
  readonly behind: Group | undefined;
  readonly rules: FilterRule[];
}

interface Changes {
  readonly groups: readonly Group[];
  readonly arrivals: readonly Arrival[];
}

/** Undefined where the place of a rule is not known. */
const changesOf = ({ table, before, wanted, steps }: RulesDiffer, { reading }: Standing): Changes | undefined => {
  const groups: Group[] = [];
  const groupAt: Group[] = [];
  for (const [index, rule] of before.rules.entries()) {
    const handle = reading.handles[`${table.family} ${table.name} ${before.name} ${index}`];
    const site = reading.sites.find((it): it is RuleSite => it.kind === 'rule' && it.handle === handle);
    if (site === undefined) return undefined;
    const last = groups.at(-1);
    const group: Group =
      last?.site === site
        ? { ...last, before: [...last.before, rule] }
        : { site, before: [rule], wanted: [], isChanged: false };
    if (last?.site === site) groups.pop();
    groups.push(group);
  }
  for (const group of groups) for (const _ of group.before) groupAt.push(group);
  const arrivals: Arrival[] = [];
  const take = (step: ListStep): void => {
    if (step.kind === 'kept') {
      const rule = before.rules[step.at];
      if (rule !== undefined) groupAt[step.at]?.wanted.push(rule);
      return;
    }
    if (step.kind === 'gone' || step.kind === 'changed') {
      const group = groupAt[step.at];
      const rule = step.kind === 'changed' ? wanted[step.to] : undefined;
      if (group !== undefined) group.isChanged = true;
      if (rule !== undefined) group?.wanted.push(rule);
      return;
    }
    const [group, next] = [groupAt[step.behind], groupAt[step.behind + 1]];
    const rule = wanted[step.to];
    if (rule === undefined) return;
    if (group !== undefined && group === next) {
      group.isChanged = true;
      group.wanted.push(rule);
      return;
    }
    const open = arrivals.at(-1);
    if (open !== undefined && open.behind === group) open.rules.push(rule);
    else arrivals.push({ behind: group, rules: [rule] });
  };
  for (const step of steps) take(step);
  return { groups: groups.filter(({ isChanged }) => isChanged), arrivals };
};

/** As it stands in a block, or as a command. */
const statementOf = (form: RuleSite['form'], { table, before }: RulesDiffer, text: string): string =>
  form === 'block' ? text : `${form} rule ${table.family} ${table.name} ${before.name} ${text}`;

const textsOf = (rules: readonly FilterRule[], { table }: RulesDiffer): readonly string[] =>
  rules.flatMap((rule) => wordsOr(() => ruleText(rule, table.family)) ?? []);

/** `insert` puts each above those that were inserted before. */
const behindRule = (
  site: RuleSite,
  texts: readonly string[],
  difference: RulesDiffer,
  standing: Standing,
): Splice | undefined => {
  const span = site.whole.span;
  if (span === undefined) return undefined;
  const text = standing.textOf(span.path);
  const statements = texts.map((words) => statementOf(site.form, difference, words));
  return site.form === 'insert'
    ? insertionBefore(text, span, statements.toReversed())
    : insertionBehind(text, span, statements);
};

const chainSites = ({ table, before }: RulesDiffer, { reading }: Standing): readonly SiteOf<'chain'>[] =>
  reading.sites.filter(
    (site): site is SiteOf<'chain'> =>
      site.kind === 'chain' &&
      site.chain === before.name &&
      site.scope.family === table.family &&
      site.scope.table === table.name,
  );

/** Below hook and policy, where the chain says them; else where its block begins. */
const atChainBegin = (
  site: SiteOf<'chain'>,
  texts: readonly string[],
  difference: RulesDiffer,
  standing: Standing,
): Splice | undefined => {
  const span = site.whole.span;
  if (span === undefined) return undefined;
  const text = standing.textOf(span.path);
  if (!site.hasBlock)
    return insertionBehind(
      text,
      span,
      texts.map((words) => statementOf('add', difference, words)),
    );
  const head = [site.hook?.span, site.policy?.span].filter((part) => part !== undefined && part.path === span.path);
  const last = head.reduce((a, b) => (a !== undefined && b !== undefined && a.to > b.to ? a : b), undefined);
  if (last !== undefined) return insertionBehind(text, last, texts);
  const inside = chainInside(site);
  return inside && insertionAtBegin(text, inside, texts);
};

function* atTop(texts: readonly string[], difference: RulesDiffer, standing: Standing): Generator<Candidate> {
  const handle =
    standing.reading.handles[`${difference.table.family} ${difference.table.name} ${difference.before.name} 0`];
  const first = standing.reading.sites.find((it): it is RuleSite => it.kind === 'rule' && it.handle === handle);
  const span = first?.whole.span;
  if (first !== undefined && first.form !== 'block' && span !== undefined) {
    const statements = texts.map((words) => statementOf(first.form, difference, words));
    const text = standing.textOf(span.path);
    yield [
      first.form === 'add'
        ? insertionBefore(text, span, statements)
        : insertionBehind(text, span, statements.toReversed()),
    ];
  }
  const sites = chainSites(difference, standing);
  const inBlocks = first?.form === 'block' ? sites.filter(({ whole }) => holds(whole.span, span)) : sites.toReversed();
  for (const site of [...inBlocks, ...sites]) {
    const splice = atChainBegin(site, texts, difference, standing);
    if (splice !== undefined) yield [splice];
  }
}

function holds(outer: Splice | RuleSite['whole']['span'], inner: RuleSite['whole']['span']): boolean {
  return outer !== undefined && inner?.path === outer.path && outer.from <= inner.from && inner.to <= outer.to;
}

/** All of the rule anew, where the normal form has all of it. */
const anew = ({ site, wanted }: Group, difference: RulesDiffer, context: RuleContext): Candidate | undefined => {
  const { whole, body } = site;
  const texts = textsOf(wanted, difference);
  const [first, ...others] = texts;
  if (first === undefined || texts.length < wanted.length || !isWholeInRules(site, context)) return undefined;
  if (whole.span === undefined || body.span === undefined) return undefined;
  const text = context.textOf(whole.span.path);
  const rest = others.map((words) => statementOf(site.form, difference, words));
  if (rest.length === 0) return [{ ...body.span, text: first }];
  return [
    { ...body.span, text: first },
    site.form === 'insert'
      ? insertionBefore(text, whole.span, rest.toReversed())
      : insertionBehind(text, whole.span, rest),
  ];
};

function* groupCandidates(group: Group, difference: RulesDiffer, standing: Standing): Generator<Candidate> {
  const { site, before, wanted } = group;
  const { sets, sites } = standing.reading;
  const context: RuleContext = {
    ...{ family: difference.table.family, sites, textOf: standing.textOf },
    sets: sets.get(tableKey(site.scope.family, site.scope.table)) ?? new Map(),
  };
  if (wanted.length === 0) {
    const span = site.whole.span;
    if (span !== undefined) yield [removal(standing.textOf(span.path), span)];
    return;
  }
  yield* statementCandidates(site, before, wanted, context);
  yield* elementCandidates(site, before, wanted, context);
  const whole = anew(group, difference, context);
  if (whole !== undefined) yield whole;
}

function* arrivalCandidates(
  { behind, rules }: Arrival,
  difference: RulesDiffer,
  standing: Standing,
): Generator<Candidate> {
  const texts = textsOf(rules, difference);
  if (texts.length === 0) return;
  if (behind === undefined) yield* atTop(texts, difference, standing);
  else {
    const splice = behindRule(behind.site, texts, difference, standing);
    if (splice !== undefined) yield [splice];
  }
}

/** One list of ways for each rule that changes, and for each place where rules come. */
export const ruleCandidates = (difference: RulesDiffer, standing: Standing): readonly Iterable<Candidate>[] => {
  const changes = changesOf(difference, standing);
  if (changes === undefined) {
    // Without places for the rules that are there, new ones may still be the only ones.
    return [];
  }
  const ways = [
    ...changes.groups.map((group) => groupCandidates(group, difference, standing)),
    ...changes.arrivals.map((arrival) => arrivalCandidates(arrival, difference, standing)),
  ];
  return ways.map((way) => withDeclarations(way, difference, standing));
};
