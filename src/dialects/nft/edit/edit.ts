/**
 * Texts of nft(8) brought to say another ruleset, by changes of the parts that differ. Each change is proved by reading what
 * it makes of the texts: it has to bring them nearer to what is wanted, and to make no fault. What no such change can say
 * stays as it was, and is told.
 */
import { type FilterTable } from '../../../state/packet-filter.ts';
import { type ConfigText } from '../../dialect.ts';
import { isListing, type FilesReading, mainPaths, readFiles } from '../read-files.ts';
import { type Candidate, type Standing } from './candidate.ts';
import { type Difference, differencesBetween, weightOf } from '../../filter-differences.ts';
import { withSplices, type Splice } from './layout.ts';
import { ruleCandidates } from './rule-candidates.ts';
import { tableCandidates } from './table-candidates.ts';

export interface EditedTexts {
  readonly texts: readonly ConfigText[];
  /** What the texts still say otherwise than is wanted. */
  readonly left: readonly Difference[];
}

/** Texts that were made, and what they say. */
interface State {
  readonly texts: readonly ConfigText[];
  readonly reading: FilesReading;
  readonly differences: readonly Difference[];
  readonly weight: number;
  readonly faults: number;
}

const stateOf = (texts: readonly ConfigText[], wanted: readonly FilterTable[]): State => {
  const reading = readFiles(texts);
  const differences = differencesBetween(reading.tables, wanted);
  const faults = reading.remarks.filter(({ kind }) => kind === 'error').length;
  return { texts, reading, differences, weight: weightOf(differences), faults };
};

const standingOf = ({ texts, reading }: State): Standing => {
  const textOf = (path: string): string => texts.find((text) => text.path === path)?.text ?? '';
  const own = texts.filter(({ text }) => !isListing(text));
  const main = own.find(({ path }) => mainPaths.includes(path)) ?? own[0];
  return { reading, textOf, main: main?.path };
};

/** Undefined where changes touch the same bytes. */
const applied = (texts: readonly ConfigText[], splices: readonly Splice[]): readonly ConfigText[] | undefined => {
  const edited = texts.map(({ path, text }) => ({
    path,
    text: withSplices(
      text,
      splices.filter((splice) => splice.path === path),
    ),
  }));
  const whole = edited.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]));
  return whole.length === texts.length ? whole : undefined;
};

/** For each thing that differs, the ways to change it. */
const waysOf = (state: State): readonly Iterable<Candidate>[] => {
  const standing = standingOf(state);
  return state.differences.flatMap((difference) =>
    difference.kind === 'rules' ? ruleCandidates(difference, standing) : [tableCandidates(difference, standing)],
  );
};

const tried = (state: State, candidate: Candidate, wanted: readonly FilterTable[]): State | undefined => {
  const texts = candidate.length === 0 ? undefined : applied(state.texts, candidate);
  const next = texts && stateOf(texts, wanted);
  return next !== undefined && next.weight < state.weight && next.faults <= state.faults ? next : undefined;
};

const firstOf = <T>(list: Iterable<T>): T | undefined => {
  for (const one of list) return one;
  return undefined;
};

/** The first way of each difference, all at once, where that is all that it takes. */
const allAtOnce = (state: State, wanted: readonly FilterTable[]): State | undefined => {
  const ways = waysOf(state);
  if (ways.length < 2) return undefined;
  const next = tried(
    state,
    ways.flatMap((way) => firstOf(way) ?? []),
    wanted,
  );
  return next?.weight === 0 ? next : undefined;
};

const oneStep = (state: State, wanted: readonly FilterTable[]): State | undefined => {
  for (const way of waysOf(state))
    for (const candidate of way) {
      const next = tried(state, candidate, wanted);
      if (next !== undefined) return next;
    }
  return undefined;
};

/** Each step has less to do than the one before. */
export const editTexts = (texts: readonly ConfigText[], wanted: readonly FilterTable[]): EditedTexts => {
  let state = stateOf(texts, wanted);
  if (state.weight > 0) {
    const whole = allAtOnce(state, wanted);
    if (whole !== undefined) return { texts: whole.texts, left: [] };
  }
  while (state.weight > 0) {
    const next = oneStep(state, wanted);
    if (next === undefined) break;
    state = next;
  }
  return { texts: state.texts, left: state.differences };
};
