/** Who answers for names, who is told of whom, and which of its interfaces decides it for a machine. */
import { describe, expect, it } from 'vitest';
import { type LabNames } from '../../src/lab/lab-names.ts';
import { type LockFile, printLock } from '../../src/lab/lock-file.ts';
import { design } from '../../src/pipeline.ts';
import { serialOf } from '../../src/services/risen-zones.ts';
import { type Zone } from '../../src/state/service.ts';

const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
const designed = (text: string, lock?: LockFile) => {
  const pinned = lock === undefined ? undefined : { file: 'lab.lock.yaml', text: printLock(lock) };
  const { value, diagnostics } = design({ file: 'lab.yaml', text }, pinned, { random });
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

  it('have a serial number that rises when they change, and only then', () => {
    const serials = (of: string, lock?: LockFile): readonly (readonly [string, number])[] => {
      const { lowered, lock: next } = designed(of, lock);
      kept = next;
      const server = lowered.state.stacks['ns']?.services.find(({ kind }) => kind === 'name-server');
      const zones = server?.kind === 'name-server' ? (server.views[0]?.zones ?? []) : [];
      return zones.map((zone) => [zone.name, serialOf(zone)]);
    };
    let kept: LockFile | undefined;
    expect(new Set(serials(text).map(([, serial]) => serial))).toEqual(new Set([1]));
    expect(new Set(serials(text, kept).map(([, serial]) => serial))).toEqual(new Set([1]));
    const changed = new Map(serials(text.replace('pool', 'farm'), kept));
    expect(changed.get('x.example')).toBe(2);
    expect(changed.get('1.0.10.in-addr.arpa')).toBe(1);
    expect(new Map(serials(text, kept)).get('x.example')).toBe(3);
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

describe('a secondary', () => {
  const text = `${networks}machines: { ns: { number: 2, nics: [lan] }, copy: { number: 3, nics: [lan, { network: back, gateway: none }] } }
dns: { servers: ns, secondaries: copy, zone: x.example }`;
  const { lab, lowered } = designed(text);
  const serverOf = (stack: string) =>
    lowered.state.stacks[stack]?.services.find((service) => service.kind === 'name-server');

  it('is told of as the others are, and copies from an address on a wire that both are on', () => {
    expect(lab.names?.servers).toEqual(['ns', 'copy']);
    expect(serverOf('ns')?.transfers).toEqual({ kind: 'primary', secondaries: ['10.0.1.3'] });
    expect(serverOf('copy')?.transfers).toEqual({ kind: 'secondary', primaries: ['10.0.1.2'], sources: ['10.0.1.3'] });
    const { stacks } = lowered.state;
    const told = Object.values(stacks).flatMap(({ services }) =>
      services.flatMap((service) => ('resolver' in service ? [service.resolver.nameservers] : [])),
    );
    expect(told).toEqual([
      ['10.0.1.2', '10.0.1.3'],
      ['fd00:1::2', 'fd00:1::3'],
    ]);
  });

  it('has the names of the zones, and not what is in them', () => {
    const zones = serverOf('copy')?.views[0]?.zones ?? [];
    expect(zones.map(({ name }) => name)).toEqual(serverOf('ns')?.views[0]?.zones.map(({ name }) => name));
    expect(zones.every(({ records }) => records.length === 0)).toBe(true);
  });

  it('is expected to reach its primary, and to be reached', () => {
    const expected = lab.expect.map(({ from, to, services }) => ({ from, to, services }));
    expect(expected).toEqual([
      {
        from: [{ kind: 'machine', name: 'copy' }],
        to: [{ kind: 'address', family: 4, address: '10.0.1.2' }],
        services: [
          { protocol: 'tcp', port: 53 },
          { protocol: 'udp', port: 53 },
        ],
      },
      {
        from: [{ kind: 'machine', name: 'ns' }],
        to: [{ kind: 'address', family: 4, address: '10.0.1.3' }],
        services: [{ protocol: 'udp', port: 53 }],
      },
    ]);
  });
});
