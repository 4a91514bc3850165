/** Forwarding, packet filters, tunnels and files that disagree: where each rule finds something, and where not. */
import { filter, forwarding, host, nat, network, nic, via } from '../built.ts';
import { interfaces, static4 } from '../linted.ts';
import {
  accept,
  acceptAll,
  advertiser,
  bridged,
  dockerized,
  drop,
  files,
  from,
  iif,
  masquerade,
  netplan,
  oif,
  pair,
  routed,
  type Case,
} from './case.ts';

export const filterCases: readonly Case[] = [
  {
    code: 'rp-filter-asymmetric',
    faulty: network({
      a: host(
        { eth0: nic(['10.0.0.1/24']), eth1: nic(['10.0.1.1/24']) },
        {
          sysctls: { 'net/ipv4/conf/all/rp_filter': '1' },
          routes: [via('0.0.0.0/0', '10.0.0.2', 'eth0'), via('0.0.0.0/0', '10.0.1.2', 'eth1', { metric: 100 })],
        },
      ),
    }),
    right: network({
      a: host(
        { eth0: nic(['10.0.0.1/24']), eth1: nic(['10.0.1.1/24']) },
        {
          sysctls: { 'net/ipv4/conf/all/rp_filter': '2' },
          routes: [via('0.0.0.0/0', '10.0.0.2', 'eth0'), via('0.0.0.0/0', '10.0.1.2', 'eth1', { metric: 100 })],
        },
      ),
    }),
    says: 'filters `eth1` strictly',
  },
  {
    code: 'accept-ra-forwarding',
    faulty: pair({ services: [advertiser('eth0')] }, { sysctls: { 'net/ipv6/conf/all/forwarding': '1' } }),
    right: pair(
      { services: [advertiser('eth0')] },
      { sysctls: { 'net/ipv6/conf/all/forwarding': '1', 'net/ipv6/conf/eth0/accept_ra': '2' } },
    ),
    says: 'takes no router advertisements on `eth0`',
  },
  {
    code: 'proxy-arp-without-forwarding',
    faulty: routed({ sysctls: { 'net/ipv4/conf/in/proxy_arp': '1' } }),
    right: routed({ sysctls: { ...forwarding, 'net/ipv4/conf/in/proxy_arp': '1' } }),
    says: 'does not forward IPv4',
    shown: 'guest → far',
  },
  {
    code: 'proxy-arp-everywhere',
    faulty: routed({ sysctls: { ...forwarding, 'net/ipv4/conf/all/proxy_arp': '1' } }),
    right: routed({ sysctls: { ...forwarding, 'net/ipv4/conf/in/proxy_arp': '1' } }),
    says: 'on all interfaces',
  },
  {
    code: 'bridge-filter-drops',
    faulty: bridged(dockerized([])),
    right: bridged(dockerized([accept(iif('br0'), oif('br0'))])),
    says: 'br_netfilter',
    shown: 'because of this 2 pairs fail: one → two 10.0.0.2, two → one 10.0.0.1',
  },
  {
    code: 'accepted-and-dropped',
    faulty: routed({
      filter: [
        filter('forward', 'accept', [accept(iif('in'))], 'ip', 'libvirt'),
        filter('forward', 'drop', [], 'inet', 'firewalld'),
      ],
    }),
    right: routed({
      filter: [
        filter('forward', 'accept', [accept(iif('in'))], 'ip', 'libvirt'),
        filter('forward', 'drop', [accept(iif('in'))], 'inet', 'firewalld'),
      ],
    }),
    says: 'inet firewalld drops it',
    shown: 'guest → far 192.0.2.2',
  },
  {
    code: 'ipv4-only-firewall',
    faulty: routed({ filter: [filter('input', 'drop', [])] }),
    right: routed({ filter: [filter('input', 'drop', [], 'inet')] }),
    says: 'lets all IPv6 pass',
  },
  {
    code: 'neighbour-discovery-dropped',
    faulty: routed({
      filter: [
        filter(
          'input',
          'drop',
          [
            accept({ kind: 'conntrack', states: ['established', 'related'] }),
            accept({ kind: 'icmp-type', family: 6, types: [128] }),
          ],
          'ip6',
        ),
      ],
    }),
    right: routed({ filter: [filter('input', 'drop', [accept({ kind: 'protocol', protocols: [58] })], 'ip6')] }),
    says: 'drops neighbour solicitations on `in`, `out`',
    shown: 'guest → router 2001:db8:1::1',
  },
  {
    code: 'mask-missing',
    faulty: routed({ filter: [nat([masquerade(from('10.0.0.0/32'))])] }),
    right: routed({ filter: [nat([masquerade(from('10.0.0.0/24'))])] }),
    says: 'without a mask',
    shown: 'another source address is seen',
  },
  {
    code: 'nat-matches-nothing',
    faulty: routed({ filter: [nat([masquerade(from('10.9.0.0/24'))])] }),
    right: routed({ filter: [nat([masquerade(from('10.0.0.0/24'))])] }),
    says: 'nothing there is behind it',
  },
  {
    code: 'rule-for-port',
    faulty: bridged({ filter: [nat([masquerade(oif('p1'))])] }),
    right: bridged({ filter: [nat([masquerade(oif('br0'))])] }),
    says: 'which is a port of `br0`',
  },
  {
    code: 'missing-interface',
    faulty: routed({ filter: [nat([masquerade(oif('eth7'))])] }),
    right: routed({ filter: [nat([masquerade(oif('out'))])] }),
    says: 'no interface of that name',
  },
  {
    code: 'shadowed-rule',
    faulty: routed({ filter: [filter('forward', 'accept', [accept(from('10.0.0.0/24')), drop(from('10.0.0.2/32'))])] }),
    right: routed({ filter: [filter('forward', 'accept', [drop(from('10.0.0.2/32')), accept(from('10.0.0.0/24'))])] }),
    says: 'no packet comes to rule 2',
    shown: 'guest → far 192.0.2.2',
  },
  {
    code: 'unreachable-chain',
    faulty: routed({
      filter: [{ ...filter('forward', 'accept', []), subchains: [{ name: 'mine', rules: [drop()] }] }],
    }),
    right: routed({
      filter: [
        {
          ...filter('forward', 'accept', [{ matches: [], verdict: { kind: 'jump', chain: 'mine' } }]),
          subchains: [{ name: 'mine', rules: [drop()] }],
        },
      ],
    }),
    says: 'nothing leads to the chain `mine`',
  },
  {
    code: 'rule-without-effect',
    faulty: routed({ filter: [filter('forward', 'accept', [accept(from('10.0.0.2/32'))])] }),
    right: routed({ filter: [filter('forward', 'drop', [accept(from('10.0.0.2/32'))])] }),
    says: 'they keep nobody out',
  },
  {
    code: 'smtp-open',
    faulty: routed({ routes: [via('0.0.0.0/0', '192.0.2.2', 'out')], filter: acceptAll }),
    right: routed({
      routes: [via('0.0.0.0/0', '192.0.2.2', 'out')],
      filter: [filter('forward', 'accept', [drop({ kind: 'port', protocol: 'tcp', ports: [25] })])],
    }),
    says: 'TCP port 25',
  },
  {
    code: 'neighbour-not-proxied',
    faulty: network(
      {
        guest: host({ eth0: nic(['2001:db8::2/64']) }),
        far: host({ eth0: nic(['2001:db8::3/64']) }),
        host: host(
          { in: nic(), out: nic(['2001:db8::1/64']) },
          {
            sysctls: { ...forwarding, 'net/ipv6/conf/all/proxy_ndp': '1' },
            routes: [{ family: 6, to: '2001:db8::2/128', type: 'unicast', dev: 'in', metric: 1024, table: 254 }],
            neighbourProxies: [{ family: 6, address: '2001:db8::2', dev: 'out' }],
          },
        ),
      },
      'guest:eth0 host:in',
      'far:eth0 host:out',
    ),
    right: network(
      {
        guest: host({ eth0: nic(['2001:db8::2/64']) }),
        far: host({ eth0: nic(['2001:db8::3/64']) }),
        host: host(
          { in: nic(), out: nic(['2001:db8::1/64']) },
          {
            sysctls: { ...forwarding, 'net/ipv6/conf/all/proxy_ndp': '1' },
            routes: [{ family: 6, to: '2001:db8::2/128', type: 'unicast', dev: 'in', metric: 1024, table: 254 }],
            neighbourProxies: [
              { family: 6, address: '2001:db8::2', dev: 'out' },
              { family: 6, address: '2001:db8::3', dev: 'in' },
              { family: 6, address: '2001:db8::1', dev: 'in' },
            ],
          },
        ),
      },
      'guest:eth0 host:in',
      'far:eth0 host:out',
    ),
    says: 'does not answer for that address on `in`',
    shown: 'guest → far 2001:db8::3',
  },
  {
    code: 'deprecated-6to4',
    faulty: network({
      a: host({
        eth0: nic(['10.0.0.1/24']),
        t: nic([], { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', remote: '192.88.99.1' } }),
      }),
    }),
    right: network({
      a: host({
        eth0: nic(['10.0.0.1/24']),
        t: nic([], { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', remote: '192.0.2.9' } }),
      }),
    }),
    says: 'which is withdrawn',
  },
  {
    code: 'foreign-6to4-prefix',
    faulty: network({
      a: host({
        eth0: nic(['10.0.0.1/24']),
        t: nic(['2002:cb00:7101::1/16'], { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit' } }),
      }),
    }),
    right: network({
      a: host({
        eth0: nic(['203.0.113.1/24']),
        t: nic(['2002:cb00:7101::1/16'], { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit' } }),
      }),
    }),
    says: 'which belongs to 203.0.113.1',
  },
  {
    code: 'tunnel-from-anybody',
    faulty: network({
      a: host(
        { eth0: nic(['10.0.0.1/24']), t: nic([], { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit' } }) },
        { filter: [filter('input', 'drop', [accept({ kind: 'protocol', protocols: [41] })])] },
      ),
    }),
    right: network({
      a: host(
        { eth0: nic(['10.0.0.1/24']), t: nic([], { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit' } }) },
        { filter: [filter('input', 'drop', [accept({ kind: 'protocol', protocols: [41] }, from('192.0.2.9/32'))])] },
      ),
    }),
    says: 'from anybody',
  },
  {
    code: 'foreign-routes',
    faulty: {
      a: {
        [netplan]: 'network:\n  version: 2\n  ethernets:\n    eth0: { addresses: [10.0.0.1/24] }\n',
        [interfaces]: static4('eth1', '10.0.1.1/24', 'up ip route add 10.7.0.0/16 via 10.0.1.9'),
      },
    },
    right: { a: { [interfaces]: static4('eth1', '10.0.1.1/24', 'up ip route add 10.7.0.0/16 via 10.0.1.9') } },
    says: 'removes what it did not make',
  },
  {
    code: 'netplan-try-keeps',
    faulty: files(
      netplan,
      'network:\n  version: 2\n  ethernets: { eth0: {} }\n  bridges:\n    br0: { interfaces: [eth0], dhcp4: true, parameters: { stp: false, forward-delay: 0 } }\n',
    ),
    right: files(netplan, 'network:\n  version: 2\n  ethernets:\n    eth0: { dhcp4: true }\n'),
    says: '`netplan try` does not revert it',
  },
];
