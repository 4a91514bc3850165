/** A tunnel to many ends keeps one route: what the walker says where they are reached by different first hops. */
import { describe, expect, it } from 'vitest';
import { ask } from '../../src/reach/engine/ask.ts';
import { predictState } from '../../src/reach/engine/engine.ts';
import { prove } from '../../src/reach/engine/prove.ts';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { repairsFor } from '../../src/reach/repair/repair.ts';
import { type Walk } from '../../src/reach/walk.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { tunnelRouting } from '../../src/state/tunnel-routing.ts';
import { ping } from '../kernel-behaviour/bench/flows.ts';
import { forwarding, network, nic, route, special, stack, switchOf } from '../kernel-behaviour/bench/network.ts';

interface Around {
  readonly atA?: Partial<Stack>;
  readonly sixRd?: { readonly prefix: string };
}

const six = (local: string, address: string, sixRd?: Around['sixRd']) =>
  nic([address], {
    ...{ kind: 'tunnel', mtuBytes: 1480 },
    tunnel: { mode: 'sit', local, ...(sixRd === undefined ? {} : { sixRd }) },
  });

const byRouter = (gateway: string) => ({ routes: [route('default', gateway, { dev: 'e0' })] });

/** a and its neighbour n on one link, b behind the router r; all three have 6to4. */
const sites = ({ atA = {}, sixRd }: Around = {}): NetworkState => {
  const block = sixRd === undefined ? '2002' : '3fff';
  const end = (local: string, hex: string, length: number): Stack['interfaces'] => ({
    e0: nic([`${local}/24`]),
    t: six(local, `${block}:${hex}::1/${length}`, sixRd),
  });
  return network(
    {
      a: stack(end('10.1.0.1', 'a01:1', 16), { ...byRouter('10.1.0.254'), ...atA }),
      n: stack(end('10.1.0.2', 'a01:2', 16), byRouter('10.1.0.254')),
      b: stack(end('10.2.0.1', 'a02:1', 16), byRouter('10.2.0.254')),
      r: stack({ e0: nic(['10.1.0.254/24']), e1: nic(['10.2.0.254/24']) }, { sysctls: forwarding }),
      sw: switchOf(['p0', 'p1', 'p2']),
    },
    ['a.e0 sw.p0', 'n.e0 sw.p1', 'r.e0 sw.p2', 'b.e0 r.e1'],
  );
};

const asked = (state: NetworkState, to: string): Walk => walk(buildModel(state, {}), ping('a', to));
const [near, far] = ['2002:a01:2::1', '2002:a02:1::1'] as const;

describe('the route that a tunnel keeps', () => {
  it('loses packets to an end behind a gateway, once one on the link came first', () => {
    const { verdict, stop } = asked(sites(), far);
    expect(verdict).toBe('sometimes');
    expect(stop).toMatchObject({ stack: 'a', interface: 't', reason: 'tunnel_outer' });
    expect(stop?.because.text).toContain('for all ends t keeps the route of the one it sent to first, here 10.1.0.2');
  });

  it('is mended by a rule that leads all by the gateway', () => {
    const [repair] = repairsFor(sites(), {}, ping('a', far));
    expect(repair?.change).toMatch(/^lead all that t of a sends by the default route/);
    expect(repair?.commands.map(({ machine, argv }) => [machine, ...argv].join(' '))).toEqual([
      'a ip rule add from 10.1.0.1/32 ipproto 41 priority 41 lookup 41',
      'a ip route add default via 10.1.0.254 table 41',
      'a sysctl -w net.ipv4.conf.e0.accept_redirects=0',
    ]);
  });

  it('is left to the walker by the engine', () => {
    const prediction = predictState(sites());
    expect(ask(prediction, ping('a', far))).not.toBe('yes');
    expect(prove(prediction, { kind: 'always', family: 6, from: ['a'], to: [far] }).verdict).toBe('unknown');
  });

  it('loses none to an end on the link where the gateway leads back to it', () => {
    expect(asked(sites(), near).verdict).toBe('yes');
  });

  it('is the same of 6rd', () => {
    const state = sites({ sixRd: { prefix: '3fff::/16' } });
    expect(asked(state, '3fff:a02:1::1').verdict).toBe('sometimes');
  });

  it('may be that of a relay', () => {
    const { n: _gone, ...stacks } = sites().stacks;
    const alone: NetworkState = { version: 1, stacks, cables: sites().cables.filter(({ a }) => a.stack !== 'n') };
    expect(asked(alone, far).verdict).toBe('yes');
    const a = stacks['a'];
    if (a === undefined) throw new Error('there is no a');
    const relayed = { ...a, routes: [...a.routes, route('::/0', '::10.1.0.9', { dev: 't' })] };
    expect(asked({ ...alone, stacks: { ...stacks, a: relayed } }, far).verdict).toBe('sometimes');
  });

  it('makes no difference where rule and table give all ends one first hop', () => {
    const { interfaces, routes } = sites().stacks['a'] ?? stack({});
    const steady = tunnelRouting(interfaces, routes);
    const state = sites({ atA: { routes: [...routes, ...steady.routes], rules: steady.rules } });
    expect([asked(state, far).verdict, asked(state, near).verdict]).toEqual(['yes', 'yes']);
  });

  it('is not that of ends which the tunnel does not lead to', () => {
    const { routes } = sites().stacks['a'] ?? stack({});
    const unreachable = special('2002:a01:2::/48', 'unreachable');
    expect(asked(sites({ atA: { routes: [...routes, unreachable] } }), far).verdict).toBe('yes');
  });
});
