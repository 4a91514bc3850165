/** Each rule finds what it is for, says what comes of it where the walker can show it, and is silent about the like that is right. */
import { describe, expect, it } from 'vitest';
import { consequenceText } from '../../src/lint/consequence.ts';
import { lint } from '../../src/lint/lint.ts';
import { type Outside } from '../../src/lint/rule.ts';
import { lintRules } from '../../src/lint/rules.ts';
import { type Interface, type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { type FilterRule } from '../../src/state/packet-filter.ts';
import { type DhcpServer, type RouterAdvertiser } from '../../src/state/service.ts';
import { bridge, filter, forwarding, host, nat, network, nic, via } from './built.ts';
import { dhcp, interfaces, linted, manual, static4, type Machines } from './linted.ts';

type Subject = NetworkState | Machines;

interface Case {
  readonly code: string;
  readonly about?: string;
  readonly faulty: Subject;
  readonly right: Subject;
  /** A part of what is said: of the message, or of what comes of it. */
  readonly says: string;
  readonly shown?: string;
  readonly outside?: Partial<Outside>;
}

const isState = (subject: Subject): subject is NetworkState => subject['version'] === 1;

const server = (dev: string, first: string, last: string, more: Partial<DhcpServer> = {}): DhcpServer => ({
  ...{
    kind: 'dhcp-server',
    interface: dev,
    first,
    last,
    netmask: '255.255.255.0',
    leaseSeconds: 3600,
    reservations: [],
  },
  ...more,
});

const client = (dev: string, metric = 0): Stack['services'][number] => ({
  kind: 'dhcp-client',
  interface: dev,
  hostname: 'h',
  metric,
});
const advertiser = (dev: string, isDefaultRouter = true): RouterAdvertiser => ({
  ...{ kind: 'router-advertiser', interface: dev, prefixes: ['2001:db8:1::/64'], isDefaultRouter },
});

const accept = (...matches: FilterRule['matches']): FilterRule => ({ matches, verdict: { kind: 'accept' } });
const drop = (...matches: FilterRule['matches']): FilterRule => ({ matches, verdict: { kind: 'drop' } });
const from = (prefix: string): FilterRule['matches'][number] => ({ kind: 'source', family: 4, prefixes: [prefix] });
const oif = (name: string): FilterRule['matches'][number] => ({ kind: 'oif', names: [name] });
const iif = (name: string): FilterRule['matches'][number] => ({ kind: 'iif', names: [name] });
const masquerade = (...matches: FilterRule['matches']): FilterRule => ({ matches, verdict: { kind: 'masquerade' } });

/** Two machines on one wire. */
const pair = (
  a: Partial<Stack>,
  b: Partial<Stack>,
  nics: readonly [Interface, Interface] = [nic(['10.0.0.1/24']), nic(['10.0.0.2/24'])],
): NetworkState => network({ a: host({ eth0: nics[0] }, a), b: host({ eth0: nics[1] }, b) }, 'a:eth0 b:eth0');

/** Two guests on a bridge of a host. */
const bridged = (
  own: Partial<Stack>,
  br0: Interface = bridge(['10.0.0.254/24']),
  one: Partial<Stack> = {},
  more: Partial<Interface> = {},
): NetworkState =>
  network(
    {
      host: host({ br0, p1: nic([], { master: 'br0' }), p2: nic([], { master: 'br0', ...more }) }, own),
      one: host({ eth0: nic(['10.0.0.1/24']) }, one),
      two: host({ eth0: nic(['10.0.0.2/24']) }),
    },
    'host:p1 one:eth0',
    'host:p2 two:eth0',
  );

/** A guest behind a router, and a machine beyond. */
const routed = (router: Partial<Stack>, guest: Partial<Stack> = {}, far: Partial<Stack> = {}): NetworkState =>
  network(
    {
      far: host(
        { eth0: nic(['192.0.2.2/24', '2001:db8:2::2/64']) },
        { routes: [via('10.0.0.0/24', '192.0.2.1', 'eth0')], ...far },
      ),
      guest: host(
        { eth0: nic(['10.0.0.2/24', '2001:db8:1::2/64']) },
        { routes: [via('0.0.0.0/0', '10.0.0.1', 'eth0')], ...guest },
      ),
      router: host(
        { in: nic(['10.0.0.1/24', '2001:db8:1::1/64']), out: nic(['192.0.2.1/24', '2001:db8:2::1/64']) },
        { sysctls: forwarding, ...router },
      ),
    },
    'guest:eth0 router:in',
    'far:eth0 router:out',
  );

const acceptAll: Stack['filter'] = [filter('forward', 'accept', [])];
const dockerized = (rules: readonly FilterRule[]): Partial<Stack> => ({
  sysctls: { 'net/bridge/bridge-nf-call-iptables': '1' },
  filter: [filter('forward', 'drop', rules)],
});
const files = (path: string, text: string, name = 'host'): Machines => ({ [name]: { [path]: text } });
const netplan = 'etc/netplan/01.yaml';

const cases: readonly Case[] = [
  {
    code: 'overridden-key',
    faulty: files('etc/xen/a.cfg', "vif=['bridge=br0']\nvif=['bridge=br1']\n"),
    right: files('etc/xen/a.cfg', "vif=['bridge=br0','bridge=br1']\n"),
    says: 'given again in line 2',
  },
  {
    code: 'refused-setting',
    faulty: files(interfaces, static4('eth0', '10.0.0.300/24')),
    right: files(interfaces, static4('eth0', '10.0.0.3/24')),
    says: '10.0.0.300',
  },
  {
    code: 'ignored-setting',
    faulty: files(interfaces, `${static4('eth0', '10.0.0.3/24')}iface eth1 inet static\n  address 10.0.1.3/24\n`),
    right: files(interfaces, static4('eth0', '10.0.0.3/24')),
    says: 'eth1',
  },
  {
    code: 'unused-route-file',
    faulty: {
      host: {
        'etc/sysconfig/network/ifcfg-eth0': "STARTMODE='auto'\nBOOTPROTO='static'\nIPADDR='10.0.0.3/24'\n",
        'etc/sysconfig/network/ifroute-eth1': 'default 10.0.0.1 - eth0\n',
      },
    },
    right: {
      host: {
        'etc/sysconfig/network/ifcfg-eth0': "STARTMODE='auto'\nBOOTPROTO='static'\nIPADDR='10.0.0.3/24'\n",
        'etc/sysconfig/network/ifroute-eth0': 'default 10.0.0.1 - eth0\n',
      },
    },
    says: '`eth1`, whose routes these are',
  },
  {
    code: 'network-mismatch',
    faulty: files(interfaces, static4('eth0', '10.0.0.3/24', 'broadcast 10.0.255.255')),
    right: files(interfaces, static4('eth0', '10.0.0.3/24', 'broadcast 10.0.0.255')),
    says: 'which is 10.0.0.255',
  },
  {
    code: 'address-is-not-a-host',
    faulty: pair({}, {}, [nic(['10.0.0.255/24']), nic(['10.0.0.2/24'])]),
    right: pair({}, {}, [nic(['10.0.0.255/16']), nic(['10.0.0.2/16'])]),
    says: 'broadcast address',
  },
  {
    code: 'address-on-port',
    faulty: network(
      {
        host: host({ br0: bridge(), eth0: nic(['10.0.0.1/24'], { master: 'br0' }) }),
        b: host({ eth0: nic(['10.0.0.2/24']) }),
      },
      'b:eth0 host:eth0',
    ),
    right: network(
      {
        host: host({ br0: bridge(['10.0.0.1/24']), eth0: nic([], { master: 'br0' }) }),
        b: host({ eth0: nic(['10.0.0.2/24']) }),
      },
      'b:eth0 host:eth0',
    ),
    says: 'is a port of `br0`',
    shown: 'because of this 2 pairs fail: b → host 10.0.0.1, host → b 10.0.0.2',
  },
  {
    code: 'address-on-port',
    about: 'DHCP',
    faulty: files(
      interfaces,
      `${dhcp('eth0')}\nauto br0\niface br0 inet manual\n  bridge_ports eth0\n  bridge_stp off\n  bridge_fd 0\n`,
    ),
    right: files(interfaces, `${manual('eth0')}\n${dhcp('br0', 'bridge_ports eth0', 'bridge_stp off', 'bridge_fd 0')}`),
    says: 'asks for an address by DHCP',
  },
  {
    code: 'duplicate-address',
    faulty: pair({}, {}, [nic(['10.0.0.1/24']), nic(['10.0.0.1/24'])]),
    right: pair({}, {}),
    says: 'both have 10.0.0.1 on one wire',
  },
  {
    code: 'duplicate-mac',
    faulty:
      bridged({}, undefined, {}).stacks['one'] === undefined
        ? pair({}, {})
        : network(
            {
              ...bridged({}).stacks,
              one: host({ eth0: nic(['10.0.0.1/24'], { mac: '52:54:00:12:34:56' }) }),
              two: host({ eth0: nic(['10.0.0.2/24'], { mac: '52:54:00:12:34:56' }) }),
            },
            'host:p1 one:eth0',
            'host:p2 two:eth0',
          ),
    right: bridged({}),
    says: 'both have the MAC address 52:54:00:12:34:56 on one wire',
  },
  {
    code: 'duplicate-number',
    faulty: network({
      a: host({
        eth0: nic(),
        v1: nic([], { kind: 'vlan', vlan: { link: 'eth0', id: 7 } }),
        v2: nic([], { kind: 'vlan', vlan: { link: 'eth0', id: 7 } }),
      }),
    }),
    right: network({
      a: host({
        eth0: nic(),
        v1: nic([], { kind: 'vlan', vlan: { link: 'eth0', id: 7 } }),
        v2: nic([], { kind: 'vlan', vlan: { link: 'eth0', id: 8 } }),
      }),
    }),
    says: 'both have VLAN 7 of `eth0`',
  },
  {
    code: 'mac-by-chance',
    faulty: { dom0: { [interfaces]: manual('eth0'), 'etc/xen/vm.cfg': "name='vm'\nvif=['bridge=br0']\n" } },
    right: {
      dom0: { [interfaces]: manual('eth0'), 'etc/xen/vm.cfg': "name='vm'\nvif=['mac=00:16:3e:00:00:01,bridge=br0']\n" },
    },
    says: 'another one at every start',
  },
  {
    code: 'same-subnet-twice',
    faulty: network({ a: host({ eth0: nic(['10.0.0.1/24']), eth1: nic(['10.0.0.2/24']) }) }),
    right: network({ a: host({ eth0: nic(['10.0.0.1/24']), eth1: nic(['10.0.1.2/24']) }) }),
    says: 'is in 10.0.0.0/24 with both',
  },
  {
    code: 'subnet-overlap',
    about: 'libvirt',
    faulty: {
      host: {
        [interfaces]: static4('eth0', '192.168.122.9/24'),
        'etc/libvirt/qemu/networks/default.xml':
          "<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>",
      },
    },
    right: {
      host: {
        [interfaces]: static4('eth0', '192.168.5.9/24'),
        'etc/libvirt/qemu/networks/default.xml':
          "<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>",
      },
    },
    says: '`virbr0` of `host` has 192.168.122.0/24, which overlaps 192.168.122.0/24 of `eth0`',
  },
  {
    code: 'documentation-prefix',
    faulty: files(interfaces, static4('eth0', '192.0.2.3/24')),
    right: files(interfaces, static4('eth0', '192.0.3.3/24')),
    says: 'for documentation',
  },
  {
    code: 'mtu-mismatch',
    about: 'of one wire',
    faulty: pair({}, {}, [nic(['10.0.0.1/24'], { mtuBytes: 9000 }), nic(['10.0.0.2/24'])]),
    right: pair({}, {}, [nic(['10.0.0.1/24'], { mtuBytes: 9000 }), nic(['10.0.0.2/24'], { mtuBytes: 9000 })]),
    says: 'an MTU of',
  },
  {
    code: 'mtu-mismatch',
    about: 'of a tunnel',
    faulty: network({
      a: host({
        eth0: nic(['10.0.0.1/24']),
        t: nic([], { kind: 'tunnel', tunnel: { mode: 'sit', local: '10.0.0.1', remote: '10.0.0.2' } }),
      }),
    }),
    right: network({
      a: host({
        eth0: nic(['10.0.0.1/24']),
        t: nic([], { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', local: '10.0.0.1', remote: '10.0.0.2' } }),
      }),
    }),
    says: 'has room for 1480',
  },
  {
    code: 'mtu-mismatch',
    about: 'of a bridge’s port',
    faulty: bridged({}, bridge(['10.0.0.254/24']), {}, { mtuBytes: 1400 }),
    right: bridged({}),
    says: 'dropped there without a word',
  },
  {
    code: 'unconfigured-bridge',
    faulty: {
      host: {
        [interfaces]: static4('eth0', '10.0.0.1/24'),
        'etc/xen/a.cfg': "name='a'\nvif=['script=vif-bridge,bridge=br7']\n",
      },
    },
    right: {
      host: {
        [interfaces]: static4('br7', '10.0.0.1/24', 'bridge_ports none'),
        'etc/xen/a.cfg': "name='a'\nvif=['script=vif-bridge,bridge=br7']\n",
      },
    },
    says: 'no file of `host` makes it',
  },
  {
    code: 'idle-bridge',
    faulty: network({ a: host({ br0: bridge() }) }),
    right: network({ a: host({ br0: bridge(['10.0.0.1/24']) }) }),
    says: 'nothing plugged into it',
  },
  {
    code: 'stp-delays-dhcp',
    faulty: bridged(
      { services: [server('br0', '10.0.0.10', '10.0.0.20')] },
      bridge(['10.0.0.254/24'], { bridge: { stp: true, forwardDelaySeconds: 15 } }),
      { services: [client('eth0')] },
    ),
    right: bridged({ services: [server('br0', '10.0.0.10', '10.0.0.20')] }, bridge(['10.0.0.254/24']), {
      services: [client('eth0')],
    }),
    says: '30 seconds',
  },
  {
    code: 'bridged-wifi',
    faulty: network({ a: host({ br0: bridge(['10.0.0.1/24']), wlan0: nic([], { master: 'br0' }) }) }),
    right: network({ a: host({ br0: bridge(['10.0.0.1/24']), wlan0: nic(['10.0.1.1/24']) }) }),
    says: 'is a wireless station',
  },
  {
    code: 'one-mac-uplink',
    faulty: bridged({}),
    right: network({ host: host({ p2: nic(['10.0.0.1/24']) }) }),
    says: 'lets one MAC address through',
    outside: { oneMac: new Set(['host/p2']) },
  },
  {
    code: 'macvlan-hides-host',
    faulty: network({
      a: host({
        eth0: nic(['10.0.0.1/24']),
        mv0: nic([], { kind: 'macvlan', macvlan: { link: 'eth0', mode: 'bridge' } }),
      }),
    }),
    right: network({
      a: host({
        eth0: nic(),
        mv0: nic(['10.0.0.1/24'], { kind: 'macvlan', macvlan: { link: 'eth0', mode: 'bridge' } }),
      }),
    }),
    says: 'cannot reach `a`',
  },
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

const findingsIn = (subject: Subject, code: string, outside: Partial<Outside> = {}): ReturnType<typeof lint> => {
  const segments: Record<string, readonly string[]> =
    code === 'not-translated' ? { lan: ['router:lan', 'guest:eth0'], internet: ['router:wan'] } : {};
  const all = isState(subject)
    ? lint({ state: subject, outside })
    : linted(subject, code === 'not-translated' ? segments : undefined, outside);
  return all.filter((finding) => finding.code === code);
};

describe('the rules of lint', () => {
  it('have a case each', () => {
    expect([...new Set(cases.map(({ code }) => code))].sort()).toEqual(lintRules.map(({ code }) => code).sort());
  });

  for (const { code, about, faulty, right, says, shown, outside } of cases)
    it(`${code}${about === undefined ? '' : `, ${about}`}: finds it, and is silent where it is right`, () => {
      const found = findingsIn(faulty, code, outside);
      expect(found.map(({ message }) => message).join('\n')).toContain(says);
      const texts = found.flatMap(({ consequence }) => (consequence === undefined ? [] : consequenceText(consequence)));
      if (shown !== undefined) expect(texts.join('\n')).toContain(shown);
      expect(findingsIn(right, code, outside).map(({ message }) => message)).toEqual([]);
    });
});
