/**
 * MAC addresses and the addresses that derive from them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ip, printIp } from '../../src/net/address.ts';
import { eui64, isUnicastMac, linkLocalOf, macBytes, macFromBytes, parseMac } from '../../src/net/mac.ts';
import { containsIp, prefix } from '../../src/net/prefix.ts';

const bytes = fc.uint8Array({ minLength: 6, maxLength: 6 });

describe('laws', () => {
  it('reads what it prints, in any case and with either separator', () => {
    fc.assert(
      fc.property(bytes, (six) => {
        const mac = macFromBytes(six);
        expect(macBytes(mac)).toEqual(six);
        for (const spelling of [mac, mac.toUpperCase(), mac.replaceAll(':', '-')]) expect(parseMac(spelling)).toBe(mac);
      }),
    );
  });

  it('keeps the address apart in the interface identifier', () => {
    fc.assert(
      fc.property(bytes, (six) => {
        const address = linkLocalOf(macFromBytes(six));
        expect(containsIp(prefix('fe80::/64'), address)).toBe(true);
        const id = address.value & ((1n << 64n) - 1n);
        expect((id >> 24n) & 0xffffn).toBe(0xfffen);
        expect(Number(id >> 56n) ^ 2).toBe(six[0]);
        expect(Number(id & 0xffn)).toBe(six[5]);
      }),
    );
  });
});

describe('facts', () => {
  it('gives the link-local address of the documents', () => {
    expect(printIp(linkLocalOf('00:16:3e:10:10:10'))).toBe('fe80::216:3eff:fe10:1010');
  });

  it('makes an address in a prefix', () => {
    expect(printIp(eui64('00:16:3e:10:10:10', ip('2001:db8:abba::').value))).toBe('2001:db8:abba:0:216:3eff:fe10:1010');
  });

  it.each([
    ['52:54:00:00:01:00', true],
    ['00:00:00:00:00:00', false],
    ['01:00:5e:00:00:01', false],
    ['33:33:00:00:00:01', false],
    ['ff:ff:ff:ff:ff:ff', false],
  ])('%s names one station: %s', (mac, isOne) => {
    expect(isUnicastMac(mac)).toBe(isOne);
  });

  it.each([
    '',
    '52:54:00',
    '52:54:00:00:00:0',
    '52:54:00:00:00:0g',
    '525400000000',
    '52:54:00:00:00:00:00',
    '5:2:5:4:0:0',
  ])('refuses %j', (text) => {
    expect(parseMac(text)).toBeUndefined();
  });
});
