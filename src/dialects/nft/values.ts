/** Values of `nft -j` (libnftables-json(5)): members of sets, ranges, prefixes, flags; undefined where one is unreadable. */
import { parseIp, type Family } from '../../net/address.ts';
import { parsePrefix, printPrefix } from '../../net/prefix.ts';
import { type NumberRange } from '../../state/packet-filter.ts';
import { prefixesOfRange } from '../../state/prefix-cover.ts';
import { type Numbers } from '../names.ts';

export type Json = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const recordIn = (value: unknown, key: string): Json | undefined => {
  const inner = isRecord(value) ? value[key] : undefined;
  return isRecord(inner) ? inner : undefined;
};

/** The kind of a statement or expression, which is its only key, and what stands behind it. */
export const kindOf = (value: Json): readonly [kind: string, body: unknown] =>
  Object.entries(value)[0] ?? ['', undefined];

/** An element with a comment, counter or timeout is its value. */
export const bareElement = (member: unknown): unknown => recordIn(member, 'elem')?.val ?? member;

/** The members of a set; undefined for what is none. */
export const setMembers = (right: unknown): readonly unknown[] | undefined => {
  const set = isRecord(right) ? right.set : undefined;
  return Array.isArray(set) ? set.map(bareElement) : undefined;
};

/** The members of a set or list, or the one value. */
export const membersOf = (right: unknown): readonly unknown[] =>
  setMembers(right) ?? (Array.isArray(right) ? right : [right]);

/** Maps every member, or nothing when one cannot be read. */
export const readAll = <T>(
  right: unknown,
  read: (member: unknown) => readonly T[] | undefined,
): readonly T[] | undefined => {
  const all: T[] = [];
  for (const member of membersOf(right)) {
    const values = read(member);
    if (values === undefined) return undefined;
    all.push(...values);
  }
  return all;
};

export const rangeEnds = (member: unknown): readonly [unknown, unknown] | undefined => {
  const range = isRecord(member) ? member.range : undefined;
  return Array.isArray(range) && range.length === 2 ? [range[0], range[1]] : undefined;
};

/** A number, or one of the names that numbers have. */
export const readNumber = (value: unknown, names: Numbers = {}): number | undefined => {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : undefined;
};

const readRange =
  (names: Numbers) =>
  (member: unknown): readonly NumberRange[] | undefined => {
    const [first, last] = (rangeEnds(member) ?? [member, member]).map((end) => readNumber(end, names));
    return first === undefined || last === undefined ? undefined : [[first, last]];
  };

export interface Ranges {
  readonly ranges: readonly NumberRange[];
  readonly negate: boolean;
}

/** What a comparison with numbers leaves between 0 and `most`. */
export const readRanges = (op: unknown, right: unknown, most: number, names: Numbers = {}): Ranges | undefined => {
  const bound = readNumber(right, names);
  if (op === '<' || op === '<=' || op === '>' || op === '>=') {
    if (bound === undefined) return undefined;
    const range: NumberRange =
      op === '<' ? [0, bound - 1] : op === '<=' ? [0, bound] : op === '>' ? [bound + 1, most] : [bound, most];
    return { ranges: range[0] <= range[1] ? [range] : [], negate: false };
  }
  if (op !== '==' && op !== '!=' && op !== 'in') return undefined;
  const ranges = readAll(right, readRange(names));
  return ranges && { ranges, negate: op === '!=' };
};

/** Every number of ranges that lie below 65536. */
export const numbersOf = (ranges: readonly NumberRange[]): readonly number[] =>
  ranges.flatMap(([first, last]) =>
    Array.from({ length: Math.max(0, Math.min(last, 0xffff) - first + 1) }, (_, index) => first + index),
  );

/** Flags together: a number, a name, a list of names, or names joined by `|`. */
export const readBits = (value: unknown, names: Numbers): number | undefined => {
  const either = isRecord(value) ? value['|'] : value;
  if (!Array.isArray(either)) return isRecord(either) ? undefined : readNumber(either, names);
  const bits = either.map((one: unknown) => readBits(one, names));
  return bits.reduce<number | undefined>(
    (all, bit) => (all === undefined || bit === undefined ? undefined : all | bit),
    0,
  );
};

export const readPrefixes =
  (family: Family) =>
  (member: unknown): readonly string[] | undefined => {
    const block = recordIn(member, 'prefix');
    if (block !== undefined) {
      const parsed = parsePrefix(`${String(block.addr)}/${String(block.len)}`);
      return parsed?.family === family ? [printPrefix(parsed)] : undefined;
    }
    const ends = rangeEnds(member) ?? [member, member];
    const [first, last] = ends.map((end) => (typeof end === 'string' ? parseIp(end) : undefined));
    if (first?.family !== family || last?.family !== family) return undefined;
    return prefixesOfRange({ family, first: first.value, last: last.value }).map(printPrefix);
  };
