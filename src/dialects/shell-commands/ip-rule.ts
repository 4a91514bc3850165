/** `ip rule` (ip-rule(8)). */
import { type Family } from '../../net/address.ts';
import { type PolicyRule, type PortRange } from '../../state/network-state.ts';
import { protocolNumbers } from '../names.ts';
import { nextPriority } from '../rule-priority.ts';
import { type RunningDraft } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { numberIn, prefixIn } from './values.ts';
import { tableIn } from './ip-route.ts';
import { argumentsOf, next } from './options.ts';

type Words = { -readonly [K in keyof PolicyRule]?: PolicyRule[K] };

const portsIn = (text: string | undefined): PortRange | undefined => {
  const [first, last = first] = (text ?? '').split('-').map((part) => numberIn(part, 65_535));
  return first === undefined || last === undefined ? undefined : [first, last];
};

const markIn = (text: string): PolicyRule['mark'] => {
  const [value, mask] = text.split('/');
  const number = numberIn(value);
  return number === undefined ? undefined : { value: number, mask: numberIn(mask) ?? 0xffff_ffff };
};

/** One name with its value; undefined where it was taken. */
const take = (rule: Words, word: string, value: string): Effect | undefined => {
  switch (word) {
    case 'from':
    case 'to': {
      const prefix = prefixIn(value, rule.family);
      if (prefix === undefined) return wrong(`\`${value}\` is no prefix`);
      if (!/^(?:all|any|default)$/.test(value)) {
        rule.family = prefix.family;
        rule[word] = prefix.to;
      }
      return undefined;
    }
    case 'iif':
    case 'dev':
      rule.iif = value;
      return undefined;
    case 'oif':
      rule.oif = value;
      return undefined;
    case 'fwmark': {
      const mark = markIn(value);
      if (mark === undefined) return wrong(`\`${value}\` is no mark`);
      rule.mark = mark;
      return undefined;
    }
    case 'table':
    case 'lookup': {
      const table = tableIn(value);
      if (table === undefined) return unsaid('which number a named table has stands in /etc/iproute2/rt_tables');
      rule.table = table;
      return undefined;
    }
    case 'priority':
    case 'pref':
    case 'preference':
    case 'order': {
      const priority = numberIn(value);
      if (priority === undefined) return wrong('the priority is no number');
      rule.priority = priority;
      return undefined;
    }
    case 'ipproto': {
      const protocol =
        numberIn(value, 255) ?? (Object.hasOwn(protocolNumbers, value) ? protocolNumbers[value] : undefined);
      if (protocol === undefined) return wrong(`\`${value}\` is no protocol`);
      rule.protocol = protocol;
      return undefined;
    }
    case 'sport':
    case 'dport': {
      const ports = portsIn(value);
      if (ports === undefined) return wrong(`\`${value}\` is no port`);
      rule[word === 'sport' ? 'sourcePorts' : 'destinationPorts'] = ports;
      return undefined;
    }
    case 'suppress_prefixlength': {
      const length = numberIn(value, 128);
      if (length === undefined) return wrong('the length is no number');
      rule.suppressPrefixLength = length;
      return undefined;
    }
    default:
      return unsaid(`\`${word}\` of a rule is not modelled`);
  }
};

export const readRule = (words: readonly string[], family: Family | undefined): Words | Effect => {
  const args = argumentsOf(words);
  const rule: Words = {};
  if (family !== undefined) rule.family = family;
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'not') rule.not = true;
    else if (word === 'blackhole' || word === 'unreachable' || word === 'prohibit') rule.action = word;
    else if (word === 'proto' || word === 'protocol') next(args);
    else {
      const effect = take(rule, word, next(args) ?? '');
      if (effect !== undefined) return effect;
    }
  }
  return rule;
};

const isEffect = (value: Words | Effect): value is Effect => 'kind' in value;

const isSame = (a: PolicyRule, b: Words): boolean =>
  (Object.keys(b) as (keyof PolicyRule)[]).every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]));

export const ipRule = (
  draft: RunningDraft,
  action: string,
  words: readonly string[],
  family: Family | undefined,
): Effect => {
  if (action !== 'add' && action !== 'delete')
    return action === 'flush' ? unsaid('which rules go is not followed') : ignored('this only looks');
  const rule = readRule(words, family);
  if (isEffect(rule)) return rule;
  const own = rule.family ?? 4;
  if (action === 'delete') {
    const index = draft.rules.findIndex((known) => isSame(known, { ...rule, family: own }));
    if (index < 0) return ignored('there is no such rule among those said here');
    draft.rules.splice(index, 1);
    return done;
  }
  draft.rules.push({
    ...rule,
    family: own,
    priority: rule.priority ?? nextPriority(draft.rules, own),
    table: rule.action === undefined ? (rule.table ?? 254) : 0,
  });
  return done;
};
