/**
 * Rules that come to jump to a chain that only a later block or command declares: nft refuses them, and takes a chain that
 * is declared twice. Declared without rules where its table begins, it is there in time, and its rules stay where they are.
 */
import { type FilterRule } from '../../../state/packet-filter.ts';
import { identifier } from '../write.ts';
import { type Difference } from '../../filter-differences.ts';
import { type Candidate, type SiteOf, type Standing } from './candidate.ts';
import { chainInside } from './inside.ts';
import { insertionAtBegin, insertionBehind, type Splice } from './layout.ts';

type RulesDiffer = Extract<Difference, { readonly kind: 'rules' }>;

const targetsOf = (rules: readonly FilterRule[]): ReadonlySet<string> =>
  new Set(rules.flatMap(({ verdict }) => (verdict.kind === 'jump' || verdict.kind === 'goto' ? [verdict.chain] : [])));

const declarationOf = (names: readonly string[], { table }: RulesDiffer, standing: Standing): Splice | undefined => {
  const { family, name } = table;
  const first = standing.reading.sites.find(
    (site): site is SiteOf<'table'> =>
      site.kind === 'table' && site.scope.family === family && site.scope.table === name,
  );
  if (first?.whole.span === undefined) return undefined;
  const inside = chainInside(first);
  if (inside !== undefined)
    return insertionAtBegin(
      standing.textOf(inside.path),
      inside,
      names.map((chain) => `chain ${identifier(chain)} { }`),
    );
  const commands = names.map((chain) => `add chain ${family} ${identifier(name)} ${identifier(chain)}`);
  return insertionBehind(standing.textOf(first.whole.span.path), first.whole.span, commands);
};

/** Each way as it is, then each with the chains that its rules newly jump to declared before. */
export function* withDeclarations(
  ways: Iterable<Candidate>,
  difference: RulesDiffer,
  standing: Standing,
): Generator<Candidate> {
  const tried: Candidate[] = [];
  for (const way of ways) {
    tried.push(way);
    yield way;
  }
  const known = targetsOf(difference.before.rules);
  const names = [...targetsOf(difference.wanted)].filter((name) => !known.has(name));
  const declaration = names.length === 0 ? undefined : declarationOf(names, difference, standing);
  if (declaration !== undefined) for (const way of tried) yield [declaration, ...way];
}
