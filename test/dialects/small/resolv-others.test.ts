/** What files of other people taught of resolv.conf: each was held to what the C library makes of it (`res_ninit`). */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { resolvConf } from '../../../src/dialects/resolv-conf/dialect.ts';

const read = (text: string): Reading => resolvConf.read([{ path: 'etc/resolv.conf', text }], { stack: 'm' });

const codesOf = ({ remarks }: Reading): readonly string[] => remarks.map(({ code }) => code);

describe('servers', () => {
  it('are one a line, and what stands behind is told', () => {
    const reading = read('nameserver 198.51.100.1 198.51.100.2\nnameserver 198.51.100.3 # ours\n');
    expect(reading.stacks['m']?.resolver?.nameservers).toEqual(['198.51.100.1', '198.51.100.3']);
    expect(codesOf(reading)).toEqual(['further-words']);
  });

  it('may be written with fewer numbers, and in other bases', () => {
    const { stacks } = read('nameserver 127.3\nnameserver 010.0.0.1\nnameserver 0xa.257\n');
    expect(stacks['m']?.resolver?.nameservers).toEqual(['127.0.0.3', '8.0.0.1', '10.0.1.1']);
    expect(
      codesOf(read('nameserver 1.2.3.256\nnameserver 1.2.3.4.5\nnameserver 08.1\nnameserver 198.51.100.9;\n')),
    ).toEqual(['not-an-address', 'not-an-address', 'not-an-address', 'not-an-address']);
  });

  it('are the machine itself where none is named', () => {
    expect(read('search one.example\n').remarks).toMatchObject([{ kind: 'assumed', code: 'no-server' }]);
  });
});

describe('domains', () => {
  it('stay where a later line has none', () => {
    expect(read('search one.example\nsearch\ndomain\nnameserver 198.51.100.1\n').stacks['m']?.resolver?.search).toEqual(
      ['one.example'],
    );
  });

  it('are what follows a sign that begins no comment', () => {
    const reading = read('search one.example # ours\nnameserver 198.51.100.1\n');
    expect(reading.stacks['m']?.resolver?.search).toEqual(['one.example', '#', 'ours']);
    expect(reading.remarks).toMatchObject([{ kind: 'error', code: 'no-comment', at: { line: 1, column: 20 } }]);
  });
});
