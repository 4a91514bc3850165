/**
 * What comes of a finding, by the walker: the questions that stop because of it, and those that are answered otherwise
 * once it is mended. Nothing is said where nothing can be shown.
 */
import { editedModel } from '../reach/repair/edited.ts';
import { ownerOf } from '../reach/repair/terrain.ts';
import { buildModel } from '../reach/model/build-model.ts';
import { type Model } from '../reach/model/model.ts';
import { type Flow, type Walk } from '../reach/walk.ts';
import { walk } from '../reach/walker/walk.ts';
import { ip } from '../net/address.ts';
import { type Consequence, type Mending, type Pair, type RawFinding } from './finding.ts';
import { pairOf, type AskedPair } from './pairs.ts';
import { type LintInput } from './rule.ts';

/** The model once something is mended; undefined where the state stays as it is. */
export const mendedModel = ({ model, state, factsOf }: LintInput, { edits, mend }: Mending): Model | undefined => {
  if (mend === undefined) return edits.length === 0 ? undefined : editedModel(model, edits);
  const mended = mend(state);
  return mended === state ? undefined : buildModel(mended, factsOf(mended));
};

const ownQuestions = ({ model, terrain }: LintInput, asks: readonly Flow[]): readonly AskedPair[] =>
  asks
    .filter(({ from }) => model.stacks.has(from))
    .map((flow) => ({
      flow,
      to: ownerOf(terrain, flow.family, ip(flow.destination).value)?.stack ?? flow.destination,
      walk: walk(model, flow),
    }));

const isStopped = ({ walk: { verdict, stop }, flow }: AskedPair, stops: RawFinding['stops']): boolean =>
  verdict !== 'yes' && stop !== null && stops?.(stop, flow) === true;

interface Changes {
  readonly fail: readonly Pair[];
  readonly open: readonly Pair[];
  readonly disguised: readonly Pair[];
}

const changesBy = (after: Model, questions: readonly AskedPair[]): Changes => {
  const fail: Pair[] = [];
  const open: Pair[] = [];
  const disguised: Pair[] = [];
  for (const { flow, to, walk: before } of questions) {
    // An address that is mended is another one: who asked for the old is not asked again.
    if (!after.stacks.has(flow.from)) continue;
    const now: Walk = walk(after, flow, { isTraced: false });
    const pair = pairOf(flow, to);
    if (before.verdict !== 'yes' && now.verdict === 'yes') fail.push(pair);
    else if (before.verdict === 'yes' && now.verdict !== 'yes') open.push(pair);
    else if (before.verdict === 'yes' && before.seenSource !== now.seenSource) disguised.push(pair);
  }
  return { fail, open, disguised };
};

const distinct = (pairs: readonly Pair[]): readonly Pair[] => [
  ...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values(),
];

/** Undefined where the walker shows nothing: too many machines, or it does not show in who reaches whom. */
export const consequenceOf = (input: LintInput, finding: RawFinding): Consequence | undefined => {
  const { repair, asks = [], stops, elsewhere } = finding;
  if (repair === undefined && stops === undefined && elsewhere === undefined) return undefined;
  const questions = [...input.pairs(), ...ownQuestions(input, asks)];
  const after = repair === undefined ? undefined : mendedModel(input, repair);
  const changes = after === undefined ? { fail: [], open: [], disguised: [] } : changesBy(after, questions);
  const stopped = questions.filter((pair) => isStopped(pair, stops)).map(({ flow, to }) => pairOf(flow, to));
  const fail = distinct([...stopped, ...changes.fail]);
  const there = elsewhere && mendedModel(input, { words: '', edits: [], mend: elsewhere.mend });
  const lost = there === undefined ? [] : changesBy(there, questions).open;
  if (fail.length + changes.open.length + changes.disguised.length + lost.length === 0) return undefined;
  return {
    ...{ asked: questions.length, fail, open: changes.open, disguised: changes.disguised },
    ...(elsewhere === undefined || lost.length === 0 ? {} : { elsewhere: { when: elsewhere.when, fail: lost } }),
  };
};

const mostNamed = 3;

const pairText = ({ from, to, address, protocol, port }: Pair): string =>
  `${from} → ${to === address ? '' : `${to} `}${address}${protocol === 'icmp' ? '' : ` ${protocol}/${port ?? 'any'}`}`;

const listed = (pairs: readonly Pair[]): string => {
  const more = pairs.length - mostNamed;
  return `${pairs.slice(0, mostNamed).map(pairText).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
};

const counted = (count: number): string => (count === 1 ? '1 pair' : `${count} pairs`);

/** In sentences without a full stop. */
export const consequenceText = ({ fail, open, disguised, elsewhere }: Consequence): readonly string[] => [
  ...(fail.length === 0
    ? []
    : [`because of this ${counted(fail.length)} ${fail.length === 1 ? 'fails' : 'fail'}: ${listed(fail)}`]),
  ...(open.length === 0
    ? []
    : [`because of this ${counted(open.length)} ${open.length === 1 ? 'is' : 'are'} open: ${listed(open)}`]),
  ...(disguised.length === 0
    ? []
    : [`because of this another source address is seen by ${counted(disguised.length)}: ${listed(disguised)}`]),
  ...(elsewhere === undefined
    ? []
    : [
        `${elsewhere.when}, ${counted(elsewhere.fail.length)} ${elsewhere.fail.length === 1 ? 'fails' : 'fail'}: ${listed(elsewhere.fail)}`,
      ]),
];

/** What a repair breaks, as the rest of a sentence. */
export const brokenText = ({ open }: Consequence): string =>
  `breaks ${counted(open.length)} that work: ${listed(open)}`;
