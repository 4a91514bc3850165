/** Services and routes: where each rule finds something, and where not. */
import { filter, forwarding, host, network, nic, via } from '../built.ts';
import { dhcp, interfaces, static4 } from '../linted.ts';
import { accept, advertiser, client, files, from, pair, routed, server, type Case } from './case.ts';

export const routeCases: readonly Case[] = [
  {
    code: 'dhcp-unanswered',
    faulty: pair({}, { services: [client('eth0')] }, [nic(['10.0.0.1/24']), nic()]),
    right: pair({ services: [server('eth0', '10.0.0.10', '10.0.0.20')] }, { services: [client('eth0')] }, [
      nic(['10.0.0.1/24']),
      nic(),
    ]),
    says: 'nobody on that wire serves DHCP',
    shown: 'because of this 1 pair fails: b → a 10.0.0.1',
  },
  {
    code: 'dhcp-range-outside',
    faulty: pair({ services: [server('eth0', '10.0.1.10', '10.0.1.20')] }, {}),
    right: pair({ services: [server('eth0', '10.0.0.10', '10.0.0.20')] }, {}),
    says: 'whose subnet is 10.0.0.0/24',
  },
  {
    code: 'static-in-dhcp-range',
    faulty: pair({ services: [server('eth0', '10.0.0.2', '10.0.0.20')] }, {}),
    right: pair({ services: [server('eth0', '10.0.0.10', '10.0.0.20')] }, {}),
    says: 'which `a` gives out by DHCP',
  },
  {
    code: 'leased-address-named',
    faulty: pair(
      {
        services: [server('eth0', '10.0.0.10', '10.0.0.20')],
        filter: [filter('input', 'drop', [accept(from('10.0.0.15/32'))])],
      },
      {},
    ),
    right: pair(
      {
        services: [
          server('eth0', '10.0.0.10', '10.0.0.20', {
            reservations: [{ mac: '52:54:00:00:00:01', address: '10.0.0.15', name: 'c' }],
          }),
        ],
        filter: [filter('input', 'drop', [accept(from('10.0.0.15/32'))])],
      },
      {},
    ),
    says: 'gives to whoever asks by DHCP',
  },
  {
    code: 'two-servers',
    about: 'DHCP',
    faulty: pair(
      { services: [server('eth0', '10.0.0.10', '10.0.0.20')] },
      { services: [server('eth0', '10.0.0.15', '10.0.0.30')] },
    ),
    right: pair(
      { services: [server('eth0', '10.0.0.10', '10.0.0.20')] },
      { services: [server('eth0', '10.0.0.21', '10.0.0.30')] },
    ),
    says: 'a range that overlaps',
  },
  {
    code: 'two-servers',
    about: 'routers',
    faulty: pair({ services: [advertiser('eth0')] }, { services: [advertiser('eth0')] }),
    right: pair({ services: [advertiser('eth0')] }, { services: [advertiser('eth0', false)] }),
    says: 'IPv6 default router',
  },
  {
    code: 'serves-uplink',
    faulty: pair(
      { services: [server('eth0', '10.0.0.10', '10.0.0.20')], routes: [via('0.0.0.0/0', '10.0.0.2', 'eth0')] },
      {},
    ),
    right: pair({ services: [server('eth0', '10.0.0.10', '10.0.0.20')] }, {}),
    says: 'where its own default route leads',
  },
  {
    code: 'two-dhcp-clients',
    faulty: files(interfaces, `${dhcp('eth0')}\n${dhcp('eth1')}`),
    right: files(interfaces, dhcp('eth0')),
    says: 'each renewal',
  },
  {
    code: 'resolver-unreachable',
    faulty: pair({ filter: [filter('input', 'drop', [])] }, { resolver: { nameservers: ['10.0.0.1'], search: [] } }),
    right: pair({}, { resolver: { nameservers: ['10.0.0.1'], search: [] } }),
    says: 'gets no answer',
    shown: 'b → a 10.0.0.1 udp/53',
  },
  {
    code: 'two-default-routes',
    faulty: network({
      a: host(
        { eth0: nic(['10.0.0.1/24']), eth1: nic(['10.0.1.1/24']) },
        { routes: [via('0.0.0.0/0', '10.0.0.9', 'eth0'), via('0.0.0.0/0', '10.0.1.9', 'eth1')] },
      ),
    }),
    right: network({
      a: host(
        { eth0: nic(['10.0.0.1/24']), eth1: nic(['10.0.1.1/24']) },
        { routes: [via('0.0.0.0/0', '10.0.0.9', 'eth0'), via('0.0.0.0/0', '10.0.1.9', 'eth1', { metric: 100 })] },
      ),
    }),
    says: 'two IPv4 default routes of one metric',
  },
  {
    code: 'no-default-route',
    faulty: routed({ routes: [via('0.0.0.0/0', '192.0.2.2', 'out')] }, { routes: [] }),
    right: routed({ routes: [via('0.0.0.0/0', '192.0.2.2', 'out')] }),
    says: '`guest` has no IPv4 default route',
    shown: 'far → guest 10.0.0.2',
  },
  {
    code: 'gateway-outside-subnet',
    faulty: pair({ routes: [via('0.0.0.0/0', '10.0.9.9', 'eth0', { onlink: true })] }, {}),
    right: pair({ routes: [via('0.0.0.0/0', '10.0.0.2', 'eth0')] }, {}),
    says: 'whose subnet is 10.0.0.0/24',
  },
  {
    code: 'gateway-nobody-has',
    faulty: pair({ routes: [via('0.0.0.0/0', '10.0.0.9', 'eth0')] }, {}),
    right: pair({ routes: [via('0.0.0.0/0', '10.0.0.2', 'eth0')] }, {}),
    says: 'nobody on that wire has the address',
  },
  {
    code: 'onlink-behind-router',
    faulty: routed(
      {},
      {},
      { routes: [{ family: 4, to: '10.0.0.0/24', type: 'unicast', dev: 'eth0', metric: 0, table: 254 }] },
    ),
    right: routed({}),
    says: 'it is behind `router`',
    shown: 'far → guest 10.0.0.2',
  },
  {
    code: 'missing-return-route',
    faulty: routed({}, {}, { routes: [] }),
    right: routed({}),
    says: '`far` has no route back to 10.0.0.0/24',
    shown: 'guest → far 192.0.2.2',
  },
  {
    code: 'routing-loop',
    faulty: routed(
      { routes: [via('0.0.0.0/0', '192.0.2.2', 'out')] },
      {},
      { sysctls: forwarding, routes: [via('10.0.0.0/16', '192.0.2.1', 'eth0')] },
    ),
    right: routed(
      {
        routes: [
          via('0.0.0.0/0', '192.0.2.2', 'out'),
          { family: 4, to: '10.0.0.0/16', type: 'unreachable', metric: 0, table: 254 },
        ],
      },
      {},
      { sysctls: forwarding, routes: [via('10.0.0.0/16', '192.0.2.1', 'eth0')] },
    ),
    says: 'it goes round',
    shown: 'guest → ',
  },
  {
    code: 'not-translated',
    faulty: {
      router: {
        [interfaces]: `${static4('lan', '10.0.0.1/24')}\n${dhcp('wan')}`,
        'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
      },
      guest: { [interfaces]: static4('eth0', '10.0.0.2/24', 'gateway 10.0.0.1') },
    },
    right: {
      router: {
        [interfaces]: `${static4('lan', '10.0.0.1/24', 'up iptables -t nat -A POSTROUTING -o wan -j MASQUERADE')}\n${dhcp('wan')}`,
        'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
      },
      guest: { [interfaces]: static4('eth0', '10.0.0.2/24', 'gateway 10.0.0.1') },
    },
    says: 'under its private address 10.0.0.2',
    shown: 'guest → internet 198.51.100.1',
  },
  {
    code: 'forwarding-off',
    faulty: routed({ sysctls: {} }),
    right: routed({}),
    says: '`router` does not forward IPv4',
    shown: 'guest → far 192.0.2.2',
  },
];
