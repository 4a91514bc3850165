/**
 * Sets of addresses as the fewest prefixes that make them up: every spelling of a set becomes the same list.
 */
import { bitsOf, type Family } from '../net/address.ts';
import { comparePrefixes, firstOf, lastOf, prefix, printPrefix, type Prefix } from '../net/prefix.ts';

export interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** The largest block that begins at `first` and does not go beyond `last`. */
const blockAt = ({ family, first, last }: AddressRange): Prefix => {
  let length: number = bitsOf(family);
  for (let size = 2n; length > 0 && first % size === 0n && first + size - 1n <= last; size <<= 1n) length -= 1;
  return { family, value: first, length };
};

/** The fewest prefixes that make up a range. */
export const prefixesOfRange = (range: AddressRange): readonly Prefix[] => {
  const blocks: Prefix[] = [];
  for (let first = range.first; first <= range.last;) {
    const block = blockAt({ ...range, first });
    blocks.push(block);
    first = lastOf(block).value + 1n;
  }
  return blocks;
};

/** Joins what overlaps or touches. */
const joined = (blocks: readonly Prefix[]): readonly AddressRange[] => {
  const ranges: AddressRange[] = [];
  for (const block of [...blocks].sort(comparePrefixes)) {
    const [first, last] = [firstOf(block).value, lastOf(block).value];
    const before = ranges.at(-1);
    if (before !== undefined && before.family === block.family && first <= before.last + 1n) {
      ranges[ranges.length - 1] = { ...before, last: last > before.last ? last : before.last };
    } else ranges.push({ family: block.family, first, last });
  }
  return ranges;
};

/** The fewest prefixes that hold the same addresses, in order. */
export const coverOf = (prefixes: readonly string[]): readonly string[] =>
  joined(prefixes.map(prefix)).flatMap(prefixesOfRange).map(printPrefix);
