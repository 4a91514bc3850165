/** The routes that routing daemons come to: the cheapest ways, what is told of, and who hears whom. */
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../src/diagnostics/diagnostic.ts';
import { design } from '../../src/pipeline.ts';
import { settledFacts } from '../../src/reach/settled.ts';
import { type Interface, type NetworkState } from '../../src/state/network-state.ts';

const lowered = (text: string): NetworkState => {
  const { value, diagnostics } = design({ file: 'lab.yaml', text }, undefined, {
    random: (bytes) => new Uint8Array(bytes),
  });
  if (value === undefined || hasErrors(diagnostics)) throw new Error(JSON.stringify(diagnostics));
  return value.lowered.state;
};

/** As in `10.0.1.0/24 via 10.0.0.2`, of one machine. */
const found = (state: NetworkState, machine: string): readonly string[] =>
  (settledFacts(state).routes ?? [])
    .filter(({ stack, from }) => stack === machine && from === 'ospf')
    .map(({ to, via }) => `${to} via ${via}`)
    .sort();

const changed = (state: NetworkState, machine: string, name: string, more: Partial<Interface>): NetworkState => {
  const stack = state.stacks[machine];
  const own = stack?.interfaces[name];
  if (stack === undefined || own === undefined) throw new Error(`${machine} has no ${name}`);
  const interfaces = { ...stack.interfaces, [name]: { ...own, ...more } };
  return { ...state, stacks: { ...state.stacks, [machine]: { ...stack, interfaces } } };
};

/** A square: from \`a\` to the network behind \`c\` by \`b\` or by \`d\`. */
const square = (costs: { readonly ab?: number; readonly ad?: number } = {}): string => `lab: square
networks:
  home: { mode: private, ipv4: 10.1.0.0/24 }
  far: { mode: private, ipv4: 10.3.0.0/24 }
  ab: { mode: private, ipv4: 10.0.12.0/24 }
  bc: { mode: private, ipv4: 10.0.23.0/24 }
  cd: { mode: private, ipv4: 10.0.34.0/24 }
  ad: { mode: private, ipv4: 10.0.14.0/24 }
machines:
  a:
    number: 1
    nics:
      lan: home
      to-b: { network: ab, cost: ${costs.ab ?? 10} }
      to-d: { network: ad, cost: ${costs.ad ?? 10} }
    routing: ospf
  b: { number: 2, nics: { to-a: ab, to-c: bc }, routing: ospf }
  c: { number: 3, nics: { lan: far, to-b: bc, to-d: cd }, routing: ospf }
  d: { number: 4, nics: { to-a: ad, to-c: cd }, routing: ospf }
`;

describe('OSPF', () => {
  it('takes the cheaper way, and of two that cost the same that by the lowest gateway', () => {
    expect(found(lowered(square({ ab: 9 })), 'a')).toContain('10.3.0.0/24 via 10.0.12.2');
    expect(found(lowered(square({ ad: 9 })), 'a')).toContain('10.3.0.0/24 via 10.0.14.4');
    expect(found(lowered(square()), 'a')).toEqual([
      ...['10.0.23.0/24 via 10.0.12.2', '10.0.34.0/24 via 10.0.14.4', '10.3.0.0/24 via 10.0.12.2'],
    ]);
  });

  it('counts what it costs to send, each way for itself', () => {
    const state = lowered(square({ ab: 100 }));
    expect(found(state, 'a')).toContain('10.0.23.0/24 via 10.0.14.4');
    expect(found(state, 'b')).toContain('10.1.0.0/24 via 10.0.12.1');
  });

  it('goes the other way round when an interface is down, and tells of its network no more', () => {
    const state = changed(lowered(square()), 'a', 'to-b', { up: false });
    expect(found(state, 'a')).toEqual([
      '10.0.12.0/24 via 10.0.14.4',
      '10.0.23.0/24 via 10.0.14.4',
      '10.0.34.0/24 via 10.0.14.4',
      '10.3.0.0/24 via 10.0.14.4',
    ]);
    expect(found(changed(state, 'b', 'to-a', { up: false }), 'a')).not.toContain('10.0.12.0/24 via 10.0.14.4');
  });

  it('has no neighbour in another subnet', () => {
    const addresses = [{ family: 4, address: '10.9.9.9', prefixLength: 24 }] as const;
    expect(found(changed(lowered(square()), 'd', 'to-a', { addresses }), 'a')).toContain('10.0.34.0/24 via 10.0.12.2');
  });

  it('says why', () => {
    const { routes = [] } = settledFacts(lowered(square()));
    expect(routes.find(({ stack, to }) => stack === 'a' && to === '10.3.0.0/24')?.because).toBe(
      'a has its route to 10.3.0.0/24 by OSPF from c, at a cost of 30',
    );
  });
});

const firewalled = (allow: string): string => `lab: walls
networks:
  left: { mode: private, ipv4: 10.1.0.0/24 }
  right: { mode: private, ipv4: 10.2.0.0/24 }
  between: { mode: private, ipv4: 10.0.0.0/24 }
machines:
  a: { number: 1, nics: [left, between], routing: ospf, services: [{ firewall: { incoming: deny } }] }
  b: { number: 2, nics: [right, between], routing: ospf${allow} }
`;

describe('a firewall', () => {
  it('of the language lets it through where it is spoken', () => {
    expect(found(lowered(firewalled('')), 'a')).toEqual(['10.2.0.0/24 via 10.0.0.2']);
  });

  it('of another make stops it', () => {
    const state = lowered(firewalled(''));
    const stack = state.stacks['b'];
    if (stack === undefined) throw new Error('no b');
    const closed = {
      ...stack,
      filter: [
        {
          family: 'ip',
          name: 'closed',
          chains: [{ name: 'in', type: 'filter', hook: 'input', priority: 0, policy: 'drop', rules: [] }],
        },
      ],
    } as const;
    expect(found({ ...state, stacks: { ...state.stacks, b: closed } }, 'a')).toEqual([]);
  });
});

it('leads by default to the nearest router that has a default route, which keeps its own', () => {
  const state = lowered(`lab: edges
networks:
  one: { mode: private, ipv4: 10.0.1.0/24, ipv6: 'fd00:1::/64' }
  two: { mode: private, ipv4: 10.0.2.0/24, ipv6: 'fd00:2::/64' }
machines:
  west: { number: 1, nics: { a: one, wan: internet }, routing: ospf, nat: true }
  middle: { number: 2, nics: { a: one, b: { network: two, cost: 9 } }, routing: ospf }
  east: { number: 3, nics: { b: two, wan: internet }, routing: ospf, nat: true }
`);
  expect(found(state, 'middle')).toEqual(['0.0.0.0/0 via 10.0.2.3', '::/0 via fe80::5054:ff:fe00:300']);
  expect(found(state, 'west')).toEqual(['10.0.2.0/24 via 10.0.1.2', 'fd00:2::/64 via fe80::5054:ff:fe00:200']);
});
