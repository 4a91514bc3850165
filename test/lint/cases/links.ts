/** Interfaces, bridges and addresses: where each rule finds something, and where not. */
import { bridge, host, network, nic } from '../built.ts';
import { dhcp, interfaces, manual, static4 } from '../linted.ts';
import { bridged, client, files, pair, server, type Case } from './case.ts';

export const linkCases: readonly Case[] = [
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
];
