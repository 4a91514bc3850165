/** A NetworkState with a little of everything that needs no uncommon feature of the kernel, and the words it is written in. */
import { normalize } from '../../src/state/normal-form.ts';
import { type Interface, type NetworkState, type Stack } from '../../src/state/network-state.ts';

export const stack = (parts: Partial<Stack>): Stack => ({
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
  ...parts,
  interfaces: { lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] }, ...parts.interfaces },
});
export const v4 = (address: string, prefixLength: number, label?: string) =>
  ({ family: 4, address, prefixLength, ...(label === undefined ? {} : { label }) }) as const;
export const v6 = (address: string, prefixLength: number) => ({ family: 6, address, prefixLength }) as const;
export const nic = (addresses: Interface['addresses'], more: Partial<Interface> = {}): Interface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  addresses,
  ...more,
});

export const everything: NetworkState = normalize({
  version: 1,
  stacks: {
    host: stack({
      interfaces: {
        br0: {
          kind: 'bridge',
          mac: '52:54:00:00:01:00',
          mtuBytes: 1400,
          up: true,
          addresses: [v4('10.0.0.254', 24), v6('2001:db8:1::1', 64)],
          bridge: { stp: true, forwardDelaySeconds: 2 },
        },
        port1: nic([], { master: 'br0', mtuBytes: 1400 }),
        eth0: nic([v4('192.0.2.1', 24), v4('192.0.2.9', 24, 'eth0:0'), v4('198.51.100.1', 25), v6('fe80::1', 64)]),
      },
      routes: [
        { family: 4, to: '10.9.0.0/16', type: 'unreachable', metric: 0, table: 254 },
        { family: 6, to: '2001:db8:9::/48', type: 'blackhole', metric: 1024, table: 254 },
        { family: 4, to: '0.0.0.0/0', type: 'unicast', via: '192.0.2.2', dev: 'eth0', metric: 0, table: 254 },
        { family: 4, to: '0.0.0.0/0', type: 'unicast', via: '192.0.2.2', dev: 'eth0', metric: 100, table: 254 },
        { family: 4, to: '10.8.0.0/24', type: 'unicast', dev: 'eth0', metric: 0, table: 1000, source: '192.0.2.9' },
        { family: 6, to: '::/0', type: 'unicast', via: 'fe80::2', dev: 'eth0', metric: 1024, table: 254 },
      ],
      rules: [
        { family: 4, priority: 500, from: '192.0.2.9/32', table: 1000 },
        { family: 6, priority: 600, to: '2001:db8:7::/48', iif: 'br0', table: 100 },
      ],
      neighbourProxies: [
        { family: 4, address: '192.0.2.77', dev: 'eth0' },
        { family: 6, address: '2001:db8:1::1001', dev: 'eth0' },
      ],
      sysctls: {
        'net/ipv4/ip_forward': '1',
        'net/ipv6/conf/all/forwarding': '1',
        'net/ipv6/conf/default/dad_transmits': '0',
        'net/ipv4/conf/eth0/proxy_arp': '1',
        'net/bridge/bridge-nf-call-iptables': '0',
      },
      filter: [
        {
          family: 'inet',
          name: 'lanwright',
          chains: [
            {
              name: 'input',
              type: 'filter',
              hook: 'input',
              priority: 0,
              policy: 'drop',
              rules: [
                { matches: [{ kind: 'conntrack', states: ['established', 'related'] }], verdict: { kind: 'accept' } },
                { matches: [{ kind: 'icmp', types: 'echo-request' }], verdict: { kind: 'accept' }, comment: 'ping' },
              ],
            },
            {
              name: 'postrouting',
              type: 'nat',
              hook: 'postrouting',
              priority: 100,
              policy: 'accept',
              rules: [
                {
                  matches: [{ kind: 'source', family: 4, prefixes: ['10.0.0.0/24'] }],
                  verdict: { kind: 'masquerade' },
                },
              ],
            },
          ],
        },
      ],
    }),
    guest: stack({
      interfaces: {
        eth0: nic([v4('10.0.0.1', 24), v6('2001:db8:1::2', 64)], { mac: '52:54:00:00:00:01', mtuBytes: 1400 }),
      },
      routes: [{ family: 4, to: '0.0.0.0/0', type: 'unicast', via: '10.0.0.254', dev: 'eth0', metric: 0, table: 254 }],
    }),
    outside: stack({ interfaces: { eth0: nic([v4('192.0.2.2', 24), v6('fe80::2', 64)]) } }),
  },
  cables: [
    { a: { stack: 'guest', interface: 'eth0' }, b: { stack: 'host', interface: 'port1' } },
    { a: { stack: 'host', interface: 'eth0' }, b: { stack: 'outside', interface: 'eth0' } },
  ],
});
