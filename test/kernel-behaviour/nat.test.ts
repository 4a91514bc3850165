/** Address translation, the rules of libvirt, and tunnels: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { type Stack } from '../../src/state/network-state.ts';
import { type FilterTable } from '../../src/state/packet-filter.ts';
import { agree, becomes, holds, probe } from './bench/bench.ts';
import { ping, tcp, udp } from './bench/flows.ts';
import {
  bridge,
  chain,
  forwarding,
  iif,
  natChain,
  network,
  nic,
  oif,
  port as portOfBridge,
  route,
  rule,
  stack,
  state,
  switchOf,
  table,
  tcpTo,
} from './bench/network.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

/** a and c behind r, b beyond it; b knows no way back to 10.1.0.0/24 but r. */
interface Far {
  readonly addresses?: readonly string[];
  readonly routes?: Stack['routes'];
}

const routed = (
  r: Partial<Stack>,
  outside: readonly string[] = ['10.2.0.254/24'],
  {
    addresses = ['10.2.0.1/24', '10.9.0.1/24'],
    routes = [route('default', '10.2.0.253', { dev: 'e0', onlink: true })],
  }: Far = {},
) =>
  network(
    {
      a: stack({ e0: nic(['10.1.0.1/24']) }, { routes: [route('default', '10.1.0.254', { dev: 'e0' })] }),
      c: stack({ e0: nic(['10.1.0.2/24']) }, { routes: [route('default', '10.1.0.254', { dev: 'e0' })] }),
      b: stack({ e0: nic(addresses) }, { routes }),
      r: stack({ e0: nic(['10.1.0.254/24']), e1: nic(outside) }, { ...r, sysctls: { ...forwarding, ...r.sysctls } }),
      sw: switchOf(['p0', 'p1', 'p2']),
    },
    ['a.e0 sw.p0', 'c.e0 sw.p1', 'r.e0 sw.p2', 'b.e0 r.e1'],
  );

const masquerading = table('ip', natChain('postrouting', [rule('masquerade', oif('e1'))]));
const forwardTo80 = rule({ kind: 'dnat', address: '10.2.0.1', port: 80 }, tcpTo(8080));

describe('sources', () => {
  it("G54 masquerading takes the address in the next hop's subnet, else the first, whatever the route's source is", async () => {
    const filter = [masquerading];
    const both = ['10.9.0.254/24', '10.2.0.253/24'];
    await holds(bench, routed({ filter }, both), [
      ["the next hop's subnet", udp('a', '10.2.0.1'), 'answer', '10.2.0.253'],
    ]);
    const elsewhere = [route('10.5.0.0/24', '10.77.0.1', { dev: 'e1', onlink: true })];
    const odd = { addresses: ['10.77.0.1/24', '10.9.0.1/24', '10.5.0.1/32'] };
    await holds(bench, routed({ filter, routes: elsewhere }, both, odd), [
      ['a next hop of no subnet', udp('a', '10.5.0.1'), 'answer', '10.9.0.254'],
    ]);
    const hinted = [route('10.5.0.0/24', '10.2.0.1', { dev: 'e1', source: '10.9.0.254' })];
    const beyond = { addresses: ['10.2.0.1/24', '10.9.0.1/24', '10.5.0.1/32'] };
    await holds(bench, routed({ filter, routes: hinted }, both, beyond), [
      ["the route's source", udp('a', '10.5.0.1'), 'answer', '10.2.0.253'],
      ['of its own packets', udp('r', '10.5.0.1'), 'answer', '10.2.0.253'],
    ]);
  });

  it('G58 new rules of translation are for new connections (measured only: the walker always begins from nothing)', async () => {
    const translated = (to: string) =>
      routed({ filter: [table('ip', natChain('postrouting', [rule({ kind: 'snat', address: to }, oif('e1'))]))] }, [
        '10.2.0.253/24',
        '10.2.0.252/24',
      ]);
    await bench.lay(translated('10.2.0.253'));
    const live = udp('a', '10.2.0.1', { sourcePort: 45_000 });
    const seenSource = async (flow: typeof live) => (await probe(bench, [flow]))[0]?.seenSource;
    expect(await seenSource(live)).toBe('10.2.0.253');
    await bench.change(translated('10.2.0.252'));
    expect([await seenSource(live), await seenSource({ ...live, sourcePort: 45_001 })]).toEqual([
      '10.2.0.253',
      '10.2.0.252',
    ]);
    await agree(bench, translated('10.2.0.252'), [['from nothing', udp('a', '10.2.0.1'), 'answer', '10.2.0.252']]);
  });

  it('G58 live connections are no longer translated once nobody asks for tracking (measured only)', async () => {
    const nft = (...words: readonly string[]) => bench.ask({ do: 'run', stack: 'r', argv: ['nft', ...words] });
    const live = udp('a', '10.2.0.1', { sourcePort: 45_000 });
    const asks = table('ip', chain('forward', 'accept', [rule('accept', state('new'))]));
    const other = { ...asks, name: 'other' };
    for (const [verb, others, source] of [
      ['flush', [], '10.1.0.1'],
      ['flush', [other], '10.2.0.254'],
      // The chain is what translates, whatever is remembered.
      ['delete', [other], '10.1.0.1'],
    ] as const) {
      await bench.lay(routed({ filter: [masquerading, ...others] }));
      expect((await probe(bench, [live]))[0]?.seenSource).toBe('10.2.0.254');
      await nft(verb, 'table', 'ip', 'test');
      expect([verb, (await probe(bench, [live]))[0]?.seenSource]).toEqual([verb, source]);
    }
  });
});

describe('packets that come by twice', () => {
  /** r translates on the way to m, which sends everything back to r; `more`: routes to the address of the translation. */
  const thereAndBack = (more: { readonly r?: Stack['routes']; readonly m?: Stack['routes'] } = {}) => {
    const translation = rule({ kind: 'snat', address: '10.2.0.77' }, oif('e1'));
    const toM = route('default', '10.2.0.1', { dev: 'e1', table: 100 });
    return network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']) }, { routes: [route('default', '10.1.0.254', { dev: 'e0' })] }),
        b: stack({ e0: nic(['10.3.0.1/24']) }, { routes: [route('default', '10.3.0.254', { dev: 'e0' })] }),
        m: stack(
          { e0: nic(['10.2.0.1/24']) },
          { sysctls: forwarding, routes: [route('default', '10.2.0.254', { dev: 'e0' }), ...(more.m ?? [])] },
        ),
        r: stack(
          { e0: nic(['10.1.0.254/24']), e1: nic(['10.2.0.254/24']), e2: nic(['10.3.0.254/24']) },
          {
            sysctls: forwarding,
            routes: [toM, ...(more.r ?? [])],
            rules: [{ family: 4, priority: 1000, iif: 'e0', table: 100 }],
            filter: [table('ip', natChain('postrouting', [translation]))],
          },
        ),
      },
      ['a.e0 r.e0', 'm.e0 r.e1', 'b.e0 r.e2'],
    );
  };
  const rows = (sees: 'answer' | 'timeout') =>
    [
      ['UDP', udp('a', '10.3.0.1'), sees, '10.2.0.77'],
      ['TCP', tcp('a', '10.3.0.1'), sees],
      ['an echo', ping('a', '10.3.0.1'), sees, '10.2.0.77'],
    ] as const;

  it('are another connection with a source port of its own, whose answers undo the second translation only', async () => {
    // Nobody has the address of the translation, which is where the answers are sent after their first undoing.
    await holds(bench, thereAndBack(), rows('timeout'));
    const toAddress = {
      r: [route('10.2.0.77/32', '10.2.0.1', { dev: 'e1' })],
      m: [route('10.2.0.77/32', '10.2.0.254', { dev: 'e0' })],
    };
    await holds(bench, thereAndBack(toAddress), rows('answer'));
  });
});

describe('destinations', () => {
  const filterTable = (...chains: FilterTable['chains']): FilterTable => ({
    ...table('ip', ...chains),
    name: 'filter',
  });
  const only = (port: number) => [rule('accept', state('established', 'related')), rule('accept', tcpTo(port))];

  it('G55 destinations are translated before the filter: its rules mean the translated packet', async () => {
    const nat = table('ip', natChain('prerouting', [forwardTo80]));
    const flow = tcp('a', '10.1.0.254', { port: 8080 });
    const way = { routes: [route('default', '10.2.0.254', { dev: 'e0' })] };
    const filtered = (port: number) =>
      routed({ filter: [nat, filterTable(chain('forward', 'drop', only(port)))] }, undefined, way);
    await holds(bench, filtered(8080), [['the port that was asked for', flow, 'timeout']]);
    await becomes(bench, filtered(80), [['the port that it becomes', flow, 'answer']]);
    const redirect = table('ip', natChain('prerouting', [rule({ kind: 'redirect', port: 80 }, tcpTo(8080))]));
    const local = (port: number) =>
      routed({ filter: [redirect, filterTable(chain('input', 'drop', only(port)))] }, undefined, way);
    await becomes(bench, local(8080), [['redirected, the port that was asked for', flow, 'timeout']]);
    await becomes(bench, local(80), [['redirected, the port that it becomes', flow, 'answer']]);
  });

  it("G55 a stack's own packets do not pass PREROUTING: they need a rule in OUTPUT", async () => {
    const nat = (...hooks: ('prerouting' | 'output')[]) =>
      routed({ filter: [table('ip', ...hooks.map((hook) => natChain(hook, [forwardTo80])))] }, undefined, {
        routes: [route('default', '10.2.0.254', { dev: 'e0' })],
      });
    const flow = tcp('r', '10.1.0.254', { port: 8080 });
    await bench.lay(nat('prerouting'));
    // Nothing is translated: r's own server on 8080 answers.
    await agree(bench, nat('prerouting'), [['prerouting only', flow, 'answer', '10.1.0.254']]);
    const [own] = await probe(bench, [{ ...flow, sourcePort: 46_000 }]);
    expect(own?.arrivedAt).toBe('r');
    await becomes(bench, nat('prerouting', 'output'), [['output too', flow, 'answer']]);
    const [other] = await probe(bench, [{ ...flow, sourcePort: 46_001 }]);
    expect(other?.arrivedAt).toBe('b');
  });

  it('G56 hairpin: a client beside the server needs its source translated too, or the server answers it directly', async () => {
    const toC = rule({ kind: 'dnat', address: '10.1.0.2', port: 80 }, tcpTo(8080));
    const hairpin = (...more: FilterTable['chains']) =>
      routed({ filter: [table('ip', natChain('prerouting', [toC]), ...more)] });
    const flow = tcp('a', '10.1.0.254', { port: 8080 });
    await holds(bench, hairpin(), [['alone', flow, 'timeout']]);
    await becomes(bench, hairpin(natChain('postrouting', [rule('masquerade', oif('e0'))])), [
      ['with masquerading', flow, 'answer', '10.1.0.254'],
    ]);
  });
});

describe('platforms', () => {
  it('G60 NAT networks of libvirt: out and answers only; between two of them refused; the host is reached at all its addresses', async () => {
    const prohibited = (name: string) => [
      rule({ kind: 'reject', with: 'port-unreachable' }, oif(name)),
      rule({ kind: 'reject', with: 'port-unreachable' }, iif(name)),
    ];
    const subnet = (prefix: string) => ({ kind: 'source', family: 4, prefixes: [prefix] }) as const;
    const towards = (prefix: string) => ({ kind: 'destination', family: 4, prefixes: [prefix] }) as const;
    const net = (name: string, prefix: string) => [
      rule('accept', oif(name), towards(prefix), state('established', 'related')),
      rule('accept', iif(name), subnet(prefix)),
      rule('accept', iif(name), oif(name)),
      ...prohibited(name),
    ];
    const laid = network(
      {
        g1: stack({ e0: nic(['192.168.1.2/24']) }, { routes: [route('default', '192.168.1.1', { dev: 'e0' })] }),
        g2: stack({ e0: nic(['192.168.2.2/24']) }, { routes: [route('default', '192.168.2.1', { dev: 'e0' })] }),
        h: stack(
          {
            br1: bridge(['192.168.1.1/24']),
            br2: bridge(['192.168.2.1/24']),
            p1: nic([], { master: 'br1' }),
            p2: nic([], { master: 'br2' }),
            up: nic(['10.0.0.1/24']),
          },
          {
            sysctls: { 'net/ipv4/ip_forward': '1' },
            filter: [
              table(
                'ip',
                chain('forward', 'accept', [...net('br2', '192.168.2.0/24'), ...net('br1', '192.168.1.0/24')]),
              ),
              {
                ...table(
                  'ip',
                  natChain('postrouting', [
                    rule('masquerade', subnet('192.168.1.0/24'), oif('up')),
                    rule('masquerade', subnet('192.168.2.0/24'), oif('up')),
                  ]),
                ),
                name: 'nat',
              },
            ],
          },
        ),
        out: stack({ e0: nic(['10.0.0.9/24']) }, { routes: [route('192.168.0.0/16', '10.0.0.1', { dev: 'e0' })] }),
      },
      ['g1.e0 h.p1', 'g2.e0 h.p2', 'h.up out.e0'],
    );
    await holds(bench, laid, [
      ['in', tcp('out', '192.168.1.2'), 'refused'],
      ['out', tcp('g1', '10.0.0.9'), 'answer', '10.0.0.1'],
      ['guest to guest', tcp('g1', '192.168.2.2'), 'refused'],
      ['host to guest', tcp('h', '192.168.2.2'), 'answer'],
      ["guest to the host's other address", tcp('g1', '192.168.2.1'), 'answer'],
    ]);
  });

  it('G60 Docker: its FORWARD policy of drop stops routed guests, and bridged ones by br_netfilter', async () => {
    const guest = (address: string) =>
      stack({ e0: nic([`${address}/24`]) }, { routes: [route('default', '10.1.0.254', { dev: 'e0' })] });
    const laid = network(
      {
        g1: guest('10.1.0.1'),
        g2: guest('10.1.0.2'),
        h: stack(
          { br0: bridge(['10.1.0.254/24']), p1: portOfBridge(), p2: portOfBridge(), up: nic(['10.2.0.254/24']) },
          { sysctls: { 'net/ipv4/ip_forward': '1' }, filter: [table('ip', chain('forward', 'drop'))] },
        ),
        out: stack({ e0: nic(['10.2.0.1/24']) }, { routes: [route('default', '10.2.0.254', { dev: 'e0' })] }),
      },
      ['g1.e0 h.p1', 'g2.e0 h.p2', 'h.up out.e0'],
    );
    await holds(bench, laid, [
      ['routed', tcp('g1', '10.2.0.1'), 'timeout'],
      ['bridged', tcp('g1', '10.1.0.2'), 'timeout'],
      ['the host', tcp('g1', '10.2.0.254'), 'answer'],
    ]);
  });

  it('G60 VXLAN: the outer datagrams need INPUT to let udp/4789 in; longer inner packets go in outer fragments of IPv4', async () => {
    const tunnelled = (filter: Stack['filter'], mtuBytes = 1450, [one, two] = ['10.0.0.1', '10.0.0.2']) => {
      const end = (own: string, other: string, inner: string, more: Partial<Stack> = {}) =>
        stack(
          {
            e0: nic([`${own}/${own.includes(':') ? 64 : 24}`]),
            vx0: nic([`${inner}/24`], {
              kind: 'vxlan',
              mtuBytes,
              vxlan: { id: 7, local: own, remotes: [other], port: 4789 },
            }),
          },
          more,
        );
      return network({ a: end(one, two, '10.8.0.1'), b: end(two, one, '10.8.0.2', { filter }) }, ['a.e0 b.e0']);
    };
    const input = (ports: readonly number[]) => [
      table('ip', chain('input', 'accept', [rule('drop', { kind: 'port', protocol: 'udp', ports })])),
    ];
    const flow = ping('a', '10.8.0.2');
    await holds(bench, tunnelled([]), [
      ['open', flow, 'answer'],
      [
        'longer than the inner MTU',
        ping('a', '10.8.0.2', { lengthBytes: 1460, dontFragment: true }),
        'message-too-long',
      ],
    ]);
    await holds(bench, tunnelled(input([4789])), [['outer datagrams dropped', flow, 'host-unreachable']]);
    await holds(bench, tunnelled([], 1500), [
      ['inner MTU of the underlay', ping('a', '10.8.0.2', { lengthBytes: 1490, dontFragment: true }), 'answer'],
    ]);
    // Outer datagrams of IPv6 are not cut: 70 bytes of headers leave 1430.
    const over6 = (lengthBytes: number) => ping('a', '10.8.0.2', { lengthBytes, dontFragment: true });
    await holds(bench, tunnelled([], 1450, ['fd00::1', 'fd00::2']), [
      ['over IPv6', over6(1430), 'answer'],
      ['over IPv6, longer', over6(1431), 'timeout'],
    ]);
  });

  it('VXLAN as a port of a bridge tells who sends what is too long for one datagram and may not be cut', async () => {
    const end = (own: string, other: string) =>
      stack({
        e0: nic([`${own}/24`]),
        br0: bridge([], { bridge: { stp: false, forwardDelaySeconds: 0 } }),
        p0: portOfBridge(),
        vx0: nic([], { kind: 'vxlan', master: 'br0', vxlan: { id: 7, local: own, remotes: [other], port: 4789 } }),
      });
    const host = (last: number) => stack({ e0: nic([`10.8.0.${last}/24`, `fd08::${last}/64`]) });
    const bridged = network(
      { a: host(1), b: host(2), x: end('10.0.0.1', '10.0.0.2'), y: end('10.0.0.2', '10.0.0.1') },
      ['a.e0 x.p0', 'b.e0 y.p0', 'x.e0 y.e0'],
    );
    const whole = { lengthBytes: 1451, dontFragment: true };
    await holds(bench, bridged, [
      ['fits', ping('a', '10.8.0.2', { ...whole, lengthBytes: 1450 }), 'answer'],
      ['may be cut', ping('a', '10.8.0.2', { ...whole, dontFragment: false }), 'answer'],
      ['may not be cut', ping('a', '10.8.0.2', whole), 'message-too-long'],
      ['IPv6', ping('a', 'fd08::2', whole), 'message-too-long'],
    ]);
  });
});
