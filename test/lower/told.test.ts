/** What a lab has its members told beside addresses, and who tells it. */
import { describe, expect, it } from 'vitest';
import { type Stack } from '../../src/state/network-state.ts';
import { type Service } from '../../src/state/service.ts';
import { designOf } from './lab-of.ts';

const stacksOf = (text: string): Readonly<Record<string, Stack>> => designOf(text).lowered.state.stacks;

const serviceOf = (stack: Stack | undefined, kind: Service['kind']): Service | undefined =>
  stack?.services.find((service) => service.kind === kind);

describe('routes of a network', () => {
  const stacks = stacksOf(`lab: x
networks:
  lan:
    mode: private
    ipv4: 10.0.1.0/24
    ipv6: 'fd00:1::/64'
    gateway: gate
    dhcp: gate
    ra: [gate, spare]
    routes: [{ to: branch, via: side }]
    mtu: 1400
  branch: { mode: private, ipv4: 10.0.2.0/24, ipv6: 'fd00:2::/64', gateway: side }
machines:
  gate: { nics: [lan], services: [router] }
  spare: { nics: [lan], services: [router] }
  side: { nics: [lan, branch], services: [router] }
  both: { nics: [lan, { network: branch, gateway: none }] }
  own: { nics: [lan], routes: [{ to: branch, via: gate }] }
  jumbo: { nics: [{ network: lan, ipv4: dhcp, ipv6: slaac, mtu: 9000 }] }
`);
  const to = (name: string): readonly string[] =>
    (stacks[name]?.routes ?? [])
      .filter((route) => !route.to.endsWith('/0'))
      .map(({ to: block, via }) => `${block} ${via}`);

  it('are told by the server, and advertised by the router that they lead by', () => {
    expect(serviceOf(stacks['gate'], 'dhcp-server')).toMatchObject({
      routes: [{ to: '10.0.2.0/24', via: '10.0.1.3' }],
    });
    const advertised = ['gate', 'spare', 'side'].map((name) => serviceOf(stacks[name], 'router-advertiser'));
    expect(advertised).toMatchObject([
      { isDefaultRouter: true, preference: 'high', prefixes: ['fd00:1::/64'], mtuBytes: 1400 },
      { isDefaultRouter: true, prefixes: ['fd00:1::/64'], mtuBytes: 1400 },
      { isDefaultRouter: false, prefixes: [], routes: ['fd00:2::/64'], mtuBytes: 1400 },
    ]);
    expect(advertised.map((service) => service !== undefined && 'preference' in service)).toEqual([true, false, false]);
  });

  it('are configured on who is told by nobody, is not there, and has none of its own', () => {
    expect(to('gate')).toEqual(['10.0.2.0/24 10.0.1.3', 'fd00:2::/64 fd00:1::3']);
    expect([to('side'), to('both'), to('jumbo')]).toEqual([[], [], []]);
    expect(to('own')).toEqual(['10.0.2.0/24 10.0.1.1', 'fd00:2::/64 fd00:1::1']);
  });

  it('are taken of advertisements, and the MTU but where the file says another one', () => {
    expect(stacks['jumbo']?.sysctls).toMatchObject({
      'net/ipv6/conf/eth0/accept_ra_rt_info_max_plen': '128',
      'net/ipv6/conf/eth0/accept_ra_mtu': '0',
    });
    expect(stacks['both']?.sysctls).not.toHaveProperty('net/ipv6/conf/eth0/accept_ra_rt_info_max_plen');
  });
});

describe('two servers in hot standby', () => {
  it('give connections up soon, and nobody else does', () => {
    const stacks = stacksOf(`lab: x
networks: { lan: { mode: private, ipv4: 10.0.1.0/24, dhcp: { server: [first, second], standby: hot } } }
machines: { first: { nics: [lan] }, second: { nics: [lan] }, web: { nics: [lan] } }
`);
    const retries = ['first', 'second', 'web'].map((name) => stacks[name]?.sysctls['net/ipv4/tcp_retries2']);
    expect(retries).toEqual(['2', '2', undefined]);
  });
});
