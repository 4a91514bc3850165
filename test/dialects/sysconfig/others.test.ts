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
