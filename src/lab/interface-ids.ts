/**
 * IPv6 interface ids that mirror an IPv4 host number, in one of four spellings. Different numbers below 65536 always
 * give different ids of one spelling.
 */
import { type Ip } from '../net/address.ts';
import { addressAt, sizeOf, type Prefix } from '../net/prefix.ts';

export type InterfaceIds = 'hex' | 'shifted' | 'words' | 'decimal';

/** Bytes swapped, so that numbers above 255 stay apart from those below: 29 is 1d00, 300 (0x12c) is 2c01. */
const shifted = (number: bigint): bigint => {
  const word = ((number & 0xffn) << 8n) | (number >> 8n);
  return (word << 48n) | 1n;
};

const spellings: Readonly<Record<InterfaceIds, (number: bigint) => bigint>> = {
  hex: (number) => number,
  shifted: (number) => (number > 0xffffn ? number : shifted(number)),
  words: (number) => (number << 16n) | 1n,
  decimal: (number) => BigInt(`0x${number.toString(10)}`),
};

/** The address in `prefix` that mirrors `number`; plain where the spelling does not fit, undefined where nothing does. */
export const mirrorOf = (prefix: Prefix, number: bigint, ids: InterfaceIds): Ip | undefined => {
  const id = spellings[ids](number);
  return addressAt(prefix, id < sizeOf(prefix) ? id : number);
};
