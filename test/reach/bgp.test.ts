/** The ways that BGP settles on: what is told to whom, which of several ways is taken, and what goes before them. */
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../src/diagnostics/diagnostic.ts';
import { design } from '../../src/pipeline.ts';
import { settledFacts } from '../../src/reach/settled.ts';
import { type NetworkState } from '../../src/state/network-state.ts';

const lowered = (text: string): NetworkState => {
  const { value, diagnostics } = design({ file: 'lab.yaml', text }, undefined, {
    random: (bytes) => new Uint8Array(bytes),
  });
  if (value === undefined || hasErrors(diagnostics)) throw new Error(JSON.stringify(diagnostics));
  return value.lowered.state;
};

/** As in `10.0.1.0/24 via 10.0.0.2`, of one machine. */
const found = (state: NetworkState, machine: string, by: 'bgp' | 'ospf' = 'bgp'): readonly string[] =>
  (settledFacts(state).routes ?? [])
    .filter(({ stack, from }) => stack === machine && from === by)
    .map(({ to, via }) => `${to} via ${via}`)
    .sort();

const withDown = (state: NetworkState, machine: string, name: string): NetworkState => {
  const stack = state.stacks[machine];
  const own = stack?.interfaces[name];
  if (stack === undefined || own === undefined) throw new Error(`${machine} has no ${name}`);
  const interfaces = { ...stack.interfaces, [name]: { ...own, up: false } };
  return { ...state, stacks: { ...state.stacks, [machine]: { ...stack, interfaces } } };
};

/** From `a` to the network behind `d`: by `b`, or by `c` and `e`; what stands in the routers' `bgp` beside the AS. */
const ways = (more: Readonly<Record<string, string>> = {}): string => {
  const bgp = (name: string, asNumber: number): string =>
    `routing: { bgp: { as: ${asNumber}${more[name] === undefined ? '' : `, ${more[name]}`} } }`;
  return `lab: ways
networks:
  home: { mode: private, ipv4: 10.1.0.0/24, ipv6: 'fd00:1::/64' }
  far: { mode: private, ipv4: 10.4.0.0/24, ipv6: 'fd00:4::/64' }
  ab: { mode: private, ipv4: 10.0.12.0/24, ipv6: 'fd00:12::/64' }
  ac: { mode: private, ipv4: 10.0.13.0/24, ipv6: 'fd00:13::/64' }
  bd: { mode: private, ipv4: 10.0.24.0/24, ipv6: 'fd00:24::/64' }
  ce: { mode: private, ipv4: 10.0.35.0/24, ipv6: 'fd00:35::/64' }
  ed: { mode: private, ipv4: 10.0.54.0/24, ipv6: 'fd00:54::/64' }
machines:
  a: { number: 1, nics: { home: home, b: ab, c: ac }, ${bgp('a', 65001)} }
  b: { number: 2, nics: { a: ab, d: bd }, ${bgp('b', 65002)} }
  c: { number: 3, nics: { a: ac, e: ce }, ${bgp('c', 65003)} }
  d: { number: 4, nics: { far: far, b: bd, e: ed }, ${bgp('d', 65004)} }
  e: { number: 5, nics: { c: ce, d: ed }, ${bgp('e', 65005)} }
`;
};

describe('BGP', () => {
  it('takes the way over the fewest ASes, in both families', () => {
    const state = lowered(ways());
    expect(found(state, 'a')).toContain('10.4.0.0/24 via 10.0.12.2');
    expect(found(state, 'a')).toContain('fd00:4::/64 via fd00:12::2');
    expect(found(state, 'd')).toContain('10.1.0.0/24 via 10.0.24.2');
  });

  it('goes the long way where the short one is gone', () => {
    expect(found(withDown(lowered(ways()), 'b', 'd'), 'a')).toContain('10.4.0.0/24 via 10.0.13.3');
  });

  it('leaves out of two as long the router with the higher number', () => {
    const state = lowered(ways());
    expect(found(state, 'a')).toContain('10.0.54.0/24 via 10.0.12.2');
    expect(found(state, 'd')).toContain('10.0.13.0/24 via 10.0.24.2');
    expect(found(state, 'e')).toContain('10.0.12.0/24 via 10.0.35.3');
  });

  it('passes nothing on to other ASes by a stub', () => {
    const state = lowered(ways({ b: 'transit: false' }));
    expect(found(state, 'a')).toContain('10.4.0.0/24 via 10.0.13.3');
    expect(found(state, 'b')).toContain('10.4.0.0/24 via 10.0.24.4');
    expect(found(state, 'a')).toContain('10.0.24.0/24 via 10.0.12.2');
  });

  it('tells of what is announced alone, and of a prefix that holds it always', () => {
    const state = lowered(
      ways({ d: 'announce: [far, 10.4.0.0/16]', b: 'announce: []', e: 'announce: []', c: 'announce: []' }),
    );
    expect(found(state, 'a')).toEqual([
      ...['10.4.0.0/16 via 10.0.12.2', '10.4.0.0/24 via 10.0.12.2', 'fd00:4::/64 via fd00:12::2'],
    ]);
    expect(found(withDown(state, 'd', 'far'), 'a')).toEqual(['10.4.0.0/16 via 10.0.12.2']);
  });

  it('speaks to those alone whom both name', () => {
    expect(found(lowered(ways({ a: 'neighbours: [c]' })), 'a')).toContain('10.4.0.0/24 via 10.0.13.3');
    expect(found(lowered(ways({ a: 'neighbours: [ac]' })), 'b')).not.toContain('10.1.0.0/24 via 10.0.12.1');
  });

  it('says why', () => {
    const { routes = [] } = settledFacts(lowered(ways()));
    expect(routes.find(({ stack, to }) => stack === 'a' && to === '10.4.0.0/24')?.because).toBe(
      'a has its route to 10.4.0.0/24 by BGP from b, over AS 65002, AS 65004',
    );
  });
});

/** An AS of two borders and a router inside, each border with a provider; `far` is behind both. */
const inside = (firewall = ''): string => `lab: inside
networks:
  lan: { mode: private, ipv4: 10.1.0.0/24 }
  core: { mode: private, ipv4: 10.1.1.0/24 }
  up1: { mode: private, ipv4: 10.0.1.0/24 }
  up2: { mode: private, ipv4: 10.0.2.0/24 }
  meet: { mode: private, ipv4: 10.0.3.0/24 }
  far: { mode: private, ipv4: 10.9.0.0/24 }
machines:
  r: { number: 1, nics: [lan, core], routing: ospf }
  b1: { number: 2, nics: [core, up1], routing: { ospf: true, bgp: { as: 65001 } }${firewall} }
  b2: { number: 3, nics: [core, up2], routing: { ospf: true, bgp: { as: 65001 } } }
  p1: { number: 4, nics: [up1, meet], routing: { bgp: { as: 65002, announce: [meet] } } }
  p2: { number: 5, nics: [up2, meet], routing: { bgp: { as: 65003, announce: [meet] } } }
  f: { number: 6, nics: [meet, far], routing: { bgp: { as: 65004, announce: [far], neighbours: [p2] } } }
`;

describe('inside an AS', () => {
  it('a way from another AS comes before one from within, and the shorter before both', () => {
    const state = lowered(inside());
    expect(found(state, 'b1')).toEqual(['10.0.3.0/24 via 10.0.1.4', '10.9.0.0/24 via 10.1.1.3']);
    expect(found(state, 'b2')).toEqual(['10.0.3.0/24 via 10.0.2.5', '10.9.0.0/24 via 10.0.2.5']);
  });

  it('OSPF tells on what other ASes told, of two as near by the router with the higher number', () => {
    const state = lowered(inside());
    expect(found(state, 'r', 'ospf')).toContain('10.0.3.0/24 via 10.1.1.3');
    expect(found(state, 'r', 'ospf')).toContain('10.9.0.0/24 via 10.1.1.3');
    expect(found(state, 'p1')).toContain('10.1.0.0/24 via 10.0.1.2');
  });

  it('a firewall of the language lets neighbours in', () => {
    const state = lowered(inside(', services: [{ firewall: { incoming: deny } }]'));
    expect(found(state, 'b1')).toEqual(['10.0.3.0/24 via 10.0.1.4', '10.9.0.0/24 via 10.1.1.3']);
  });

  it('one of another make keeps them out, and what they told goes another way', () => {
    const state = lowered(inside());
    const stack = state.stacks['p1'];
    if (stack === undefined) throw new Error('no p1');
    const chain = { type: 'filter', priority: 0, policy: 'drop', rules: [] } as const;
    const chains = [
      { ...chain, name: 'in', hook: 'input' },
      { ...chain, name: 'out', hook: 'output' },
    ] as const;
    const closed = { ...stack, filter: [{ family: 'ip', name: 'closed', chains }] } as const;
    const shut = { ...state, stacks: { ...state.stacks, p1: closed } };
    expect(found(shut, 'b1')).toEqual(['10.0.3.0/24 via 10.1.1.3', '10.9.0.0/24 via 10.1.1.3']);
  });
});

it('OSPF is not spoken where ASes meet', () => {
  const state = lowered(`lab: meeting
networks:
  left: { mode: private, ipv4: 10.1.0.0/24 }
  line: { mode: private, ipv4: 10.0.0.0/24 }
  right: { mode: private, ipv4: 10.2.0.0/24 }
machines:
  l: { number: 1, nics: [left], routing: ospf }
  a: { number: 2, nics: [left, line], routing: { ospf: true, bgp: { as: 65001 } } }
  b: { number: 3, nics: [line, right], routing: { ospf: true, bgp: { as: 65002 } } }
  r: { number: 4, nics: [right], routing: ospf }
`);
  expect(found(state, 'a', 'ospf')).toEqual([]);
  expect(found(state, 'a')).toEqual(['10.2.0.0/24 via 10.0.0.3']);
  expect(found(state, 'l', 'ospf')).toEqual(['10.0.0.0/24 via 10.1.0.2', '10.2.0.0/24 via 10.1.0.2']);
});

it('a default route of its own comes first, and is told of where that is announced', () => {
  const state = lowered(`lab: defaults
networks:
  line: { mode: private, ipv4: 10.0.0.0/24, ipv6: 'fd00::/64' }
machines:
  edge: { number: 1, nics: { line: line, wan: internet }, routing: { bgp: { as: 65001, announce: [default] } }, nat: true }
  other: { number: 2, nics: { line: line, wan: internet }, routing: { bgp: { as: 65002 } }, nat: true }
  inner: { number: 3, nics: [line], routing: { bgp: { as: 65003 } } }
`);
  expect(found(state, 'inner')).toEqual(['0.0.0.0/0 via 10.0.0.1', '::/0 via fd00::1']);
  expect(found(state, 'other')).toEqual([]);
});

/** Two borders and a router between them that speaks OSPF alone; `cost`: of the second border's wire. */
const apart = (cost: number): string => `lab: apart
networks:
  c1: { mode: private, ipv4: 10.1.1.0/24, ipv6: 'fd00:1::/64' }
  c2: { mode: private, ipv4: 10.1.2.0/24, ipv6: 'fd00:2::/64' }
  c3: { mode: private, ipv4: 10.1.3.0/24, ipv6: 'fd00:3::/64' }
  up1: { mode: private, ipv4: 10.0.1.0/24, ipv6: 'fd00:11::/64' }
  up2: { mode: private, ipv4: 10.0.2.0/24, ipv6: 'fd00:12::/64' }
  far: { mode: private, ipv4: 10.9.0.0/24, ipv6: 'fd00:9::/64' }
machines:
  core: { number: 1, nics: { one: c1, two: { network: c2, cost: ${cost} }, three: c3 }, routing: ospf }
  b1: { number: 2, nics: { in: c1, up: up1 }, routing: { ospf: true, bgp: { as: 65001 } } }
  b2: { number: 3, nics: { in: c2, up: up2 }, routing: { ospf: true, bgp: { as: 65001 } } }
  b3: { number: 4, nics: { in: c3 }, routing: { ospf: true, bgp: { as: 65001 } } }
  p1: { number: 5, nics: { up: up1, far: far }, routing: { bgp: { as: 65002, announce: [far] } } }
  p2: { number: 6, nics: { up: up2, far: far }, routing: { bgp: { as: 65003, announce: [far] } } }
`;

describe('routers of one AS with others between', () => {
  const because = (state: NetworkState): string | undefined =>
    (settledFacts(state).routes ?? []).find(({ stack, to }) => stack === 'b3' && to === '10.9.0.0/24')?.because;

  it('hear each other by the ways of OSPF, and go by the nearest', () => {
    expect(because(lowered(apart(20)))).toBe('b3 has its route to 10.9.0.0/24 by BGP from b1, over AS 65002');
    expect(because(lowered(apart(5)))).toBe('b3 has its route to 10.9.0.0/24 by BGP from b2, over AS 65003');
    expect(found(lowered(apart(20)), 'b3')).toEqual([
      '10.9.0.0/24 via 10.1.3.1',
      'fd00:9::/64 via fe80::5054:ff:fe00:102',
    ]);
  });

  it('of two as near by the one with the lower number', () => {
    expect(because(lowered(apart(10)))).toBe('b3 has its route to 10.9.0.0/24 by BGP from b1, over AS 65002');
  });

  it('hear nothing of one that OSPF does not lead to', () => {
    const state = withDown(lowered(apart(5)), 'b2', 'in');
    expect(because(state)).toBe('b3 has its route to 10.9.0.0/24 by BGP from b1, over AS 65002');
    expect(found(state, 'b2')).toContain('10.9.0.0/24 via 10.0.2.6');
  });
});

/** Two routers on a line, with a network behind the second. */
const site = (one: string, other: string, behind: string): NetworkState =>
  lowered(`lab: site
outside:
  networks:
    line-${one}: { ipv4: 10.0.0.0/30 }
    lan-${one}: { ipv4: ${behind} }
  machines:
    ${one}: { nics: { line: { network: line-${one}, address: 1 } }, routing: { bgp: { as: 65001 } } }
    ${other}:
      nics: { line: { network: line-${one}, address: 2 }, lan: lan-${one} }
      routing: { bgp: { as: 65002 } }
`);

it('two sites with the same addresses on lines of their own keep to themselves', () => {
  const [one, two] = [site('a', 'b', '10.1.0.0/24'), site('c', 'd', '10.2.0.0/24')];
  const stacks = { ...one.stacks, ...two.stacks };
  const both: NetworkState = { version: 1, stacks, cables: [...one.cables, ...two.cables] };
  expect(found(both, 'a')).toEqual(['10.1.0.0/24 via 10.0.0.2']);
  expect(found(both, 'c')).toEqual(['10.2.0.0/24 via 10.0.0.2']);
});

it('BGP is spoken through a VPN', () => {
  const state = lowered(`lab: over
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
    far: { ipv4: 10.2.0.0/24 }
  machines:
    a: { number: 1, nics: { wan: internet, wg0: { network: vpn, port: 51820 } }, routing: { bgp: { as: 65001 } } }
    b: { number: 2, nics: { wan: internet, lan: far, wg0: vpn }, routing: { bgp: { as: 65002 } } }
`);
  expect(found(state, 'a')).toEqual(['10.2.0.0/24 via 10.8.0.2']);
});
