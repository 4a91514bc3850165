/** ARP and who owns an IPv4 address: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type Stack } from '../../src/state/network-state.ts';
import { agree, agreeOnArp, becomes, holds, probe, verdictOf } from './bench/bench.ts';
import { ping, udp } from './bench/flows.ts';
import { bridge, loopback, macOf, network, nic, route, special, stack, switchOf } from './bench/network.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

const all = (name: string, value: number) => ({ [`net/ipv4/conf/all/${name}`]: String(value) });

describe('addresses of other interfaces', () => {
  const state = (sysctls: Stack['sysctls'] = {}) =>
    network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']) }),
        b: stack({ e0: nic(['10.1.0.2/24']), br1: bridge(['10.9.0.1/24']) }, { sysctls }),
      },
      ['a.e0 b.e0'],
    );

  it('G17 weak host: an interface answers ARP for addresses of others, as arp_ignore allows', async () => {
    const own = 'a.e0 10.1.0.1 asks 10.1.0.2';
    const other = 'a.e0 10.1.0.1 asks 10.9.0.1';
    const foreign = 'a.e0 10.9.0.77 asks 10.1.0.2';
    const answersBy: Readonly<Record<number, readonly string[]>> = {
      0: [own, other, foreign],
      1: [own, foreign],
      2: [own],
      3: [own, other, foreign],
      8: [],
    };
    await bench.lay(state());
    for (const [value, answered] of Object.entries(answersBy)) {
      const laid = state(all('arp_ignore', Number(value)));
      await bench.change(laid);
      await agreeOnArp(
        bench,
        laid,
        [own, other, foreign].map((question) => [question, answered.includes(question) ? ['b.e0'] : []]),
      );
    }
  });

  it('G17 weak host: a bridge without any address answers for those of other interfaces', async () => {
    const bare = network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']) }),
        b: stack({ br0: bridge(), e1: nic(['10.9.0.1/24']), p0: nic([], { master: 'br0' }) }),
        c: stack({ e0: nic() }),
      },
      ['a.e0 b.p0', 'b.e1 c.e0'],
    );
    await bench.lay(bare);
    await agreeOnArp(bench, bare, [['a.e0 10.1.0.1 asks 10.9.0.1', ['b.br0']]]);
  });

  it('G18 arp_ignore stops the answer to ARP, not the packet: by a gateway it arrives', async () => {
    const routed = (way: string) => {
      const { a, b } = state(all('arp_ignore', 1)).stacks;
      return network({ a: { ...a!, routes: [route('10.9.0.0/24', way, { dev: 'e0' })] }, b: b! }, ['a.e0 b.e0']);
    };
    await holds(bench, routed('dev e0'), [['on the link', ping('a', '10.9.0.1'), 'host-unreachable']]);
    await holds(bench, routed('10.1.0.2'), [['by a gateway', ping('a', '10.9.0.1'), 'answer']]);
  });

  it('G27 no duplicate detection: both owners answer, and each answers itself', async () => {
    const twice = network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']) }),
        b: stack({ e0: nic(['10.1.0.2/24']) }),
        c: stack({ e0: nic(['10.1.0.2/24']) }),
        sw: switchOf(['p0', 'p1', 'p2']),
      },
      ['a.e0 sw.p0', 'b.e0 sw.p1', 'c.e0 sw.p2'],
    );
    await bench.lay(twice);
    await agreeOnArp(bench, twice, [['a.e0 10.1.0.1 asks 10.1.0.2', ['b.e0', 'c.e0']]]);
    const flow = udp('a', '10.1.0.2');
    const [measured] = await probe(bench, [flow]);
    expect([measured?.sees, ['b', 'c'].includes(measured?.arrivedAt ?? '')]).toEqual(['answer', true]);
    const walked = walk(buildModel(twice), flow);
    expect([walked.deliveredTo, ...walked.alternatives.map(({ deliveredTo }) => deliveredTo)].sort()).toEqual([
      'b',
      'c',
    ]);
    await agree(bench, twice, [
      ['b asks itself', udp('b', '10.1.0.2'), 'answer', '10.1.0.2'],
      ['c asks itself', udp('c', '10.1.0.2'), 'answer', '10.1.0.2'],
    ]);
  });

  it('G30 prefixes on lo: all their addresses are local, by an address or by a route', async () => {
    const anyIp = network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']) }, { routes: [route('default', '10.1.0.2', { dev: 'e0' })] }),
        b: stack(
          { lo: loopback('10.7.0.1/24'), e0: nic(['10.1.0.2/24']) },
          { routes: [special('10.8.0.0/24', 'local', { dev: 'lo', table: 255 })] },
        ),
      },
      ['a.e0 b.e0'],
    );
    await holds(bench, anyIp, [
      ['in the prefix of an address', ping('a', '10.7.0.77'), 'answer'],
      ['in the prefix of a local route', ping('a', '10.8.0.77'), 'answer'],
    ]);
  });
});

describe('two interfaces on one subnet', () => {
  const both = (sysctls: Stack['sysctls'], more: Partial<Stack> = {}) =>
    network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']) }, more),
        b: stack({ e0: nic(['10.1.0.2/24']), e1: nic(['10.1.0.3/24']) }, { sysctls }),
        sw: switchOf(['p0', 'p1', 'p2']),
      },
      ['a.e0 sw.p0', 'b.e0 sw.p1', 'b.e1 sw.p2'],
    );
  const [first, second] = ['a.e0 10.1.0.1 asks 10.1.0.2', 'a.e0 10.1.0.1 asks 10.1.0.3'] as const;

  it('G20 ARP flux: both answer for both, until arp_ignore or arp_filter pins them', async () => {
    const flux = both({});
    await bench.lay(flux);
    await agreeOnArp(bench, flux, [
      [first, ['b.e0', 'b.e1']],
      [second, ['b.e0', 'b.e1']],
    ]);
    const cured = both({ ...all('arp_ignore', 1), ...all('arp_announce', 2) });
    await bench.change(cured);
    await agreeOnArp(bench, cured, [
      [first, ['b.e0']],
      [second, ['b.e1']],
    ]);
    const filtered = both(all('arp_filter', 1));
    await bench.change(filtered);
    await agreeOnArp(bench, filtered, [
      [first, ['b.e0']],
      [second, ['b.e0']],
    ]);
  });

  it('G21 strict rp_filter: the second interface neither answers ARP nor takes packets', async () => {
    const plain = both(all('rp_filter', 1));
    await bench.lay(plain);
    await agreeOnArp(bench, plain, [
      [first, ['b.e0']],
      [second, ['b.e0']],
    ]);
    const toSecond = (rpFilter: number) =>
      both(all('rp_filter', rpFilter), {
        neighbours: [{ family: 4, address: '10.1.0.3', mac: macOf(plain, 'b.e1'), dev: 'e0' }],
      });
    const flow = ping('a', '10.1.0.3');
    await holds(bench, toSecond(1), [['strict', flow, 'timeout']]);
    await becomes(bench, toSecond(0), [['off', flow, 'answer']]);
  });
});

describe('answers for others', () => {
  it('G22 source check: ARP is answered only where a packet from the asker would be taken', async () => {
    const question = 'a.e0 10.5.0.9 asks 10.1.0.2';
    const checked = (rpFilter: number, routes: Stack['routes']) =>
      network(
        {
          a: stack({ e0: nic(['10.1.0.1/24']) }),
          b: stack(
            { e0: nic(['10.1.0.2/24']), e1: nic(['10.2.0.2/24']) },
            { routes, sysctls: all('rp_filter', rpFilter) },
          ),
          c: stack({ e0: nic(['10.2.0.1/24']) }),
        },
        ['a.e0 b.e0', 'b.e1 c.e0'],
      );
    const elsewhere = [route('10.5.0.0/24', '10.2.0.1', { dev: 'e1' })];
    await bench.lay(checked(0, []));
    for (const [rpFilter, routes, answers] of [
      [1, elsewhere, []],
      [2, elsewhere, ['b.e0']],
      [2, [], []],
      [0, elsewhere, ['b.e0']],
      [0, [], ['b.e0']],
    ] as const) {
      const laid = checked(rpFilter, routes);
      await bench.change(laid);
      await agreeOnArp(bench, laid, [[question, answers]]);
    }
  });

  /** Router r between a and c; c has 10.2.0.1, and 10.3.0.0/24 is behind it. */
  const proxied = (sysctls: Stack['sysctls'], more: Partial<Stack> = {}) =>
    network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']) }),
        r: stack(
          { e0: nic(['10.1.0.254/24']), e1: nic(['10.2.0.254/24']) },
          { ...more, routes: [route('10.3.0.0/24', '10.2.0.1', { dev: 'e1' }), ...(more.routes ?? [])], sysctls },
        ),
        c: stack({ e0: nic(['10.2.0.1/24']) }),
      },
      ['a.e0 r.e0', 'r.e1 c.e0'],
    );
  const on = { 'net/ipv4/ip_forward': '1' };
  const proxyArp = { 'net/ipv4/conf/e0/proxy_arp': '1' };
  const [onOther, behind, onSame, noRoute] = ['10.2.0.1', '10.3.0.7', '10.1.0.7', '8.8.8.8'].map(
    (target) => `a.e0 10.1.0.1 asks ${target}`,
  ) as [string, string, string, string];

  it('G23 proxy_arp: forwarding, a route, and another interface to leave by', async () => {
    const cases: readonly (readonly [state: ReturnType<typeof proxied>, answered: readonly string[]])[] = [
      [proxied(proxyArp), []],
      [proxied({ ...on, ...proxyArp }), [onOther, behind]],
      [
        proxied({ ...on, ...proxyArp }, { routes: [route('default', '10.2.0.1', { dev: 'e1' })] }),
        [onOther, behind, noRoute],
      ],
      [proxied({ ...on, 'net/ipv4/conf/e0/proxy_arp_pvlan': '1' }), [onSame]],
    ];
    await bench.lay(proxied({}));
    for (const [laid, answered] of cases) {
      await bench.change(laid);
      await agreeOnArp(
        bench,
        laid,
        [onOther, behind, onSame, noRoute].map((question) => [question, answered.includes(question) ? ['r.e0'] : []]),
      );
    }
  });

  it('G24 neighbour proxies: forwarding is enough, and the source check holds for them', async () => {
    const neighbourProxies = [{ family: 4, address: '10.3.0.7', dev: 'e0' } as const];
    const strict = 'a.e0 10.3.0.9 asks 10.3.0.7';
    await bench.lay(proxied({}));
    for (const [sysctls, question, answers] of [
      [{}, behind, []],
      [on, behind, ['r.e0']],
      [on, onOther, []],
      [{ ...on, ...all('rp_filter', 1) }, strict, []],
      [on, strict, ['r.e0']],
    ] as const) {
      const laid = proxied(sysctls, { neighbourProxies });
      await bench.change(laid);
      await agreeOnArp(bench, laid, [[question, answers]]);
    }
  });

  it('G26 proxy_delay: answers for others come late, by chance, up to 0.8 s (measured only: the model has no time)', async () => {
    await bench.lay(proxied({ ...on, ...proxyArp }));
    const questions = Array.from({ length: 8 }, (_, index) => ({
      stack: 'a',
      interface: 'e0',
      mac: '52:54:00:aa:00:01',
      sender: '10.1.0.1',
      target: `10.3.0.${index + 1}`,
    }));
    const prompt = await bench.ask({ do: 'arp', questions, waitMs: 40 });
    expect(prompt.answers.every((list) => list.length === 1)).toBe(true);
    // In hundredths of a second.
    await bench.ask({ do: 'sysctl', stack: 'r', values: { 'net/ipv4/neigh/e0/proxy_delay': '80' } });
    const delayed = await bench.ask({ do: 'arp', questions, waitMs: 900 });
    const times = delayed.answers.flatMap((list) => list.map(({ afterMs }) => afterMs));
    expect(times.length).toBe(questions.length);
    expect(Math.max(...times)).toBeGreaterThan(100);
  });

  it('G29 neighbour table: one for all namespaces of the machine (measured only: the model has no limits)', async () => {
    const neighbours = Array.from({ length: 200 }, (_, index) => ({
      family: 4 as const,
      address: `10.1.0.${index + 20}`,
      mac: '52:54:00:bb:bb:bb',
      dev: 'e0',
    }));
    const pair = (more: Partial<Stack>) =>
      network({ a: stack({ e0: nic(['10.1.0.1/24']) }, more), b: stack({ e0: nic(['10.1.0.2/24']) }) }, ['a.e0 b.e0']);
    const entriesSeenBy = async (name: string): Promise<number> => {
      const argv = ['ip', '-s', 'ntable', 'show', 'name', 'arp_cache'];
      const { stdout } = await bench.ask({ do: 'run', stack: name, argv });
      return Number(/ entries (\d+)/.exec(stdout)?.[1]);
    };
    await bench.lay(pair({}));
    const before = await entriesSeenBy('b');
    await bench.change(pair({ neighbours }));
    expect((await entriesSeenBy('b')) - before).toBeGreaterThan(100);
    expect(verdictOf(pair({ neighbours }), ping('a', '10.1.0.2'))).toBe('yes');
  });
});
