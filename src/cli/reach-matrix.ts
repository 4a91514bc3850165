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

/** Families and answers of a pair as bits of a number. */
const bits = { 4: { yes: 1, no: 2, uncertain: 4 }, 6: { yes: 8, no: 16, uncertain: 32 } } as const;

const signOf = (answers: number): Sign => {
  const has = (bit: number): boolean => (answers & bit) !== 0;
  if (answers === 0) return '';
  if (has(bits[4].uncertain | bits[6].uncertain)) return '?';
  if (!has(bits[4].no | bits[6].no)) return '✓';
  if (!has(bits[4].yes | bits[6].yes)) return '✗';
  if ((has(bits[4].yes) && has(bits[4].no)) || (has(bits[6].yes) && has(bits[6].no))) return '±';
  return has(bits[4].yes) ? '4' : '6';
};

const order: readonly Sign[] = ['', '✓', '✗', '4', '6', '±', '?'];
const signNumbers = Uint8Array.from({ length: 64 }, (_, answers) => order.indexOf(signOf(answers)));

/** Names by their places, and row by row the places of signs in `order`. */
interface Square {
  readonly names: readonly string[];
  readonly signs: Uint8Array;
}

const squareOf = (pairs: readonly AnsweredPair[]): Square => {
  const places = new Map<string, number>();
  for (const { from, to } of pairs) for (const name of [from, to]) if (!places.has(name)) places.set(name, places.size);
  const size = places.size;
  const answers = new Uint8Array(size * size);
  for (const { from, to, family, answer } of pairs)
    answers[(places.get(from) ?? 0) * size + (places.get(to) ?? 0)]! |= bits[family][answer];
  return { names: [...places.keys()], signs: answers.map((those) => signNumbers[those] ?? 0) };
};

/** Thirty-two bits of a place and a sign; only their spread matters. */
const mixed = (place: number, sign: number): number => {
  const hash = Math.imul(place + 1, 0x9e3779b1) ^ Math.imul(sign + 1, 0x85ebca6b);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
};

/** For each place the sum of what it reaches, and of what reaches it, itself left out: alike ones have like sums. */
const sumsOf = ({ names: { length: size }, signs }: Square): readonly [rows: Int32Array, columns: Int32Array] => {
  const [rows, columns] = [new Int32Array(size), new Int32Array(size)];
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1) {
      if (row === column) continue;
      const sign = signs[row * size + column] ?? 0;
      rows[row] = (rows[row] ?? 0) + mixed(column, sign);
      columns[column] = (columns[column] ?? 0) + mixed(row, sign);
    }
  return [rows, columns];
};

/** Tells whether two reach, and are reached by, each other and every third in the same way. */
const likeness = (square: Square): ((a: number, b: number) => boolean) => {
  const {
    names: { length: size },
    signs,
  } = square;
  const [rows, columns] = sumsOf(square);
  const at = (row: number, column: number): number => signs[row * size + column] ?? 0;
  const hasLikeSums = (sums: Int32Array, a: number, b: number, sign: number): boolean =>
    (((sums[a] ?? 0) - mixed(b, sign)) | 0) === (((sums[b] ?? 0) - mixed(a, sign)) | 0);
  return (a, b) => {
    const sign = at(a, b);
    if (sign !== at(b, a) || !hasLikeSums(rows, a, b, sign) || !hasLikeSums(columns, a, b, sign)) return false;
    for (let other = 0; other < size; other += 1)
      if (other !== a && other !== b && (at(a, other) !== at(b, other) || at(other, a) !== at(other, b))) return false;
    return true;
  };
};

/** Also the reach inside a group must be one sign, or its diagonal would say too much. */
const groupAlike = (square: Square): readonly (readonly number[])[] => {
  const { names, signs } = square;
  const areAlike = likeness(square);
  const groups: number[][] = [];
  for (const place of names.keys()) {
    const joins = ([first = 0, second]: readonly number[]): boolean =>
      areAlike(first, place) &&
      (second === undefined || signs[first * names.length + second] === signs[first * names.length + place]);
    const group = groups.find(joins);
    if (group === undefined) groups.push([place]);
    else group.push(place);
  }
  return groups;
};

/** `isGrouped`: put machines that behave alike together. Names keep the order in which they first appear. */
export const reachMatrix = (pairs: readonly AnsweredPair[], isGrouped: boolean): ReachMatrix => {
  const square = squareOf(pairs);
  const { names, signs } = square;
  const groups = isGrouped ? groupAlike(square) : [...names.keys()].map((place) => [place]);
  const memberFor = (group: readonly number[], other: readonly number[]): number =>
    (group === other ? (group[1] ?? group[0]) : other[0]) ?? 0;
  return {
    groups: groups.map((group) => group.map((place) => names[place] ?? '')),
    signs: groups.map((group) =>
      groups.map((other) => order[signs[(group[0] ?? 0) * names.length + memberFor(group, other)] ?? 0] ?? ''),
    ),
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
