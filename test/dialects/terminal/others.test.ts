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
