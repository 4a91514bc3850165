/**
 * Prefixes: the laws that planning relies on, and the spellings that are refused.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsOf, ip, printIp, type Family, type Ip } from '../../src/net/address.ts';
import {
  addressAt,
  comparePrefixes,
  containsIp,
  containsPrefix,
  firstOf,
  lastOf,
  networkOf,
  overlaps,
  parseInterfaceAddress,
  parsePrefix,
  prefix,
  prefixOf,
  printPrefix,
  sizeOf,
  usableHosts,
  type Prefix,
} from '../../src/net/prefix.ts';

const addressOf = (family: Family): fc.Arbitrary<Ip> =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(bitsOf(family))) - 1n }).map((value) => ({ family, value }));
const prefixIn = (family: Family): fc.Arbitrary<Prefix> =>
  fc.tuple(addressOf(family), fc.nat(bitsOf(family))).map(([address, length]) => prefixOf(address, length));
const family = fc.constantFrom<Family>(4, 6);
const anyPrefix = family.chain(prefixIn);
/** Two prefixes of which one lies in the other about half of the time. */
const pair = family.chain((which) =>
  fc.oneof(
    fc.tuple(prefixIn(which), prefixIn(which)),
    fc
      .tuple(prefixIn(which), fc.nat(bitsOf(which)))
      .map(([inner, length]): [Prefix, Prefix] => [prefixOf(firstOf(inner), Math.min(length, inner.length)), inner]),
  ),
);

describe('laws', () => {
  it('reads what it prints', () => {
    fc.assert(
      fc.property(anyPrefix, (block) => {
        expect(parsePrefix(printPrefix(block))).toEqual(block);
      }),
    );
  });

  it('spans from its first to its last address, and no further', () => {
    fc.assert(
      fc.property(anyPrefix, (block) => {
        expect(lastOf(block).value - firstOf(block).value + 1n).toBe(sizeOf(block));
        expect(containsIp(block, firstOf(block)) && containsIp(block, lastOf(block))).toBe(true);
        expect(addressAt(block, sizeOf(block) - 1n)).toEqual(lastOf(block));
        expect(addressAt(block, sizeOf(block))).toBeUndefined();
        expect(addressAt(block, -1n)).toBeUndefined();
      }),
    );
  });

  it('overlaps exactly where the ranges of addresses do', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const meet = firstOf(a).value <= lastOf(b).value && firstOf(b).value <= lastOf(a).value;
        expect(overlaps(a, b)).toBe(meet);
        expect(overlaps(b, a)).toBe(meet);
        expect(containsPrefix(a, b)).toBe(firstOf(a).value <= firstOf(b).value && lastOf(b).value <= lastOf(a).value);
      }),
    );
  });

  it('never overlaps across families', () => {
    fc.assert(
      fc.property(prefixIn(4), prefixIn(6), (a, b) => {
        expect(overlaps(a, b) || overlaps(b, a)).toBe(false);
      }),
    );
  });

  it('holds its usable hosts, and leaves out what no machine may have', () => {
    fc.assert(
      fc.property(anyPrefix, (block) => {
        const { first, last } = usableHosts(block);
        expect(addressAt(block, first)).toBeDefined();
        expect(addressAt(block, last)).toBeDefined();
        expect(first <= last).toBe(true);
      }),
    );
  });

  it('orders totally', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(Math.sign(comparePrefixes(a, b))).toBe(-Math.sign(comparePrefixes(b, a)) + 0);
        expect(comparePrefixes(a, b) === 0).toBe(printPrefix(a) === printPrefix(b));
      }),
    );
  });
});

describe('facts', () => {
  it.each([
    ['192.0.2.0/24', 1n, 254n],
    ['192.0.2.0/30', 1n, 2n],
    ['192.0.2.0/31', 0n, 1n],
    ['192.0.2.7/32', 0n, 0n],
    ['2001:db8::/126', 1n, 3n],
    ['2001:db8::/127', 0n, 1n],
    ['2001:db8::/128', 0n, 0n],
  ])('%s has machines from %s to %s', (text, first, last) => {
    expect(usableHosts(prefix(text))).toEqual({ first, last });
  });

  it('finds the network of an address', () => {
    expect(printPrefix(networkOf('192.0.2.5', 28))).toBe('192.0.2.0/28');
    expect(printPrefix(networkOf('2001:db8::5', 0))).toBe('::/0');
  });

  it('keeps the host part of an address with a length', () => {
    const parsed = parseInterfaceAddress('192.0.2.5/24');
    expect(parsed === undefined ? '' : `${printIp(parsed.address)} ${parsed.length}`).toBe('192.0.2.5 24');
    expect(parseInterfaceAddress('::1/128')).toEqual({ address: ip('::1'), length: 128 });
  });

  it.each([
    '192.0.2.0',
    '192.0.2.5/24',
    '192.0.2.0/33',
    '192.0.2.0/024',
    '192.0.2.0/',
    '192.0.2.0/-1',
    '192.0.2.0/24/24',
    '/24',
    '10/8',
    '2001:db8::1/64',
    '2001:db8::/129',
    '192.0.2.0/255.255.255.0',
  ])('refuses %j as a prefix', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
    expect(() => prefix(text)).toThrow('not a prefix');
  });
});
