/**
 * What a match of the normal form lists, as ranges of numbers or as words: so that values of a hand-written list can be held
 * to what is wanted, whatever they are joined to in the normal form.
 */
import { bitsOf } from '../../../net/address.ts';
import { firstOf, lastOf, prefix, printPrefix } from '../../../net/prefix.ts';
import { type FilterMatch, type FilterRule, type FilterTable } from '../../../state/packet-filter.ts';
import { prefixesOfRange } from '../../../state/prefix-cover.ts';
import { matchText } from '../write-match.ts';

type Range = readonly [first: bigint, last: bigint];

export interface Listed {
  /** What is compared, and how: only lists of the same are held to each other. */
  readonly subject: string;
  readonly ranges: readonly Range[];
  readonly words: readonly string[];
  /** The same match with another list; words and ranges as they are here. */
  readonly withList: (ranges: readonly Range[], words: readonly string[]) => FilterMatch;
}

const rangeOf = (text: string): Range => {
  const block = prefix(text);
  return [firstOf(block).value, lastOf(block).value];
};

const one = (number: number): Range => [BigInt(number), BigInt(number)];
const numbersIn = (ranges: readonly Range[]): readonly number[] =>
  ranges.flatMap(([first, last]) =>
    Array.from({ length: Number(last - first) + 1 }, (_, index) => Number(first) + index),
  );

/** Undefined for a match that lists nothing. */
export const listedIn = (match: FilterMatch): Listed | undefined => {
  const of = (
    ranges: readonly Range[],
    words: readonly string[],
    withList: Listed['withList'],
    ...subject: readonly (string | number)[]
  ): Listed => {
    const isNegated = 'negate' in match && match.negate;
    return { subject: [match.kind, ...subject, isNegated ? 'not' : ''].join(' '), ranges, words, withList };
  };
  switch (match.kind) {
    case 'iif':
    case 'oif':
      return of([], match.names, (_, names) => ({ ...match, names }));
    case 'source':
    case 'destination':
      return of(
        match.prefixes.map(rangeOf),
        [],
        (ranges) => ({ ...match, prefixes: prefixesIn(ranges, match.family) }),
        match.family,
      );
    case 'arp-source':
      return of(match.prefixes.map(rangeOf), [], (ranges) => ({ ...match, prefixes: prefixesIn(ranges, 4) }));
    case 'port':
    case 'source-port': {
      const { protocol, ports, ranges: wide = [] } = match;
      if (ports.length + wide.length === 0) return undefined;
      return of(
        [...ports.map(one), ...wide.map(([first, last]): Range => [BigInt(first), BigInt(last)])],
        [],
        (ranges) => ({ ...match, ports: [], ranges: ranges.map(([first, last]) => [Number(first), Number(last)]) }),
        protocol,
      );
    }
    case 'protocol':
      return of(match.protocols.map(one), [], (ranges) => ({ ...match, protocols: numbersIn(ranges) }));
    case 'ethertype':
      return of(match.types.map(one), [], (ranges) => ({ ...match, types: numbersIn(ranges) }));
    case 'icmp-type':
      return match.code !== undefined
        ? undefined
        : of(match.types.map(one), [], (ranges) => ({ ...match, types: numbersIn(ranges) }), match.family);
    case 'source-mac':
    case 'destination-mac':
      return of([], match.macs, (_, macs) => ({ ...match, macs }));
    default:
      return undefined;
  }
};

function prefixesIn(ranges: readonly Range[], family: 4 | 6): readonly string[] {
  return ranges.flatMap(([first, last]) => prefixesOfRange({ family, first, last }).map(printPrefix));
}

/** What of `wanted` is not in `had`. */
const without = (wanted: readonly Range[], had: readonly Range[]): readonly Range[] =>
  had.reduce<readonly Range[]>(
    (left, [first, last]) =>
      left.flatMap(([from, to]): readonly Range[] => {
        if (to < first || from > last) return [[from, to]];
        const parts: readonly Range[] = [
          [from, first - 1n],
          [last + 1n, to],
        ];
        return parts.filter(([begin, end]) => begin <= end);
      }),
    wanted,
  );

/** Whether all that is in `part` is in `whole`; of the same subject. */
export const isWithin = (part: Listed, whole: Listed): boolean =>
  part.subject === whole.subject &&
  without(part.ranges, whole.ranges).length === 0 &&
  part.words.every((word) => whole.words.includes(word));

/** What is a list of its own, beside those that stay. */
export interface Missing {
  readonly ranges: readonly Range[];
  readonly words: readonly string[];
}

export const missingFrom = (wanted: Listed, kept: readonly Listed[]): Missing => ({
  ranges: without(
    wanted.ranges,
    kept.flatMap(({ ranges }) => ranges),
  ),
  words: wanted.words.filter((word) => !kept.some(({ words }) => words.includes(word))),
});

/** More single addresses than these are nothing that a person lists. */
const mostSingles = 64n;

const singlesOf = (ranges: readonly Range[]): readonly Range[] | undefined => {
  const size = ranges.reduce((sum, [first, last]) => sum + last - first + 1n, 0n);
  if (size > mostSingles) return undefined;
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: Number(last - first) + 1 }, (_, index): Range => [
      first + BigInt(index),
      first + BigInt(index),
    ]),
  );
};

const blocksOf = ({ subject }: Listed, ranges: readonly Range[]): readonly Range[] => {
  if (!/^(?:source|destination|arp-source)(?: |$)/.test(subject)) return ranges;
  const family = subject.includes(' 6') ? 6 : 4;
  const most = (1n << BigInt(bitsOf(family))) - 1n;
  return ranges
    .filter(([, last]) => last <= most)
    .flatMap(([first, last]) => prefixesOfRange({ family, first, last }).map((block) => rangeOf(printPrefix(block))));
};

/** Each by itself, as the elements of a set; undefined where a set without intervals would need too many. */
export const wordsOfMissing = (
  listed: Listed,
  { ranges, words }: Missing,
  hasIntervals: boolean,
  place: { readonly table: FilterTable['family']; readonly rule: FilterRule },
): readonly string[] | undefined => {
  const isRangeable = /^(?:source|destination|arp-source|port|source-port)(?: |$)/.test(listed.subject);
  const single = hasIntervals && isRangeable ? blocksOf(listed, ranges) : singlesOf(ranges);
  return (
    single && [
      ...single.map((range) => lastWord(matchText(listed.withList([range], []), place))),
      ...words.map((word) => lastWord(matchText(listed.withList([], [word]), place))),
    ]
  );
};

function lastWord(text: string): string {
  return text.split(' ').at(-1) ?? text;
}
