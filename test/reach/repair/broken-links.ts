/** The same as `broken-routes.ts` for links, bridges and kernel settings. */
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { ping, tcp } from '../../kernel-behaviour/bench/flows.ts';
import {
  bridge,
  chain,
  natChain,
  network,
  nic,
  port,
  route,
  rule,
  stack,
  switchWith,
  table,
  tcpTo,
} from '../../kernel-behaviour/bench/network.ts';
import { filtered, line, made, type Broken, type Parts } from './broken-routes.ts';

/** a and b on one switch. */
const switched = (sw: Stack, a: Parts = {}, b: Parts = {}): NetworkState =>
  network(
    {
      a: made({ e0: nic(['10.0.1.2/24', 'fd00:1::2/64']) }, a),
      b: made({ e0: nic(['10.0.1.3/24', 'fd00:1::3/64']) }, b),
      sw,
    },
    ['a.e0 sw.p0', 'b.e0 sw.p1'],
  );

const far = '10.0.2.2';
const far6 = 'fd00:2::2';
const near = '10.0.1.3';
const noNetfilter = { 'net/bridge/bridge-nf-call-iptables': '0', 'net/bridge/bridge-nf-call-ip6tables': '0' };
const withNetfilter = { 'net/bridge/bridge-nf-call-iptables': '1', 'net/bridge/bridge-nf-call-ip6tables': '1' };
const plainSwitch = switchWith({ p0: {}, p1: {} }, { sysctls: noNetfilter });
const down = { up: false } as const;
const silent = { 'net/ipv4/conf/e1/arp_ignore': '8' };

export const brokenLinks: readonly Broken[] = [
  {
    title: 'what bridges between its ports passes the IP filter',
    state: switched(
      switchWith({ p0: {}, p1: {} }, { sysctls: withNetfilter, filter: [table('inet', chain('forward', 'drop'))] }),
    ),
    flow: ping('a', '10.0.1.3'),
    wanted: ['sw# sysctl -w net.bridge.bridge-nf-call-iptables=0'],
  },
  {
    title: 'a filter of the bridge that drops ARP',
    state: switched(
      switchWith(
        { p0: {}, p1: {} },
        {
          sysctls: noNetfilter,
          filter: [table('bridge', chain('forward', 'accept', [rule('drop', { kind: 'ethertype', types: [0x0806] })]))],
        },
      ),
    ),
    flow: ping('a', '10.0.1.3'),
    wanted: ['sw# nft insert rule bridge test forward index 0 ether type 0x0806 accept'],
  },
  {
    title: 'an interface that is down, with what it has lost',
    state: line({ a: { interfaces: { e0: nic(['10.0.1.2/24', 'fd00:1::2/64'], down) } } }),
    flow: ping('a', far6),
    wanted: [
      'a# ip link set dev e0 up',
      'a# ip -6 addr replace fd00:1::2/64 dev e0',
      'a# ip route replace default via 10.0.1.1',
      'a# ip -6 route replace default via fd00:1::1',
    ],
    isRefused: true,
  },
  {
    title: 'an interface that is down at the far end',
    state: switched(plainSwitch, {}, { interfaces: { e0: nic([`${near}/24`], down) } }),
    flow: ping('a', near),
    wanted: ['b# ip link set dev e0 up'],
  },
  {
    title: 'a port of a switch that is down',
    state: switched(stack({ br0: bridge(), p0: port(), p1: port({}, down) }, { sysctls: noNetfilter })),
    flow: ping('a', near),
    wanted: ['sw# ip link set dev p1 up'],
  },
  {
    title: 'a cable that leads to no bridge',
    state: switched(stack({ br0: bridge(), p0: port(), p1: nic() }, { sysctls: noNetfilter })),
    flow: ping('a', near),
    wanted: ['sw# ip link set dev p1 master br0'],
  },
  {
    title: 'a bridge without ports',
    state: network({ h: stack({ br0: bridge(['10.0.1.1/24']), p0: nic() }), a: stack({ e0: nic(['10.0.1.2/24']) }) }, [
      'h.p0 a.e0',
    ]),
    flow: ping('h', '10.0.1.2'),
    wanted: ['h# ip link set dev p0 master br0'],
  },
  {
    title: 'a machine that is plugged into the wrong bridge',
    state: network(
      {
        h: stack({ br0: bridge(['10.0.1.1/24']), br1: bridge(), p0: nic([], { master: 'br1' }) }),
        a: stack({ e0: nic(['10.0.1.2/24']) }),
      },
      ['h.p0 a.e0'],
    ),
    flow: ping('a', '10.0.1.1'),
    wanted: ['h# ip link set dev p0 master br0'],
  },
  {
    title: 'ports that are isolated from each other',
    state: switched(switchWith({ p0: { isolated: true }, p1: { isolated: true } }, { sysctls: noNetfilter })),
    flow: ping('a', near),
    wanted: ['sw# bridge link set dev p1 isolated off'],
  },
  {
    title: 'a port that learns nothing and is not flooded',
    state: switched(switchWith({ p0: {}, p1: { learning: false, flood: false } }, { sysctls: noNetfilter })),
    flow: ping('a', near),
    wanted: ['sw# bridge link set dev p1 flood on'],
  },
  {
    title: 'a link with a smaller MTU, in silence',
    state: switched(stack({ br0: bridge(), p0: port(), p1: port({}, { mtuBytes: 1400 }) }, { sysctls: noNetfilter })),
    flow: ping('a', near, { lengthBytes: 1500, dontFragment: true }),
    wanted: ['sw# ip link set dev p1 mtu 1500'],
  },
  {
    title: 'a router with a smaller MTU on the way',
    state: line({
      r: { interfaces: { e1: nic(['10.0.2.1/24', 'fd00:2::1/64'], { mtuBytes: 1400 }) } },
      b: { interfaces: { e0: nic(['10.0.2.2/24', 'fd00:2::2/64'], { mtuBytes: 1400 }) } },
    }),
    flow: ping('a', far, { lengthBytes: 1500, dontFragment: true }),
    wanted: ['r# ip link set dev e1 mtu 1500', 'b# ip link set dev e0 mtu 1500'],
  },
  {
    title: 'a machine that ignores ARP',
    state: line({ b: { sysctls: { 'net/ipv4/conf/e0/arp_ignore': '8' } } }),
    flow: ping('a', far),
    wanted: ['b# sysctl -w net.ipv4.conf.e0.arp_ignore=0', 'b# sysctl -w net.ipv4.conf.all.arp_ignore=0'],
  },
  {
    title: 'a static neighbour that is somebody else',
    state: line({ a: { neighbours: [{ family: 4, address: '10.0.1.1', mac: '52:54:00:99:99:99', dev: 'e0' }] } }),
    flow: ping('a', far),
    wanted: ['a# ip neigh del 10.0.1.1 dev e0'],
  },
  {
    title: 'a machine that answers no echo requests',
    state: line({ b: { sysctls: { 'net/ipv4/icmp_echo_ignore_all': '1' } } }),
    flow: ping('a', far),
    wanted: ['b# sysctl -w net.ipv4.icmp_echo_ignore_all=0'],
  },
  {
    title: 'a port that leads to 127.0.0.1',
    state: line({ b: filtered(table('ip', natChain('prerouting', [rule({ kind: 'dnat', address: '127.0.0.1' })]))) }),
    flow: tcp('a', far),
    wanted: ['b# sysctl -w net.ipv4.conf.e0.route_localnet=1'],
  },
  {
    title: 'a filter that drops ARP',
    state: line({ b: filtered(table('arp', chain('input', 'drop'))) }),
    flow: ping('a', far),
    wanted: ['b# nft add rule arp test input accept'],
  },
  {
    title: 'two machines that meet at a port of another switch only',
    state: network(
      {
        a: stack({ e0: nic(['10.0.1.2/24']) }),
        b: stack({ e0: nic(['10.0.1.3/24']) }),
        low: switchWith(
          { up: { learning: false }, pa: { isolated: true, learning: false }, pb: { isolated: true, learning: false } },
          { sysctls: noNetfilter },
        ),
        high: switchWith({ p0: {} }, { sysctls: noNetfilter }),
      },
      ['a.e0 low.pa', 'b.e0 low.pb', 'low.up high.p0'],
    ),
    flow: ping('a', near),
    fixed: ['low'],
    wanted: ['high# bridge link set dev p0 hairpin on'],
  },
  {
    title: 'a machine that answers ARP by another interface only',
    state: network(
      {
        a: stack({ e0: nic(['10.0.1.2/24']) }),
        b: stack(
          { e0: nic(['10.0.1.3/24']), e1: nic(['10.0.9.3/24']) },
          { sysctls: { 'net/ipv4/conf/e0/arp_filter': '1', ...silent }, routes: [route('10.0.1.2/32', 'dev e1')] },
        ),
        sw: switchWith({ p0: {}, p1: {}, p2: {} }, { sysctls: noNetfilter }),
      },
      ['a.e0 sw.p0', 'b.e0 sw.p1', 'b.e1 sw.p2'],
    ),
    flow: ping('a', near),
    wanted: ['b# sysctl -w net.ipv4.conf.e0.arp_filter=0', 'b# sysctl -w net.ipv4.conf.all.arp_filter=0'],
  },
  {
    title: 'a reverse-path filter that keeps a machine from answering ARP',
    state: network(
      {
        a: stack({ e0: nic(['10.0.1.2/24']) }),
        b: stack(
          { e0: nic(['10.0.1.3/24']), e1: nic(['10.0.9.3/24']) },
          { sysctls: { 'net/ipv4/conf/e0/rp_filter': '1', ...silent }, routes: [route('10.0.1.2/32', 'dev e1')] },
        ),
        sw: switchWith({ p0: {}, p1: {}, p2: {} }, { sysctls: noNetfilter }),
      },
      ['a.e0 sw.p0', 'b.e0 sw.p1', 'b.e1 sw.p2'],
    ),
    flow: ping('a', near),
    wanted: ['b# sysctl -w net.ipv4.conf.e0.rp_filter=2'],
  },
  {
    title: 'a filter of the bridge that drops IP',
    state: switched(
      switchWith(
        { p0: {}, p1: {} },
        {
          sysctls: noNetfilter,
          filter: [table('bridge', chain('forward', 'accept', [rule('drop', { kind: 'ethertype', types: [0x0800] })]))],
        },
      ),
    ),
    flow: tcp('a', near),
    wanted: [
      'sw# nft insert rule bridge test forward index 0 ip saddr 10.0.1.2 ip daddr 10.0.1.3 tcp dport 80 accept',
      'sw# nft insert rule bridge test forward index 1 ip saddr 10.0.1.3 ip daddr 10.0.1.2 tcp sport 80 accept',
    ],
  },
  {
    title: 'a rule in a chain that another one jumps to',
    state: line({
      r: {
        filter: [
          {
            ...table('inet', chain('forward', 'accept', [rule({ kind: 'jump', chain: 'guests' })])),
            subchains: [{ name: 'guests', rules: [rule('accept', tcpTo(22)), rule('drop', tcpTo(80))] }],
          },
        ],
      },
    }),
    flow: tcp('a', far),
    wanted: ['r# nft insert rule inet test guests index 1 ip saddr 10.0.1.2 ip daddr 10.0.2.2 tcp dport 80 accept'],
  },
  {
    title: 'a filter for what a machine sends itself',
    state: line({ a: filtered(table('inet', chain('output', 'drop', [rule('accept', tcpTo(22))]))) }),
    flow: ping('a', far6),
    wanted: [
      'a# nft add rule inet test output ip6 saddr fd00:1::2 ip6 daddr fd00:2::2 icmpv6 type 128 accept',
      'a# nft insert rule inet test output index 0 icmpv6 type { 135 , 136 } accept',
    ],
  },
];
