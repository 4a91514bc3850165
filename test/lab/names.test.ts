/** Who answers for names, who is told of whom, and which of its interfaces decides it for a machine. */
import { describe, expect, it } from 'vitest';
import { type LabNames } from '../../src/lab/lab-names.ts';
import { design } from '../../src/pipeline.ts';
import { type Zone } from '../../src/state/service.ts';

const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
const designed = (text: string) => {
  const { value, diagnostics } = design({ file: 'lab.yaml', text }, undefined, { random });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return value;
};
const namesOf = (text: string): LabNames | undefined => designed(text).lab.names;

const networks = `
lab: office
networks:
  lan: { mode: nat, ipv4: 10.0.1.0/24, ipv6: 'fd00:1::/64', dhcp: true, ra: true }
  back: { mode: routed, ipv4: 10.0.2.0/24 }
  quiet: { mode: private, ipv4: 10.0.3.0/24, dns: false }
`;

describe('the zone', () => {
  it('is that of the lab, below `internal`, unless it is named', () => {
    const machines = 'machines: { ns: { nics: [lan] } }\n';
    expect(namesOf(`${networks}${machines}dns: { servers: ns }`)?.zone).toBe('office.internal');
    expect(namesOf(`${networks}${machines}dns: { servers: ns, zone: x.example }`)?.zone).toBe('x.example');
    expect(namesOf(`${networks}${machines}`)).toBeUndefined();
  });
});

describe('one interface decides', () => {
  const resolversOf = (nics: string): LabNames['resolvers'][string] | undefined =>
    namesOf(`${networks}machines: { ns: { number: 2, nics: [lan] }, m: { nics: ${nics} } }\ndns: { servers: ns }`)
      ?.resolvers['m'];
  const fixed = { kind: 'static', nameservers: ['10.0.1.2', 'fd00:1::2'] };

  it.each([
    ['its only one, configured', '[lan]', fixed],
    ['one that asks by DHCP', '[{ network: lan, address: dhcp }]', { kind: 'dhcp', nic: 'eth0' }],
    ['one with IPv6 alone', '[{ network: lan, ipv4: none, ipv6: slaac }]', { kind: 'advertised', nic: 'eth0' }],
    [
      'the first that brings a default route',
      '{ a: { network: back, gateway: none }, b: { network: lan, address: dhcp } }',
      { kind: 'dhcp', nic: 'b' },
    ],
    [
      'the one that says so',
      '{ a: { network: lan, address: dhcp }, b: { network: back, gateway: none, resolver: true } }',
      { kind: 'static', nameservers: ['10.0.1.2'] },
    ],
    ['not one that denies it', '{ a: { network: lan, resolver: false }, b: { network: back, gateway: none } }', fixed],
    ['none on a network that tells nothing', '[quiet]', undefined],
  ])('%s', (_title, nics, expected) => {
    const found = resolversOf(nics);
    if (expected !== undefined && 'nameservers' in expected && found?.kind === 'static')
      expect(found.nameservers.slice(0, expected.nameservers.length)).toEqual(expected.nameservers);
    else expect(found).toEqual(expected);
  });
});

describe('zones', () => {
  const zonesOf = (text: string, view: string): readonly Zone[] => {
    const server = designed(text).lowered.state.stacks['ns']?.services.find(({ kind }) => kind === 'name-server');
    return server?.kind === 'name-server' ? (server.views.find(({ name }) => name === view)?.zones ?? []) : [];
  };
  const text = `${networks}machines: { ns: { number: 2, nics: [lan] }, 'web': { number: 4, count: 2, nics: [lan] } }
dns: { servers: ns, zone: x.example, names: { pool: web } }`;

  it('have a name that stands for several machines with all of their addresses', () => {
    const forward = zonesOf(text, 'inside').find(({ name }) => name === 'x.example');
    const pool = forward?.records.filter(({ name }) => name === 'pool.x.example').map(({ data }) => data);
    expect(pool).toEqual(['10.0.1.4', '10.0.1.5', 'fd00:1::4', 'fd00:1::5']);
  });

  it('have the same serial number on all servers, another one after a change', () => {
    const serial = (of: string): string | undefined =>
      zonesOf(of, 'inside')
        .find(({ name }) => name === 'x.example')
        ?.records.find(({ type }) => type === 'SOA')
        ?.data.split(' ')[2];
    expect(serial(text)).toBe(serial(text));
    expect(serial(text.replace('pool', 'farm'))).not.toBe(serial(text));
  });

  it('are nobody else’s business where nothing is said of the outside', () => {
    expect(zonesOf(text, 'outside')).toEqual([]);
  });

  it('take no names from others where an outside network is theirs', () => {
    const outside = `
lab: x
outside: { networks: { office: { ipv4: 192.0.2.0/24, dns: true } } }
hosts: { h: { nics: { eth0: { network: office, address: 1 } } } }
networks: { lan: { mode: bridged, nic: eth0 } }
machines: { ns: { nics: [{ network: lan, address: 5 }] } }
dns: { servers: ns }`;
    const zone = zonesOf(outside, 'inside').find(({ name }) => name === '2.0.192.in-addr.arpa');
    expect(zone?.isPartial).toBe(true);
    expect(zone?.records.some(({ data }) => data === 'ns.x.internal.')).toBe(true);
  });
});
