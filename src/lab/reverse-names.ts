/** Names of addresses and prefixes in the reverse tree: `in-addr.arpa` (RFC 1035 section 3.5) and `ip6.arpa` (RFC 3596). */
import { ip, type Family, type Ip } from '../net/address.ts';
import { addressAt, prefixOf, type Prefix } from '../net/prefix.ts';

const shape = {
  4: { bits: 32, step: 8, longest: 24, suffix: 'in-addr.arpa' },
  6: { bits: 128, step: 4, longest: 124, suffix: 'ip6.arpa' },
} as const;

/** The labels of the first `length` bits of an address, the last of them first. */
const labels = ({ family, value }: Ip, length: number): readonly string[] => {
  const { bits, step } = shape[family];
  const digit = (index: number): string => {
    const part = (value >> BigInt(bits - (index + 1) * step)) & ((1n << BigInt(step)) - 1n);
    return part.toString(family === 4 ? 10 : 16);
  };
  return Array.from({ length: length / step }, (_, index) => digit(index)).reverse();
};

const nameOf = (address: Ip, length: number): string =>
  [...labels(address, length), shape[address.family].suffix].join('.');

export const reverseName = (address: string): string => nameOf(ip(address), shape[ip(address).family].bits);

export interface ReverseZone {
  readonly name: string;
  /** Whether it holds addresses beyond the prefix: reverse zones end at octets, or at hexadecimal digits. */
  readonly isWider: boolean;
}

const boundaryOf = (family: Family, length: number): number => {
  const { step, longest } = shape[family];
  return Math.min(Math.max(Math.ceil(length / step) * step, step), longest);
};

/** The zones that hold a prefix: one, or as many as it has parts of the next length that a zone may have. */
export const reverseZones = (block: Prefix): readonly ReverseZone[] => {
  const { family, length, value } = block;
  const boundary = boundaryOf(family, length);
  const count = boundary <= length ? 1 : 2 ** (boundary - length);
  const size = 1n << BigInt(shape[family].bits - boundary);
  return Array.from({ length: count }, (_, index) => {
    const first = addressAt(prefixOf({ family, value }, Math.min(length, boundary)), BigInt(index) * size);
    return { name: nameOf(first ?? { family, value }, boundary), isWider: boundary < length };
  });
};
