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

it('numbers VLANs by VID, then by name, and by VLAN_ID where nothing else does', () => {
  const eth0 = 'DEVICE=eth0\nONBOOT=yes\n';
  const vlan = (name: string, words: string): unknown =>
    read({ 'ifcfg-eth0': eth0, 'ifcfg-x': `DEVICE=${name}\nVLAN=yes\nONBOOT=yes\n${words}` }).stacks['m']?.interfaces?.[
      name
    ]?.vlan;
  expect(vlan('office', 'PHYSDEV=eth0\nVID=7\n')).toEqual({ link: 'eth0', id: 7 });
  expect(vlan('eth0.9', 'VLAN_ID=7\n')).toEqual({ link: 'eth0', id: 9 });
  expect(vlan('office', 'PHYSDEV=eth0\nVLAN_ID=7\n')).toEqual({ link: 'eth0', id: 7 });
});

it('takes delays of BRIDGING_OPTS in hundredths of seconds', () => {
  const reading = read({
    'ifcfg-br0': "DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\nDELAY=9\nBRIDGING_OPTS='stp_state=1 forward_delay=400'\n",
  });
  expect(told(reading)).toEqual([]);
  expect(reading.stacks['m']?.interfaces?.['br0']?.bridge).toEqual({ stp: true, forwardDelaySeconds: 4 });
});

it('comes to no routes, rules and name servers of ports', () => {
  const reading = read({
    'ifcfg-br0': 'DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\n',
    'ifcfg-eth0': 'DEVICE=eth0\nONBOOT=yes\nBRIDGE=br0\nDNS1=192.0.2.53\n',
    'route-eth0': '198.51.100.0/24 dev eth0\n',
    'rule-eth0': 'from 192.0.2.0/24 table 7\n',
  });
  expect(told(reading)).toEqual(['ignored not-brought-up', 'ignored not-brought-up']);
  expect(reading.stacks['m']?.routes).toEqual([]);
  expect(reading.stacks['m']).not.toHaveProperty('resolver');
});

it('looks for no address and no route behind a number that is missing', () => {
  const reading = read({
    'ifcfg-eth0':
      'DEVICE=eth0\nONBOOT=yes\nIPADDR=192.0.2.2\nPREFIX=24\nIPADDR2=10.0.0.1\nPREFIX2=8\nIPADDR4=10.4.0.1\n',
    'route-eth0': 'ADDRESS0=198.51.100.0\nNETMASK0=255.255.255.0\nADDRESS2=203.0.113.0\nNETMASK2=255.255.255.0\n',
  });
  expect(told(reading)).toEqual(['ignored address-behind-gap', 'ignored route-behind-gap']);
  expect(reading.stacks['m']?.interfaces?.['eth0']?.addresses).toHaveLength(2);
  expect(reading.stacks['m']?.routes).toHaveLength(1);
});

it('gives routes of IPV6_DEFAULTGW the metric 1, and finds their device', () => {
  const reading = read({
    'ifcfg-eth0': 'DEVICE=eth0\nONBOOT=yes\nIPV6INIT=yes\nIPV6ADDR=2001:db8::2/64\nIPV6_DEFAULTGW=2001:db8::1\n',
  });
  expect(reading.stacks['m']?.routes).toMatchObject([{ to: '::/0', via: '2001:db8::1', dev: 'eth0', metric: 1 }]);
});

it('tells of addresses beside a lease, which ifup and NetworkManager see differently', () => {
  const reading = read({ 'ifcfg-eth0': 'DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\nIPADDR=192.0.2.2\nPREFIX=24\n' });
  expect(told(reading)).toEqual(['assumed address-beside-dhcp']);
});
