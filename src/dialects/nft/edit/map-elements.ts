/**
 * Rules of the file that stand for several of the normal form, one for each element of a map or concatenation: elements that
 * go, come, or are written otherwise.
 */
import { type FilterRule, type FilterTable, type FilterVerdict } from '../../../state/packet-filter.ts';
import { listSteps } from '../../line-edits.ts';
import { isRecord, recordIn, type Json } from '../values.ts';
import { verdictText } from '../write.ts';
import { matchText } from '../write-match.ts';
import { type RuleSite, type StatementPhrase } from '../text/sites.ts';
import { type Candidate, wordsOr } from './candidate.ts';
import { type RuleContext } from './statements.ts';
import { valuesOf } from './value-lists.ts';
import { valueSplices } from './value-splices.ts';

/** What an element is looked up by, and what it gives; a concatenation that is compared gives nothing. */
interface Lookup {
  readonly keys: readonly unknown[];
  readonly gives: 'verdict' | 'translation' | 'mark' | undefined;
}

const lookupIn = (json: Json): Lookup | undefined => {
  const of = (key: unknown, gives: Lookup['gives']): Lookup => {
    const parts = isRecord(key) ? key.concat : undefined;
    return { keys: Array.isArray(parts) ? (parts as readonly unknown[]) : [key], gives };
  };
  const vmap = recordIn(json, 'vmap');
  if (vmap !== undefined) return of(vmap.key, 'verdict');
  const match = recordIn(json, 'match');
  if (match !== undefined) return of(match.left, undefined);
  const mark = recordIn(recordIn(json, 'mangle')?.value, 'map');
  if (mark !== undefined) return of(mark.key, 'mark');
  const translation = recordIn((recordIn(json, 'dnat') ?? recordIn(json, 'snat'))?.addr, 'map');
  return translation && of(translation.key, 'translation');
};

/** How `matchText` begins where it says this field. */
const beginOf = (field: unknown): RegExp => {
  const meta = recordIn(field, 'meta')?.key;
  if (meta === 'iif' || meta === 'iifname') return /^iifname /;
  if (meta === 'oif' || meta === 'oifname') return /^oifname /;
  if (typeof meta === 'string') return new RegExp(`^meta ${meta} `);
  const connection = recordIn(field, 'ct')?.key;
  if (typeof connection === 'string') return new RegExp(`^ct ${connection} `);
  const { protocol, field: name } = recordIn(field, 'payload') ?? {};
  const header = protocol === 'th' ? '(?:tcp|udp)' : String(protocol);
  return new RegExp(`^${header} ${String(name)} `);
};

const valueText = (
  gives: Lookup['gives'],
  verdict: FilterVerdict,
  place: { readonly table: FilterTable['family']; readonly rule: FilterRule },
): string | undefined => {
  if (gives === 'verdict') return verdictText(verdict, place);
  if (gives === 'mark')
    return verdict.kind === 'set-mark' || verdict.kind === 'set-connection-mark' ? String(verdict.value) : undefined;
  if (verdict.kind !== 'snat' && verdict.kind !== 'dnat') return undefined;
  return [verdict.address, ...(verdict.port === undefined ? [] : [verdict.port])].join(' . ');
};

/** Undefined where the rule does not say one value of each part. */
const elementText = ({ keys, gives }: Lookup, rule: FilterRule, table: FilterTable['family']): string | undefined => {
  const place = { table, rule };
  const said = wordsOr(() => rule.matches.map((match) => (match.kind === 'other' ? '' : matchText(match, place))));
  const parts = keys.map((key) => {
    const begin = beginOf(key);
    const text = said?.find((words) => begin.test(words))?.replace(begin, '');
    return text === undefined || /[{!]/.test(text) ? undefined : text;
  });
  if (parts.some((part) => part === undefined)) return undefined;
  if (gives === undefined) return parts.join(' . ');
  const value = wordsOr(() => valueText(gives, rule.verdict, place));
  return value === undefined ? undefined : `${parts.join(' . ')} : ${value}`;
};

const inStatement = (
  statement: StatementPhrase,
  site: RuleSite,
  before: readonly FilterRule[],
  wanted: readonly FilterRule[],
  { family, sites, textOf }: RuleContext,
): Candidate | undefined => {
  const lookup = lookupIn(statement.json);
  const values = valuesOf(statement.tokens, site.scope, sites);
  if (lookup === undefined || values?.length !== before.length) return undefined;
  const gone: number[] = [];
  const instead = new Map<number, string>();
  const behind = new Map<number, readonly string[]>();
  const [was, is] = [before, wanted].map((rules) => rules.map((rule) => JSON.stringify(rule)));
  for (const step of listSteps(was ?? [], is ?? [])) {
    if (step.kind === 'kept') continue;
    if (step.kind === 'gone') {
      gone.push(step.at);
      continue;
    }
    const rule = wanted[step.to];
    const text = rule === undefined ? undefined : elementText(lookup, rule, family);
    if (text === undefined) return undefined;
    if (step.kind === 'changed') instead.set(step.at, text);
    else if (step.behind < 0) return undefined;
    else behind.set(step.behind, [...(behind.get(step.behind) ?? []), text]);
  }
  return valueSplices(values, { gone, instead, behind }, textOf);
};

/** In each statement that has as many elements as there are rules. */
export function* elementCandidates(
  site: RuleSite,
  before: readonly FilterRule[],
  wanted: readonly FilterRule[],
  context: RuleContext,
): Generator<Candidate> {
  for (const statement of site.statements) {
    const candidate = inStatement(statement, site, before, wanted, context);
    if (candidate !== undefined) yield candidate;
  }
}
