/** Counts of outcomes by feature, and which features to try next: those that saw least. */
import { type Measured } from '../prober/outcome.ts';
import { type Chance } from '../generate/chance.ts';
import { withNeeds } from '../generate/covering.ts';
import { features, type Feature } from '../generate/features.ts';

export interface Coverage {
  /** Variants that had the feature. */
  readonly variants: Record<string, number>;
  /** Flows by feature and by what the client saw. */
  readonly outcomes: Record<string, Record<string, number>>;
}

export const noCoverage = (): Coverage => ({
  variants: Object.fromEntries(features.map((feature) => [feature, 0])),
  outcomes: Object.fromEntries(features.map((feature) => [feature, {}])),
});

export const note = (coverage: Coverage, had: ReadonlySet<Feature>, seen: readonly Measured[]): void => {
  for (const feature of had) {
    coverage.variants[feature] = (coverage.variants[feature] ?? 0) + 1;
    const counts = (coverage.outcomes[feature] ??= {});
    for (const { sees } of seen) counts[sees] = (counts[sees] ?? 0) + 1;
  }
};

/** What a client can see in a network of these features. */
const wanted = ['answer', 'timeout', 'refused', 'net-unreachable', 'host-unreachable', 'prohibited', 'not-permitted'];

/** The fewest flows of any wanted outcome. */
const emptiest = (coverage: Coverage, feature: Feature): number =>
  Math.min(...wanted.map((outcome) => coverage.outcomes[feature]?.[outcome] ?? 0));

/** A random set: half of it at random, half what has the emptiest cells among a few candidates. */
export const steer = (coverage: Coverage, chance: Chance): ReadonlySet<Feature> => {
  const size = 3 + chance.below(9);
  const chosen: Feature[] = [];
  for (let index = 0; index < size; index += 1) {
    const candidates = [chance.pick(features), chance.pick(features), chance.pick(features)];
    const [rarest = 'bridge'] = candidates.sort((a, b) => emptiest(coverage, a) - emptiest(coverage, b));
    chosen.push(chance.flip(0.5) ? rarest : chance.pick(features));
  }
  if (chance.flip(0.35)) chosen.push('bridge');
  return withNeeds(chance, chosen);
};

const mostBesideFocus = 6;

/** What is looked at more closely, and a few others: with many nothing gets through any more. */
export const focusOn = (focus: readonly Feature[], chance: Chance): ReadonlySet<Feature> =>
  withNeeds(chance, [...focus, ...chance.shuffle(features).slice(0, chance.below(mostBesideFocus + 1))]);

/** Rows of text: feature, variants, and flows by outcome. */
export const coverageTable = ({ variants, outcomes }: Coverage): string => {
  const seen = [...new Set(Object.values(outcomes).flatMap((counts) => Object.keys(counts)))].sort();
  const width = Math.max(...features.map(({ length }) => length));
  const line = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(width)} ${cells.map((cell) => String(cell).padStart(17)).join('')}`;
  return [
    line('feature', ['variants', ...seen]),
    ...features.map((feature) =>
      line(feature, [variants[feature] ?? 0, ...seen.map((outcome) => outcomes[feature]?.[outcome] ?? 0)]),
    ),
  ].join('\n');
};
