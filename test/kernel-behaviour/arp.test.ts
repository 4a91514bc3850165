/** ARP and who owns an IPv4 address: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type Stack } from '../../src/state/network-state.ts';
import { agree, agreeOnArp, becomes, holds, probe } from './bench/bench.ts';
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

  it('answers who asks from what is its broadcast address, where it never had a policy rule; the echo reply goes to everybody', async () => {
    const overlapping = network({ a: stack({ e0: nic(['10.1.0.3/24']) }), b: stack({ e0: nic(['10.1.0.1/30']) }) }, [
      'a.e0 b.e0',
    ]);
    await holds(bench, overlapping, [
      ['the kernel answers', ping('a', '10.1.0.1'), 'answer'],
      ['a program must not', udp('a', '10.1.0.1'), 'timeout'],
    ]);
    const rule = { ...overlapping.stacks['b']!, rules: [{ family: 4, priority: 100, table: 254 } as const] };
    const ruled = { ...overlapping, stacks: { ...overlapping.stacks, b: rule } };
    await holds(bench, ruled, [['where there is a policy rule', ping('a', '10.1.0.1'), 'host-unreachable']]);
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
