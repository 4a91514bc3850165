/** What files of other people taught of the small dialects: each was held to its program. */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { radvd } from '../../../src/dialects/radvd/dialect.ts';

describe('radvd', () => {
  const read = (inner: string): Reading =>
    radvd.read([{ path: 'etc/radvd.conf', text: `interface eth0 {\n  AdvSendAdvert on;\n${inner}\n};\n` }], {
      stack: 'm',
    });

  it('takes bits behind the length of a prefix', () => {
    const reading = read('  prefix 2001:db8:1::1/64 { };');
    expect(reading.remarks).toEqual([]);
    expect(reading.stacks['m']?.services).toMatchObject([{ prefixes: ['2001:db8:1::/64'] }]);
  });

  it('is not told of what is advertised where nothing is said', () => {
    expect(read('  AdvManagedFlag off;\n  AdvOtherConfigFlag off;\n  AdvLinkMTU 0;').remarks).toEqual([]);
    expect(read('  AdvManagedFlag on;').remarks.map(({ code }) => code)).toEqual(['unsaid-option']);
  });
});
