/** Neighbour discovery, duplicate addresses and router advertisements: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { settledFacts } from '../../src/reach/settled.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { agree, becomes, holds } from './bench/bench.ts';
import { ping } from './bench/flows.ts';
import { bridge, forwarding, network, nic, route, stack } from './bench/network.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

describe('neighbour solicitations', () => {
  it('G19 neighbour discovery is strict: no answer for addresses of other interfaces, but what is routed is taken', async () => {
    const state = (way: string) =>
      network(
        {
          a: stack({ e0: nic(['fd01::1/64']) }, { routes: [route('fd09::/64', way, { dev: 'e0' })] }),
          b: stack({ e0: nic(['fd01::2/64']), br1: bridge(['fd09::1/64']) }),
        },
        ['a.e0 b.e0'],
      );
    await holds(bench, state('dev e0'), [['on the link', ping('a', 'fd09::1'), 'host-unreachable']]);
    await holds(bench, state('fd01::2'), [['by a gateway', ping('a', 'fd09::1'), 'answer']]);
  });

  it('G25 neighbour proxies of IPv6: an entry, proxy_ndp and forwarding, all three', async () => {
    const state = (entry: boolean, proxy: '0' | '1', forward: '0' | '1') =>
      network(
        {
          a: stack({ e0: nic(['fd01::1/64']) }),
          r: stack(
            { e0: nic(['fd01::254/64']), e1: nic(['fd02::254/64']) },
            {
              routes: [route('fd01::9/128', 'fd02::9', { dev: 'e1' })],
              neighbourProxies: entry ? [{ family: 6, address: 'fd01::9', dev: 'e0' }] : [],
              sysctls: { 'net/ipv6/conf/e0/proxy_ndp': proxy, 'net/ipv6/conf/all/forwarding': forward },
            },
          ),
          c: stack(
            { e0: nic(['fd02::9/64', 'fd01::9/128']) },
            { routes: [route('fd01::/64', 'fd02::254', { dev: 'e0' })] },
          ),
        },
        ['a.e0 r.e0', 'c.e0 r.e1'],
      );
    const flow = ping('a', 'fd01::9');
    await bench.lay(state(false, '0', '0'));
    for (const [title, laid, sees] of [
      ['no entry', state(false, '1', '1'), 'host-unreachable'],
      ['no proxy_ndp', state(true, '0', '1'), 'host-unreachable'],
      ['no forwarding', state(true, '1', '0'), 'host-unreachable'],
      ['all three', state(true, '1', '1'), 'answer'],
    ] as const)
      await becomes(bench, laid, [[title, flow, sees]]);
  });
});

describe('addresses in doubt', () => {
  it('G28 duplicate address detection: a new address waits, and one that somebody has is never used', async () => {
    const detecting = { 'net/ipv6/conf/all/accept_dad': '1', 'net/ipv6/conf/default/accept_dad': '1' };
    const state = (...atB: readonly string[]) =>
      network(
        {
          a: stack({ e0: nic(['fd01::1/64']) }),
          b: stack({ e0: nic(['fd01::7/64', ...atB]) }, { sysctls: detecting }),
        },
        ['a.e0 b.e0'],
      );
    await bench.lay(state());
    await bench.ask({
      do: 'sysctl',
      stack: 'b',
      values: { 'net/ipv6/conf/e0/dad_transmits': '1', 'net/ipv6/neigh/e0/retrans_time_ms': '400' },
    });
    const add = (address: string) =>
      bench.ask({ do: 'run', stack: 'b', argv: ['ip', 'address', 'add', `${address}/64`, 'dev', 'e0'] });
    const stateOf = async (address: string) => {
      const { facts } = await bench.ask({ do: 'observe' });
      return { facts, is: facts.unusable?.find((entry) => entry.address === address)?.state };
    };
    const untilNot = async (address: string, tentative: 'tentative') => {
      for (let tries = 0; tries < 60 && (await stateOf(address)).is === tentative; tries += 1)
        await bench.ask({ do: 'wait', ms: 40 });
      return stateOf(address);
    };
    await add('fd01::2');
    const early = await stateOf('fd01::2');
    expect(early.is).toBe('tentative');
    const toNew = ping('a', 'fd01::2');
    await agree(bench, state('fd01::2/64'), [['tentative', toNew, 'host-unreachable']], early.facts);
    const late = await untilNot('fd01::2', 'tentative');
    expect(late.is).toBe(undefined);
    await agree(bench, state('fd01::2/64'), [['settled', toNew, 'answer']], late.facts);
    await add('fd01::1');
    const failed = await untilNot('fd01::1', 'tentative');
    expect(failed.is).toBe('dadfailed');
    // It stays with its first owner.
    await agree(
      bench,
      state('fd01::2/64', 'fd01::1/64'),
      [['duplicate', ping('b', 'fd01::1'), 'answer', 'fd01::2']],
      failed.facts,
    );
  });
});

describe('router advertisements', () => {
  /** h may be told by r; `fd01::/64` is announced, with r as default router. */
  const advertised = (sysctls: Stack['sysctls']): NetworkState =>
    network(
      {
        h: stack({ e0: nic() }, { sysctls }),
        r: stack(
          { e0: nic(['fd01::254/64']), e1: nic(['fd02::254/64']) },
          {
            sysctls: forwarding,
            services: [{ kind: 'router-advertiser', interface: 'e0', prefixes: ['fd01::/64'], isDefaultRouter: true }],
          },
        ),
        far: stack({ e0: nic(['fd02::1/64']) }, { routes: [route('::/0', 'fd02::254', { dev: 'e0' })] }),
      },
      ['h.e0 r.e0', 'far.e0 r.e1'],
    );
  /** Where not even `default` says it, the interface has the kernel's own 1. */
  const accepting = (value: '1' | '2', forward: '0' | '1') => ({
    'net/ipv6/conf/default/accept_ra': value,
    // Who has no answer yet asks again every second.
    'net/ipv6/conf/default/router_solicitations': '10',
    'net/ipv6/conf/default/router_solicitation_delay': '0',
    'net/ipv6/conf/default/router_solicitation_interval': '1',
    'net/ipv6/conf/all/forwarding': forward,
  });
  const learned = async () => {
    const { stdout } = await bench.ask({ do: 'run', stack: 'h', argv: ['ip', '-6', 'address', 'show', 'dev', 'e0'] });
    return stdout.includes('fd01:');
  };
  const defaultRoute = async () => {
    const { stdout } = await bench.ask({ do: 'run', stack: 'h', argv: ['ip', '-6', 'route', 'show', 'default'] });
    return stdout.includes('default');
  };
  const untilLearned = async (mostMs: number) => {
    for (const end = performance.now() + mostMs; performance.now() < end && !(await learned());)
      await bench.ask({ do: 'wait', ms: 30 });
  };

  it('G49 advertisements: taken by hosts; by routers only with accept_ra 2', async () => {
    for (const [value, forward, isTaken] of [
      ['1', '0', true],
      ['2', '1', true],
      ['1', '1', false],
    ] as const) {
      const state = advertised(accepting(value, forward));
      await bench.lay(state);
      await untilLearned(isTaken ? 5000 : 600);
      const facts = settledFacts(state);
      expect([value, forward, await learned(), facts.addresses?.length === 1]).toEqual([
        value,
        forward,
        isTaken,
        isTaken,
      ]);
      const sees = isTaken ? ('answer' as const) : ('net-unreachable' as const);
      await agree(bench, state, [['beyond the router', ping('h', 'fd02::1'), sees]], facts);
    }
  });

  it('G49 turning forwarding on removes the default route that was advertised, and keeps the address', async () => {
    await bench.lay(advertised(accepting('1', '0')));
    await untilLearned(5000);
    expect([await learned(), await defaultRoute()]).toEqual([true, true]);
    await bench.ask({ do: 'sysctl', stack: 'h', values: { 'net/ipv6/conf/all/forwarding': '1' } });
    expect([await learned(), await defaultRoute()]).toEqual([true, false]);
  });

  it("G49 a subnet's own address is that of its routers", async () => {
    const state = (forward: '0' | '1') =>
      network(
        {
          a: stack({ e0: nic(['fd01::1/64']) }),
          r: stack({ e0: nic(['fd01::254/64']) }, { sysctls: { 'net/ipv6/conf/all/forwarding': forward } }),
        },
        ['a.e0 r.e0'],
      );
    await holds(bench, state('0'), [['host', ping('a', 'fd01::'), 'host-unreachable']]);
    // It arrives; the answer comes from another address than was asked.
    await holds(bench, state('1'), [['router', ping('a', 'fd01::'), 'timeout', 'fd01::1']]);
  });
});
