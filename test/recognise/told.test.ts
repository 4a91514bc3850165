/** What servers tell beside addresses is not passed over: what a lab file of a state does not hold is said. */
import { describe, expect, it } from 'vitest';
import { labText } from '../../src/recognise/lab-text.ts';
import { designOf } from '../lower/lab-of.ts';

/** Desks behind a relay, whose server tells them a way, a largest packet or where to look names up. */
const relayed = (words: string, more = ''): string => `lab: relayed
${more}networks:
  core: { mode: private, ipv4: 10.0.0.0/24 }
  desks: { mode: private, ipv4: 10.1.0.0/24, gateway: gw, dhcp: { server: srv, relay: gw }, ${words} }
machines:
  gw: { nics: [{ network: core, address: 1 }, { network: desks, address: 1 }], services: [router] }
  side: { nics: [{ network: desks, address: 2 }], services: [router] }
  srv: { nics: [{ network: core, address: 5 }] }
  web: { nics: [{ network: desks, address: dhcp }] }
`;

const unsaidBy = (text: string, machine: string): readonly string[] =>
  labText(designOf(text).lowered.state).unsaid.filter((line) => line.startsWith(`\`${machine}\``));

describe('of a server behind a relay it is said', () => {
  it('that it tells ways', () => {
    expect(unsaidBy(relayed('routes: [{ to: 10.9.0.0/16, via: side }]'), 'srv')).toEqual([
      '`srv`: what it tells of ways, preference or MTU; say it as `routes`, `ra` and `mtu` of the network',
    ]);
  });

  it('that it tells the largest packet', () => {
    expect(unsaidBy(relayed('mtu: 1400'), 'srv')).toHaveLength(1);
  });

  it('where it has names looked up', () => {
    const named = relayed('search: [desks.example], dns: true', 'dns: { zone: office.example, servers: [srv] }\n');
    expect(unsaidBy(named, 'srv')).toContain(
      '`srv`: whom it tells others to ask for names, and in which domains; say it as `dns` and `search` of the network',
    );
  });

  it('nothing where it tells none of these', () => {
    expect(unsaidBy(relayed('stp: false'), 'srv')).toEqual([]);
  });
});
