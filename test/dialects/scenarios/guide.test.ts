/**
 * The networks of a guide to several virtual machines, whose machines are OpenBSD: from the files that it has people write,
 * beside a host and a broker of Debian.
 */
import { describe, expect, it } from 'vitest';
import { asker, imported, outcomes, type Machines } from './imported.ts';

const interfaces = 'etc/network/interfaces';
const nic = (name: string, address: string, ...more: readonly string[]): string =>
  [`auto ${name}`, `iface ${name} inet static`, `  address ${address}`, ...more.map((line) => `  ${line}`), ''].join('\n'); // prettier-ignore

const forwards = 'net.inet.ip.forwarding=1\nnet.inet6.ip6.forwarding=1\n';
const masquerade = '*nat\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n';

interface Stage {
  readonly hasDefault: boolean;
  readonly forwards: boolean;
  readonly hasReturn: boolean;
  readonly translates: boolean;
}

/** `second` sends its packets to the firewall, that to the host, and the host to the internet; each stage lacks one step. */
const staged = (stage: Stage): Machines => ({
  metal: {
    [interfaces]: [
      'auto eth0\niface eth0 inet dhcp\n',
      nic('tap0', '10.0.0.1/29', ...(stage.hasReturn ? ['up ip route add 10.0.5.0/24 via 10.0.0.6'] : [])),
    ].join('\n'),
    'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
    ...(stage.translates ? { 'etc/iptables/rules.v4': masquerade } : {}),
  },
  firewall: {
    'etc/hostname.if0': 'inet 10.0.0.6 255.255.255.248 NONE\n!route add default 10.0.0.1\n',
    'etc/hostname.if1': 'inet 10.0.5.1 255.255.255.0 NONE\ninet6 alias 2001:db8::8 64\n',
    ...(stage.forwards ? { 'etc/sysctl.conf': forwards } : {}),
  },
  second: {
    'etc/hostname.if0': `inet 10.0.5.2 255.255.255.0 NONE\n${stage.hasDefault ? '!route add default 10.0.5.1\n' : ''}`,
  },
});

const stagedSegments = {
  wan: ['metal:tap0', 'firewall:if0'],
  services: ['firewall:if1', 'second:if0'],
  internet: ['metal:eth0'],
};

const [host, internet] = ['10.0.0.1', '198.51.100.1'];
const whole: Stage = { hasDefault: true, forwards: true, hasReturn: true, translates: true };

describe('guide-stages from its files', () => {
  it.each([
    [1, { ...whole, hasDefault: false }, host, ['forward', 'second', 'no_route']],
    [2, { ...whole, forwards: false }, host, ['forward', 'firewall', 'not_forwarding']],
    [3, { ...whole, hasReturn: false, translates: false }, host, ['reply', 'internet', 'no_route']],
    [4, { ...whole, translates: false }, internet, ['reply', 'internet', 'no_route']],
  ] as const)('stage %i: stops where the guide’s next step is missing', (_number, stage, to, expected) => {
    const { verdict, stop } = asker(imported(staged(stage), stagedSegments))('second', to);
    expect(verdict).toBe('no');
    expect([stop?.direction, stop?.stack, stop?.reason]).toEqual(expected);
  });

  it('has all of it answer with all steps done', () => {
    const network = imported(staged(whole), stagedSegments);
    expect(network.remarks.filter(({ kind }) => kind === 'error' || kind === 'not-said')).toEqual([]);
    expect(
      outcomes(network, [
        ['second', host],
        ['second', internet],
        ['metal', '10.0.5.2'],
      ]),
    ).toEqual([
      `second > ${host}: yes, seen as 10.0.5.2`,
      `second > ${internet}: yes, seen as 203.0.113.100`,
      'metal > 10.0.5.2: yes, seen as 10.0.0.1',
    ]);
  });
});

const [server, client] = ['2001:db8:2468:aced::1', '2001:db8:2468:aced::2'];

/** The broker, and what is behind it: the prefix inside is routed to the tunnel. `far`: where its client appears to be. */
const outside = (far: string): Machines => ({
  world: {
    [interfaces]: nic('eth0', '203.0.113.254/24', 'up ip -6 addr add 2001:db8:ffff::1/64 dev eth0', 'up ip -6 route add 2001:db8:2468::/48 via 2001:db8:ffff::9'),
    'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
  },
  broker: {
    [interfaces]: [
      nic('eth0', '203.0.113.9/24', 'gateway 203.0.113.254', 'up ip -6 addr add 2001:db8:ffff::9/64 dev eth0'),
      `auto six\niface six inet6 v4tunnel\n  address ${server}\n  netmask 64\n  endpoint ${far}\n  local 203.0.113.9\n  up ip -6 route add 2001:db8:2468:1::/64 via ${client} dev six\n`,
    ].join('\n'),
    'etc/sysctl.conf': 'net.ipv6.conf.all.forwarding = 1\n',
  },
}); // prettier-ignore

/** As its “five occurrences of an IP address” have it, and the route that comes after. */
const gif = (local: string): string =>
  [
    `!ifconfig $if tunnel ${local} 203.0.113.9`,
    `!ifconfig $if inet6 ${client} ${server} prefixlen 128`,
    `!route add -inet6 default ${server}`,
    '',
  ].join('\n');

const webInside: Machines[string] = {
  'etc/hostname.em0': 'inet 10.0.5.7 255.255.255.0 NONE\ninet6 2001:db8:2468:1::7 64\n',
  'etc/mygate': '10.0.5.1\n2001:db8:2468:1::1\n',
};

const segments = {
  outside: ['world:eth0', 'broker:eth0', 'metal:eth0'],
  wan: ['metal:tap0', 'firewall:if0'],
};

const metal = (...rules: readonly string[]): Machines[string] => ({
  [interfaces]: [
    nic('eth0', '203.0.113.8/24', 'gateway 203.0.113.254'),
    nic('tap0', '192.0.2.9/29', 'up ip route add 10.0.5.0/24 via 192.0.2.10'),
  ].join('\n'),
  'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
  'etc/iptables/rules.v4': ['*nat', ...rules, '-A POSTROUTING -o eth0 -j MASQUERADE', 'COMMIT', ''].join('\n'),
});

describe('the guide’s address server from its files', () => {
  const dhcp =
    'subnet 10.0.5.0 netmask 255.255.255.0 {\n  option routers 10.0.5.1;\n  range 10.0.5.100 10.0.5.199;\n}\n';
  const machines = {
    ...staged(whole),
    autoaddr: {
      'etc/hostname.if0': 'inet 10.0.5.8 255.255.255.0 NONE\ninet6 alias 2001:db8::9 64\n',
      'etc/rc.conf.local': 'dhcpd_flags="if0"\n',
      'etc/dhcpd.conf': dhcp,
    },
    third: { 'etc/hostname.if0': '!dhclient -c /etc/dhclnons.cfg $if\n' },
  };
  const network = imported(machines, {
    ...stagedSegments,
    services: [...stagedSegments.services, 'autoaddr:if0', 'third:if0'],
  });

  it('gives a machine its address and its way out', () => {
    expect(
      outcomes(network, [
        ['third', '10.0.5.2'],
        ['third', internet],
        ['second', '10.0.5.100'],
        ['autoaddr', '2001:db8::8'],
      ]),
    ).toEqual([
      'third > 10.0.5.2: yes, seen as 10.0.5.100',
      `third > ${internet}: yes, seen as 203.0.113.100`,
      'second > 10.0.5.100: yes, seen as 10.0.5.2',
      'autoaddr > 2001:db8::8: yes, seen as 2001:db8::9',
    ]);
  });
});

describe('guide-tunnel from its files', () => {
  const questions = [
    ['web', '2001:db8:ffff::1'],
    ['broker', '2001:db8:2468:1::7'],
    ['world', '2001:db8:2468:1::7'],
    ['web', server],
  ] as const;
  const answers = [
    'web > 2001:db8:ffff::1: yes, seen as 2001:db8:2468:1::7',
    `broker > 2001:db8:2468:1::7: yes, seen as ${server}`,
    'world > 2001:db8:2468:1::7: yes, seen as 2001:db8:ffff::1',
    `web > ${server}: yes, seen as 2001:db8:2468:1::7`,
  ];

  it('has the firewall and the machines behind it on the IPv6 internet', () => {
    const network = imported(
      {
        ...outside('203.0.113.8'),
        metal: metal('-A PREROUTING -i eth0 -p 41 -j DNAT --to-destination 192.0.2.10'),
        firewall: {
          'etc/hostname.if0': 'inet 192.0.2.10 255.255.255.248 NONE\n!route add default 192.0.2.9\n',
          'etc/hostname.if1': 'inet 10.0.5.1 255.255.255.0 NONE\ninet6 2001:db8:2468:1::1 64\n',
          'etc/hostname.gif0': gif('192.0.2.10'),
          'etc/sysctl.conf': forwards,
        },
        web: webInside,
      },
      { ...segments, services: ['firewall:if1', 'web:em0'] },
    );
    expect(outcomes(network, [['firewall', server], ['broker', client], ...questions])).toEqual([
      `firewall > ${server}: yes, seen as ${client}`,
      `broker > ${client}: yes, seen as ${server}`,
      ...answers,
    ]);
  }); // prettier-ignore

  it('still works with its end on a machine further inside, behind address translation', () => {
    const network = imported(
      {
        ...outside('203.0.113.8'),
        metal: metal('-A PREROUTING -i eth0 -p 41 -j DNAT --to-destination 10.0.5.6'),
        firewall: {
          'etc/hostname.if0': 'inet 192.0.2.10 255.255.255.248 NONE\n!route add default 192.0.2.9\n',
          'etc/hostname.if1': 'inet 10.0.5.1 255.255.255.0 NONE\n',
          'etc/sysctl.conf': forwards,
        },
        gate6: {
          'etc/hostname.em0':
            'inet 10.0.5.6 255.255.255.0 NONE\ninet6 2001:db8:2468:1::1 64\n!route add default 10.0.5.1\n',
          'etc/hostname.gif0': gif('10.0.5.6'),
          'etc/sysctl.conf': 'net.inet6.ip6.forwarding=1\n',
        },
        web: webInside,
      },
      { ...segments, services: ['firewall:if1', 'gate6:em0', 'web:em0'] },
    );
    expect(outcomes(network, [['gate6', server], ['broker', client], ...questions])).toEqual([
      `gate6 > ${server}: yes, seen as ${client}`,
      `broker > ${client}: yes, seen as ${server}`,
      ...answers,
    ]);
  }); // prettier-ignore

  it('has no IPv6 beyond the broker without the route', () => {
    const network = imported(
      {
        ...outside('203.0.113.8'),
        firewall: {
          'etc/hostname.if0': 'inet 203.0.113.8 255.255.255.0 NONE\n',
          'etc/hostname.gif0': gif('203.0.113.8').replace(/!route.*\n/, ''),
        },
      },
      { outside: ['world:eth0', 'broker:eth0', 'firewall:if0'] },
    );
    expect(asker(network)('firewall', '2001:db8:ffff::1').stop?.reason).toBe('no_route');
  });
});
