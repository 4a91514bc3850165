/**
 * Reads one rule as `nft -j` lists it (libnftables-json(5)) into rules of the normal form, one for each thing that it
 * does. What the normal form cannot say stands in them as `other`, and is told.
 */
import { type FilterMatch, type FilterRule, type FilterTable, type FilterVerdict } from '../../state/packet-filter.ts';
import { icmpCodeNumbers } from '../names.ts';
import { expand, type NamedSets, type Statements } from './expand.ts';
import { readMatch } from './read-match.ts';
import { readEffect, readEnd, type ReadVerdict } from './read-verdict.ts';
import { isRecord, kindOf, readNumber, recordIn, type Json } from './values.ts';

export interface RuleReading {
  readonly rules: readonly FilterRule[];
  /** What the rules do not say, in words of nft(8) where it is short. */
  readonly untold: readonly string[];
}

export interface RulePlace {
  readonly table: FilterTable['family'];
  readonly sets: NamedSets;
}

/** Statements that only watch. */
const watching = new Set(['counter', 'log', 'last']);
/** Statements that change what packets carry or how fast they go, but not who reaches whom. */
const harmless = new Set(['flow', 'dup', 'ct helper', 'ct timeout', 'ct expectation', 'secmark']);
const harmlessTargets = new Set([
  'LOG',
  'NFLOG',
  'TCPMSS',
  'CLASSIFY',
  'DSCP',
  'TOS',
  'TTL',
  'HL',
  'CHECKSUM',
  'TRACE',
]);
const harmlessMeta = new Set(['nftrace', 'priority']);

const isHarmless = (kind: string, body: unknown): boolean => {
  if (kind === 'xt')
    return (
      isRecord(body) && (body.type === 'target' ? harmlessTargets.has(String(body.name)) : body.name === 'comment')
    );
  if (kind !== 'mangle' || !isRecord(body)) return harmless.has(kind);
  const payload = recordIn(body.key, 'payload');
  const isClass = payload?.field === 'dscp' || payload?.field === 'ecn' || payload?.field === 'hoplimit';
  return (
    isClass ||
    payload?.field === 'ttl' ||
    recordIn(body.key, 'tcp option') !== undefined ||
    harmlessMeta.has(String(recordIn(body.key, 'meta')?.key))
  );
};

/** Statements that let only some packets go on: some of them by what happened before. */
const isCondition = (kind: string, body: unknown): boolean =>
  ['match', 'limit', 'quota', 'ct count', 'set', 'meter', 'connlimit'].includes(kind) ||
  (kind === 'xt' && isRecord(body) && body.type === 'match');

const textOf = (statement: Json): string => {
  const [kind, body] = kindOf(statement);
  if (kind === 'limit' && isRecord(body))
    return `limit rate ${body.inv === true ? 'over ' : ''}${String(body.rate)}/${String(body.per)}`;
  if (kind === 'xt' && isRecord(body)) return `xt ${String(body.type)} ${String(body.name)}`;
  return JSON.stringify(statement);
};

/** The two matches that `write-match.ts` spells an echo request of either family with: nft lists the names that it knows. */
const eitherEcho: readonly RegExp[] = [
  /^{"op":"==","left":{"meta":{"key":"l4proto"}},"right":{"set":\[(?:1|"icmp"),(?:58|"ipv6-icmp"|"icmpv6")\]}}$/,
  /^{"op":"==","left":{"payload":{"base":"th","offset":0,"len":8}},"right":{"set":\[8,128\]}}$/,
];

const isEitherEcho = (statements: Statements, index: number): boolean =>
  eitherEcho.every((text, offset) => text.test(JSON.stringify(statements[index + offset]?.match)));

/** An ICMP code belongs to the type that was matched before it. */
const withCode = (matches: readonly FilterMatch[], match: Json): readonly FilterMatch[] | undefined => {
  const payload = recordIn(match.left, 'payload');
  const family = payload?.protocol === 'icmp' ? 4 : payload?.protocol === 'icmpv6' ? 6 : undefined;
  if (family === undefined || payload?.field !== 'code' || match.op !== '==') return undefined;
  const code = readNumber(match.right, icmpCodeNumbers[family]);
  const typed = matches.find((it) => it.kind === 'icmp-type' && it.family === family && it.negate !== true);
  if (code === undefined || typed?.kind !== 'icmp-type' || typed.code !== undefined) return undefined;
  return matches.map((it) => (it === typed ? { ...typed, code } : it));
};

/** Matches that an effect makes something else of: after it they would be asked anew. */
const changedBy = (verdict: FilterVerdict): readonly FilterMatch['kind'][] => {
  switch (verdict.kind) {
    case 'set-mark':
    case 'restore-mark':
      return ['mark'];
    case 'set-connection-mark':
    case 'save-mark':
      return ['connection-mark'];
    case 'notrack':
      return ['conntrack', 'dnatted', 'snatted', 'connection-mark'];
    default:
      return [];
  }
};

interface Draft {
  readonly rules: FilterRule[];
  readonly untold: string[];
  matches: readonly FilterMatch[];
  readonly comment: { readonly comment?: string };
}

const emit = (draft: Draft, { verdict, matches = [], leftOut }: ReadVerdict): void => {
  draft.rules.push({ matches: [...draft.matches, ...matches], verdict, ...draft.comment });
  if (leftOut !== undefined) draft.untold.push(leftOut);
};

/** Says `other` for the rest of a rule, for all packets that the rest could be for. */
const giveUp = (draft: Draft, rest: Statements, without: readonly FilterMatch['kind'][]): void => {
  const text = rest.map(textOf).join(' ');
  draft.matches = draft.matches.filter(({ kind }) => !without.includes(kind));
  draft.untold.push(text);
  emit(draft, { verdict: { kind: 'other', text } });
};

const readCondition = (draft: Draft, statement: Json, table: FilterTable['family']): void => {
  const match = recordIn(statement, 'match');
  const coded = match && withCode(draft.matches, match);
  if (coded !== undefined) {
    draft.matches = coded;
    return;
  }
  const read = match && readMatch(match, table);
  if (read === undefined) draft.untold.push(textOf(statement));
  draft.matches = [...draft.matches, ...(read ?? [{ kind: 'other', text: textOf(statement) }])];
};

const isPassedOver = (statement: Json): boolean => {
  const [kind, body] = kindOf(statement);
  return watching.has(kind) || isHarmless(kind, body);
};

const readSequence = (draft: Draft, statements: Statements, { table }: RulePlace): void => {
  const before = draft.rules.length;
  for (let index = 0; index < statements.length; index += 1) {
    const statement = statements[index] ?? {};
    const [kind, body] = kindOf(statement);
    if (isEitherEcho(statements, index)) {
      draft.matches = [...draft.matches, { kind: 'icmp', types: 'echo-request' }];
      index += 1;
      continue;
    }
    if (isPassedOver(statement)) {
      if (!watching.has(kind)) draft.untold.push(textOf(statement));
      continue;
    }
    if (isCondition(kind, body)) {
      readCondition(draft, statement, table);
      continue;
    }
    const effect = readEffect(statement);
    if (effect === undefined) {
      const end = readEnd(statement);
      if (end === undefined) giveUp(draft, [statement], []);
      else {
        emit(draft, end);
        return;
      }
      continue;
    }
    emit(draft, effect);
    const changed = changedBy(effect.verdict);
    const rest = statements.slice(index + 1).filter((it) => !isPassedOver(it));
    if (rest.length > 0 && draft.matches.some((match) => changed.includes(match.kind))) {
      giveUp(draft, rest, changed);
      return;
    }
  }
  if (draft.rules.length === before) emit(draft, { verdict: { kind: 'continue' } });
};

/** `rule`: one object of the listing. */
export const readRule = (rule: Json, place: RulePlace): RuleReading => {
  const statements = (Array.isArray(rule.expr) ? rule.expr : []).filter(isRecord);
  const rules: FilterRule[] = [];
  const untold: string[] = [];
  const comment = typeof rule.comment === 'string' ? { comment: rule.comment } : {};
  for (const sequence of expand(statements, place.sets))
    readSequence({ rules, untold, matches: [], comment }, sequence, place);
  return { rules, untold: [...new Set(untold)] };
};
