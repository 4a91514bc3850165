/** What others paste: with names for addresses, parts made unreadable, and kinds that the commands do not print. */
import { describe, expect, it } from 'vitest';
import { type Remark, type StackPart } from '../../../src/dialects/dialect.ts';
import { terminal } from '../../../src/dialects/terminal/dialect.ts';

const read = (text: string): { readonly part: StackPart; readonly remarks: readonly Remark[] } => {
  const { stacks, remarks } = terminal.read([{ path: 'pasted', text }], { stack: 'm' });
  return { part: stacks['m'] ?? {}, remarks };
};

const told = (remarks: readonly Remark[]): readonly string[] =>
  remarks.map(({ kind, code, at }) => `${kind} ${code} ${at.line}`);

describe('what others paste', () => {
  it('leaves out a route whose gateway is a name, instead of laying it without one', () => {
    const { part, remarks } = read(
      `Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
default         _gateway        0.0.0.0         UG        0 0          0 eth0
link-local      *               255.255.0.0     U         0 0          0 eth0
office          192.168.5.2     255.255.255.0   UG        0 0          0 eth0
`,
    );
    expect(part.routes?.map(({ to, via }) => [to, via])).toEqual([['169.254.0.0/16', undefined]]);
    expect(told(remarks)).toEqual(['not-said named-address 2', 'not-said named-address 4']);
  });

  it('gives an interface nothing of an alias whose label is a word', () => {
    const { part, remarks } = read(
      `br0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 192.168.1.5  netmask 255.255.255.0  broadcast 192.168.1.255
        ether 02:00:00:00:00:01  txqueuelen 1000  (Ethernet)

usb0:avahi: flags=4099<UP,BROADCAST,MULTICAST>  mtu 1500
        inet 169.254.5.6  netmask 255.255.0.0  broadcast 169.254.255.255
        ether 02:00:00:00:00:02  txqueuelen 1000  (Ethernet)
`,
    );
    expect(remarks).toEqual([]);
    expect(part.interfaces).toMatchObject({
      br0: { mac: '02:00:00:00:00:01', addresses: [{ address: '192.168.1.5' }] },
      usb0: { up: true, mac: '02:00:00:00:00:02', addresses: [{ address: '169.254.5.6', label: 'usb0:avahi' }] },
    });
  });

  it('gives an interface nothing of what stands below a line that means nothing', () => {
    const { part, remarks } = read(
      `eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 192.168.1.5  netmask 255.255.255.0  broadcast 192.168.1.255
eth1 flags 4163 mtu 1500
        inet 192.168.2.5  netmask 255.255.255.0  broadcast 192.168.2.255
`,
    );
    expect(Object.keys(part.interfaces ?? {})).toEqual(['eth0']);
    expect(part.interfaces?.['eth0']?.addresses).toHaveLength(1);
    expect(told(remarks)).toEqual(['not-said not-understood 3', 'not-said not-understood 4']);
  });

  it('tells of addresses that were made unreadable', () => {
    const { remarks } = read(
      `eth0      Link encap:Ethernet  HWaddr 00:16:xx:xx:10:10
          inet addr:10.x.x.3  Bcast:10.x.x.255  Mask:255.255.255.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
2: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    link/ether 02:00:00:xx:xx:xx brd ff:ff:ff:ff:ff:ff
    inet x.x.x.x/24 scope global eth1
`,
    );
    expect(told(remarks)).toEqual([
      'not-said bad-mac 1',
      'not-said not-understood 2',
      'not-said bad-mac 5',
      'not-said not-understood 6',
    ]);
  });

  it('knows bonds by their flag, and says that their mode is not printed', () => {
    const { part, remarks } = read(
      `2: eth0: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc mq master bond0 state UP
3: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
4: bond0.10@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP
5: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
`,
    );
    expect(part.interfaces).toMatchObject({
      eth0: { kind: 'ethernet', master: 'bond0' },
      bond0: { kind: 'bond', bond: { mode: 'balance-rr' } },
      'bond0.10': { kind: 'vlan', master: 'br0' },
      br0: { kind: 'bridge' },
    });
    expect(part.interfaces?.['bond0']).not.toHaveProperty('bridge');
    expect(told(remarks)).toEqual(['assumed bond-mode 2']);
  });

  it('leaves out a VRF whose table is not printed, and keeps its members', () => {
    const { part, remarks } = read(
      `2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master red state UP
3: red: <NOARP,MASTER,UP,LOWER_UP> mtu 65575 qdisc noqueue state UP
`,
    );
    expect(Object.keys(part.interfaces ?? {})).toEqual(['eth0']);
    expect(part.interfaces?.['eth0']).not.toHaveProperty('master');
    expect(told(remarks)).toEqual(['not-said vrf-table 2']);
  });

  it('lays a route to the far end of a link, and says what it took the link for', () => {
    const older = `tun0      Link encap:UNSPEC  HWaddr 00-00-00-00-00-00-00-00-00-00-00-00-00-00-00-00
          inet addr:10.8.0.6  P-t-P:10.8.0.5  Mask:255.255.255.255
          UP POINTOPOINT RUNNING NOARP MULTICAST  MTU:1500  Metric:1
`;
    const newer = `tun0: flags=4305<UP,POINTOPOINT,RUNNING,NOARP,MULTICAST>  mtu 1500
        inet 10.8.0.6  netmask 255.255.255.255  destination 10.8.0.5
`;
    const text = `3: tun0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UNKNOWN
    link/none
    inet 10.8.0.6 peer 10.8.0.5/32 scope global tun0
`;
    const json = `[{"ifindex":3,"ifname":"tun0","flags":["POINTOPOINT","MULTICAST","NOARP","UP","LOWER_UP"],"mtu":1500,"link_type":"none","addr_info":[{"family":"inet","local":"10.8.0.6","address":"10.8.0.5","prefixlen":32,"scope":"global","label":"tun0"}]}]\n`;
    const table = `Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
10.8.0.5        0.0.0.0         255.255.255.255 UH    0      0        0 tun0
`;
    for (const pasted of [older, newer, text, json, older + table]) {
      const { part, remarks } = read(pasted);
      expect(part.interfaces?.['tun0']?.addresses).toEqual([{ family: 4, address: '10.8.0.6', prefixLength: 32 }]);
      expect(part.routes).toEqual([
        { family: 4, to: '10.8.0.5/32', type: 'unicast', dev: 'tun0', metric: 0, table: 254 },
      ]);
      expect(told(remarks)).toEqual(['assumed unknown-kind 1', 'assumed peer 1']);
    }
  });

  it('keeps link-local addresses that are given by hand', () => {
    const { part } = read(
      `2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet6 fe80::1/64 scope link
    inet6 fe80::ff:fe00:1/64 scope link
`,
    );
    expect(part.interfaces?.['eth0']?.addresses).toEqual([{ family: 6, address: 'fe80::1', prefixLength: 64 }]);
  });

  it('tells of routes that were given to an interface that it knows nothing of', () => {
    const { part, remarks } = read(
      'default via 192.168.1.1 dev eth0 proto dhcp metric 100\n192.168.1.0/24 dev eth0 proto kernel scope link\n',
    );
    expect(part.routes ?? []).toEqual([]);
    expect(told(remarks)).toEqual(['not-said given-route 1']);
  });
});

describe('tables of routes', () => {
  it('have their columns where the line above says', () => {
    const { part, remarks } = read(
      `Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt
0.0.0.0         10.8.0.1        0.0.0.0         UG    50     0        0 lan0     0     0      0
10.9.0.0        10.8.0.2        255.255.0.0     UG    0      0        0 lan0     0     0      0
`,
    );
    expect(remarks).toEqual([]);
    expect(part.routes?.map(({ via, dev, metric }) => [via, dev, metric])).toEqual([
      ['10.8.0.1', 'lan0', 50],
      ['10.8.0.2', 'lan0', 0],
    ]);
  });

  it('throw away where there is no device', () => {
    const { part } = read(
      `Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
10.9.0.0        0.0.0.0         255.255.255.0   U     32     0        0 *
10.9.1.0        -               255.255.255.0   !     0      -        0 -
`,
    );
    expect(part.routes).toMatchObject([{ type: 'blackhole' }, { type: 'unreachable' }]);
    expect(part.routes?.some((route) => 'dev' in route)).toBe(false);
  });

  it('may be of IPv6, and the kernel made most of that', () => {
    const { part, remarks } = read(
      `Kernel IPv6 routing table
Destination                    Next Hop                   Flag Met Ref Use If
fd00:7::/64                    ::                         U    256 1     0 lan0
fd00:8::/48                    fd00:7::9                  UG   1024 1    0 lan0
fd00:9::/48                    ::                         !n   1024 1    0 lo
2001:db8:1::/64                ::                         UAe  256 1     0 lan0
fe80::/64                      ::                         U    256 1     0 lan0
::/0                           fe80::1                    UG   1024 2    0 lan0
::/0                           ::                         !n   -1  1     0 lo
::1/128                        ::                         Un   0   2     0 lo
ff00::/8                       ::                         U    256 1     0 lan0
`,
    );
    expect(remarks).toEqual([]);
    expect(part.routes).toEqual([
      { family: 6, to: 'fd00:8::/48', type: 'unicast', via: 'fd00:7::9', dev: 'lan0', metric: 1024, table: 254 },
      { family: 6, to: 'fd00:9::/48', type: 'unreachable', metric: 1024, table: 254 },
      { family: 6, to: '::/0', type: 'unicast', via: 'fe80::1', dev: 'lan0', metric: 1024, table: 254 },
    ]);
  });
});

describe('routes of routing daemons', () => {
  it('may have gateways of the other family, and numbers of next hops', () => {
    const { part, remarks } = read(
      `10.9.0.0/24 via inet6 fe80::9 dev lan0 proto bird metric 32
10.9.1.0/24 nhid 7 proto bgp metric 20
\tnexthop via 10.8.0.1 dev lan0 weight 1
\tnexthop via inet6 fe80::7 dev lan1 weight 1
default nhid 8 via inet6 fe80::1 dev lan0 proto bgp metric 20
`,
    );
    expect(remarks).toEqual([]);
    expect(part.routes).toMatchObject([
      { family: 4, to: '10.9.0.0/24', via: 'fe80::9' },
      { family: 4, to: '10.9.1.0/24', nexthops: [{ via: '10.8.0.1' }, { via: 'fe80::7' }] },
      { family: 4, to: '0.0.0.0/0', via: 'fe80::1' },
    ]);
  });
});

describe('other ways to print', () => {
  it('are addresses on one line each, behind whatever prompt', () => {
    const { part, remarks } = read(
      `\t\tann@box:~$ ip -o addr
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: lan0    inet 10.8.0.4/24 brd 10.8.0.255 scope global lan0\\       valid_lft forever preferred_lft forever
box:~# ip route
10.9.0.0/24 via 10.8.0.1 dev lan0
/ # ip rule
100:\tfrom 10.9.0.0/24 lookup 7
`,
    );
    expect(remarks).toEqual([]);
    expect(part.interfaces?.['lan0']?.addresses).toMatchObject([{ address: '10.8.0.4', prefixLength: 24 }]);
    expect(part.routes).toMatchObject([{ to: '10.9.0.0/24' }]);
    expect(part.rules).toMatchObject([{ priority: 100, table: 7 }]);
  });

  it('are told once where they are of another system', () => {
    const { remarks } = read(
      'em0: flags=8843<UP,BROADCAST,RUNNING> metric 0 mtu 1500\n\toptions=8<VLAN_MTU>\n\tether 02:00:00:00:00:01\n\tinet 10.8.0.4 netmask 0xffffff00 broadcast 10.8.0.255\n\tmedia: Ethernet autoselect\n\tstatus: active\n',
    );
    expect(remarks.filter(({ code }) => code === 'other-system')).toHaveLength(1);
  });
});
