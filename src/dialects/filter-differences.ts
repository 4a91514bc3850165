/** Where two rulesets in normal form differ, in the order in which a file can be brought from one to the other. */
import { type FilterChain, type FilterRule, type FilterSubchain, type FilterTable } from '../state/packet-filter.ts';
import { listSteps, type ListStep } from './line-edits.ts';

export type Chain = FilterChain | FilterSubchain;

export type Difference =
  | { readonly kind: 'table-gone' | 'table-new'; readonly table: FilterTable }
  | { readonly kind: 'chains-new'; readonly table: FilterTable; readonly chains: readonly Chain[] }
  | { readonly kind: 'chain-gone'; readonly table: FilterTable; readonly chain: Chain }
  | { readonly kind: 'head'; readonly table: FilterTable; readonly before: Chain; readonly wanted: Chain }
  | {
      readonly kind: 'rules';
      readonly table: FilterTable;
      readonly before: Chain;
      readonly wanted: readonly FilterRule[];
      readonly steps: readonly ListStep[];
    };

export const chainsOf = ({ chains, subchains = [] }: FilterTable): readonly Chain[] => [...subchains, ...chains];

const headOf = ({ rules: _, ...head }: Chain): string => JSON.stringify(head);

const inTable = (before: FilterTable, wanted: FilterTable): readonly Difference[] => {
  const [was, is] = [chainsOf(before), chainsOf(wanted)];
  const fresh = is.filter(({ name }) => !was.some((chain) => chain.name === name));
  const kept = was.flatMap((chain): readonly (readonly [Chain, Chain])[] => {
    const other = is.find(({ name }) => name === chain.name);
    return other === undefined ? [] : [[chain, other]];
  });
  return [
    ...(fresh.length === 0 ? [] : [{ kind: 'chains-new' as const, table: before, chains: fresh }]),
    ...kept.flatMap(([chain, other]): readonly Difference[] => {
      const [rules, wantedRules] = [chain, other].map((it) => it.rules.map((rule) => JSON.stringify(rule)));
      const steps = listSteps(rules ?? [], wantedRules ?? []);
      return [
        ...(headOf(chain) === headOf(other)
          ? []
          : [{ kind: 'head' as const, table: before, before: chain, wanted: other }]),
        ...(steps.every(({ kind }) => kind === 'kept')
          ? []
          : [{ kind: 'rules' as const, table: before, before: chain, wanted: other.rules, steps }]),
      ];
    }),
    ...was
      .filter(({ name }) => !is.some((chain) => chain.name === name))
      .map((chain) => ({ kind: 'chain-gone' as const, table: before, chain })),
  ];
};

/** Files that are loaded one by one may each say a table of the same name. */
const byName = (tables: readonly FilterTable[]): ReadonlyMap<string, FilterTable> => {
  const named = new Map<string, FilterTable>();
  for (const table of tables) {
    let key = `${table.family} ${table.name}`;
    while (named.has(key)) key += '+';
    named.set(key, table);
  }
  return named;
};

export const differencesBetween = (
  before: readonly FilterTable[],
  wanted: readonly FilterTable[],
): readonly Difference[] => {
  const [was, is] = [byName(before), byName(wanted)];
  return [
    ...[...was].flatMap(([key, table]) => (is.has(key) ? [] : [{ kind: 'table-gone' as const, table }])),
    ...[...is].flatMap(([key, table]) => (was.has(key) ? [] : [{ kind: 'table-new' as const, table }])),
    ...[...was].flatMap(([key, table]) => {
      const other = is.get(key);
      return other === undefined ? [] : inTable(table, other);
    }),
  ];
};

const sizeOf = (chains: readonly Chain[]): number => chains.reduce((sum, { rules }) => sum + 1 + rules.length, 0);

/** What is between two rulesets: nothing is 0. */
export const weightOf = (differences: readonly Difference[]): number =>
  differences.reduce((sum, difference) => {
    switch (difference.kind) {
      case 'table-gone':
      case 'table-new':
        return sum + 1 + sizeOf(chainsOf(difference.table));
      case 'chains-new':
        return sum + sizeOf(difference.chains);
      case 'chain-gone':
        return sum + sizeOf([difference.chain]);
      case 'head':
        return sum + 1;
      case 'rules':
        return sum + difference.steps.filter(({ kind }) => kind !== 'kept').length;
    }
  }, 0);

/** As in `ip filter INPUT 3`: rules by their place, in the wanted chain where they are to come. */
export const namesOf = (difference: Difference): readonly string[] => {
  const { kind, table } = difference;
  const own = `${table.family} ${table.name}`;
  switch (kind) {
    case 'table-gone':
    case 'table-new':
      return [own];
    case 'chains-new':
      return difference.chains.map(({ name }) => `${own} ${name}`);
    case 'chain-gone':
      return [`${own} ${difference.chain.name}`];
    case 'head':
      return [`${own} ${difference.before.name}`];
    case 'rules':
      return difference.steps.flatMap((step) =>
        step.kind === 'kept' ? [] : [`${own} ${difference.before.name} ${step.kind === 'new' ? step.to : step.at}`],
      );
  }
};
