/**
 * Rules that change, as changes of their lines: those of other rules stay, with their counters, comments and targets that
 * decide nothing. Whether the result says what is wanted is for the caller to read.
 */
import { type Family } from '../../net/address.ts';
import { type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { listSteps, plainLines, withLineEdits } from '../line-edits.ts';
import { readIptables } from './read.ts';
import { ruleTexts } from './write.ts';

interface Chain {
  readonly name: string;
  readonly rules: readonly FilterRule[];
  /** Absent for a chain of one's own. */
  readonly policy?: 'accept' | 'drop';
}

const chainsOf = ({ chains, subchains = [] }: FilterTable): readonly Chain[] => [...chains, ...subchains];

interface Draft {
  readonly lines: readonly string[];
  readonly instead: Map<number, readonly string[]>;
  readonly behind: Map<number, readonly string[]>;
}

/** From the line of a table to its `COMMIT`, counted from 0. */
const endsOf = (lines: readonly string[], table: string): readonly [number, number] => {
  const begin = lines.findIndex((line) => line.trim() === `*${table}`);
  return [begin, lines.findIndex((line, at) => at > begin && line.trim() === 'COMMIT')];
};

const setPolicy = ({ lines, instead }: Draft, table: string, { name, policy }: Chain): boolean => {
  const [begin, end] = endsOf(lines, table);
  const at = lines.findIndex(
    (line, index) => index > begin && index < end && line.trim().split(/\s+/)[0] === `:${name}`,
  );
  const word = policy === 'drop' ? 'DROP' : 'ACCEPT';
  if (at >= 0) instead.set(at, [(lines[at] ?? '').replace(/^(\s*:\S+\s+)\S+/, (_, head: string) => head + word)]);
  return at >= 0;
};

/** `lineOf`: where a rule stands as it is, counted from 0. False: there are no lines for it. */
const setRules = (
  { lines, instead, behind }: Draft,
  family: Family,
  table: string,
  [before, wanted]: readonly [Chain, Chain],
  lineOf: (index: number) => number,
): boolean => {
  const [was, is] = [before, wanted].map(({ rules }) => rules.map((rule) => JSON.stringify(rule)));
  const [, commit] = endsOf(lines, table);
  for (const step of listSteps(was ?? [], is ?? [])) {
    if (step.kind === 'kept') continue;
    if (step.kind === 'gone') {
      instead.set(lineOf(step.at), []);
      continue;
    }
    const rule = wanted.rules[step.to];
    const texts = rule === undefined ? { why: '' } : ruleTexts(rule, family);
    if ('why' in texts) return false;
    const fresh = texts.map((text) => `-A ${wanted.name}${text === '' ? '' : ` ${text}`}`);
    if (step.kind === 'changed') instead.set(lineOf(step.at), fresh);
    else {
      const first = before.rules.length > 0 ? lineOf(0) : commit;
      const place = step.behind < 0 ? first - 1 : lineOf(step.behind);
      behind.set(place, [...(behind.get(place) ?? []), ...fresh]);
    }
  }
  return true;
};

/** `filter`: all tables that are wanted. Undefined: tables or chains come or go, or a rule has no words. */
export const withRulesEdited = (text: string, family: Family, filter: readonly FilterTable[]): string | undefined => {
  const { tables, lines: places } = readIptables(text, family);
  const wanted = filter.filter((table) => table.family === (family === 4 ? 'ip' : 'ip6'));
  if (wanted.length !== tables.length) return undefined;
  const draft: Draft = { lines: plainLines(text), instead: new Map(), behind: new Map() };
  for (const table of tables) {
    const other = wanted.find(({ name }) => name === table.name);
    const [was, is] = [chainsOf(table), other === undefined ? [] : chainsOf(other)];
    if (was.length !== is.length) return undefined;
    for (const before of was) {
      const after = is.find(({ name }) => name === before.name);
      const lineOf = (index: number): number =>
        (places[`${table.family} ${table.name} ${before.name} ${index}`] ?? 0) - 1;
      if (after === undefined || before.rules.some((_, index) => lineOf(index) < 0)) return undefined;
      if (before.policy !== after.policy && !setPolicy(draft, table.name, after)) return undefined;
      if (!setRules(draft, family, table.name, [before, after], lineOf)) return undefined;
    }
  }
  return withLineEdits(text, draft);
};
