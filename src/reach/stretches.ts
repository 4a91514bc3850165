/**
 * An axis cut into stretches by sets of values: all values of a stretch are in the same sets, and so are those of
 * stretches of the same kind.
 */
export type Range = readonly [first: bigint, last: bigint];

export interface Stretch {
  readonly first: bigint;
  readonly last: bigint;
  /** Names the sets that hold it. */
  readonly kind: string;
}

interface Edge {
  readonly at: bigint;
  readonly set: number;
  readonly change: 1 | -1;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

const edgesOf = (sets: readonly (readonly Range[])[]): readonly Edge[] =>
  sets
    .flatMap((ranges, set) =>
      ranges.flatMap(([first, last]): Edge[] => [
        { at: first, set, change: 1 },
        { at: last + 1n, set, change: -1 },
      ]),
    )
    .sort((a, b) => compare(a.at, b.at));

/** From 0 to `last`, without gaps. */
export const stretchesOf = (sets: readonly (readonly Range[])[], last: bigint): readonly Stretch[] => {
  const edges = edgesOf(sets);
  const stretches: Stretch[] = [];
  const depth = new Map<number, number>();
  let first = 0n;
  let kind = '';
  edges.forEach(({ at, set, change }, index) => {
    if (at > first) stretches.push({ first, last: at - 1n, kind });
    first = at;
    const now = (depth.get(set) ?? 0) + change;
    if (now === 0) depth.delete(set);
    else depth.set(set, now);
    if (edges[index + 1]?.at !== at) kind = [...depth.keys()].sort((a, b) => a - b).join(' ');
  });
  if (first <= last) stretches.push({ first, last, kind });
  return stretches;
};

/** The stretch that holds a value of the axis. */
export const stretchAt = (stretches: readonly Stretch[], value: bigint): Stretch | undefined => {
  let [low, high] = [0, stretches.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle]?.first ?? 0n) <= value) low = middle;
    else high = middle;
  }
  return stretches[low];
};

/** One stretch of each kind, the first. */
export const oneOfEachKind = (stretches: readonly Stretch[]): readonly Stretch[] => {
  const kinds = new Map<string, Stretch>();
  for (const stretch of stretches) if (!kinds.has(stretch.kind)) kinds.set(stretch.kind, stretch);
  return [...kinds.values()];
};
