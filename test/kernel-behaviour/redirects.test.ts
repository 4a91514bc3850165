/** Detours and answers from other addresses: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { type Stack } from '../../src/state/network-state.ts';
import { agree, holds } from './bench/bench.ts';
import { ping, tcp, udp } from './bench/flows.ts';
import { chain, forwarding, loopback, network, nic, route, stack, switchOf, table } from './bench/network.ts';
import { routed } from './bench/routed.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

describe('which address answers', () => {
  it('G42 a UDP server on all addresses answers from the address that the route back prefers; TCP and ping do not', async () => {
    const state = network(
      {
        a: stack({ e0: nic(['10.1.0.2/24']) }, { routes: [route('10.9.0.1/32', '10.1.0.1', { dev: 'e0' })] }),
        b: stack({ lo: loopback('10.9.0.1/32'), e0: nic(['10.1.0.1/24']) }),
      },
      ['a.e0 b.e0'],
    );
    await bench.lay(state);
    const answers = await bench.ask({
      do: 'ask-wildcard-server',
      client: 'a',
      server: 'b',
      address: '10.9.0.1',
      waitMs: 150,
    });
    expect(answers).toEqual({ did: 'ask-wildcard-server', unconnected: '10.1.0.1', connected: null });
    // The walker's servers, like those of the bench, answer from the address that they were asked at.
    await agree(bench, state, [
      ['tcp', tcp('a', '10.9.0.1'), 'answer'],
      ['ping', ping('a', '10.9.0.1'), 'answer'],
      ['udp, answered with care', udp('a', '10.9.0.1'), 'answer'],
    ]);
  });

  it("G44 a router's far address is its own: neither forwarding nor FORWARD is asked", async () => {
    const state = routed({}, { r: { filter: [table('inet', chain('forward', 'drop'))] } });
    await holds(bench, state, [
      ['far address', ping('a', '10.2.0.254'), 'answer'],
      ['far address, IPv6', ping('a', 'fd02::254'), 'answer'],
      ['beyond', ping('a', '10.2.0.1'), 'timeout'],
    ]);
  });
});

describe('different masks on one wire', () => {
  /** a has the lower half of 10.1.0.0/24 only and goes by the router; b has all of it. */
  const halves = (router: Partial<Stack>, atA: Partial<Stack> = {}, up = true) =>
    network(
      {
        a: stack({ e0: nic(['10.1.0.1/25']) }, { routes: [route('default', '10.1.0.126', { dev: 'e0' })], ...atA }),
        b: stack({ e0: nic(['10.1.0.200/24']) }),
        r: stack({ e0: nic(['10.1.0.126/24'], { up }) }, router),
        sw: switchOf(['p0', 'p1', 'p2']),
      },
      ['a.e0 sw.p0', 'b.e0 sw.p1', 'r.e0 sw.p2'],
    );
  const flow = ping('a', '10.1.0.200');

  it('G46 redirects: sent even where FORWARD drops the packet; once taken, the router is gone past', async () => {
    const state = halves(
      {
        filter: [table('ip', chain('forward', 'drop'))],
        sysctls: {
          'net/ipv4/ip_forward': '1',
          'net/ipv4/conf/all/send_redirects': '1',
          'net/ipv4/conf/default/send_redirects': '1',
        },
      },
      { sysctls: { 'net/ipv4/conf/all/accept_redirects': '1', 'net/ipv4/conf/default/accept_redirects': '1' } },
    );
    await holds(bench, state, [['before', flow, 'timeout']]);
    const redirects = [{ stack: 'a', destination: '10.1.0.200', via: '10.1.0.200' }];
    await agree(bench, state, [['after', flow, 'answer']], { redirects });
  });

  it('G47 masks: one end goes by the router and the other directly; without the router both ways fail', async () => {
    await holds(bench, halves({ sysctls: forwarding }), [
      ['there by the router', flow, 'answer'],
      ['back by the router', ping('b', '10.1.0.1'), 'answer'],
    ]);
    await holds(bench, halves({ sysctls: forwarding }, {}, false), [
      ['there', flow, 'host-unreachable'],
      ['back', ping('b', '10.1.0.1'), 'timeout'],
    ]);
  });
});
