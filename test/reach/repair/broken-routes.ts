/**
 * Networks that are broken in one place, with a flow that does not get through and a repair that must be offered:
 * commands as `machine# words`, all of one repair. Tests of values prove them by the walker, tests of the kernel run them.
 */
import { type Flow } from '../../../src/reach/walk.ts';
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { ping, tcp, udp } from '../../kernel-behaviour/bench/flows.ts';
import {
  chain,
  forwarding,
  natChain,
  network,
  nic,
  route,
  rule,
  special,
  stack,
  state,
  table,
  tcpTo,
} from '../../kernel-behaviour/bench/network.ts';

export interface Broken {
  readonly title: string;
  readonly state: NetworkState;
  readonly flow: Flow;
  /** Of one of the repairs; nftables' comments are left out. */
  readonly wanted: readonly string[];
  /** Stacks that are not to be changed. */
  readonly fixed?: readonly string[];
  /** The kernel would not take the broken state: only the walker tries it. */
  readonly isRefused?: true;
}

export type Parts = Partial<Omit<Stack, 'interfaces'>> & { readonly interfaces?: Stack['interfaces'] };

export const made = (interfaces: Stack['interfaces'], { interfaces: own = {}, ...parts }: Parts): Stack =>
  stack({ ...interfaces, ...own }, parts);

/** a – r – b, each knowing its way, but for what is given. */
export const line = ({ a = {}, r = {}, b = {} }: { a?: Parts; r?: Parts; b?: Parts } = {}): NetworkState =>
  network(
    {
      a: made({ e0: nic(['10.0.1.2/24', 'fd00:1::2/64']) }, { routes: towards('10.0.1.1', 'fd00:1::1'), ...a }),
      r: made(
        { e0: nic(['10.0.1.1/24', 'fd00:1::1/64']), e1: nic(['10.0.2.1/24', 'fd00:2::1/64']) },
        { ...r, sysctls: { ...forwarding, ...r.sysctls } },
      ),
      b: made({ e0: nic(['10.0.2.2/24', 'fd00:2::2/64']) }, { routes: towards('10.0.2.1', 'fd00:2::1'), ...b }),
    },
    ['a.e0 r.e0', 'r.e1 b.e0'],
  );

export const towards = (...gateways: readonly string[]): Stack['routes'] =>
  gateways.map((via) => route('default', via, { dev: 'e0' }));

/** a – r1 – r2 – b; r2 knows no way back. */
const chained = (
  routesOfR2: Stack['routes'],
  routesOfR1 = [route('10.0.3.0/24', '10.0.2.2', { dev: 'e1' })],
): NetworkState =>
  network(
    {
      a: stack({ e0: nic(['10.0.1.2/24']) }, { routes: towards('10.0.1.1') }),
      r1: stack({ e0: nic(['10.0.1.1/24']), e1: nic(['10.0.2.1/24']) }, { routes: routesOfR1, sysctls: forwarding }),
      r2: stack({ e0: nic(['10.0.2.2/24']), e1: nic(['10.0.3.1/24']) }, { routes: routesOfR2, sysctls: forwarding }),
      b: stack({ e0: nic(['10.0.3.2/24']) }, { routes: towards('10.0.3.1') }),
    },
    ['a.e0 r1.e0', 'r1.e1 r2.e0', 'r2.e1 b.e0'],
  );

export const filtered = (...tables: readonly FilterTable[]): Parts => ({ filter: tables });

const far = '10.0.2.2';
const far6 = 'fd00:2::2';
export const brokenRoutes: readonly Broken[] = [
  {
    title: 'an end machine without a default route',
    state: line({ a: { routes: [] } }),
    flow: ping('a', far),
    wanted: ['a# ip route add default via 10.0.1.1'],
  },
  {
    title: 'the same for IPv6',
    state: line({ a: { routes: [] } }),
    flow: tcp('a', far6),
    wanted: ['a# ip -6 route add default via fd00:1::1'],
  },
  {
    title: 'a gateway that is nobody',
    state: line({ a: { routes: towards('10.0.1.77') } }),
    flow: ping('a', far),
    wanted: ['a# ip route replace default via 10.0.1.1'],
  },
  {
    title: 'a gateway outside the subnet',
    state: line({ a: { routes: towards('10.0.9.1') } }),
    flow: ping('a', far),
    wanted: ['a# ip route replace default via 10.0.1.1'],
    isRefused: true,
  },
  {
    title: 'a router without the way back',
    state: chained([]),
    flow: ping('a', '10.0.3.2'),
    wanted: ['r2# ip route add 10.0.1.0/24 via 10.0.2.1'],
  },
  {
    title: 'a router that takes the way back for its own link',
    state: chained([route('10.0.1.0/24', 'dev e0')]),
    flow: tcp('a', '10.0.3.2'),
    wanted: ['r2# ip route replace 10.0.1.0/24 via 10.0.2.1'],
  },
  {
    title: 'a route that discards',
    state: chained([special('10.0.1.0/24', 'blackhole')]),
    flow: ping('a', '10.0.3.2'),
    wanted: ['r2# ip route replace 10.0.1.0/24 via 10.0.2.1'],
  },
  {
    title: 'a server that cannot be given a route: the router masquerades',
    state: line({ b: { routes: [] } }),
    flow: tcp('a', far),
    fixed: ['b'],
    wanted: [
      'r# nft add table inet lanwright',
      'r# nft add chain inet lanwright postrouting { type nat hook postrouting priority 100 ; policy accept ; }',
      'r# nft add rule inet lanwright postrouting oifname e1 ip saddr 10.0.1.0/24 masquerade',
    ],
  },
  {
    title: 'the same where a chain for it is there',
    state: line({
      b: { routes: [] },
      r: filtered(table('ip6', natChain('postrouting', [])), table('ip', natChain('postrouting', []))),
    }),
    flow: udp('a', far),
    fixed: ['b'],
    wanted: ['r# nft add rule ip test postrouting oifname e1 ip saddr 10.0.1.0/24 masquerade'],
  },
  {
    title: 'the same for IPv6',
    state: line({ b: { routes: [] } }),
    flow: ping('a', far6),
    fixed: ['b'],
    wanted: [
      'r# nft add table inet lanwright',
      'r# nft add chain inet lanwright postrouting { type nat hook postrouting priority 100 ; policy accept ; }',
      'r# nft add rule inet lanwright postrouting oifname e1 ip6 saddr fd00:1::/64 masquerade',
    ],
  },
  {
    title: 'a router that does not forward',
    state: line({ r: { sysctls: { 'net/ipv4/ip_forward': '0' } } }),
    flow: ping('a', far),
    wanted: ['r# sysctl -w net.ipv4.ip_forward=1'],
  },
  {
    title: 'a router that forwards not from this interface',
    state: line({ r: { sysctls: { 'net/ipv4/conf/e0/forwarding': '0' } } }),
    flow: ping('a', far),
    wanted: ['r# sysctl -w net.ipv4.conf.e0.forwarding=1'],
  },
  {
    title: 'a router that does not forward IPv6',
    state: line({ r: { sysctls: { 'net/ipv6/conf/all/forwarding': '0' } } }),
    flow: ping('a', far6),
    wanted: ['r# sysctl -w net.ipv6.conf.all.forwarding=1'],
  },
  {
    title: 'a filter whose policy drops',
    state: line({ r: filtered(table('inet', chain('forward', 'drop', [rule('accept', state('established'))]))) }),
    flow: tcp('a', far),
    wanted: ['r# nft add rule inet test forward ip saddr 10.0.1.2 ip daddr 10.0.2.2 tcp dport 80 accept'],
  },
  {
    title: 'a filter that has no rule for replies',
    state: line({ r: filtered(table('ip', chain('forward', 'drop', [rule('accept', tcpTo(80))]))) }),
    flow: tcp('a', far),
    wanted: ['r# nft add rule ip test forward ip saddr 10.0.2.2 ip daddr 10.0.1.2 tcp sport 80 accept'],
  },
  {
    title: 'a rule that refuses, before others',
    state: line({
      b: filtered(
        table(
          'inet',
          chain('input', 'accept', [
            rule('accept', state('established')),
            rule({ kind: 'reject', with: 'port-unreachable' }, tcpTo(80)),
            rule('accept', tcpTo(80)),
          ]),
        ),
      ),
    }),
    flow: tcp('a', far),
    wanted: ['b# nft insert rule inet test input index 1 ip saddr 10.0.1.2 ip daddr 10.0.2.2 tcp dport 80 accept'],
  },
  {
    title: 'a firewall for IPv6 that drops neighbour discovery too',
    state: line({ b: filtered(table('ip6', chain('input', 'drop', [rule('accept', tcpTo(80))]))) }),
    flow: tcp('a', far6),
    wanted: ['b# nft insert rule ip6 test input index 0 icmpv6 type { 135 , 136 } accept'],
  },
  {
    title: 'a strict reverse-path filter and two ways',
    state: network(
      {
        a: stack({ e0: nic(['10.0.1.2/24']), e1: nic(['10.0.3.2/24']) }, { routes: towards('10.0.1.1') }),
        r: stack(
          { e0: nic(['10.0.1.1/24']), e1: nic(['10.0.2.1/24']), e2: nic(['10.0.3.1/24']) },
          { sysctls: { ...forwarding, 'net/ipv4/conf/e0/rp_filter': '1' } },
        ),
        b: stack({ e0: nic(['10.0.2.2/24']) }, { routes: towards('10.0.2.1') }),
      },
      ['a.e0 r.e0', 'a.e1 r.e2', 'r.e1 b.e0'],
    ),
    flow: ping('a', far, { source: '10.0.3.2' }),
    wanted: ['r# sysctl -w net.ipv4.conf.e0.rp_filter=2'],
  },
  {
    title: 'a mask that makes the far network look near: the mask',
    state: line({ a: { interfaces: { e0: nic(['10.0.1.2/16', 'fd00:1::2/64']) } } }),
    flow: ping('a', far),
    wanted: [
      'a# ip addr add 10.0.1.2/24 dev e0',
      'a# ip addr del 10.0.1.2/16 dev e0',
      'a# ip route replace default via 10.0.1.1',
      'a# ip -6 route replace default via fd00:1::1',
    ],
  },
  {
    title: 'a mask that makes the far network look near: a stand-in',
    state: line({ a: { interfaces: { e0: nic(['10.0.1.2/16', 'fd00:1::2/64']) } } }),
    flow: ping('a', far),
    fixed: ['a', 'b'],
    wanted: ['r# ip neigh add proxy 10.0.2.2 dev e0'],
  },
  {
    title: 'the same for IPv6',
    state: line({ a: { interfaces: { e0: nic(['10.0.1.2/24', 'fd00:1::2/16']) } } }),
    flow: ping('a', far6),
    fixed: ['a', 'b'],
    wanted: ['r# ip -6 neigh add proxy fd00:2::2 dev e0', 'r# sysctl -w net.ipv6.conf.e0.proxy_ndp=1'],
  },
  {
    title: 'a stand-in that is no router yet',
    state: line({
      a: { interfaces: { e0: nic(['10.0.1.2/16', 'fd00:1::2/64']) } },
      r: { sysctls: { 'net/ipv4/ip_forward': '0' } },
    }),
    flow: ping('a', far),
    fixed: ['a', 'b'],
    wanted: ['r# ip neigh add proxy 10.0.2.2 dev e0', 'r# sysctl -w net.ipv4.ip_forward=1'],
  },
];
