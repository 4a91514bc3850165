/** Routes: which of several counts, and when they go: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { type ClientSees } from '../../src/reach/walk.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { agree, holds, probe, verdictOf } from './bench/bench.ts';
import { ping, tcp, udp } from './bench/flows.ts';
import { forwarding, loopback, network, nic, route, special, stack } from './bench/network.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

describe('routes', () => {
  /** a has two routers on cables of their own; 10.9.0.1 is on both. */
  const twoWays = (atA: Partial<Stack>, more: { readonly r1?: Partial<Stack>; readonly isUp?: boolean } = {}) =>
    network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']), e1: nic(['10.2.0.1/24']) }, atA),
        r1: stack({ lo: loopback('10.9.0.1/32'), e0: nic(['10.1.0.2/24'], { up: more.isUp ?? true }) }, more.r1),
        r2: stack({ lo: loopback('10.9.0.1/32'), e0: nic(['10.2.0.2/24']) }),
      },
      ['a.e0 r1.e0', 'a.e1 r2.e0'],
    );
  const first = (metric: number) => route('default', '10.1.0.2', { dev: 'e0', metric });
  const second = (metric: number) => route('default', '10.2.0.2', { dev: 'e1', metric });
  const skipping = { 'net/ipv4/conf/all/ignore_routes_with_linkdown': '1' };
  const arrival = async (flow = udp('a', '10.9.0.1')) => (await probe(bench, [flow]))[0]?.arrivedAt;
  const predictedArrival = (state: NetworkState) => walk(buildModel(state), udp('a', '10.9.0.1')).deliveredTo;

  /** Routes hear of a lost carrier up to a second later (linkwatch). */
  const untilLinkdown = async (): Promise<void> => {
    for (let tries = 0; tries < 60; tries += 1) {
      const { stdout } = await bench.ask({ do: 'run', stack: 'a', argv: ['ip', 'route', 'show'] });
      if (stdout.includes('linkdown')) return;
      await bench.ask({ do: 'wait', ms: 30 });
    }
  };

  it('G33 on a router: blackhole is silent, the others are told by ICMP', async () => {
    const routed = (routes: Stack['routes']) =>
      network(
        {
          a: stack({ e0: nic(['10.1.0.1/24']) }, { routes: [route('default', '10.1.0.2', { dev: 'e0' })] }),
          r: stack({ e0: nic(['10.1.0.2/24']) }, { routes, sysctls: forwarding }),
        },
        ['a.e0 r.e0'],
      );
    const cases: readonly (readonly [string, Stack['routes'], ClientSees])[] = [
      ['blackhole', [special('10.9.0.0/24', 'blackhole')], 'timeout'],
      ['unreachable', [special('10.9.0.0/24', 'unreachable')], 'host-unreachable'],
      ['prohibit', [special('10.9.0.0/24', 'prohibit')], 'host-unreachable'],
      ['no route', [], 'net-unreachable'],
    ];
    for (const [title, routes, sees] of cases)
      await holds(bench, routed(routes), [[title, tcp('a', '10.9.0.1'), sees]]);
    const { measured } = await bench.ask({
      do: 'probe',
      flows: Array.from({ length: 10 }, () => ping('a', '10.9.0.1')),
      cutOffMs: 150,
    });
    // Five at once and one a second for each sender; one was spent above. The model knows no such limit.
    const told = measured.filter(({ sees }) => sees === 'net-unreachable').length;
    expect([told >= 4 && told <= 6, measured.filter(({ sees }) => sees === 'timeout').length]).toEqual([
      true,
      10 - told,
    ]);
  });

  it('G35 the lower metric wins; an equal route that is appended comes second, one that is added is refused', async () => {
    const state = twoWays({ routes: [first(20), second(10)] });
    await bench.lay(state);
    expect([await arrival(), predictedArrival(state)]).toEqual(['r2', 'r2']);
    const equal = twoWays({ routes: [first(10), second(10)] });
    await bench.lay(twoWays({ routes: [first(10)] }));
    const change = async (verb: string) =>
      bench.ask({ do: 'run', stack: 'a', argv: `ip route ${verb} default via 10.2.0.2 dev e1 metric 10`.split(' ') });
    expect((await change('add')).stderr).toContain('File exists');
    expect((await change('append')).status).toBe(0);
    expect([await arrival(), predictedArrival(equal)]).toEqual(['r1', 'r1']);
  });

  it('G36 a lost carrier does not bring the next metric in, unless ignore_routes_with_linkdown', async () => {
    const routes = [first(10), second(20)];
    const lose = async (sysctls: Stack['sysctls']) => {
      const before = twoWays({ routes, sysctls });
      await bench.lay(before);
      expect([await arrival(), predictedArrival(before)]).toEqual(['r1', 'r1']);
      const after = twoWays({ routes, sysctls }, { isUp: false });
      await bench.change(after);
      await untilLinkdown();
      return after;
    };
    await agree(bench, await lose({}), [['stuck', ping('a', '10.9.0.1'), 'host-unreachable']]);
    const over = await lose(skipping);
    expect([await arrival(), predictedArrival(over)]).toEqual(['r2', 'r2']);
  });

  it('G36 an interface that goes down takes its routes along, and does not bring them back', async () => {
    await bench.lay(twoWays({ routes: [first(10)] }));
    for (const to of ['down', 'up']) await bench.ask({ do: 'run', stack: 'a', argv: ['ip', 'link', 'set', 'e0', to] });
    await bench.ask({ do: 'until-ready' });
    const { state } = await bench.ask({ do: 'observe' });
    await agree(bench, state, [
      ['by the route', ping('a', '10.9.0.1'), 'net-unreachable'],
      ['by the address', ping('a', '10.1.0.2'), 'answer'],
    ]);
  });

  const balanced = {
    ...special('0.0.0.0/0', 'unicast'),
    nexthops: [
      { via: '10.1.0.2', dev: 'e0', weight: 1 },
      { via: '10.2.0.2', dev: 'e1', weight: 1 },
    ],
  };
  const many = Array.from({ length: 20 }, (_, index) => ping('a', `10.9.0.${index + 1}`));
  /** Both routers have all of 10.9.0.0/24, and the way back does not matter. */
  const balancing = (sysctls: Stack['sysctls'], gateway = '10.1.0.2', up = true) =>
    network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']), e1: nic(['10.2.0.1/24']) }, { routes: [balanced], sysctls }),
        r1: stack({ lo: loopback('10.9.0.1/24'), e0: nic([`${gateway}/24`], { up }) }),
        r2: stack(
          { lo: loopback('10.9.0.1/24'), e0: nic(['10.2.0.2/24']) },
          { routes: [route('10.1.0.0/24', '10.2.0.1', { dev: 'e0' })] },
        ),
      },
      ['a.e0 r1.e0', 'a.e1 r2.e0'],
    );
  const answersOf = async (): Promise<number> =>
    (await probe(bench, many, 300)).filter(({ sees }) => sees === 'answer').length;

  it('G37 equal next hops: a dead gateway keeps its share, unless fib_multipath_use_neigh', async () => {
    const dead = balancing({}, '10.1.0.77');
    await bench.lay(dead);
    await probe(bench, many, 200);
    const share = await answersOf();
    expect([share > 0 && share < 20, verdictOf(dead, many[0]!)]).toEqual([true, 'sometimes']);
    const helped = balancing({ 'net/ipv4/fib_multipath_use_neigh': '1' }, '10.1.0.77');
    await bench.lay(helped);
    // The gateway has to be found dead first, so that the first packets are a matter of chance still.
    await probe(bench, many, 200);
    expect([await answersOf(), verdictOf(helped, many[0]!)]).toEqual([20, 'sometimes']);
  });

  it('G37 equal next hops: one without carrier is skipped if ignore_routes_with_linkdown was on when it lost it', async () => {
    const lost = balancing(skipping, '10.1.0.2', false);
    await bench.lay(balancing(skipping));
    await bench.change(lost);
    await untilLinkdown();
    expect([await answersOf(), verdictOf(lost, many[0]!)]).toEqual([20, 'yes']);
    // Said too late, it changes nothing (measured only: that is history).
    await bench.lay(balancing({}));
    await bench.change(balancing({}, '10.1.0.2', false));
    await untilLinkdown();
    await bench.ask({ do: 'sysctl', stack: 'a', values: skipping });
    const share = await answersOf();
    expect(share > 0 && share < 20).toBe(true);
  });

  it('G38 removing a primary address takes its secondaries along, but not routes by gateways of its subnet', async () => {
    const before = network(
      {
        a: stack({ e0: nic(['10.1.0.1/24', '10.1.0.3/24', '10.7.0.1/24']) }, { routes: [first(0)] }),
        r1: stack({ lo: loopback('10.9.0.1/32'), e0: nic(['10.1.0.2/24', '10.7.0.2/24']) }),
      },
      ['a.e0 r1.e0'],
    );
    await holds(bench, before, [['before', ping('a', '10.9.0.1'), 'answer']]);
    await bench.ask({ do: 'run', stack: 'a', argv: 'ip address del 10.1.0.1/24 dev e0'.split(' ') });
    const { state } = await bench.ask({ do: 'observe' });
    expect(state.stacks['a']?.interfaces['e0']?.addresses.map(({ address }) => address)).toEqual(['10.7.0.1']);
    expect(state.stacks['a']?.routes.map(({ via }) => via)).toEqual(['10.1.0.2']);
    await agree(bench, state, [['after', udp('a', '10.9.0.1'), 'answer', '10.7.0.1']]);
  });

  it('G39 a gateway has to be on the link, or to be said to be', async () => {
    const guest = (routes: Stack['routes']) =>
      network(
        {
          a: stack({ e0: nic(['10.5.0.1/32']) }, { routes }),
          b: stack({ e0: nic(['10.1.0.2/24']) }, { routes: [route('10.5.0.1/32', 'dev e0')] }),
        },
        ['a.e0 b.e0'],
      );
    const off = guest([route('default', '10.1.0.2', { dev: 'e0' })]);
    const { failure } = await bench.ask({ do: 'apply', state: off });
    // The kernel refuses it. In a state that is observed such a route may be left over, and is one like others (G38).
    expect(failure).toContain('invalid gateway');
    await holds(bench, guest([route('default', '10.1.0.2', { dev: 'e0', onlink: true })]), [
      ['onlink', ping('a', '10.1.0.2'), 'answer'],
    ]);
    await holds(bench, guest([route('10.1.0.2/32', 'dev e0'), route('default', '10.1.0.2', { dev: 'e0' })]), [
      ['a route to the gateway', ping('a', '10.1.0.2'), 'answer'],
    ]);
  });
});
