/** Small files as people leave them, and changes to what they say: with the words that lines about the change have. */
import { dnsmasq } from '../../../src/dialects/dnsmasq/dialect.ts';
import { iptables } from '../../../src/dialects/iptables/dialect.ts';
import { radvd } from '../../../src/dialects/radvd/dialect.ts';
import { resolvConf } from '../../../src/dialects/resolv-conf/dialect.ts';
import { sysctl } from '../../../src/dialects/sysctl/dialect.ts';
import { plainNic } from '../../../src/dialects/reading.ts';
import { change, type HandWritten } from './hand-written-file.ts';

const anywhere = ['# by hand', '   # set in', '', '  ', '\t', '#'];

export const handWrittenSmall: readonly HandWritten[] = [
  {
    dialect: sysctl,
    noise: [...anywhere, '; old', 'kernel.sysrq = 0', 'vm.swappiness=10  '],
    files: [
      {
        path: 'etc/sysctl.d/10-lan.conf',
        text: '# first\nnet.ipv4.ip_forward=0\nno setting at all\nnet/ipv4/conf/eth0.5/rp_filter = 2\n',
      },
      {
        path: 'etc/sysctl.conf',
        text: '  net.ipv4.ip_forward  =  1  \n\n\n-net.ipv4.tcp_syncookies = 1\n; net.core.somaxconn = 9\nnet.core.somaxconn = 128\n\n\n',
      },
    ],
    changes: [
      change('a value', '"net/core/somaxconn":"128"', '"net/core/somaxconn":"512"', /^net\.core\.somaxconn/),
      change('a value that two files say', '"net/ipv4/ip_forward":"1"', '"net/ipv4/ip_forward":"0"', /ip_forward/),
      change('one that goes', '"net/ipv4/conf/eth0.5/rp_filter":"2",', '', /rp_filter/),
      change('one that comes', '"net/core/somaxconn":', '"net/core/rmem_max":"9999","net/core/somaxconn":', /rmem_max/),
    ],
  },
  {
    dialect: resolvConf,
    noise: ['# by hand', '', '; old', '  ', 'options ndots:2', 'sortlist 10.0.0.0', 'strange word'],
    files: [
      {
        path: 'etc/resolv.conf',
        text: '# made by hand\ndomain example.org\nsearch lan example.org  \nnameserver 192.0.2.53\noptions rotate\nnameserver  2001:db8::53\t# second\n\n',
      },
    ],
    changes: [
      change('a server', '"192.0.2.53"', '"192.0.2.54"', /^nameserver 192\.0\.2\.5/),
      change('a server that goes', '"192.0.2.53",', '', /^nameserver 192/),
      change('a server that comes', '"192.0.2.53",', '"192.0.2.53","192.0.2.55",', /^nameserver 192\.0\.2\.55/),
      change('the domains', '"lan","example.org"', '"lan"', /^(?:search|domain)/),
    ],
  },
  {
    dialect: dnsmasq,
    noise: [
      ...anywhere,
      'server=192.0.2.53',
      'dhcp-option=option:ntp-server,10.0.0.9',
      'dhcp-host=11:22:33:44:55:66,ignore',
      'domain-needed  # yes',
    ],
    files: [
      {
        path: 'etc/dnsmasq.d/lan.conf',
        text: [
          '# the LAN',
          'interface=br0   # inside',
          'dhcp-authoritative',
          'dhcp-range=tag:br0,10.0.0.50,10.0.0.99,255.255.255.0,12h',
          'dhcp-option=tag:br0,3,10.0.0.1',
          'dhcp-option=252,"\\n"',
          'dhcp-option=tag:br0,option:dns-server,10.0.0.1,192.0.2.53',
          'dhcp-host=02:00:00:00:00:02,mail,10.0.0.8',
          'dhcp-host=02:00:00:00:00:01,10.0.0.7,web,infinite  # the web server',
          'no-resolv',
          '',
          'interface=br1',
          'dhcp-range=tag:br1,10.1.0.50,10.1.0.99,255.255.255.0,1h',
          'dhcp-host=id:*,10.1.0.3',
          '',
        ].join('\n'),
      },
    ],
    changes: [
      change('a reservation', '"10.0.0.7"', '"10.0.0.17"', /^dhcp-host=02:00:00:00:00:01/),
      change('the name of a reservation', '"mail"', '"post"', /^dhcp-host=02:00:00:00:00:02/),
      change(
        'a reservation that goes',
        '{"mac":"02:00:00:00:00:01","address":"10.0.0.7","name":"web"},',
        '',
        /^dhcp-host=02:00:00:00:00:01/,
      ),
      change(
        'a reservation that comes',
        '"reservations":[{',
        '"reservations":[{"mac":"02:00:00:00:00:03","address":"10.0.0.6","name":"new"},{',
        /^dhcp-host=02:00:00:00:00:03/,
      ),
      change('the end of a range', '"10.1.0.99"', '"10.1.0.199"', /^dhcp-range=tag:br1/),
      change('a lease time', '"leaseSeconds":43200', '"leaseSeconds":7200', /^dhcp-range=tag:br0/),
      change('a router', '"router":"10.0.0.1"', '"router":"10.0.0.2"', /^dhcp-option=tag:br0,3/),
      change('a name server', '"192.0.2.53"', '"192.0.2.54"', /^dhcp-option=tag:br0,option:dns-server/),
      change(
        'an MTU that was not said',
        '"leaseSeconds":3600',
        '"mtuBytes":1400,"leaseSeconds":3600',
        /^dhcp-option=tag:br1,option:mtu/,
      ),
      change(
        'a domain that was not said',
        '"192.0.2.53"],"search":[]',
        '"192.0.2.53"],"search":["lan"]',
        /^dhcp-option=tag:br0,option:domain/,
      ),
    ],
  },
  {
    // The interfaces stand in files of ifupdown and networkd, and nothing here names one.
    dialect: dnsmasq,
    noise: anywhere,
    known: {
      br0: { ...plainNic, kind: 'bridge', addresses: [{ family: 4, address: '10.0.0.1', prefixLength: 24 }] },
      eth0: { ...plainNic, addresses: [{ family: 4, address: '192.0.2.3', prefixLength: 24 }] },
    },
    files: [
      {
        path: 'etc/dnsmasq.conf',
        text: [
          '# the office',
          'except-interface=eth0',
          'dhcp-range = 10.0.0.50, 10.0.0.99, 12h   # desks',
          'dhcp-option=3,10.0.0.2',
          'dhcp-option=6,0.0.0.0,192.0.2.53',
          'domain=office.example',
          'dhcp-host=02:00:00:00:00:01,10.0.0.7,web',
          '',
        ].join('\n'),
      },
    ],
    changes: [
      change('a range on an interface of other files', '"10.0.0.99"', '"10.0.0.149"', /^dhcp-range = /),
      change('a lease time there', '"leaseSeconds":43200', '"leaseSeconds":7200', /^dhcp-range = /),
      change('a router for all', '"router":"10.0.0.2"', '"router":"10.0.0.3"', /^dhcp-option=3/),
      change('resolvers for all', '"192.0.2.53"', '"192.0.2.54"', /^dhcp-option=6/),
      change('a reservation there', '"10.0.0.7"', '"10.0.0.17"', /^dhcp-host/),
    ],
  },
  {
    dialect: radvd,
    noise: anywhere,
    files: [
      {
        path: 'etc/radvd.conf',
        text: [
          '# routers',
          'interface br1',
          '{',
          '  AdvSendAdvert on;',
          '\tMinRtrAdvInterval 30;   # often',
          '  AdvLinkMTU 1480;',
          '  prefix 2001:db8:abba:1::/64',
          '  {',
          '    AdvOnLink on;',
          '    AdvPreferredLifetime 600;',
          '  };',
          '  # old: prefix 2001:db8:9::/64 { };',
          '  prefix 2001:db8:abba:2::/64 { };',
          '  RDNSS 2001:db8::53 2001:db8::54 { AdvRDNSSLifetime 900; };',
          '};',
          '',
          'interface br2 { AdvSendAdvert on; AdvDefaultLifetime 0;',
          '  prefix 2001:db8:abba:3::/64 { AdvValidLifetime 90000; }; # the third',
          '  route 2001:db8::/32 { };',
          '};',
          '',
        ].join('\n'),
      },
    ],
    changes: [
      change('a prefix', '2001:db8:abba:2::/64', '2001:db8:abba:7::/64', /^ {2}prefix 2001:db8:abba:[27]::/),
      change(
        'a prefix with a block',
        '2001:db8:abba:3::/64',
        '2001:db8:abba:8::/64',
        /^ {2}prefix 2001:db8:abba:[38]::/,
      ),
      change('a prefix that goes', ',"2001:db8:abba:2::/64"', '', /^ {2}prefix 2001:db8:abba:2::/),
      change(
        'a prefix that comes',
        ',"2001:db8:abba:2::/64"',
        ',"2001:db8:abba:2::/64","2001:db8:abba:9::/64"',
        /^ {2}prefix 2001:db8:abba:9::/,
      ),
      change('a default router', '"isDefaultRouter":true', '"isDefaultRouter":false', /^ {2}AdvDefaultLifetime 0;/),
      change('no default router', '"isDefaultRouter":false', '"isDefaultRouter":true', /interface br2/),
      change('a resolver', '"2001:db8::54"', '"2001:db8::55"', /^ {2}RDNSS/),
    ],
  },
  {
    dialect: iptables,
    noise: ['# by hand', '#', ''],
    files: [
      {
        path: 'etc/iptables/rules.v4',
        text: [
          '# by hand',
          '*filter',
          ':INPUT DROP [0:0]',
          ':FORWARD ACCEPT [12:840]',
          ':OUTPUT ACCEPT [0:0]',
          ':LAN - [0:0]',
          '# loopback',
          '-A INPUT -i lo -j ACCEPT',
          '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
          '-A INPUT -p tcp --dport ssh   -j LAN',
          '# what comes in else',
          '-A LAN -m limit --limit 5/min -j LOG',
          '-A LAN -s 192.168.0.0/24 -j ACCEPT',
          'COMMIT',
          '',
          '*nat',
          ':POSTROUTING ACCEPT [3:180]',
          '-A POSTROUTING -s 10.0.0.0/24 ! -o br0 -j MASQUERADE',
          'COMMIT',
          '# the end',
          '',
        ].join('\n'),
      },
    ],
    changes: [
      change('a port', '"ports":[22]', '"ports":[2222]', /^-A INPUT -p tcp .*--dport/),
      change('a prefix', '192.168.0.0/24', '192.168.9.0/24', /^-A LAN -s 192/),
      change(
        'a rule that goes',
        '{"matches":[{"kind":"iif","names":["lo"]}],"verdict":{"kind":"accept"}},',
        '',
        /^-A INPUT -i lo/,
      ),
      change(
        'a rule that comes',
        '{"matches":[{"kind":"iif","names":["lo"]}],"verdict":{"kind":"accept"}},',
        '{"matches":[{"kind":"iif","names":["lo"]}],"verdict":{"kind":"accept"}},{"matches":[{"kind":"iif","names":["eth9"]}],"verdict":{"kind":"accept"}},',
        /^-A INPUT -i eth9/,
      ),
      change('a policy', '"policy":"drop"', '"policy":"accept"', /^:INPUT/),
    ],
  },
];
