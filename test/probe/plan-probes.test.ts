/** Which questions a lab leads to. */
import { describe, expect, it } from 'vitest';
import { planProbes, type Probe } from '../../src/probe/plan-probes.ts';
import { designOf } from '../lower/lab-of.ts';

const text = (lines: string): string => `
lab: probes
outside:
  networks: { office: { ipv4: 192.168.0.0/24, ipv6: 2001:db8:1::/64, gateway: router } }
  machines:
    router: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: true }
    desktop: { nics: { eth0: { network: office, address: 5, ipv6: none } } }
hosts:
  metal: { nics: { eth0: { network: office, address: [3, 192.168.0.4] } } }
networks:
  private: { mode: nat, ipv4: 10.0.0.0/24, publish: [{ to: vm, tcp: 80, port: 8080 }] }
machines:
  vm: { nics: [{ network: private, address: 1 }] }
  other: { nics: [{ network: private, address: 2 }] }
${lines}
`;
const probesOf = (lines = ''): readonly Probe[] => planProbes(designOf(text(lines)).lab).probes;
const spelled = ({ from, to, address, protocol, port, expected, expectedSource }: Probe): string =>
  `${from} ${to} ${address} ${protocol}${port === null ? '' : ` ${port}`} ${expected ?? '?'}${expectedSource === undefined ? '' : ` from ${expectedSource}`}`;
const asked = (lines: string): readonly string[] => {
  const before = new Set(probesOf().map(spelled));
  return probesOf(lines)
    .map(spelled)
    .filter((probe) => !before.has(probe));
};

describe('the plan', () => {
  it('pings every address of every other machine, in families that both have', () => {
    const probes = probesOf();
    expect(probes.map(({ id }) => id)).toEqual(probes.map((_, index) => index));
    expect(probes.filter(({ from, to }) => from === to)).toEqual([]);
    expect(probes.some(({ from, family }) => from === 'desktop' && family === 6)).toBe(false);
    const addresses = probes
      .filter(({ from, to }) => from === 'desktop' && to === 'metal')
      .map(({ address }) => address);
    expect(addresses).toEqual(['192.168.0.3', '192.168.0.4', '10.0.0.254']);
    expect(new Set(probes.map(({ from }) => from))).toEqual(
      new Set(['router', 'desktop', 'metal', 'vm', 'other', 'internet']),
    );
  });

  it('puts an expectation to the ping that is asked anyway', () => {
    const probes = probesOf('expect: [{ from: desktop, to: metal, ping: true }]');
    expect(probes).toHaveLength(probesOf().length);
    expect(asked('expect: [{ from: desktop, to: metal, ping: true }]')).toEqual(['desktop metal 192.168.0.3 icmp yes']);
    expect(probes.find(({ expected }) => expected === 'yes')?.because?.file).toBe('lab.yaml');
  });

  it('wishes an answer from the main address, and none from all', () => {
    expect(asked('expect: [{ from: desktop, to: metal, tcp: 22, answer: false }]')).toEqual([
      'desktop metal 192.168.0.3 tcp 22 no',
      'desktop metal 192.168.0.4 tcp 22 no',
      'desktop metal 10.0.0.254 tcp 22 no',
    ]);
    expect(asked('expect: [{ from: metal, to: router, tcp: 22 }]')).toEqual([
      'metal router 192.168.0.1 tcp 22 yes',
      'metal router 2001:db8:1::1 tcp 22 yes',
    ]);
  });

  it('asks for everything by ping and a port that nothing uses', () => {
    expect(asked('expect: [{ from: desktop, to: private, any: false }]')).toEqual([
      'desktop vm 10.0.0.1 icmp no',
      'desktop other 10.0.0.2 icmp no',
      'desktop vm 10.0.0.1 tcp 9 no',
      'desktop vm 10.0.0.1 udp 9 no',
      'desktop other 10.0.0.2 tcp 9 no',
      'desktop other 10.0.0.2 udp 9 no',
    ]);
  });

  it('knows the source that must be seen, in its family', () => {
    expect(asked('expect: [{ from: vm, to: desktop, ping: true, source: 192.168.0.3 }]')).toEqual([
      'vm desktop 192.168.0.5 icmp yes from 192.168.0.3',
    ]);
  });

  it('asks addresses that nobody has', () => {
    const lost = probesOf('expect: [{ from: vm, to: 192.0.2.9, ping: false }]').find(({ to }) => to === '192.0.2.9');
    expect(lost).toMatchObject({ from: 'vm', address: '192.0.2.9', expected: 'no' });
    expect(lost?.toStack).toBeUndefined();
  });

  it('listens where a published port leads', () => {
    const probe = probesOf('expect: [{ from: desktop, to: 192.168.0.3, tcp: 80 }]').find(({ port }) => port === 80);
    expect(probe).toMatchObject({ to: 'metal', listen: { stack: 'vm', address: '10.0.0.1', port: 8080 } });
  });

  it('asks lines that contradict each other apart, and equal ones once', () => {
    const line = '{ from: desktop, to: metal, tcp: 22 }';
    expect(asked(`expect: [${line}, ${line}, { from: desktop, to: 192.168.0.3, tcp: 22, answer: false }]`)).toEqual([
      'desktop metal 192.168.0.3 tcp 22 yes',
      'desktop metal 192.168.0.3 tcp 22 no',
    ]);
  });
});

describe('policy lines', () => {
  it('are measured where Lanwright configures, except where an earlier line decides', () => {
    const lines = `
policy:
  - { allow: desktop, to: metal, tcp: 22 }
  - { deny: any, to: metal, tcp: 22, except: router }`;
    expect(asked(lines).filter((probe) => probe.includes('192.168.0.'))).toEqual([
      'desktop metal 192.168.0.3 tcp 22 yes',
      'vm metal 192.168.0.3 tcp 22 no',
      'vm metal 192.168.0.4 tcp 22 no',
      'other metal 192.168.0.3 tcp 22 no',
      'other metal 192.168.0.4 tcp 22 no',
      'internet metal 192.168.0.3 tcp 22 no',
      'internet metal 192.168.0.4 tcp 22 no',
    ]);
  });

  it('promise nothing between machines that Lanwright does not configure', () => {
    const senders = new Set(
      asked('policy: [{ deny: any, to: internet, tcp: 25 }]').map((probe) => probe.split(' ')[0]),
    );
    expect(senders).toEqual(new Set(['metal', 'vm', 'other']));
  });

  it('promise no route when they let anybody through', () => {
    expect(asked('policy: [{ allow: any, to: vm, tcp: 80 }]').every((probe) => probe.endsWith('?'))).toBe(true);
  });
});
