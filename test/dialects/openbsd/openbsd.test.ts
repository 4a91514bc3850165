/** hostname.if(5), mygate(5) and sysctl.conf(5) of OpenBSD. */
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { dialectFor } from '../../../src/dialects/dialects.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { openbsd } from '../../../src/dialects/openbsd/dialect.ts';
import { readMachine } from '../../../src/dialects/read-machine.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type Stack } from '../../../src/state/network-state.ts';
import { nameOfService } from '../../../src/state/service.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';
import { client, firewall, ugly } from './files.ts';

const read = (texts: readonly ConfigText[]): { readonly stack: Stack; readonly told: readonly string[] } => {
  const { state, remarks } = mergeReadings(readMachine(texts, { stack: 'm' }).readings);
  const told = remarks
    .filter(({ code }) => code !== 'taken-for-linux')
    .map(({ kind, code, at }) => `${at.path.replace(/^etc\//, '')}:${at.line}:${at.column} ${kind} ${code}`);
  return { stack: state.stacks['m'] ?? emptyStack, told };
};

const addressesOf = ({ interfaces }: Stack, name: string): readonly string[] =>
  (interfaces[name]?.addresses ?? []).map(({ address, prefixLength }) => `${address}/${prefixLength}`);

const routesOf = ({ routes }: Stack): readonly string[] =>
  routes.map(({ to, via, dev }) => `${to}${via === undefined ? '' : ` via ${via}`} dev ${dev ?? ''}`);

describe('files of OpenBSD', () => {
  it('give addresses, routes, forwarding and a tunnel', () => {
    const { stack, told } = read(firewall);
    expect(told).toEqual(['hostname.gif0:2:2 assumed peer']);
    expect(addressesOf(stack, 'if0')).toEqual(['10.0.0.6/29']);
    expect(addressesOf(stack, 'if1')).toEqual(['10.0.5.1/24', '2001:db8::8/64']);
    expect(stack.interfaces['gif0']).toMatchObject({
      ...{ kind: 'tunnel', mtuBytes: 1280, up: true },
      tunnel: { mode: 'sit', local: '10.0.0.6', remote: '203.0.113.9' },
      addresses: [{ address: '2001:db8:2468:aced::2', prefixLength: 128 }],
    });
    expect(routesOf(stack)).toEqual([
      '0.0.0.0/0 via 10.0.0.1 dev if0',
      '::/0 via 2001:db8:2468:aced::1 dev gif0',
      '2001:db8:2468:aced::1/128 dev gif0',
    ]);
    expect(stack.sysctls).toMatchObject({ 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' });
  });

  it('give what asks for addresses, and say what stays open', () => {
    const { stack, told } = read(client);
    expect(stack.services.map(nameOfService)).toEqual(['dhcp-client em0', 'dhcp-client em1']);
    expect(stack.sysctls).toEqual({ 'net/ipv6/conf/em0/accept_ra': '2', 'net/ipv6/conf/em1/accept_ra': '0' });
    expect(stack.interfaces['em1']).toMatchObject({ up: true, mtuBytes: 1400, mac: '02:00:00:00:00:01' });
    expect(told).toEqual([
      'hostname.em1:1:6 error not-an-address',
      'hostname.em1:2:2 not-said unsaid-command',
      'mygate:1:1 ignored gateway-by-lease',
      'mygate:2:1 ignored gateway-by-lease',
    ]);
  });

  it('are read as netstart goes through them, whatever is in them', () => {
    const { stack, told } = read(ugly);
    expect(addressesOf(stack, 'em4')).toEqual(['10.4.0.2/24', '10.4.9.1/32', 'fd00::1/64']);
    expect(stack.interfaces['em3']).toMatchObject({ up: true, addresses: [] });
    expect(stack.interfaces['vlan7']).toMatchObject({ kind: 'vlan', vlan: { link: 'em3', id: 7 }, up: true });
    expect(addressesOf(stack, 'vlan7')).toEqual(['10.0.1.13/32']);
    expect(Object.keys(stack.interfaces).sort()).toEqual(['em3', 'em4', 'vlan7']);
    expect(routesOf(stack)).toEqual(['0.0.0.0/0 via 10.4.0.254 dev em4', '10.0.1.99/32 dev vlan7']);
    expect([...told].sort()).toEqual([
      'hostname.em0.bak:1:1 ignored not-an-interface',
      'hostname.em3:3:1 not-said unsaid-word',
      'hostname.em3:4:15 error not-a-netmask',
      'hostname.gif9:1:1 not-said unsaid-device',
      'hostname.trunk0:1:1 not-said unsaid-device',
      'hostname.vlan7:2:1 assumed peer',
      'hostname.vlan7:4:2 not-said unsaid-command',
      'mygate:3:1 ignored further-gateway',
      'mygate:4:1 ignored further-gateway',
    ]);
  });

  it.each([
    ['inet 10.0.0.6 255.255.255.248 NONE\n!route add default 10.0.0.1\n', 'openbsd'],
    ['!dhclient -c /etc/dhclnons.cfg $if\n', 'openbsd'],
    ['inet6 alias 2001:db8::8 64\n', 'openbsd'],
    ['auto eth0\niface eth0 inet dhcp\n', 'ifupdown'],
    ['$ sudo ifconfig gif0 up\n', 'commands'],
  ])('are known without their path: %j', (text, name) => {
    expect(dialectFor({ path: 'pasted', text })?.name).toBe(name);
  });

  it('need the name of their interface', () => {
    expect(read([{ path: 'pasted', text: 'inet6 alias 2001:db8::8 64\n' }]).told).toEqual([
      'pasted:1:1 error no-interface',
    ]);
    expect(addressesOf(read([{ path: 'hostname.if0', text: 'inet6 alias 2001:db8::8 64\n' }]).stack, 'if0')).toEqual([
      '2001:db8::8/64',
    ]);
  });

  it('leave sysctl.conf of Linux alone where there are none', () => {
    const { stack, told } = read([{ path: 'etc/sysctl.conf', text: 'net.inet.ip.forwarding=1\n' }]);
    expect(told).toEqual(['sysctl.conf:1:1 error other-system']);
    expect(stack.sysctls).toEqual({});
  });

  it(
    'are read however they are broken',
    () => {
      survivesMutations(openbsd, [firewall, client, ugly]);
    },
    patienceMs,
  );
});
