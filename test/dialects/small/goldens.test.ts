/** Files as people write them, and what they say. */
import { describe, expect, it } from 'vitest';
import { dnsmasq } from '../../../src/dialects/dnsmasq/dialect.ts';
import { plainNic } from '../../../src/dialects/reading.ts';
import { radvd } from '../../../src/dialects/radvd/dialect.ts';
import { resolvConf } from '../../../src/dialects/resolv-conf/dialect.ts';
import { sysctl } from '../../../src/dialects/sysctl/dialect.ts';

describe('dnsmasq', () => {
  const read = (text: string): ReturnType<typeof dnsmasq.read> =>
    dnsmasq.read([{ path: 'etc/dnsmasq.conf', text }], {
      stack: 'm',
      interfaces: { br0: { ...plainNic, addresses: [{ family: 4, address: '10.0.0.254', prefixLength: 24 }] } },
    });

  it('serves where the machine has an address, and names itself as router', () => {
    expect(read('dhcp-range=10.0.0.50,10.0.0.99,12h\n').stacks['m']?.services).toEqual([
      {
        ...{ kind: 'dhcp-server', interface: 'br0', first: '10.0.0.50', last: '10.0.0.99', netmask: '255.255.255.0' },
        ...{ router: '10.0.0.254', leaseSeconds: 43200, reservations: [] },
      },
    ]);
  });

  it('refuses a range of one address, as dnsmasq does', () => {
    const { stacks, remarks } = read('interface=eth0\ndhcp-range=192.168.102.220,infinite\n');
    expect(stacks).toEqual({});
    expect(remarks).toMatchObject([{ kind: 'error', code: 'not-an-address', at: { line: 2 } }]);
  });

  it('says what it has no words for, with the line', () => {
    const { stacks, remarks } = read('dhcp-range=::10,::20,constructor:br0\nenable-ra\ndhcp-range=10.0.0.9,10.0.0.1\n');
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line])).toEqual([['not-said', 'dhcpv6', 1]]);
    // It takes the ends of a range in either order.
    expect(stacks['m']?.services).toMatchObject([
      { kind: 'dhcp-server', first: '10.0.0.1', last: '10.0.0.9' },
      { kind: 'router-advertiser', interface: 'br0', prefixes: [] },
    ]);
  });
});

describe('radvd', () => {
  it('advertises only where it is told to', () => {
    const text =
      'interface br1 { prefix 2001:db8:1::/64 { }; };\ninterface br2 { AdvSendAdvert on; RDNSS 2001:db8::53 { }; route 2001:db8:9::/48 { }; };\n';
    const { stacks, remarks } = radvd.read([{ path: 'etc/radvd.conf', text }], { stack: 'm' });
    expect(stacks['m']?.services).toEqual([
      {
        ...{ kind: 'router-advertiser', interface: 'br2', prefixes: [], isDefaultRouter: true },
        resolver: { nameservers: ['2001:db8::53'], search: [] },
        routes: ['2001:db8:9::/48'],
      },
    ]);
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line])).toEqual([['ignored', 'silent', 1]]);
  });
});

describe('resolv.conf', () => {
  it('asks three servers, and counts the last list of domains', () => {
    const text =
      'nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\nsearch a b\ndomain c\n';
    const { stacks, remarks } = resolvConf.read([{ path: 'etc/resolv.conf', text }], { stack: 'm' });
    expect(stacks['m']?.resolver).toEqual({ nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3'], search: ['c'] });
    expect(remarks).toMatchObject([{ kind: 'ignored', code: 'too-many-servers', at: { line: 4, column: 12 } }]);
  });
});

describe('sysctl', () => {
  it('reads files by their names, and /etc/sysctl.conf last', () => {
    const { stacks, remarks, origins } = sysctl.read(
      [
        { path: 'etc/sysctl.conf', text: 'net.ipv4.ip_forward=1\n' },
        { path: 'usr/lib/sysctl.d/50-default.conf', text: 'net.ipv4.conf.all.rp_filter = 2\n' },
        { path: 'etc/sysctl.d/50-default.conf', text: 'net/ipv4/conf/eth0.5/rp_filter = 0\n' },
        { path: 'etc/sysctl.d/99-x.conf', text: 'net.ipv4.ip_forward = 0\nnet.ipv4.conf.*.rp_filter = 1\n' },
      ],
      { stack: 'm' },
    );
    expect(stacks['m']?.sysctls).toEqual({
      'net/ipv4/conf/all/rp_filter': '1',
      'net/ipv4/conf/default/rp_filter': '1',
      'net/ipv4/conf/eth0.5/rp_filter': '0',
      'net/ipv4/ip_forward': '1',
    });
    expect(remarks.map(({ code }) => code)).toEqual(['hidden-file', 'glob']);
    expect(origins['m/sysctls/net/ipv4/ip_forward']?.path).toBe('etc/sysctl.conf');
  });
});
