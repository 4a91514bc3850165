/** What a packet filter does in the words of a lab: which sources it translates where, and which bridges it closes. */
import { type FilterMatch, type FilterRule } from '../state/packet-filter.ts';
import { type Stack } from '../state/network-state.ts';

const rulesAt = ({ filter }: Stack, hook: string): readonly FilterRule[] =>
  filter.flatMap(({ chains, subchains = [] }) => {
    const base = chains.filter((chain) => chain.hook === hook);
    const reached = new Map<string, readonly FilterRule[]>();
    const visit = (rules: readonly FilterRule[]): void => {
      for (const { verdict } of rules) {
        if (verdict.kind !== 'jump' && verdict.kind !== 'goto') continue;
        if (reached.has(verdict.chain)) continue;
        const own = subchains.find(({ name }) => name === verdict.chain)?.rules ?? [];
        reached.set(verdict.chain, own);
        visit(own);
      }
    };
    for (const chain of base) visit(chain.rules);
    return [...base.flatMap(({ rules }) => rules), ...[...reached.values()].flat()];
  });

export interface Translation {
  /** Empty: every source. */
  readonly sources: readonly string[];
  /** Names of the interfaces that it is for; empty: all. */
  readonly out: readonly string[];
}

const positive = <K extends FilterMatch['kind']>(
  rule: FilterRule,
  kind: K,
): readonly Extract<FilterMatch, { kind: K }>[] =>
  rule.matches.filter(
    (match): match is Extract<FilterMatch, { kind: K }> => match.kind === kind && !('negate' in match && match.negate),
  );

/** Sources that leave under an address of this stack. */
export const translationsOf = (stack: Stack): readonly Translation[] =>
  rulesAt(stack, 'postrouting')
    .filter(({ verdict }) => verdict.kind === 'masquerade' || verdict.kind === 'snat')
    .map((rule) => ({
      sources: positive(rule, 'source').flatMap(({ prefixes }) => prefixes),
      out: positive(rule, 'oif').flatMap(({ names }) => names),
    }));

const names = (rule: FilterRule, kind: 'iif' | 'oif', name: string): boolean =>
  positive(rule, kind).some((match) => match.names.includes(name));

/** Whether forwarding from a bridge is refused altogether. */
export const isClosed = (stack: Stack, bridge: string): boolean =>
  rulesAt(stack, 'forward').some(
    (rule) =>
      (rule.verdict.kind === 'drop' || rule.verdict.kind === 'reject') &&
      names(rule, 'iif', bridge) &&
      rule.matches.every(({ kind }) => kind === 'iif' || kind === 'family' || kind === 'ethertype'),
  );

/** Verdicts that by themselves decide nothing. */
const neutral = new Set(['jump', 'goto', 'return', 'continue', 'masquerade', 'snat']);

/** Rules that a lab's modes do not bring by themselves: those that speak of none of these bridges. */
export const otherRules = ({ filter }: Stack, bridges: readonly string[]): number =>
  filter
    .flatMap(({ chains, subchains = [] }) => [...chains, ...subchains].flatMap(({ rules }) => rules))
    .filter(
      (rule) =>
        !neutral.has(rule.verdict.kind) &&
        !bridges.some((bridge) => names(rule, 'iif', bridge) || names(rule, 'oif', bridge)) &&
        !(rule.verdict.kind === 'accept' && rule.matches.every(({ kind }) => kind === 'conntrack')),
    ).length;

export const closedPolicies = ({ filter }: Stack): number =>
  filter.flatMap(({ chains }) => chains.filter(({ policy }) => policy === 'drop')).length;
