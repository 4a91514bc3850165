/**
 * Sizes of networks, and the order in which a pool is cut into them. Subnet numbers are counted from the left
 * (bit-reversed, RFC 1219 and RFC 3531), so that the space beside each network stays free as long as possible.
 */
import { addressAt, containsPrefix, overlaps, prefixOf, sizeOf, type Prefix } from '../net/prefix.ts';
import { bitsOf } from '../net/address.ts';

/** The smallest power of two that holds `usable` hosts, the network and the broadcast address: 31 → 33 → 64. */
export const blockSizeFor = (usable: number): number => {
  let size = 4;
  while (size < usable + 2) size *= 2;
  return size;
};

/** Twice the machines that are planned, so that the network can grow, and the host. */
export const grownSize = (machines: number): number => blockSizeFor(2 * machines + 1);

const reversed = (index: number, bits: number): bigint => {
  let result = 0n;
  for (let bit = 0; bit < bits; bit += 1) if ((index >> bit) & 1) result |= 1n << BigInt(bits - 1 - bit);
  return result;
};

/** A pool is searched no further than this many blocks. */
const longestSearchBits = 16;

/** The first block of `length` in `pool`, in growth order, that overlaps nothing in `taken`. */
export const carve = (pool: Prefix, length: number, taken: readonly Prefix[]): Prefix | undefined => {
  const bits = length - pool.length;
  if (bits < 0 || taken.some((other) => containsPrefix(other, pool))) return undefined;
  const step = 1n << BigInt(bitsOf(pool.family) - length);
  for (let index = 0; index < 1 << Math.min(bits, longestSearchBits); index += 1) {
    const address = addressAt(pool, reversed(index, bits) * step);
    if (address === undefined) return undefined;
    const block = prefixOf(address, length);
    if (!taken.some((other) => overlaps(block, other))) return block;
  }
  return undefined;
};

/** The prefix length of an IPv4 block of `size` addresses. */
export const lengthOfBlock = (size: number): number => 32 - Math.ceil(Math.log2(size));

/**
 * The lengths to try for a network of `machines`: a /24 where the pool holds 16 of them (a network then keeps its size
 * while machines come and go), at least double the machines otherwise, and what is just enough as a last resort.
 */
export const wantedLengths = (pool: Prefix, machines: number): readonly number[] => {
  const roomy = Math.min(256, Number(sizeOf(pool) / 16n));
  const sizes = [Math.max(roomy, grownSize(machines)), grownSize(machines), blockSizeFor(machines)];
  return [...new Set(sizes.map(lengthOfBlock))];
};
