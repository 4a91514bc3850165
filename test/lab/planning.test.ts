/** The addressing rules, each on a lab small enough to check by hand. */
import { describe, expect, it } from 'vitest';
import { prefix, printPrefix } from '../../src/net/prefix.ts';
import { blockSizeFor, carve, grownSize } from '../../src/lab/carve.ts';
import { mainAddress } from '../../src/lab/main-address.ts';
import { mirrorOf } from '../../src/lab/interface-ids.ts';
import { printIp } from '../../src/net/address.ts';
import { addresses, built, machine, nic } from './built.ts';

const office = {
  networks: { office: { ipv4: '192.168.0.0/24', ipv6: '2001:db8:1::/64', gateway: 'router' } },
  machines: { router: { nics: { lan: { network: 'office', address: 1 }, wan: 'internet' }, nat: true } },
};
const metal = { metal: { nics: { eth0: { network: 'office', address: 3 } } } };

describe('sizes', () => {
  it('hold the machines, the network and the broadcast address', () => {
    expect(blockSizeFor(31)).toBe(64);
    expect(blockSizeFor(30)).toBe(32);
    expect(blockSizeFor(1)).toBe(4);
  });
  it('leave room to grow', () => {
    expect(grownSize(27)).toBe(64);
    expect(grownSize(31)).toBe(128);
  });
});

describe('carving', () => {
  it('counts subnets from the left, so that neighbours can grow (RFC 1219, RFC 3531)', () => {
    const pool = prefix('10.0.0.0/16');
    const taken = [carve(pool, 24, [])].flatMap((one) => one ?? []);
    for (let count = 1; count < 5; count += 1) taken.push(carve(pool, 24, taken) ?? pool);
    expect(taken.map(printPrefix)).toEqual([
      '10.0.0.0/24',
      '10.0.128.0/24',
      '10.0.64.0/24',
      '10.0.192.0/24',
      '10.0.32.0/24',
    ]);
  });
  it('says when nothing is left', () => {
    expect(carve(prefix('10.0.0.0/24'), 24, [prefix('10.0.0.7/32')])).toBeUndefined();
  });
});

describe('interface ids', () => {
  it('mirror host number 29 in four ways', () => {
    const block = prefix('2001:db8::/64');
    const print = (ids: 'hex' | 'shifted' | 'words' | 'decimal'): string => {
      const address = mirrorOf(block, 29n, ids);
      return address === undefined ? '' : printIp(address);
    };
    expect([print('hex'), print('shifted'), print('words'), print('decimal')]).toEqual([
      '2001:db8::1d',
      '2001:db8::1d00:0:0:1',
      '2001:db8::1d:1',
      '2001:db8::29',
    ]);
  });
});

describe('a lab of two lines', () => {
  const { lab, lock } = built({
    lab: 'tiny',
    networks: { lan: { mode: 'nat' } },
    machines: { a: { nics: ['lan'] }, b: { nics: ['lan'] } },
  });
  it('gets a host that leads to the internet', () => {
    expect(machine(lab, 'host')).toMatchObject({ role: 'host', isRouter: true });
    expect(nic(lab, 'host').network).toBe('internet');
    expect(nic(lab, 'host').gateway4).toBe('203.0.113.1');
    expect(mainAddress(lab, 'internet', 4)).toBe('198.51.100.1');
    expect(mainAddress(lab, 'internet', 6)).toBe('2001:db8:fffe::1');
  });
  it('puts the host at the top and the machines at the bottom, with number, MAC and addresses alike', () => {
    expect(addresses(lab, 'host', 1)).toEqual(['10.64.0.254/24', 'fdab:abab:abab::1/64']);
    expect(addresses(lab, 'a')).toEqual(['10.64.0.2/24', 'fdab:abab:abab::2/64']);
    expect(nic(lab, 'a').mac).toBe('52:54:00:00:02:00');
    expect(nic(lab, 'a').gateway4).toBe('10.64.0.254');
    expect(machine(lab, 'a')).toMatchObject({ number: 2, consolePort: 20002, monitorPort: 20003 });
  });
  it('keeps what was drawn and found', () => {
    expect(lock.ula).toBe('fdab:abab:abab::/48');
    expect(lock.networks['lan']).toEqual({ ipv4: '10.64.0.0/24', ipv6: 'fdab:abab:abab::/64' });
    expect(lock.machines['b']?.nics['eth0']).toEqual({
      network: 'lan',
      mac: '52:54:00:00:03:00',
      host4: 3,
      host6: 3,
    });
  });
});

describe('numbers', () => {
  it('begin with 1 where the place is free, and avoid what the file gives away', () => {
    const { lab } = built({
      lab: 'x',
      outside: { ...office, networks: { office: { ipv4: '192.168.0.0/24', gateway: 1 } } },
      hosts: metal,
      networks: { lan: { mode: 'bridged', nic: 'eth0' }, inner: { mode: 'private' } },
      machines: { a: { nics: ['lan'] }, b: { nics: ['inner'] }, c: { nics: ['lan'] } },
    });
    expect(addresses(lab, 'a')).toEqual(['192.168.0.2/24']);
    expect(machine(lab, 'b').number).toBe(1);
    expect(addresses(lab, 'c')).toEqual(['192.168.0.4/24']);
  });
  it('of clones count on', () => {
    const { lab } = built({
      lab: 'x',
      networks: { lan: { mode: 'host-only', ipv4: '10.0.0.0/24' } },
      machines: { web: { count: 3, number: 20, nics: [{ network: 'lan', address: 100 }] } },
    });
    expect(machine(lab, 'web-3').number).toBe(22);
    expect(addresses(lab, 'web-3')).toEqual(['10.0.0.102/24']);
  });
});

describe('addresses', () => {
  const one = (nicBody: object, network: object = {}) =>
    built({
      lab: 'x',
      networks: { lan: { mode: 'nat', ipv4: '10.0.0.0/24', ipv6: 'fd00:1::/64', ...network } },
      machines: { vm: { number: 20, nics: [{ network: 'lan', ...nicBody }] } },
    }).lab;
  it.each([
    [{}, ['10.0.0.20/24', 'fd00:1::14/64']],
    [{ address: 5 }, ['10.0.0.5/24', 'fd00:1::5/64']],
    [{ address: '10.0.0.77' }, ['10.0.0.77/24', 'fd00:1::4d/64']],
    [{ address: 'fd00:1::77' }, ['10.0.0.20/24', 'fd00:1::77/64']],
    [{ address: ['10.0.0.9', '172.16.5.1/16'] }, ['10.0.0.9/24', '172.16.5.1/16', 'fd00:1::9/64']],
    [{ address: 'none', ipv4: 'auto' }, ['10.0.0.20/24']],
    [{ ipv6: 'none' }, ['10.0.0.20/24']],
    [{ ipv6: 'slaac' }, ['10.0.0.20/24']],
  ])('%j gives %j', (body, expected) => expect(addresses(one(body), 'vm')).toEqual(expected));
  it('by DHCP are reserved, at the number where it is free', () => {
    const lab = one({ address: 'dhcp' }, { dhcp: true, ra: true });
    expect(nic(lab, 'vm')).toMatchObject({
      dhcp: true,
      slaac: true,
      lease: { address: '10.0.0.20', prefixLength: 24 },
    });
    expect(nic(lab, 'vm').addresses).toEqual([]);
    expect(lab.networks['lan']?.dhcp).toEqual({ servers: ['host'], first: '10.0.0.128', last: '10.0.0.191' });
    expect(mainAddress(lab, 'vm', 4)).toBe('10.0.0.20');
  });
  it('leave what DHCP assigns to it', () => {
    const { lab } = built({
      lab: 'x',
      networks: { lan: { mode: 'nat', ipv4: '10.0.0.0/24', dhcp: { range: [1, 50] } } },
      machines: { a: { nics: ['lan'] } },
    });
    expect(addresses(lab, 'a')).toEqual(['10.0.0.51/24']);
  });
  it('of a /30 fill both families, each on its own where they cannot agree', () => {
    const { lab } = built({
      lab: 'x',
      networks: { wan: { mode: 'host-only', ipv4: '10.0.0.0/30', ipv6: 'fd00:2::/64' } },
      machines: { fw: { nics: ['wan'] } },
    });
    expect(addresses(lab, 'host', 0)).toEqual(['10.0.0.2/30', 'fd00:2::1/64']);
    expect(addresses(lab, 'fw')[0]).toBe('10.0.0.1/30');
    expect(addresses(lab, 'fw')).toHaveLength(2);
  });
});

describe('networks', () => {
  it('are dual stack only where neither family is given', () => {
    const { lab } = built({ lab: 'x', networks: { a: { mode: 'routed', ipv4: 'auto' }, b: { mode: 'private' } } });
    expect(lab.networks['a']?.ipv6).toBeUndefined();
    expect(lab.networks['b']?.ipv6).toBeDefined();
  });
  it('with long names get short bridges that stay the same', () => {
    const { lab } = built({ lab: 'x', networks: { 'a-network-of-many-words': { mode: 'host-only' } } });
    expect(lab.networks['a-network-of-many-words']?.bridge).toMatch(/^a-networ-[0-9a-f]{6}$/);
    expect(nic(lab, 'host').name).toBe(lab.networks['a-network-of-many-words']?.bridge);
  });
  it('that are bridged or proxied take prefix and router from outside', () => {
    const { lab } = built({
      lab: 'x',
      outside: office,
      hosts: {
        metal: { nics: { eth0: { network: 'office', address: 3 }, eth1: { network: 'office', address: 'none' } } },
      },
      networks: { lan: { mode: 'bridged', nic: 'eth1' }, shared: { mode: 'proxied', on: 'office' } },
      machines: { a: { nics: ['lan'] }, b: { nics: ['shared'] } },
    });
    expect(lab.networks['lan']).toMatchObject({ ipv4: '192.168.0.0/24', uplink: { nic: 'eth1', network: 'office' } });
    expect(nic(lab, 'a')).toMatchObject({ gateway4: '192.168.0.1', gateway6: '2001:db8:1::1' });
    expect(nic(lab, 'b')).toMatchObject({ gateway4: '192.168.0.3', gateway6: '2001:db8:1::3' });
  });
});

describe('routes', () => {
  it('to a network via a machine are one per family', () => {
    const { lab } = built({
      lab: 'x',
      outside: {
        ...office,
        machines: { router: { ...office.machines.router, routes: [{ to: 'inner', via: 'metal' }] } },
      },
      hosts: metal,
      networks: { inner: { mode: 'routed', ipv4: '10.0.0.0/24', ipv6: '2001:db8:9::/64' } },
      machines: { a: { nics: ['inner'] } },
    });
    expect(machine(lab, 'router').routes).toMatchObject([
      { to: '10.0.0.0/24', via: '192.168.0.3' },
      { to: '2001:db8:9::/64', via: '2001:db8:1::3' },
    ]);
    expect(machine(lab, 'internet').routes.map(({ to }) => to)).toEqual(['2001:db8:1::/64', '2001:db8:9::/64']);
    expect(lab.notes).toEqual([]);
  });
  it('that an outside router lacks are told with the command', () => {
    const { lab } = built({
      lab: 'x',
      outside: office,
      hosts: metal,
      networks: { inner: { mode: 'routed', ipv4: '10.0.0.0/24' } },
    });
    expect(lab.notes).toMatchObject([
      { code: 'route-needed', severity: 'note', help: 'on `router`: ip route add 10.0.0.0/24 via 192.168.0.3' },
    ]);
  });
});

describe('expectations', () => {
  it('say one answer each, and know clones and groups', () => {
    const { lab } = built({
      lab: 'x',
      networks: { lan: { mode: 'nat' } },
      machines: { web: { count: 2, nics: ['lan'] }, db: { nics: ['lan'] } },
      groups: { all: ['web', 'db'] },
      expect: [{ from: 'all', to: 'internet', ping: true, tcp: 80, answer: 'refused', source: 'host' }],
    });
    expect(lab.expect.map(({ answer, services }) => ({ answer, services }))).toEqual([
      { answer: 'yes', services: [{ protocol: 'icmp' }] },
      { answer: 'refused', services: [{ protocol: 'tcp', port: 80 }] },
    ]);
    expect(lab.expect[0]?.from).toEqual([
      { kind: 'machine', name: 'web-1' },
      { kind: 'machine', name: 'web-2' },
      { kind: 'machine', name: 'db' },
    ]);
    expect(lab.expect[0]?.source).toEqual([mainAddress(lab, 'host', 4), mainAddress(lab, 'host', 6)]);
  });
});
