/**
 * Measured or predicted pairs to a matrix of who reaches whom. Machines that behave alike share a row and a column, so that a lab
 * of hundreds fits a screen: alike are machines that reach, and are reached by, every other in the same way.
 */
export interface AnsweredPair {
  readonly from: string;
  readonly to: string;
  readonly family: 4 | 6;
  readonly answer: 'yes' | 'no' | 'uncertain';
}

/** `4`, `6`: over that family only; `±`: some of the addresses of a family; `?`: uncertain; empty: nothing was asked. */
export type Sign = '✓' | '✗' | '4' | '6' | '±' | '?' | '';

export interface ReachMatrix {
  readonly groups: readonly (readonly string[])[];
  /** By index of the groups: row reaches column. */
  readonly signs: readonly (readonly Sign[])[];
}

const signOf = (pairs: readonly AnsweredPair[]): Sign => {
  const answers = (family: 4 | 6): ReadonlySet<string> =>
    new Set(pairs.filter((pair) => pair.family === family).map(({ answer }) => answer));
  const [four, six] = [answers(4), answers(6)];
  const all = new Set([...four, ...six]);
  if (all.size === 0) return '';
  if (all.has('uncertain')) return '?';
  if (all.size === 1) return all.has('yes') ? '✓' : '✗';
  if (four.size > 1 || six.size > 1) return '±';
  return four.has('yes') ? '4' : '6';
};

type Signs = ReadonlyMap<string, ReadonlyMap<string, Sign>>;

const signsOf = (pairs: readonly AnsweredPair[]): Signs => {
  const sorted = new Map<string, Map<string, AnsweredPair[]>>();
  for (const pair of pairs) {
    const row = sorted.get(pair.from) ?? new Map<string, AnsweredPair[]>();
    sorted.set(pair.from, row);
    const cell = row.get(pair.to) ?? [];
    row.set(pair.to, cell);
    cell.push(pair);
  }
  return new Map([...sorted].map(([from, row]) => [from, new Map([...row].map(([to, cell]) => [to, signOf(cell)]))]));
};

const signAt = (signs: Signs, from: string, to: string): Sign => signs.get(from)?.get(to) ?? '';

const areAlike = (signs: Signs, names: readonly string[], a: string, b: string): boolean =>
  signAt(signs, a, b) === signAt(signs, b, a) &&
  names.every(
    (other) =>
      other === a ||
      other === b ||
      (signAt(signs, a, other) === signAt(signs, b, other) && signAt(signs, other, a) === signAt(signs, other, b)),
  );

/** Also the reach inside a group must be one sign, or its diagonal would say too much. */
const joins = (signs: Signs, names: readonly string[], group: readonly string[], name: string): boolean => {
  const [first, second] = group;
  if (first === undefined || !areAlike(signs, names, first, name)) return false;
  return second === undefined || signAt(signs, first, second) === signAt(signs, first, name);
};

const groupAlike = (signs: Signs, names: readonly string[]): readonly (readonly string[])[] => {
  const groups: string[][] = [];
  for (const name of names) {
    const group = groups.find((candidate) => joins(signs, names, candidate, name));
    if (group === undefined) groups.push([name]);
    else group.push(name);
  }
  return groups;
};

/** `isGrouped`: put machines that behave alike together. Names keep the order in which they first appear. */
export const reachMatrix = (pairs: readonly AnsweredPair[], isGrouped: boolean): ReachMatrix => {
  const names = [...new Set(pairs.flatMap(({ from, to }) => [from, to]))];
  const signs = signsOf(pairs);
  const groups = isGrouped ? groupAlike(signs, names) : names.map((name) => [name]);
  const memberFor = (group: readonly string[], other: readonly string[]): string =>
    (group === other ? (group[1] ?? group[0]) : other[0]) ?? '';
  return {
    groups,
    signs: groups.map((group) => groups.map((other) => signAt(signs, group[0] ?? '', memberFor(group, other)))),
  };
};

const longestList = 40;

/** All names where they fit; else `web-1 … web-20 (20)`. */
export const nameGroup = (group: readonly string[]): string => {
  const all = group.join(', ');
  return all.length <= longestList || group.length < 3
    ? all
    : `${group[0] ?? ''} … ${group.at(-1) ?? ''} (${group.length})`;
};
