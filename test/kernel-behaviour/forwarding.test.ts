/** What a stack takes, passes on and sends back: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { printIp } from '../../src/net/address.ts';
import { linkLocalOf } from '../../src/net/mac.ts';
import { type Stack } from '../../src/state/network-state.ts';
import { becomes, holds, probe } from './bench/bench.ts';
import { ping, tcp, udp } from './bench/flows.ts';
import {
  forwarding,
  loopback,
  macOf,
  natChain,
  network,
  nic,
  route,
  rule,
  stack,
  table,
  tcpTo,
} from './bench/network.ts';
import { routed } from './bench/routed.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

describe('forwarding', () => {
  const v4 = ping('a', '10.2.0.1');
  const v6 = ping('a', 'fd02::1');
  const on = (name: string, family: 'ipv4' | 'ipv6' = 'ipv4', what = 'forwarding') => ({
    [`net/${family}/conf/${name}/${what}`]: '1',
  });

  it('G43 IPv4 forwards what comes in by an interface that forwards; IPv6 needs it for all, or forced for each', async () => {
    await holds(bench, routed(on('e0')), [['in by e0 only', v4, 'timeout']]);
    const onlyThere = udp('a', '10.2.0.1');
    expect((await probe(bench, [onlyThere]))[0]?.arrivedAt).toBe('b');
    await becomes(bench, routed({ ...on('e0'), ...on('e1') }), [['by both', v4, 'answer']]);
    await becomes(bench, routed({ 'net/ipv4/ip_forward': '1' }), [['all', v4, 'answer']]);
    await becomes(bench, routed({ ...on('e0', 'ipv6'), ...on('e1', 'ipv6') }), [['IPv6, by both', v6, 'timeout']]);
    await becomes(bench, routed(on('all', 'ipv6')), [['IPv6, all', v6, 'answer']]);
    await becomes(bench, routed({ ...on('e0', 'ipv6', 'force_forwarding'), ...on('e1', 'ipv6', 'force_forwarding') }), [
      ['IPv6, forced', v6, 'answer'],
    ]);
  });

  /** b has these addresses, and r knows. */
  const withOdd = (...odd: readonly string[]) => {
    const plain = routed(forwarding, {
      r: { routes: odd.map((text) => route(`${text}/32`, '10.2.0.1', { dev: 'e1' })) },
    });
    const { b, ...others } = plain.stacks;
    const lo = loopback(...odd.map((text) => `${text}/32`));
    return { ...plain, stacks: { ...others, b: { ...b!, interfaces: { ...b!.interfaces, lo } } } };
  };

  it('G48 IPv4 addresses of 169.254/16 and 240/4 are forwarded like others', async () => {
    const odd = ['169.254.9.1', '240.0.0.1'];
    await holds(
      bench,
      withOdd(...odd),
      odd.map((text) => [text, ping('a', text), 'answer'] as const),
    );
  });

  it('G48 IPv4 addresses of 0/8 are forwarded like others', async () => {
    await holds(bench, withOdd('0.0.0.9'), [['0/8', ping('a', '0.0.0.9'), 'answer']]);
  });

  it('G48 IPv6 link-local addresses are never forwarded', async () => {
    const state = routed(forwarding);
    const source = printIp(linkLocalOf(macOf(state, 'a.e0')));
    await holds(bench, state, [
      ['as a source', udp('a', 'fd02::1', { source, interface: 'e0' }), 'host-unreachable', null],
    ]);
  });

  const linkLocals = (state: ReturnType<typeof routed>) =>
    ['r.e0', 'r.e1'].map((place) => printIp(linkLocalOf(macOf(state, place)))) as [string, string];

  it('G48 IPv6 link-local addresses are those of one interface', async () => {
    const state = routed(forwarding);
    const [near, far] = linkLocals(state);
    await holds(bench, state, [
      ['with a zone', ping('a', near, { interface: 'e0' }), 'answer'],
      ['of another interface', ping('a', far, { interface: 'e0' }), 'host-unreachable'],
    ]);
  });

  it('G48 IPv6 link-local addresses need a zone to connect to', async () => {
    const state = routed(forwarding);
    const [near] = linkLocals(state);
    await holds(bench, state, [
      ['tcp', tcp('a', near), 'invalid-argument'],
      ['udp', udp('a', near), 'invalid-argument'],
    ]);
  });

  const hearing = { b: { sysctls: { 'net/ipv4/icmp_echo_ignore_broadcasts': '0' } } };

  it('G50 directed broadcasts end at the router', async () => {
    // The router hears it itself, and as a broadcast does not answer.
    await holds(bench, routed(forwarding, hearing), [['off', ping('a', '10.2.0.255'), 'timeout', '10.1.0.1']]);
  });

  it('G50 directed broadcasts are forwarded with bc_forwarding', async () => {
    const both = { ...on('all', 'ipv4', 'bc_forwarding'), ...on('e0', 'ipv4', 'bc_forwarding') };
    // It arrives; the answer comes from another address than was asked.
    await holds(bench, routed({ ...forwarding, ...both }, hearing), [
      ['on', ping('a', '10.2.0.255'), 'timeout', '10.1.0.1'],
    ]);
  });

  it('G50 echo requests to a broadcast address are ignored, unless icmp_echo_ignore_broadcasts is off (measured only: needs SO_BROADCAST)', async () => {
    const answers = async (ignore: '0' | '1') => {
      await bench.lay(routed({ 'net/ipv4/icmp_echo_ignore_broadcasts': ignore }));
      const argv = ['ping', '-b', '-c', '1', '-W', '0.2', '10.1.0.255'];
      return (await bench.ask({ do: 'run', stack: 'a', argv })).status === 0;
    };
    expect([await answers('1'), await answers('0')]).toEqual([false, true]);
  });

  it('G50 martians: loopback addresses on the wire (route_localnet admits them), and own addresses as a source', async () => {
    const toLoopback = (routeLocalnet: '0' | '1') =>
      routed(
        {
          'net/ipv4/conf/all/route_localnet': routeLocalnet,
        },
        {
          r: {
            filter: [table('ip', natChain('prerouting', [rule({ kind: 'dnat', address: '127.0.0.1' }, tcpTo(8080))]))],
          },
        },
      );
    const flow = tcp('a', '10.1.0.254', { port: 8080 });
    await holds(bench, toLoopback('0'), [['loopback', flow, 'timeout']]);
    await becomes(bench, toLoopback('1'), [['loopback admitted', flow, 'answer']]);
    const neighbours = [{ family: 4, address: '10.1.0.2', mac: '52:54:00:aa:bb:01', dev: 'e0' } as const];
    const twice = network(
      {
        a: stack({ lo: loopback('10.5.0.1/32'), e0: nic(['10.1.0.1/24']) }, { neighbours }),
        b: stack({ lo: loopback('10.5.0.1/32'), e0: nic(['10.1.0.2/24'], { mac: '52:54:00:aa:bb:01' }) }),
      },
      ['a.e0 b.e0'],
    );
    await holds(bench, twice, [['own source', udp('a', '10.1.0.2', { source: '10.5.0.1' }), 'timeout']]);
  });
});

describe('source checks', () => {
  it('G45 rp_filter is the greater of all and the interface; strict wants the way back by it, loose any way; IPv6 has none', async () => {
    /** What a sends from 10.5.0.1 reaches r by e0; r's way back is by e1. */
    const odd = (all: number, own: number, routes: Stack['routes']) =>
      network(
        {
          a: stack(
            { lo: loopback('10.5.0.1/32', 'fd05::1/128'), e0: nic(['10.1.0.1/24', 'fd01::1/64']) },
            // ARP would be checked as well.
            { neighbours: [{ family: 4, address: '10.1.0.254', mac: '52:54:00:aa:bb:02', dev: 'e0' }] },
          ),
          b: stack({ e0: nic(['10.2.0.1/24', 'fd02::1/64']) }),
          r: stack(
            {
              e0: nic(['10.1.0.254/24', 'fd01::254/64'], { mac: '52:54:00:aa:bb:02' }),
              e1: nic(['10.2.0.254/24', 'fd02::254/64']),
            },
            {
              routes,
              sysctls: { 'net/ipv4/conf/all/rp_filter': String(all), 'net/ipv4/conf/e0/rp_filter': String(own) },
            },
          ),
        },
        ['a.e0 r.e0', 'b.e0 r.e1'],
      );
    const elsewhere = [route('10.5.0.0/24', '10.2.0.1', { dev: 'e1' }), route('fd05::/64', 'fd02::1', { dev: 'e1' })];
    const flow = udp('a', '10.1.0.254', { source: '10.5.0.1' });
    const arrives = (state: ReturnType<typeof odd>, is: boolean) =>
      // The answer goes elsewhere.
      becomes(bench, state, [['IPv4', flow, 'timeout', is ? '10.5.0.1' : null]]);
    await bench.lay(odd(0, 0, []));
    for (const all of [0, 1, 2])
      for (const own of [0, 1, 2]) await arrives(odd(all, own, elsewhere), Math.max(all, own) !== 1);
    await arrives(odd(2, 0, []), false);
    await arrives(odd(2, 0, [route('default', '10.2.0.1', { dev: 'e1' })]), true);
    await becomes(bench, odd(1, 1, elsewhere), [
      ['IPv6', udp('a', 'fd01::254', { source: 'fd05::1' }), 'timeout', 'fd05::1'],
    ]);
  });
});
