/** The rules of a stack's packet filter with their places, and what becomes of a state where some are replaced. */
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../state/packet-filter.ts';
import { withStack } from './stacks.ts';

export interface PlacedRule {
  readonly table: FilterTable;
  /** Absent in chains that are only jumped to. */
  readonly base: FilterChain | undefined;
  readonly chain: string;
  readonly index: number;
  readonly rule: FilterRule;
}

export const rulesOf = ({ filter }: Pick<Stack, 'filter'>): readonly PlacedRule[] =>
  filter.flatMap((table) => [
    ...table.chains.flatMap((base) =>
      base.rules.map((rule, index): PlacedRule => ({ table, base, chain: base.name, index, rule })),
    ),
    ...(table.subchains ?? []).flatMap(({ name, rules }) =>
      rules.map((rule, index): PlacedRule => ({ table, base: undefined, chain: name, index, rule })),
    ),
  ]);

type Chain = { readonly name: string; readonly rules: readonly FilterRule[] };

/** `rules` in the place of the one that is placed there; none takes it away. */
export const replacedRule = (
  state: NetworkState,
  stack: string,
  { table, chain, index: place, rule }: PlacedRule,
  rules: readonly FilterRule[],
): NetworkState => {
  const was = JSON.stringify(rule);
  const replaced = <C extends Chain>(it: C): C => {
    // Other repairs may have moved it.
    const isThere = JSON.stringify(it.rules[place]) === was;
    const index =
      it.name !== chain ? -1 : isThere ? place : it.rules.findLastIndex((other) => JSON.stringify(other) === was);
    return index < 0 ? it : { ...it, rules: it.rules.toSpliced(index, 1, ...rules) };
  };
  return withStack(state, stack, (own) => ({
    ...own,
    filter: own.filter.map((it) =>
      it.family === table.family && it.name === table.name
        ? {
            ...it,
            chains: it.chains.map(replaced),
            ...(it.subchains === undefined ? {} : { subchains: it.subchains.map(replaced) }),
          }
        : it,
    ),
  }));
};
