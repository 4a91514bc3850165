/** A small machine that makes itself the IPv6 router of a LAN: what its page says that it sets up, as files. */
import { dhcp, interfaces, static4, type Machines, type Segments } from '../linted.ts';

const mask = 'netmask 255.255.255.0';

/** “Any other IPv6 packets are dropped”, word by word. */
const ip6tables = (...more: readonly string[]): string =>
  [
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    '-A INPUT -i lo -j ACCEPT',
    ...more,
    '-A INPUT -i tun6to4 -m state --state RELATED,ESTABLISHED -j ACCEPT',
    '-A FORWARD -i tun6to4 -m state --state RELATED,ESTABLISHED -j ACCEPT',
    '-A FORWARD -i eth0 -j ACCEPT',
    'COMMIT',
    '',
  ].join('\n');

const iptables =
  '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p 41 -j ACCEPT\n-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n';

export const discovery = '-A INPUT -p icmpv6 -j ACCEPT';

/** 203.0.113.100 is what the world sees of the LAN: 2002:cb00:7164::/48. */
const appliance = (...more: readonly string[]): Machines[string] => ({
  [interfaces]: [
    dhcp('eth0', 'up ip -6 addr add 2002:cb00:7164:1::1/64 dev eth0'),
    'auto tun6to4\niface tun6to4 inet manual\n  pre-up ip tunnel add tun6to4 mode sit remote any local any ttl 64\n  up ip link set tun6to4 up\n  up ip -6 addr add 2002:cb00:7164::1/16 dev tun6to4\n  up ip -6 route add ::/0 via ::192.88.99.1 dev tun6to4\n',
  ].join('\n'),
  'etc/sysctl.conf': 'net.ipv6.conf.all.forwarding = 1\n',
  'etc/radvd.conf': 'interface eth0 {\n  AdvSendAdvert on;\n  prefix 2002:cb00:7164:1::/64 { };\n};\n',
  'etc/iptables/rules.v4': iptables,
  'etc/iptables/rules.v6': ip6tables(...more),
});

const home: Machines[string] = {
  [interfaces]: [
    static4('lan', '192.168.1.1', mask, 'up iptables -t nat -A POSTROUTING -o wan -j MASQUERADE'),
    dhcp('wan'),
  ].join('\n'),
  'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
  'etc/dnsmasq.conf': 'interface=lan\ndhcp-range=192.168.1.100,192.168.1.199,12h\n',
};

const laptop: Machines[string] = {
  [interfaces]: dhcp('eth0'),
  'etc/sysctl.conf': 'net.ipv6.conf.eth0.accept_ra = 1\n',
};

export const machines = (...more: readonly string[]): Machines => ({ home, laptop, vmv6r: appliance(...more) });

export const segments: Segments = { lan: ['home:lan', 'laptop:eth0', 'vmv6r:eth0'], internet: ['home:wan'] };

/** The appliance as a guest that is bridged to a radio. */
export const wireless: Machines = {
  home,
  hypervisor: {
    [interfaces]: [
      'auto wlan0\niface wlan0 inet manual\n',
      'auto br0\niface br0 inet dhcp\n  bridge_ports wlan0\n  bridge_stp off\n  bridge_fd 0\n',
    ].join('\n'),
    'etc/libvirt/qemu/vmv6r.xml':
      "<domain type='kvm'><name>vmv6r</name><devices><interface type='bridge'><source bridge='br0'/></interface></devices></domain>",
  },
  vmv6r: appliance(discovery),
};

export const wirelessSegments: Segments = { lan: ['home:lan', 'hypervisor:wlan0'], internet: ['home:wan'] };

/** In a home whose router advertises a prefix of the provider. */
export const withOwnRouter: Machines = {
  ...machines(discovery),
  home: {
    ...home,
    [interfaces]: [
      static4('lan', '192.168.1.1', mask, 'up ip -6 addr add fd12:3456:789a:1::1/64 dev lan'),
      dhcp('wan'),
    ].join('\n'),
    'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n',
    'etc/radvd.conf': 'interface lan {\n  AdvSendAdvert on;\n  prefix fd12:3456:789a:1::/64 { };\n};\n',
  },
};
