/** Names of addresses and prefixes in the reverse tree. */
import { describe, expect, it } from 'vitest';
import { reverseName, reverseZones } from '../../src/lab/reverse-names.ts';
import { prefix } from '../../src/net/prefix.ts';

describe('the name of an address', () => {
  it.each([
    ['192.0.2.5', '5.2.0.192.in-addr.arpa'],
    // The example of RFC 3596 section 2.5.
    ['4321:0:1:2:3:4:567:89ab', 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa'],
  ])('%s', (address, name) => {
    expect(reverseName(address)).toBe(name);
  });
});

describe('the zones of a prefix', () => {
  const names = (text: string): readonly string[] => reverseZones(prefix(text)).map(({ name }) => name);
  const areWider = (text: string): boolean => reverseZones(prefix(text)).every(({ isWider }) => isWider);

  it.each([
    ['192.0.2.0/24', ['2.0.192.in-addr.arpa']],
    ['10.0.1.64/26', ['1.0.10.in-addr.arpa']],
    ['10.0.2.0/23', ['2.0.10.in-addr.arpa', '3.0.10.in-addr.arpa']],
    ['172.16.0.0/16', ['16.172.in-addr.arpa']],
    ['2001:db8::/64', ['0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa']],
    ['2001:db8:0:2::/63', ['2.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa', '3.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa']],
  ])('%s', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it('tell where they hold more than the prefix', () => {
    expect([
      areWider('192.0.2.0/24'),
      areWider('192.0.2.0/26'),
      areWider('10.0.0.0/20'),
      areWider('fd00::/127'),
    ]).toEqual([false, true, false, true]);
  });

  it('hold every address of it, and are as few as can be', () => {
    for (const text of ['10.64.0.0/12', '10.0.0.0/8', '192.0.2.248/29', 'fd00:1::/48', 'fd00:1::/45']) {
      const zones = names(text);
      expect(zones.length).toBeLessThanOrEqual(text.includes(':') ? 8 : 128);
      const address = text.split('/')[0] ?? '';
      expect(zones.some((zone) => reverseName(address).endsWith(`.${zone}`))).toBe(true);
    }
  });
});
