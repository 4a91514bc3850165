/** What commands of ufw(8) leave of its lists of rules and its policies, one after the other, as ufw 0.36 carries them out. */
import { type Family } from '../../net/address.ts';
import { type Place, type Remark } from '../dialect.ts';
import { type Ask } from './command.ts';
import { loadUfw, type Loaded } from './load.ts';
import { linesOfRule, withComment, type UfwRule } from './rule.ts';
import { type Policies } from './skeleton.ts';
import { limitLines } from './user-file.ts';

interface TypedRule {
  readonly rule: UfwRule;
  /** What tells it from the others; made once, since each new rule is compared with all. */
  readonly key: string;
  readonly at: Place;
}

export interface TypedUfw {
  /** Absent: no command says whether ufw runs. */
  isEnabled?: boolean;
  policies: Policies;
  rules: Readonly<Record<Family, readonly TypedRule[]>>;
  /** The first command that says something. */
  first?: Place;
}

const usualPolicies: Policies = { input: 'DROP', output: 'ACCEPT', forward: 'DROP' };

export const noTypedUfw = (): TypedUfw => ({ policies: usualPolicies, rules: { 4: [], 6: [] } });

/** All that tells one rule from another, but what it decides and why. */
const keyOf = ({ action: _action, logs: _logs, comment: _comment, ...rest }: UfwRule): string =>
  JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));

/** `key`: that of `rule`. */
const isSame = (known: TypedRule, rule: UfwRule, key: string): boolean =>
  known.key === key && known.rule.action === rule.action && known.rule.logs === rule.logs;

/** Parts of one profile count as one rule. */
const groupOf = ({ to, from, iif, oif, direction }: UfwRule): string | undefined =>
  to.profile === undefined && from.profile === undefined
    ? undefined
    : JSON.stringify([
        to.profile ?? to.ports,
        to.address,
        from.profile ?? from.ports,
        from.address,
        iif,
        oif,
        direction,
      ]);

/** Where each rule that ufw counts begins. */
const startsIn = (rules: readonly TypedRule[]): readonly number[] => {
  const known = new Set<string>();
  return rules.flatMap(({ rule }, at) => {
    const group = groupOf(rule);
    if (group !== undefined && known.has(group)) return [];
    if (group !== undefined) known.add(group);
    return [at];
  });
};

/** `index`: where to put it in the list; absent: last. One that is there already is replaced where it stands, or stays. */
const withRule = (rules: readonly TypedRule[], typed: TypedRule, index: number | undefined): readonly TypedRule[] => {
  const known = rules.findIndex(({ key }) => key === typed.key);
  if (known >= 0) return index === undefined ? rules.with(known, typed) : rules;
  return rules.toSpliced(index ?? rules.length, 0, typed);
};

/** Of the same rule of the other family: the place in its list. */
const placeBeside = (ufw: TypedUfw, family: Family, rule: UfwRule | undefined): number | undefined => {
  if (rule === undefined) return undefined;
  const beside = { ...rule, family };
  const key = keyOf(beside);
  const place = ufw.rules[family].findIndex((it) => isSame(it, beside, key));
  return place < 0 ? undefined : place;
};

/** Numbers go through the list of IPv4, then through that of IPv6. */
const numbered = (ufw: TypedUfw, number: number): { readonly family: Family; readonly index: number } | undefined => {
  const [four, six] = [startsIn(ufw.rules[4]), startsIn(ufw.rules[6])];
  const index = four[number - 1] ?? six[number - 1 - four.length];
  return index === undefined ? undefined : { family: number <= four.length ? 4 : 6, index };
};

type Refusal = { readonly why: string } | undefined;

const add = (ufw: TypedUfw, { rules, position }: Extract<Ask, { kind: 'add' | 'delete' }>, at: Place): Refusal => {
  const target = typeof position === 'number' ? numbered(ufw, position) : undefined;
  const families = new Set(rules.map(({ family }) => family));
  if (typeof position === 'number' && (target === undefined || !families.has(target.family)))
    return { why: `no rule has the place ${position}` };
  const anchor = target && ufw.rules[target.family][target.index]?.rule;
  const indexIn = (family: Family): number | undefined => {
    if (position === 'first') return 0;
    return target?.family === family ? target.index : placeBeside(ufw, family, anchor);
  };
  const places = { 4: indexIn(4), 6: indexIn(6) };
  // Each comes before the one that was put there.
  for (const rule of position === undefined ? rules : rules.toReversed())
    ufw.rules = {
      ...ufw.rules,
      [rule.family]: withRule(ufw.rules[rule.family], { rule, key: keyOf(rule), at }, places[rule.family]),
    };
  return undefined;
};

const remove = (ufw: TypedUfw, rules: readonly UfwRule[]): Refusal => {
  let isFound = false;
  for (const rule of rules) {
    const known = ufw.rules[rule.family];
    const key = keyOf(rule);
    const place = known.findIndex(
      (it) => isSame(it, rule, key) && (rule.comment ?? it.rule.comment) === it.rule.comment,
    );
    if (place < 0) continue;
    isFound = true;
    ufw.rules = { ...ufw.rules, [rule.family]: known.toSpliced(place, 1) };
  }
  return isFound ? undefined : { why: 'no command before it made such a rule' };
};

const removeNumber = (ufw: TypedUfw, number: number): Refusal => {
  const found = numbered(ufw, number);
  if (found === undefined) return { why: `no command before it made a rule with the number ${number}` };
  const own = ufw.rules[found.family];
  const first = own[found.index]?.rule;
  const group = first && groupOf(first);
  const isGone = ({ rule }: TypedRule, index: number): boolean =>
    index === found.index || (group !== undefined && groupOf(rule) === group);
  ufw.rules = { ...ufw.rules, [found.family]: own.filter((typed, index) => !isGone(typed, index)) };
  return undefined;
};

/** Carries a command out; undefined: it did what it asked for. */
export const carryOut = (ufw: TypedUfw, ask: Ask, at: Place): Refusal => {
  if (ask.kind === 'wrong') return { why: ask.why };
  if (ask.kind !== 'nothing') ufw.first ??= at;
  switch (ask.kind) {
    case 'add':
      return add(ufw, ask, at);
    case 'delete':
      return remove(ufw, ask.rules);
    case 'delete-number':
      return removeNumber(ufw, ask.number);
    case 'policy':
      ufw.policies = { ...ufw.policies, [ask.of]: ask.policy };
      return undefined;
    case 'enable':
    case 'disable':
      ufw.isEnabled = ask.kind === 'enable';
      return undefined;
    case 'reset':
      Object.assign(ufw, { ...noTypedUfw(), isEnabled: false });
      return undefined;
    case 'nothing':
      return undefined;
  }
};

const distinct = (remarks: readonly Remark[]): readonly Remark[] => [
  ...new Map(remarks.map((remark) => [`${remark.message}\n${remark.at.path}\n${remark.at.line}`, remark])).values(),
];

/** What is loaded in the end. */
export const loadTyped = (ufw: TypedUfw, stack: string): Loaded => {
  const { first, policies, rules, isEnabled } = ufw;
  const nothing: Loaded = { filter: [], remarks: [], origins: {} };
  if (first === undefined) return nothing;
  const start: Remark[] = [];
  const hasRules = rules[4].length + rules[6].length > 0;
  if (isEnabled === false) {
    const message = 'ufw is not enabled in the end: none of its rules is loaded';
    return { ...nothing, remarks: hasRules ? [{ kind: 'ignored', code: 'inactive', message, at: first }] : [] };
  }
  if (isEnabled === undefined)
    start.push({ kind: 'assumed', code: 'taken-for-enabled', message: 'ufw is taken to be enabled: no command here says so', at: first, help: 'add `ufw enable`' }); // prettier-ignore
  start.push({ kind: 'assumed', code: 'usual-before-rules', message: 'answers, `lo`, pings and DHCP are taken to be let in, as the `before.rules` that ufw brings let them', at: first }); // prettier-ignore
  const added = ([4, 6] as const).flatMap((family) => {
    const isLimiting = rules[family].some(({ rule }) => rule.action === 'limit');
    return [
      ...rules[family].flatMap(({ rule, at }) =>
        linesOfRule(rule).map((line) => ({ family, text: withComment(line, rule.comment), at })),
      ),
      ...(isLimiting ? limitLines(family, 'logged') : []).map((text) => ({ family, text, at: undefined })),
    ];
  });
  const loaded = loadUfw({ rules: [], added, policies, hasIpv6: true }, stack);
  return { ...loaded, remarks: distinct([...start, ...loaded.remarks]) };
};
