/**
 * A small machine that makes itself the IPv6 router of a LAN by 6to4: the files and the commands that its page tells of, in
 * a home whose own router has IPv4 alone.
 */
import { describe, expect, it } from 'vitest';
import { asker, imported, outcomes, type Machines } from './imported.ts';

const interfaces = 'etc/network/interfaces';
const iface = (name: string, ...lines: readonly string[]): string =>
  [`auto ${name}`, ...lines.map((line, index) => (index === 0 ? `iface ${name} ${line}` : `  ${line}`)), ''].join('\n');

/** What it does once it knows 203.0.113.100, the address that others see: $PREFIX is 2002:cb00:7164. */
const tunnel = [
  'ip tunnel add tun6to4 mode sit remote any local any ttl 64',
  'ip link set tun6to4 up',
  'ip -6 addr add 2002:cb00:7164::1/16 dev tun6to4',
  'ip -6 route add ::/0 via ::192.88.99.1 dev tun6to4',
  'ip -6 addr add 2002:cb00:7164:1::1/64 dev eth0',
  'sysctl -w net.ipv6.conf.all.forwarding=1',
];

const filter = [
  ...['iptables', 'ip6tables'].flatMap((program) => [
    `${program} -P INPUT DROP`,
    `${program} -P FORWARD DROP`,
    `${program} -A INPUT -i lo -j ACCEPT`,
  ]),
  'iptables -A INPUT -p 41 -j ACCEPT',
  'iptables -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT',
  'ip6tables -A INPUT -p icmpv6 --icmpv6-type router-solicitation -j ACCEPT',
  'ip6tables -A INPUT -p icmpv6 --icmpv6-type neighbour-solicitation -j ACCEPT',
  'ip6tables -A INPUT -p icmpv6 --icmpv6-type neighbour-advertisement -j ACCEPT',
  'ip6tables -A INPUT -i tun6to4 -m state --state RELATED,ESTABLISHED -j ACCEPT',
  'ip6tables -A FORWARD -i tun6to4 -m state --state RELATED,ESTABLISHED -j ACCEPT',
  'ip6tables -A FORWARD -i eth0 -j ACCEPT',
];

const prompted = (commands: readonly string[]): string => `${commands.map((line) => `vmv6r:~# ${line}`).join('\n')}\n`;

const appliance = (commands: readonly string[]): Machines[string] => ({
  [interfaces]: iface('eth0', 'inet dhcp', 'hwaddress ether 02:00:00:00:00:06'),
  'etc/radvd.conf': 'interface eth0 {\n  AdvSendAdvert on;\n  prefix 2002:cb00:7164:1::/64 { };\n};\n',
  pasted: prompted(commands),
});

const forwarding = 'net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n';

const around: Machines = {
  home: {
    [interfaces]: [
      iface('lan', 'inet static', 'address 192.168.1.1/24'),
      iface('wan', 'inet static', 'address 203.0.113.100/24', 'gateway 203.0.113.254'),
    ].join('\n'),
    'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
    'etc/dnsmasq.conf':
      'interface=lan\ndhcp-range=192.168.1.100,192.168.1.199,12h\ndhcp-host=02:00:00:00:00:06,192.168.1.106\n',
    'etc/iptables/rules.v4': '*nat\n-A POSTROUTING -o wan -j MASQUERADE\nCOMMIT\n',
  },
  laptop: {
    [interfaces]: iface('eth0', 'inet dhcp', 'hwaddress ether 02:00:00:00:00:05'),
    'etc/sysctl.conf': 'net.ipv6.conf.eth0.accept_ra = 1\n',
  },
  relay: {
    [interfaces]: [
      iface('eth0', 'inet static', 'address 203.0.113.254/24', 'up ip addr add 192.88.99.1/32 dev eth0'),
      iface('eth1', 'inet6 static', 'address 2001:db8:6::1/64'),
      iface('tun6to4', 'inet manual', 'pre-up ip tunnel add tun6to4 mode sit remote any local 192.88.99.1 ttl 64', 'up ip link set tun6to4 up', 'up ip -6 addr add 2002:c058:6301::1/16 dev tun6to4'),
    ].join('\n'),
    'etc/sysctl.conf': forwarding,
  },
  site: { [interfaces]: iface('eth0', 'inet6 static', 'address 2001:db8:6::2/64', 'gateway 2001:db8:6::1') },
}; // prettier-ignore

const segments = {
  lan: ['home:lan', 'laptop:eth0', 'vmv6r:eth0'],
  provider: ['home:wan', 'relay:eth0'],
  behind: ['relay:eth1', 'site:eth0'],
};

const laptop = '2002:cb00:7164:1:0:ff:fe00:5';

describe('v6-router from its files and commands', () => {
  const network = imported({ ...around, vmv6r: appliance([...tunnel, ...filter]) }, segments);

  it('is read without an error', () => {
    expect(network.remarks.filter(({ kind }) => kind === 'error' || kind === 'not-said')).toEqual([]);
    expect(network.state.stacks['vmv6r']?.interfaces['tun6to4']).toMatchObject({
      ...{ kind: 'tunnel', mtuBytes: 1480, up: true },
      tunnel: { mode: 'sit', ttl: 64 },
    });
  });

  it('has the LAN configure itself and reach a site that has IPv6 alone', () => {
    expect(
      outcomes(network, [
        ['laptop', '2001:db8:6::2'],
        ['laptop', '2001:db8:6::2 80'],
        ['vmv6r', '2001:db8:6::2'],
        ['vmv6r', '192.168.1.1'],
      ]),
    ).toEqual([
      `laptop > 2001:db8:6::2: yes, seen as ${laptop}`,
      `laptop > 2001:db8:6::2 80: yes, seen as ${laptop}`,
      'vmv6r > 2001:db8:6::2: yes, seen as 2002:cb00:7164::1',
      'vmv6r > 192.168.1.1: yes, seen as 192.168.1.106',
    ]);
  });

  it('lets nothing in that nobody inside asked for, and forwards no IPv4', () => {
    expect(
      outcomes(network, [
        ['site', laptop],
        ['site', `${laptop} 22`],
        ['laptop', '192.168.1.106'],
        ['laptop', '192.168.1.106 22'],
      ]),
    ).toEqual([
      `site > ${laptop}: no`,
      `site > ${laptop} 22: no`,
      'laptop > 192.168.1.106: no',
      'laptop > 192.168.1.106 22: no',
    ]);
    expect(network.state.stacks['vmv6r']?.sysctls['net/ipv4/ip_forward']).toBeUndefined();
  });

  it('hears no answer where its tunnel has no address of the prefix that the answer goes to', () => {
    // What the home's router translated fits the outer address no more; the kernel looks at the tunnel's own addresses then.
    const inner = tunnel.map((line) => line.replace('2002:cb00:7164::1/16', '2002:c0a8:16a::1/16'));
    const { stop } = asker(imported({ ...around, vmv6r: appliance(inner) }, segments))('laptop', '2001:db8:6::2');
    expect([stop?.direction, stop?.stack, stop?.reason]).toEqual(['reply', 'relay', 'tunnel_outer']);
  });

  it('drops itself what a home that hands protocol 41 on to it lets through', () => {
    const home = {
      ...around['home'],
      'etc/iptables/rules.v4':
        '*nat\n-A PREROUTING -i wan -p 41 -j DNAT --to-destination 192.168.1.106\n-A POSTROUTING -o wan -j MASQUERADE\nCOMMIT\n',
    };
    const closed = imported({ ...around, home, vmv6r: appliance([...tunnel, ...filter]) }, segments);
    expect(outcomes(closed, [['laptop', '2001:db8:6::2']])).toEqual([`laptop > 2001:db8:6::2: yes, seen as ${laptop}`]);
    const { stop } = asker(closed)('site', laptop);
    expect([stop?.direction, stop?.stack, stop?.stage]).toEqual(['forward', 'vmv6r', 'forward']);
    const open = imported({ ...around, home, vmv6r: appliance(tunnel) }, segments);
    expect(
      outcomes(open, [
        ['site', laptop],
        ['laptop', '192.168.1.106'],
      ]),
    ).toEqual([`site > ${laptop}: yes, seen as 2001:db8:6::2`, 'laptop > 192.168.1.106: yes, seen as 192.168.1.100']);
  });
});
