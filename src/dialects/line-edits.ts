/**
 * Lines of a text that go, come, or are written otherwise; all others keep every byte. New lines end as the text's first
 * one does. Lines count from 0.
 */
export interface LineEdits {
  /** What stands in place of a line; none: it goes. */
  readonly instead: ReadonlyMap<number, readonly string[]>;
  /** What comes behind a line; -1 is above the first. */
  readonly behind: ReadonlyMap<number, readonly string[]>;
}

interface EndedLine {
  readonly text: string;
  /** Empty where the text ends without one. */
  readonly end: string;
}

const endedLines = (text: string): readonly EndedLine[] =>
  [...text.matchAll(/([^\n]*?)(\r?\n|$)/g)]
    .map(([, line = '', end = '']) => ({ text: line, end }))
    .filter(({ text: line, end }) => line !== '' || end !== '');

/** As they are counted here, without their ends. */
export const plainLines = (text: string): readonly string[] => endedLines(text).map((line) => line.text);

export const withLineEdits = (text: string, { instead, behind }: LineEdits): string => {
  const lines = endedLines(text);
  const usualEnd = lines.find(({ end }) => end !== '')?.end ?? '\n';
  const added = (at: number): readonly EndedLine[] =>
    (behind.get(at) ?? []).map((line) => ({ text: line, end: usualEnd }));
  const edited = [
    ...added(-1),
    ...lines.flatMap((line, at) => {
      const fresh = instead.get(at)?.map((one) => ({ text: one, end: line.end }));
      return [...(fresh ?? [line]), ...added(at)];
    }),
  ];
  return edited
    .map((line, at) => (line.end === '' && at < edited.length - 1 ? line.text + usualEnd : line.text + line.end))
    .join('');
};

/** Lines at the end of a text. */
export const withLinesAdded = (text: string, lines: readonly string[]): string =>
  lines.length === 0
    ? text
    : withLineEdits(text, { instead: new Map(), behind: new Map([[plainLines(text).length - 1, lines]]) });

/** What becomes of one entry of a list: `at` counts in the list as it was, `to` in the one that is wanted. */
export type ListStep =
  | { readonly kind: 'kept'; readonly at: number }
  | { readonly kind: 'gone'; readonly at: number }
  | { readonly kind: 'changed'; readonly at: number; readonly to: number }
  /** `behind`: the last entry before it that was there; -1 where there is none. */
  | { readonly kind: 'new'; readonly behind: number; readonly to: number };

/** More pairs are not compared: what lies between the ends that are equal is then taken entry by entry. */
const mostPairs = 4_000_000;

/** By the longest common subsequence: pairs of places, in order. */
const commonPairs = (a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] => {
  if (a.length * b.length > mostPairs) return a.flatMap((key, at) => (b[at] === key ? [[at, at] as const] : []));
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;)
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  return pairs;
};

/** The fewest steps from one list to another; between two that stay, entries are changed as far as there are some. */
export const listSteps = (before: readonly string[], after: readonly string[]): readonly ListStep[] => {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail += 1;
  const middle = commonPairs(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  const pairs = [
    ...Array.from({ length: head }, (_, at) => [at, at] as const),
    ...middle.map(([i, j]) => [i + head, j + head] as const),
    ...Array.from({ length: tail }, (_, at) => [before.length - tail + at, after.length - tail + at] as const),
    [before.length, after.length] as const,
  ];
  const steps: ListStep[] = [];
  let [i, j] = [0, 0];
  for (const [at, to] of pairs) {
    while (i < at && j < to) steps.push({ kind: 'changed', at: i++, to: j++ });
    while (i < at) steps.push({ kind: 'gone', at: i++ });
    while (j < to) steps.push({ kind: 'new', behind: i - 1, to: j++ });
    if (at < before.length) steps.push({ kind: 'kept', at });
    [i, j] = [at + 1, to + 1];
  }
  return steps;
};
