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

describe('words behind what a hook takes', () => {
  it('do nothing to the spanning tree and the delay', () => {
    const reading = read(
      'auto br0',
      'iface br0 inet manual',
      '  bridge_ports none',
      '  bridge_stp on   # rings in the cellar',
      'auto br1',
      'iface br1 inet manual',
      '  bridge_ports none',
      '  bridge_fd 0   # at once',
    );
    expect(told(reading)).toEqual([]);
    expect(reading.stacks['m']?.interfaces).toMatchObject({
      br0: { bridge: { stp: true } },
      br1: { bridge: { stp: false, forwardDelaySeconds: 0 } },
    });
  });
});

describe('aliases of IPv6', () => {
  it('have an address and no parameters', () => {
    const reading = read('auto eth0:0', 'iface eth0:0 inet6 static', '  address 2001:db8::2/64');
    expect(told(reading)).toEqual([]);
    expect(reading.stacks['m']?.interfaces?.['eth0']?.addresses).toMatchObject([{ address: '2001:db8::2' }]);
    expect(reading.stacks['m']?.sysctls ?? {}).toEqual({});
  });
});

describe('routes of IPv6', () => {
  it.each(['2001:db8::1', '2001:db8::9'])('are refused where one of their metric is: by %s', (gateway) => {
    const reading = read(
      'auto eth0',
      'iface eth0 inet6 static',
      '  address 2001:db8::2/64',
      '  gateway 2001:db8::1',
      `  up ip -6 route add default via ${gateway} dev eth0`,
    );
    expect(told(reading)).toEqual(['5:6 error failing-command']);
    expect(reading.stacks['m']?.routes).toHaveLength(1);
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

describe('inherits', () => {
  const template = [
    'iface lan inet static',
    '  netmask 255.255.255.0',
    '  mtu 1400',
    'iface lan inet6 static',
    '  mtu 1300',
  ];

  it.each([
    ['iface eth0 inet static inherits lan', '  address 192.0.2.2'],
    ['iface eth0 inet inherits lan', '  address 192.0.2.2'],
    ['iface eth0 inherits lan', '  address 192.0.2.2'],
  ])('may stand for what it gives: %s', (head, address) => {
    const reading = read('auto eth0', ...template.slice(0, 3), head, address);
    expect(told(reading)).toEqual([]);
    expect(reading.stacks['m']?.interfaces?.['eth0']).toMatchObject({
      mtuBytes: 1400,
      addresses: [{ address: '192.0.2.2', prefixLength: 24 }],
    });
  });

  it('takes after the stanza of its own family', () => {
    const reading = read('auto eth0', ...template, 'iface eth0 inet6 static inherits lan', '  address 2001:db8::2/64');
    expect(reading.stacks['m']?.interfaces?.['eth0']?.mtuBytes).not.toBe(1400);
  });

  it.each([
    [['iface eth0 inet static inherits'], '2:1'],
    [['iface eth0 inet static inherits lan', '  address 192.0.2.2/24', ...template], '2:1'],
  ])('is refused without one in front: %j', (lines, place) => {
    expect(told(read('auto eth0', ...lines))).toContain(`${place} error no-parent`);
  });
});

describe('names with a dot', () => {
  it('are bridges where they have ports and nothing is below them', () => {
    const reading = read('auto br0.7', 'iface br0.7 inet manual', '  bridge_ports eth0.7');
    const { interfaces = {} } = reading.stacks['m'] ?? {};
    expect(interfaces['br0.7']).toMatchObject({ kind: 'bridge' });
    expect(interfaces['br0.7']).not.toHaveProperty('vlan');
    expect(interfaces).not.toHaveProperty('br0');
  });
});

describe('methods', () => {
  it('of tunnels over IPv6 are known, and not modelled', () => {
    const reading = read('auto six', 'iface six inet6 tunnel', '  mode ip6gre', '  endpoint 2001:db8::2');
    expect(reading.remarks.map(({ kind }) => kind)).toEqual(['not-said']);
  });
});
