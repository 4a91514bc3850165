/** Ends of WireGuard: who is whose peer, where they find each other, what goes to whom, and what stays as it is. */
import { describe, expect, it } from 'vitest';
import { type LabWireguard } from '../../src/lab/lab.ts';
import { designOf } from '../lower/lab-of.ts';

const endOf = (text: string, machine: string): LabWireguard => {
  const end = designOf(text).lab.machines[machine]?.nics.find(({ wireguard }) => wireguard !== undefined)?.wireguard;
  if (end === undefined) throw new Error(`${machine} is no end`);
  return end;
};

interface Told {
  readonly endpoint: string | undefined;
  readonly allowed: readonly string[];
  readonly keepalive: number | undefined;
}

const peersOf = (text: string, machine: string): Readonly<Record<string, Told>> =>
  Object.fromEntries(
    endOf(text, machine).peers.map((peer) => [
      peer.machine,
      { endpoint: peer.endpoint, allowed: peer.allowedPrefixes, keepalive: peer.keepaliveSeconds },
    ]),
  );

const routesOf = (text: string, machine: string): readonly string[] =>
  (designOf(text).lowered.state.stacks[machine]?.routes ?? []).flatMap(({ to, dev }) => (dev === 'wg0' ? [to] : []));

/** Two that can be found, and others that cannot. */
const star = (more = ''): string => `
lab: star
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
    left: { ipv4: 10.1.0.0/24 }
    right: { ipv4: 10.2.0.0/24 }
    far: { ipv4: 10.3.0.0/24 }
  machines:
    a: { nics: { eth0: { network: internet, address: 10 }, eth1: left, wg0: { network: vpn, address: 1, port: 51820, behind: left } } }
    b: { nics: { eth0: { network: internet, address: 11 }, eth1: right, wg0: { network: vpn, address: 2, port: 51821, behind: right } } }
    c: { nics: { eth0: { network: internet, address: 12 }, eth1: far, wg0: { network: vpn, address: 3, behind: far } } }
    d: { nics: { eth0: { network: internet, address: 13 }, wg0: { network: vpn, address: 4, keepalive: 10 } } }
${more}`;

describe('peers', () => {
  it('who can be found is one of all others, and the rest know those alone', () => {
    expect(Object.keys(peersOf(star(), 'a'))).toEqual(['b', 'c', 'd']);
    expect(Object.keys(peersOf(star(), 'd'))).toEqual(['a', 'b']);
  });

  it('are sent what is theirs and what lies behind them, and the first what is of those that are no peers', () => {
    expect(peersOf(star(), 'd')).toEqual({
      a: { endpoint: '203.0.113.10:51820', allowed: ['10.8.0.0/24', '10.1.0.0/24', '10.3.0.0/24'], keepalive: 10 },
      b: { endpoint: '203.0.113.11:51821', allowed: ['10.8.0.2/32', '10.2.0.0/24'], keepalive: 10 },
    });
    expect(peersOf(star(), 'a')).toEqual({
      b: { endpoint: '203.0.113.11:51821', allowed: ['10.8.0.2/32', '10.2.0.0/24'], keepalive: undefined },
      c: { endpoint: undefined, allowed: ['10.8.0.3/32', '10.3.0.0/24'], keepalive: undefined },
      d: { endpoint: undefined, allowed: ['10.8.0.4/32'], keepalive: undefined },
    });
  });

  it('have routes to them', () => {
    expect(routesOf(star(), 'd')).toEqual(expect.arrayContaining(['10.1.0.0/24', '10.2.0.0/24', '10.3.0.0/24']));
    expect(routesOf(star(), 'c')).not.toContain('10.3.0.0/24');
  });

  it('have a route to what is around the tunnel, too', () => {
    const wide = star().replace('behind: left', 'behind: 10.8.0.0/15');
    expect(routesOf(wide, 'd')).toContain('10.8.0.0/15');
    expect(routesOf(wide, 'd')).not.toContain('10.8.0.0/24');
  });

  it('forward where something lies behind them', () => {
    const { machines } = designOf(star()).lab;
    expect(['a', 'b', 'c', 'd'].map((name) => machines[name]?.isRouter)).toEqual([true, true, true, false]);
  });

  it('stay as they are when another comes', () => {
    const grown = star('    e: { nics: { eth0: { network: internet, address: 14 }, wg0: vpn } }\n');
    for (const name of ['c', 'd']) expect(endOf(grown, name)).toEqual(endOf(star(), name));
    expect(endOf(grown, 'a').peers.slice(0, 3)).toEqual(endOf(star(), 'a').peers);
  });
});

it('has more ends than a bridge has ports', () => {
  const names = Array.from({ length: 1030 }, (_, number) => `c${number}`);
  const clients = names.map((name, index) => `    ${name}: { nics: { eth0: side${index % 2}, wg0: vpn } }`);
  const text = `
lab: many
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.16.0.0/16 }
    side0: { ipv4: 10.1.0.0/20 }
    side1: { ipv4: 10.2.0.0/20 }
  machines:
    hub: { nics: { eth0: side0, eth1: side1, wg0: { network: vpn, port: 51820 } } }
${clients.join('\n')}
`;
  expect(endOf(text, 'hub').peers).toHaveLength(names.length);
});

describe('places', () => {
  const found = (gate: string, roamer: string, more = ''): string | undefined =>
    peersOf(
      `
lab: places
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
    six: { ipv6: '2001:db8:5::/64' }
    four: { ipv4: 192.168.5.0/24 }
  machines:
    roamer: { nics: { ${roamer} } }
hosts: { metal: { nics: { eth0: { network: internet, ipv4: 30, ipv6: 30 } } } }
networks:
  inner: { mode: nat, ipv4: 10.0.0.0/24${more} }
machines:
  gate: { number: 7, nics: { ${gate} } }
`,
      'roamer',
    )['gate']?.endpoint;
  const server = 'wg0: { network: vpn, port: 51820 }';

  it.each([
    ['on a network that both are on', `eth0: inner, eth1: six, ${server}`, 'eth0: four, eth1: six, wg0: vpn', '[2001:db8:5::7]:51820'],
    ['IPv4 before IPv6', `eth0: six, eth1: four, ${server}`, 'eth0: six, eth1: four, wg0: vpn', '192.168.5.7:51820'],
    ['on the internet', `eth0: { network: inner, gateway: none }, eth1: { network: internet, address: 9 }, ${server}`, 'eth0: four, wg0: vpn', '203.0.113.9:51820'],
    ['where the file says it is', `eth0: inner, wg0: { network: vpn, port: 51820, local: 2001:db8::7 }`, 'eth0: four, wg0: vpn', '[2001:db8::7]:51820'],
    ['where the other says it is', `eth0: inner, ${server}`, 'eth0: four, wg0: { network: vpn, remote: 192.0.2.7 }', '192.0.2.7:51820'],
  ])('%s', (_title, gate, roamer, endpoint) => {
    expect(found(gate, roamer)).toBe(endpoint);
  }); // prettier-ignore

  it('where its port is published, as another port too', () => {
    const publish = ', publish: [{ to: gate, udp: 4500, port: 51820 }]';
    expect(found(`eth0: inner, ${server}`, 'eth0: internet, wg0: vpn', publish)).toBe('203.0.113.30:4500');
  });
});

describe('a firewall', () => {
  it('lets in what an end hears', () => {
    const guarded = star().replace(
      ', port: 51821, behind: right } } }',
      ', port: 51821 } }, services: [{ firewall: {} }] }',
    );
    const [table] = designOf(guarded).lowered.state.stacks['b']?.filter ?? [];
    const input = table?.chains.find(({ hook }) => hook === 'input');
    expect(input?.policy).toBe('drop');
    expect(input?.rules.map(({ matches }) => matches)).toContainEqual([
      { kind: 'port', protocol: 'udp', ports: [51821] },
    ]);
  });
});
