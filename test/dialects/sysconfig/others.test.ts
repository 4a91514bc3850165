/** What files of other people taught of Red Hat's ifcfg-*, as its initscripts carry them out. */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { readSysconfig } from '../../../src/dialects/sysconfig/read.ts';

const read = (files: Readonly<Record<string, string>>): Reading =>
  readSysconfig(
    Object.entries(files).map(([name, text]) => ({ path: `etc/sysconfig/network-scripts/${name}`, text })),
    'm',
  );

const told = ({ remarks }: Reading): readonly string[] => remarks.map(({ kind, code }) => `${kind} ${code}`);

describe('ports and members', () => {
  it.each([
    ['BRIDGE=br0\nBOOTPROTO=dhcp', ['ignored address-of-port']],
    ['BRIDGE=br0\nIPADDR=192.0.2.2\nPREFIX=24\nGATEWAY=192.0.2.1', ['ignored address-of-port']],
    ['BRIDGE=br0\nBOOTPROTO=none', []],
  ])('are given no address: %s', (lines, remarks) => {
    const reading = read({
      'ifcfg-eth0': `DEVICE=eth0\nONBOOT=yes\n${lines}\n`,
      'ifcfg-br0': 'DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\n',
    });
    expect(told(reading)).toEqual(remarks);
    expect(reading.stacks['m']?.interfaces?.['eth0']).toMatchObject({ master: 'br0', up: true, addresses: [] });
    expect(reading.stacks['m']).toMatchObject({ services: [], routes: [] });
  });

  it('have their bridge made, which stays down where no file is for it', () => {
    const reading = read({ 'ifcfg-eth0': 'DEVICE=eth0\nONBOOT=yes\nBRIDGE=br0\n' });
    expect(told(reading)).toEqual(['assumed no-file']);
    expect(reading.stacks['m']?.interfaces?.['br0']).toMatchObject({ kind: 'bridge', up: false });
  });
});

it('names the far end of an address in SCOPE, which is on the link then', () => {
  const reading = read({
    'ifcfg-br0':
      'DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\nIPADDR=198.51.100.5\nNETMASK=255.255.255.255\nSCOPE="peer 198.51.100.1"\n',
    'route-br0': 'ADDRESS0=0.0.0.0\nNETMASK0=0.0.0.0\nGATEWAY0=198.51.100.1\n',
  });
  expect(told(reading)).toEqual(['assumed peer']);
  expect(reading.stacks['m']?.routes?.map(({ to, via }) => [to, via])).toEqual([
    ['198.51.100.1/32', undefined],
    ['0.0.0.0/0', '198.51.100.1'],
  ]);
});

describe('tunnels', () => {
  it('of IPv6 are made by their addresses outside', () => {
    const reading = read({
      'ifcfg-sit1':
        'DEVICE=sit1\nONBOOT=yes\nIPV6INIT=yes\nIPV6TUNNELIPV4=198.51.100.6\nIPV6TUNNELIPV4LOCAL=192.0.2.9\nIPV6ADDR=2001:db8:2::2/64\n',
    });
    expect(told(reading)).toEqual([]);
    expect(reading.stacks['m']?.interfaces?.['sit1']).toMatchObject({
      tunnel: { mode: 'sit', remote: '198.51.100.6', local: '192.0.2.9', ttl: 64 },
      addresses: [{ address: '2001:db8:2::2', prefixLength: 64 }],
    });
  });

  it('have a far end inside too', () => {
    const reading = read({
      'ifcfg-tun0':
        'DEVICE=tun0\nTYPE=GRE\nONBOOT=yes\nMY_OUTER_IPADDR=192.0.2.9\nPEER_OUTER_IPADDR=198.51.100.6\nMY_INNER_IPADDR=10.9.0.1\nPEER_INNER_IPADDR=10.9.0.2\n',
    });
    expect(told(reading)).toEqual(['assumed peer']);
    expect(reading.stacks['m']).toMatchObject({
      interfaces: { tun0: { tunnel: { mode: 'gre', remote: '198.51.100.6', local: '192.0.2.9' } } },
      routes: [{ to: '10.9.0.2/32', dev: 'tun0' }],
    });
  });
});

describe('files of routes', () => {
  const ifcfg = 'NAME=office\nDEVICE=eth1\nONBOOT=yes\nIPADDR=192.0.2.2\nPREFIX=24\n';

  it('may be named as the file of the interface is', () => {
    const reading = read({
      'ifcfg-Wired_connection_1': ifcfg,
      'route-Wired_connection_1': '198.51.100.0/24 via 192.0.2.1\n',
    });
    expect(told(reading)).toEqual([]);
    expect(reading.stacks['m']?.routes).toMatchObject([{ to: '198.51.100.0/24', via: '192.0.2.1', dev: 'eth1' }]);
  });

  it('are told where nothing is named so', () => {
    expect(told(read({ 'ifcfg-eth1': ifcfg, 'route-a-very-long-name': '198.51.100.0/24 via 192.0.2.1\n' }))).toEqual([
      'ignored not-brought-up',
    ]);
  });
});

it('writes BRIDGING_OPTS to bridge and port', () => {
  const reading = read({
    'ifcfg-br0': 'DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\nBRIDGING_OPTS="vlan_filtering=1 priority=7"\n',
    'ifcfg-eth0': 'DEVICE=eth0\nONBOOT=yes\nBRIDGE=br0\nBRIDGING_OPTS="hairpin_mode=1 path_cost=9"\n',
  });
  expect(told(reading)).toEqual(['not-said unsaid-option', 'not-said unsaid-option']);
  expect(reading.stacks['m']?.interfaces).toMatchObject({
    br0: { bridge: { vlanFiltering: true } },
    eth0: { port: { hairpin: true } },
  });
});
