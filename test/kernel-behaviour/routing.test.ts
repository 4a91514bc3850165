/** Rules, routes and the choice of a source: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { type ClientSees } from '../../src/reach/walk.ts';
import { type PolicyRule, type Stack } from '../../src/state/network-state.ts';
import { agree, becomes, holds } from './bench/bench.ts';
import { ping, tcp, udp } from './bench/flows.ts';
import { loopback, network, nic, route, special, stack } from './bench/network.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

const policy = (priority: number, more: Partial<PolicyRule>): PolicyRule => ({
  family: 4,
  priority,
  table: 0,
  ...more,
});

/** a and b on one cable, with 10.9.0.1 on b's loopback. */
const pair = (atA: Partial<Stack>, atB: Partial<Stack> = {}) =>
  network(
    {
      a: stack({ e0: nic(['10.1.0.1/24']) }, atA),
      b: stack({ lo: loopback('10.9.0.1/32'), e0: nic(['10.1.0.2/24']) }, atB),
    },
    ['a.e0 b.e0'],
  );
const viaB = route('default', '10.1.0.2', { dev: 'e0' });

describe('rules', () => {
  it('G31 table local comes first, whatever rules say', async () => {
    const rules = [policy(1, { to: '10.1.0.2/32', action: 'blackhole' })];
    await holds(bench, pair({}, { rules }), [
      ['from elsewhere', ping('a', '10.1.0.2'), 'answer'],
      ['itself', ping('b', '10.1.0.2'), 'answer'],
    ]);
  });

  it('G32 a rule whose table has no route lets the next decide, and so does throw; the other types stop', async () => {
    const rules = [policy(10, { to: '10.9.0.0/24', table: 100 })];
    const inTable = (...routes: Stack['routes']) => pair({ rules, routes: [viaB, ...routes] });
    const typed = (type: 'throw' | 'blackhole' | 'unreachable' | 'prohibit') =>
      inTable(special('10.9.0.0/24', type, { table: 100 }));
    const cases: readonly (readonly [string, ReturnType<typeof pair>, ClientSees])[] = [
      ['empty table', inTable(), 'answer'],
      ['throw', typed('throw'), 'answer'],
      ['blackhole', typed('blackhole'), 'invalid-argument'],
      ['unreachable', typed('unreachable'), 'host-unreachable'],
      ['prohibit', typed('prohibit'), 'prohibited'],
    ];
    await bench.lay(pair({}));
    for (const [title, state, sees] of cases)
      await becomes(bench, state, [
        [`${title}, ping`, ping('a', '10.9.0.1'), sees],
        [`${title}, tcp`, tcp('a', '10.9.0.1'), sees],
      ]);
  });

  it('G34 rules on a source are not asked before there is one; rules on iif do not mean what the stack itself sends', async () => {
    const from = pair({
      rules: [policy(10, { from: '10.1.0.1/32', table: 100 })],
      routes: [viaB, special('10.9.0.0/24', 'unreachable', { table: 100 })],
    });
    await holds(bench, from, [
      ['no source yet', ping('a', '10.9.0.1'), 'answer'],
      ['bound', ping('a', '10.9.0.1', { source: '10.1.0.1' }), 'host-unreachable'],
      ['connected sockets ask again with the source', tcp('a', '10.9.0.1'), 'host-unreachable'],
      ['bound, connected', udp('a', '10.9.0.1', { source: '10.1.0.1' }), 'host-unreachable'],
    ]);
    const iif = pair({ rules: [policy(10, { iif: 'e0', action: 'unreachable' })], routes: [viaB] });
    await holds(bench, iif, [['iif e0', ping('a', '10.9.0.1'), 'answer']]);
  });
});

describe('the source of a packet', () => {
  it("G40 IPv4: the route's own, else the address in the gateway's subnet, else the first primary one", async () => {
    const state = network(
      {
        a: stack(
          { lo: loopback('10.8.0.1/32'), e0: nic(['10.7.0.1/24', '10.1.0.1/24', '10.1.0.3/24', '10.6.0.1/32']) },
          {
            routes: [
              route('10.9.1.0/24', '10.1.0.2', { dev: 'e0', source: '10.8.0.1' }),
              route('10.9.2.0/24', '10.1.0.2', { dev: 'e0' }),
              route('10.9.3.0/24', '10.99.0.2', { dev: 'e0', onlink: true }),
              route('10.9.4.0/24', 'dev e0'),
              route('10.9.5.0/24', '10.7.0.2', { dev: 'e0' }),
            ],
          },
        ),
        b: stack(
          {
            lo: loopback('10.9.1.1/32', '10.9.2.1/32', '10.9.3.1/32', '10.9.4.1/32', '10.9.5.1/32'),
            e0: nic(['10.1.0.2/24', '10.7.0.2/24', '10.99.0.2/24']),
          },
          { routes: [route('default', '10.1.0.1', { dev: 'e0' })] },
        ),
      },
      ['a.e0 b.e0'],
    );
    await holds(bench, state, [
      ["the route's own", udp('a', '10.9.1.1'), 'answer', '10.8.0.1'],
      ["the gateway's subnet", udp('a', '10.9.2.1'), 'answer', '10.1.0.1'],
      ['a gateway of no subnet', udp('a', '10.9.3.1'), 'answer', '10.7.0.1'],
      ['on the link, of no subnet', udp('a', '10.9.4.1'), 'answer', '10.7.0.1'],
      ["the first subnet's gateway", udp('a', '10.9.5.1'), 'answer', '10.7.0.1'],
      ['on the link', udp('a', '10.1.0.2'), 'answer', '10.1.0.1'],
    ]);
  });

  it('G41 IPv6: RFC 6724: not deprecated, then label, then the longest common prefix', async () => {
    const state = network(
      {
        a: stack(
          { e0: nic(['fd02::1/64', '2001:db8:1::1/64']) },
          { routes: [route('::/0', 'fd02::2', { dev: 'e0' })] },
        ),
        b: stack({
          lo: loopback('2001:db8:9::1/128', 'fd09::1/128'),
          e0: nic(['fd02::2/64', '2001:db8:1::2/64']),
        }),
      },
      ['a.e0 b.e0'],
    );
    await holds(bench, state, [
      ['to a global address', udp('a', '2001:db8:9::1'), 'answer', '2001:db8:1::1'],
      ['to a unique local one', udp('a', 'fd09::1'), 'answer', 'fd02::1'],
    ]);
    const argv = 'ip -6 address change 2001:db8:1::1/64 dev e0 preferred_lft 0'.split(' ');
    await bench.ask({ do: 'run', stack: 'a', argv });
    const { facts } = await bench.ask({ do: 'observe' });
    expect(facts.unusable).toContainEqual({
      stack: 'a',
      interface: 'e0',
      address: '2001:db8:1::1',
      state: 'deprecated',
    });
    await agree(bench, state, [['deprecated', udp('a', '2001:db8:9::1'), 'answer', 'fd02::1']], facts);
  });
});
