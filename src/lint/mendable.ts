/**
 * What mends the pings that fail, as the search for repairs finds it: one search for each place and way of failing, since
 * all that fail there alike are mended alike.
 */
import { repairsIn, type Repair } from '../reach/repair/repair.ts';
import { type Walk } from '../reach/walk.ts';
import { pairOf, type AskedPair } from './pairs.ts';
import { type Pair } from './finding.ts';
import { type Model } from '../reach/model/model.ts';

export interface MendableInput {
  readonly model: Model;
  /** Stacks that nobody here can change. */
  readonly fixed: ReadonlySet<string>;
  readonly pairs: () => readonly AskedPair[];
}

export interface MendablePair {
  readonly pair: Pair;
  readonly walk: Walk;
  /** The best first. */
  readonly repairs: readonly Repair[];
}

/** A search walks some hundred times. */
const mostSearches = 12;
const mostWalks = 120;

const kindOf = ({ walk: { stop, seenSource, forward }, flow }: AskedPair): string =>
  [stop?.direction, stop?.stack, stop?.reason, flow.family, flow.from, seenSource ?? '', forward.at(-1)?.stack].join(
    ' ',
  );

/** Failures of replies, and of what leaves for stacks that are nobody's here: a route or a translation is what lacks. */
const isAboutReturning = ({ walk: { verdict, arrived, stop } }: AskedPair): boolean =>
  verdict === 'no' && arrived && stop?.direction === 'reply';

/** The last machine that handled the answer; where only the world has, the last that sent the question there. */
export const culpritOf = (fixed: ReadonlySet<string>, { forward, reply }: Walk): string | undefined =>
  [...forward, ...reply].findLast(({ stack }) => !fixed.has(stack))?.stack;

/** Told once for a whole run by `LintInput.mendable`. */
export const mendableIn = (input: MendableInput): readonly MendablePair[] => {
  const seen = new Set<string>();
  return input.pairs().flatMap((asked): readonly MendablePair[] => {
    if (!isAboutReturning(asked)) return [];
    const kind = kindOf(asked);
    if (seen.has(kind) || seen.size >= mostSearches) return [];
    seen.add(kind);
    const { flow, to, walk } = asked;
    const all = [...input.model.stacks.keys()];
    const culprit = culpritOf(input.fixed, walk);
    // Who is to blame first: what another machine could do instead is often less work, and not what was forgotten.
    const repairs = [[...input.fixed, ...all.filter((name) => name !== culprit)], [...input.fixed]].flatMap((fixed) =>
      repairsIn(input.model, flow, { fixed, walk, mostWalks }),
    );
    return [{ pair: pairOf(flow, to), walk, repairs }];
  });
};
