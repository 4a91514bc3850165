/** What files of other people taught of nft's text: each loads into nft as it stands here. */
import { describe, expect, it } from 'vitest';
import { nft } from '../../../src/dialects/nft/dialect.ts';
import { type Reading } from '../../../src/dialects/dialect.ts';

const read = (rule: string): Reading =>
  nft.read(
    [
      {
        path: 'etc/nftables.conf',
        text: `table inet t {\n  chain input {\n    type filter hook input priority 0;\n    ${rule}\n  }\n}\n`,
      },
    ],
    { stack: 'm' },
  );

describe('words that rules of others have', () => {
  it.each([
    'log level notice flags ether counter accept',
    'log flags tcp sequence,options prefix "x" accept',
    'meta ipsec exists accept',
    'sctp chunk data exists accept',
    'sctp chunk data flags & 0xf == 0x5 accept',
    'meta hour "08:00"-"17:30" accept',
    'meta time "2031-01-01 00:00:00"-"2032-01-01 00:00:00" drop',
  ])('are none that nft refuses: %s', (rule) => {
    const { stacks, remarks } = read(rule);
    expect(remarks.filter(({ kind }) => kind === 'error')).toEqual([]);
    expect(stacks['m']?.filter?.[0]?.chains[0]?.rules).toHaveLength(1);
  });
});
