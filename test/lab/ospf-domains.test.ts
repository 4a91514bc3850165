/** Between whom OSPF is spoken, as checks and plans of BGP take it: where the interfaces that are made speak it. */
import { describe, expect, it } from 'vitest';
import { ospfDomain, speakersOn } from '../../src/lab/ospf-domains.ts';
import { designOf } from '../lower/lab-of.ts';
import { built, codesOf, machine } from './built.ts';

/** Two sites, joined by a VPN alone; `more`: of each gateway's routing. */
const sites = (routing: string): string => `lab: sites
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
    left: { ipv4: 10.1.0.0/24 }
    right: { ipv4: 10.2.0.0/24 }
  machines:
    a: { number: 1, nics: { wan: internet, lan: left, wg0: { network: vpn, port: 51820 } }, routing: ${routing} }
    b: { number: 2, nics: { wan: internet, lan: right, wg0: vpn }, routing: ${routing} }
`;

describe('routers with a VPN between', () => {
  it('do not hear each other by OSPF', () => {
    const { lab } = designOf(sites('ospf'));
    expect(speakersOn(lab, 'vpn')).toBe(0);
    expect(speakersOn(lab, 'internet')).toBe(0);
    expect(ospfDomain(lab, machine(lab, 'a')).map(({ name }) => name)).toEqual(['a']);
  });

  it('are warned that they are alone', () => {
    expect(codesOf(sites('ospf')).filter((code) => code === 'routing-alone')).toHaveLength(2);
  });

  it('speak BGP inside an AS over it, where they are on one link', () => {
    const { lab } = designOf(sites('{ ospf: true, bgp: { as: 65001 } }'));
    expect(lab.bgp?.['a']?.sessions.map(({ remote, isMultihop }) => [remote, isMultihop])).toEqual([
      ['10.8.0.2', undefined],
    ]);
  });
});

/** One behind a VPN, which would be found by OSPF alone. */
const behind = `lab: behind
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
    left: { ipv4: 10.1.0.0/24 }
    right: { ipv4: 10.2.0.0/24 }
  machines:
    a: { number: 1, nics: { wan: internet, lan: left, wg0: { network: vpn, port: 51820 } }, routing: ospf }
    b: { number: 2, nics: { wan: internet, lan: right, wg0: vpn }, routing: ospf }
    one: { number: 3, nics: [left], routing: { ospf: true, bgp: { as: 65001 } } }
    two: { number: 4, nics: [right], routing: { ospf: true, bgp: { as: 65001 } } }
`;

it('an AS in two places with a VPN between that OSPF is not spoken over is refused', () => {
  expect(codesOf(behind)).toContain('as-in-two-places');
});

it('an interface without an address speaks to nobody', () => {
  const { lab } = built(`lab: bare
networks: { lan: { mode: private, ipv4: 10.1.0.0/24 } }
machines:
  a: { nics: [lan], routing: ospf }
  b: { nics: [{ network: lan, address: none }], routing: ospf }
`);
  expect(speakersOn(lab, 'lan')).toBe(0);
});
