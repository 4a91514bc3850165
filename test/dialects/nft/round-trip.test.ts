/** Packet filters of all families survive the real nft: what is written is what is read back, in normal form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalFilter } from '../../../src/state/normal-filter.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { tableOf } from './arbitrary.ts';
import { roundTrip } from './through-nft.ts';

const families = ['inet', 'ip', 'ip6', 'arp', 'bridge', 'netdev'] as const;

describe('nft of all families', () => {
  it.each(families)(
    'reads back what it wrote: %s',
    (family) => {
      fc.assert(
        fc.property(tableOf(family), (given) => {
          expect(roundTrip([given])).toEqual({ tables: normalFilter([given]), unknown: [] });
        }),
        { numRuns: 60 },
      );
    },
    240_000,
  );

  it('reads back a refusal of one family to a MAC address', () => {
    const table: FilterTable = {
      family: 'inet',
      name: 'trial',
      chains: [
        {
          ...{ name: 'in', type: 'filter', hook: 'input', priority: 0, policy: 'accept' },
          rules: [
            {
              matches: [{ kind: 'source-mac', macs: ['02:00:5e:10:00:00'] }],
              verdict: { kind: 'reject', with: 'host-prohibited' },
            },
          ],
        },
      ],
    };
    expect(roundTrip([table])).toEqual({ tables: normalFilter([table]), unknown: [] });
  });

  it.each(families)('has one normal form, which is its own: %s', (family) => {
    fc.assert(
      fc.property(tableOf(family), (given) => {
        const once = normalFilter([given]);
        expect(normalFilter(once)).toEqual(once);
      }),
    );
  });
});
