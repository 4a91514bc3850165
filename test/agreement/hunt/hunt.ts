/**
 * Tries many variants in several pools that take turns, and looks again at every difference: first with only those
 * flows that differed, then with one alone and more patience. Only what differs then counts.
 */
import { isMismatch, mayBeLimited } from '../compare/judge.ts';
import { chanceOf } from '../generate/chance.ts';
import { coveringRows } from '../generate/covering.ts';
import { type Feature } from '../generate/features.ts';
import { variantOf, type Variant } from '../generate/variant.ts';
import { openPools, type Pool } from '../panel/pool.ts';
import { type Flow } from '../../../src/reach/walk.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { focusOn, noCoverage, note, steer, type Coverage } from './coverage.ts';
import { brisk, calm, patient, pause, tryOut, type Finding, type Trial } from './trial.ts';

export interface Mismatch extends Finding {
  readonly seed: number;
  readonly features: readonly Feature[];
  readonly state: NetworkState;
}

/** Counts of one hunt or of several. */
export interface Tally {
  variants: number;
  flows: number;
  agreed: number;
  sometimes: number;
  unknown: number;
  /** Silence that is the kernel's limit of errors. */
  limited: number;
  /** Differences that a second look did not find: flows of one variant influence each other. */
  passing: number;
  /** Variants that the kernel does not take, or that the walker failed on. */
  impossible: number;
  refusals: number;
}

export interface Hunt {
  readonly tally: Tally;
  readonly coverage: Coverage;
  readonly mismatches: Mismatch[];
  /** Errors, one of a kind. */
  readonly troubles: Set<string>;
  readonly pairs: readonly Pair[];
  readonly rows: ReadonlySet<Feature>[];
}

/** Second looks have stacks of their own: those of the first still count the errors that they sent. */
interface Pair {
  readonly first: Pool;
  readonly second: Pool;
}

const pairCount = 8;
/** Kinds of differences that were seen so often are not looked at again. */
const enoughOfAKind = 3;

const openPairs = (): Pair[] => {
  const pools = openPools(Array.from({ length: 2 * pairCount }, (_, index) => `p${index}`));
  return pools.slice(0, pairCount).map((first, index) => ({ first, second: pools[pairCount + index]! }));
};

const noTally = (): Tally => ({
  variants: 0,
  flows: 0,
  agreed: 0,
  sometimes: 0,
  unknown: 0,
  limited: 0,
  passing: 0,
  impossible: 0,
  refusals: 0,
});

/** Larger sets cover triples in half as many; much larger ones let nothing through any more. */
const rowSize = { 2: 9, 3: 12 } as const;

export const openHunt = (seed: number, strength: 2 | 3): Hunt => ({
  tally: noTally(),
  coverage: noCoverage(),
  mismatches: [],
  troubles: new Set(),
  pairs: openPairs(),
  rows: coveringRows(chanceOf(seed), strength, rowSize[strength]),
});

const kindOf = ({ predicted, measured, flow, judgement }: Finding): string =>
  [
    judgement,
    flow.protocol,
    flow.family,
    predicted.sees,
    predicted.stop?.replace(/ s\d+ \S+/, ''),
    measured.sees,
    measured.arrivedAt === null,
  ].join(' ');

/** In which a router that has told a sender of too many errors may tell it of one more (ip_rt_error_cost). */
const errorMs = 1_100;

/** One flow alone, and if it still differs once more, with much patience. */
const confirm = async (hunt: Hunt, pool: Pool, variant: Variant, state: NetworkState, flow: Flow): Promise<void> => {
  const first = await tryOut(pool, state, [flow], calm);
  const differs = ({ findings }: Trial): boolean => findings.some(({ judgement }) => isMismatch(judgement));
  if (first.findings.some((it) => mayBeLimited(it.flow, it.predicted, it.measured))) await pause(errorMs);
  const trial = differs(first) ? await tryOut(pool, state, [flow], patient) : first;
  const [finding] = trial.findings;
  if (finding === undefined || !differs(trial)) {
    hunt.tally.passing += 1;
    return;
  }
  hunt.mismatches.push({ ...finding, seed: variant.seed, features: [...variant.features], state: trial.state });
};

const lookAgain = async (hunt: Hunt, pool: Pool, variant: Variant, { state, findings }: Trial): Promise<void> => {
  const suspects = findings.filter(({ judgement }) => isMismatch(judgement));
  const limited = suspects.filter((it) => mayBeLimited(it.flow, it.predicted, it.measured));
  // A few of those that may be limited are looked at: alone, the limit leaves them be.
  const dropped = new Set(limited.slice(2));
  hunt.tally.limited += dropped.size;
  const again = suspects.filter((suspect) => !dropped.has(suspect));
  if (again.length === 0) return;
  const together = await tryOut(
    pool,
    state,
    again.map(({ flow }) => flow),
    brisk,
  );
  const left = together.findings.filter(({ judgement }) => isMismatch(judgement));
  hunt.tally.passing += again.length - left.length;
  for (const finding of left) {
    const kind = kindOf(finding);
    if (hunt.mismatches.filter((known) => kindOf(known) === kind).length < enoughOfAKind)
      await confirm(hunt, pool, variant, state, finding.flow);
  }
};

const count = (tally: Tally, { findings, refusals }: Trial): void => {
  tally.variants += 1;
  tally.flows += findings.length;
  tally.refusals += refusals.length;
  for (const { judgement } of findings) {
    if (judgement === 'agree') tally.agreed += 1;
    else if (judgement === 'sometimes') tally.sometimes += 1;
    else if (judgement === 'unknown') tally.unknown += 1;
  }
};

const hunted = async (hunt: Hunt, { first, second }: Pair, variant: Variant): Promise<void> => {
  try {
    const trial = await tryOut(first, variant.state, variant.flows, brisk);
    count(hunt.tally, trial);
    note(
      hunt.coverage,
      variant.features,
      trial.findings.map(({ measured }) => measured),
    );
    for (const refusal of trial.refusals) hunt.troubles.add(refusal.replace(/^.*: /s, ''));
    if (!trial.findings.some(({ judgement }) => isMismatch(judgement))) return;
    await lookAgain(hunt, second, variant, trial);
  } catch (error) {
    hunt.tally.impossible += 1;
    hunt.troubles.add(`seed ${variant.seed}: ${(error as Error).stack ?? String(error)}`);
  }
};

export interface Hunting {
  readonly firstSeed: number;
  readonly variants: number;
  readonly maxMs: number;
  /** Every variant has these, beside a few at random; none: the covering start, then what saw least. */
  readonly focus: readonly Feature[];
}

/** Tries variants with seeds from `firstSeed` on, until there were `variants` or time is up. */
export const hunting = async (hunt: Hunt, { firstSeed, variants, maxMs, focus }: Hunting): Promise<void> => {
  const featuresOf = (at: number): ReadonlySet<Feature> => {
    const chance = chanceOf(at ^ 0x5bd1e995);
    return focus.length > 0 ? focusOn(focus, chance) : (hunt.rows.pop() ?? steer(hunt.coverage, chance));
  };
  const end = performance.now() + maxMs;
  let seed = firstSeed;
  const worker = async (pair: Pair): Promise<void> => {
    while (seed < firstSeed + variants && performance.now() < end) {
      const mine = seed;
      seed += 1;
      await hunted(hunt, pair, variantOf(mine, featuresOf(mine)));
    }
  };
  await Promise.all(hunt.pairs.map(worker));
};
