import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ip, printIp } from '../../src/net/address.ts';
import { embeddedIpv4, embedIpv4, sixToFourPrefix } from '../../src/net/embedded-ipv4.ts';
import { containsIp, prefixOf } from '../../src/net/prefix.ts';

describe('an IPv4 address inside of an IPv6 one', () => {
  it('is where RFC 3056 puts it', () => {
    expect(printIp(embedIpv4(sixToFourPrefix, ip('192.0.2.1')))).toBe('2002:c000:201::1');
    expect(printIp(embeddedIpv4(sixToFourPrefix, ip('2002:c058:6301::')))).toBe('192.88.99.1');
  });

  it('comes back from any prefix that leaves room for it', () => {
    const any = fc.tuple(
      fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
      fc.integer({ min: 8, max: 63 }),
      fc.integer({ min: 0, max: 0xffffffff }),
    );
    fc.assert(
      fc.property(any, ([value, length, ipv4]) => {
        const block = prefixOf({ family: 6, value }, length);
        const address = embedIpv4(block, { family: 4, value: BigInt(ipv4) });
        return containsIp(block, address) && embeddedIpv4(block, address).value === BigInt(ipv4);
      }),
    );
  });
});
