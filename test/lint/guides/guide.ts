/** A guide to a network of several virtual machines: its stages, as files of Debian machines in the place of its BSD ones. */
import { dhcp, interfaces, static4, type Machines, type Segments } from '../linted.ts';

interface Stage {
  readonly hasDefault: boolean;
  readonly forwards: boolean;
  readonly hasReturn: boolean;
  readonly translates: boolean;
}

const mask = 'netmask 255.255.255.248';

export const staged = ({ hasDefault, forwards, hasReturn, translates }: Stage): Machines => ({
  metal: {
    [interfaces]: [
      dhcp('eth0'),
      static4('tap0', '10.0.0.1', mask, ...(hasReturn ? ['up ip route add 10.0.5.0/24 via 10.0.0.6'] : [])),
    ].join('\n'),
    'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
    ...(translates
      ? { 'etc/iptables/rules.v4': '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n' }
      : {}),
  },
  firewall: {
    [interfaces]: [static4('if0', '10.0.0.6', mask, 'gateway 10.0.0.1'), static4('if1', '10.0.5.1/24')].join('\n'),
    'etc/sysctl.conf': `net.ipv4.ip_forward = ${forwards ? 1 : 0}\n`,
  },
  second: { [interfaces]: static4('eth0', '10.0.5.2/24', ...(hasDefault ? ['gateway 10.0.5.1'] : [])) },
});

export const segments: Segments = {
  wan: ['metal:tap0', 'firewall:if0'],
  services: ['firewall:if1', 'second:eth0'],
  internet: ['metal:eth0'],
};

export const twoClients: Machines = { firewall: { [interfaces]: [dhcp('if0'), dhcp('if1')].join('\n') } };

/** A machine that was copied with its domain file. */
export const copied: Machines = {
  host: {
    [interfaces]:
      'auto br0\niface br0 inet static\n  address 10.0.5.254/24\n  bridge_ports none\n  bridge_stp off\n  bridge_fd 0\n',
    'etc/libvirt/qemu/one.xml':
      "<domain type='kvm'><name>one</name><devices><interface type='bridge'><mac address='52:54:00:12:34:56'/><source bridge='br0'/></interface></devices></domain>",
    'etc/libvirt/qemu/two.xml':
      "<domain type='kvm'><name>two</name><devices><interface type='bridge'><mac address='52:54:00:12:34:56'/><source bridge='br0'/></interface></devices></domain>",
  },
};
