/** What files of other people taught of interfaces(5): each was held to `ifup --no-act`. */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { readInterfaces } from '../../../src/dialects/ifupdown/read.ts';

const read = (...lines: readonly string[]): Reading =>
  readInterfaces([{ path: 'etc/network/interfaces', text: `${lines.join('\n')}\n` }], 'm');

const told = ({ remarks }: Reading): readonly string[] =>
  remarks.map(({ kind, code, at }) => `${at.line}:${at.column} ${kind} ${code}`);

describe('comments behind a value', () => {
  it('break an address whose netmask stands elsewhere', () => {
    const reading = read(
      'auto eth0',
      'iface eth0 inet static',
      '  address 192.0.2.2 # this machine',
      '  netmask 255.255.255.0',
    );
    expect(told(reading)).toEqual(['3:3 error comment-in-value']);
    expect(reading.stacks['m']?.interfaces?.['eth0']?.addresses ?? []).toEqual([]);
  });

  it('are cut by the shell behind a gateway, and do nothing behind a length', () => {
    const reading = read(
      'auto eth0',
      'iface eth0 inet static',
      '  address 192.0.2.2/24 # this machine',
      '  gateway 192.0.2.1 # the router',
    );
    expect(told(reading)).toEqual([]);
    expect(reading.stacks['m']?.interfaces?.['eth0']?.addresses).toMatchObject([{ prefixLength: 24 }]);
    expect(reading.stacks['m']?.routes).toMatchObject([{ to: '0.0.0.0/0', via: '192.0.2.1' }]);
  });
});

describe('lines of iface', () => {
  it('tell what stands behind the method', () => {
    const reading = read('auto eth0', 'iface eth0 inet static manual', '  address 192.0.2.2/24');
    expect(told(reading)).toEqual(['2:1 ignored extra-word']);
    expect(reading.stacks['m']?.interfaces?.['eth0']?.addresses).toHaveLength(1);
  });

  it('have one loopback interface, whose name is lo', () => {
    expect(told(read('auto lo0', 'iface lo0 inet loopback'))).toEqual(['2:1 error no-device']);
    expect(told(read('auto lo', 'iface lo inet loopback', 'iface lo inet6 loopback'))).toEqual([]);
  });
});
