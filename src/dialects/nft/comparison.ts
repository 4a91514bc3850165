/** What matches of all kinds of fields are read with: comparisons, and those that several fields share. */
import { type FilterMatch, type FilterTable } from '../../state/packet-filter.ts';
import { ethertypeNumbers, protocolNumbers } from '../names.ts';
import { numbersOf, readRanges } from './values.ts';

export type Matches = readonly FilterMatch[] | undefined;

export interface Comparison {
  readonly op: unknown;
  readonly right: unknown;
  readonly table: FilterTable['family'];
}

export const negation = (op: unknown): { readonly negate?: true } => (op === '!=' ? { negate: true } : {});
/** Whether a comparison is with members of a set or list, and nothing else. */
export const isMembership = (op: unknown): boolean => op === '==' || op === '!=' || op === 'in';

export const protocolMatch = ({ op, right }: Comparison): Matches => {
  const read = readRanges(op, right, 255, protocolNumbers);
  return read && [{ kind: 'protocol', protocols: numbersOf(read.ranges), ...(read.negate ? { negate: true } : {}) }];
};

export const ethertypeMatch = ({ op, right }: Comparison): Matches => {
  const read = readRanges(op, right, 0xffff, ethertypeNumbers);
  return read && [{ kind: 'ethertype', types: numbersOf(read.ranges), ...(read.negate ? { negate: true } : {}) }];
};

export const lengthMatch = ({ op, right }: Comparison, header = 0): Matches => {
  const read = readRanges(op, right, 0xffff);
  const range = read?.ranges[0];
  if (read === undefined || range === undefined || read.ranges.length > 1) return undefined;
  return [{ kind: 'length', range: [range[0] + header, range[1] + header], ...(read.negate ? { negate: true } : {}) }];
};
