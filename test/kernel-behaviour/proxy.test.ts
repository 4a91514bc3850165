/** ARP for others, and whose questions are answered: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { type Stack } from '../../src/state/network-state.ts';
import { agreeOnArp, verdictOf } from './bench/bench.ts';
import { ping } from './bench/flows.ts';
import { network, nic, route, stack } from './bench/network.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

const all = (name: string, value: number) => ({ [`net/ipv4/conf/all/${name}`]: String(value) });

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
