/** What people paste from a terminal, and what the programs print of a namespace that is known. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { dialectFor } from '../../../src/dialects/dialects.ts';
import { terminal } from '../../../src/dialects/terminal/dialect.ts';
import { type Remark } from '../../../src/dialects/dialect.ts';
import { type Stack } from '../../../src/state/network-state.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const read = (...texts: readonly string[]): { readonly stack: Stack; readonly remarks: readonly Remark[] } => {
  const reading = terminal.read(
    texts.map((text, index) => ({ path: `pasted-${index}`, text })),
    { stack: 'm' },
  );
  const { state } = mergeReadings([{ dialect: 'terminal', reading }]);
  const stack = state.stacks['m'];
  if (stack === undefined) throw new Error('nothing was read');
  return { stack, remarks: reading.remarks };
};

const addresses = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel master br0 state UP group default qlen 1000
    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
3: eth1: <BROADCAST,MULTICAST> mtu 9000 qdisc noop state DOWN group default qlen 1000
    link/ether 52:54:00:12:34:57 brd ff:ff:ff:ff:ff:ff
4: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
    inet 192.168.0.3/24 brd 192.168.0.255 scope global br0
       valid_lft forever preferred_lft forever
    inet 192.168.77.1/24 scope global br0:1
       valid_lft forever preferred_lft forever
    inet6 2001:db8::3/64 scope global
       valid_lft forever preferred_lft forever
    inet6 fe80::5054:ff:fe12:3456/64 scope link
       valid_lft forever preferred_lft forever
`;
const routes = `default via 192.168.0.1 dev br0
10.0.0.0/24 via 192.168.0.9 dev br0 metric 5
192.168.0.0/24 dev br0 proto kernel scope link src 192.168.0.3
192.168.77.0/24 dev br0 proto kernel scope link src 192.168.77.1
unreachable 10.9.0.0/16
`;

const olderIfconfig = `eth0      Link encap:Ethernet  HWaddr 00:16:3E:10:10:10
          inet addr:192.168.0.3  Bcast:192.168.0.255  Mask:255.255.255.0
          inet6 addr: fe80::216:3eff:fe10:1010/64 Scope:Link
          inet6 addr: 2001:db8:abba::1/64 Scope:Global
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
          RX packets:12 errors:0 dropped:0 overruns:0 frame:0

eth0:0    Link encap:Ethernet  HWaddr 00:16:3E:10:10:10
          inet addr:192.168.77.1  Bcast:192.168.77.255  Mask:255.255.255.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1

lo        Link encap:Local Loopback
          inet addr:127.0.0.1  Mask:255.0.0.0
          inet6 addr: ::1/128 Scope:Host
          UP LOOPBACK RUNNING  MTU:65536  Metric:1
`;
const routeTable = `Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         192.168.0.1     0.0.0.0         UG    100    0        0 eth0
192.168.0.0     0.0.0.0         255.255.255.0   U     0      0        0 eth0
10.1.0.0        192.168.0.9     255.255.0.0     UG    0      0        0 eth0
172.16.5.0      0.0.0.0         255.255.255.0   U     0      0        0 eth0
`;
const bridges = `bridge name\tbridge id\t\tSTP enabled\tinterfaces
br0\t\t8000.525400123456\tyes\t\teth1
\t\t\t\t\t\t\tvnet0
br1\t\t8000.000000000000\tno
`;

describe('pasted output', () => {
  it('of ip address and ip route', () => {
    const { stack, remarks } = read(addresses, routes);
    expect(remarks).toEqual([]);
    expect(Object.keys(stack.interfaces)).toEqual(['br0', 'eth0', 'eth1']);
    expect(stack.interfaces['br0']).toEqual({
      ...{ kind: 'bridge', mac: '52:54:00:12:34:56', mtuBytes: 1500, up: true },
      addresses: [
        { family: 4, address: '192.168.0.3', prefixLength: 24 },
        { family: 4, address: '192.168.77.1', prefixLength: 24, label: 'br0:1' },
        { family: 6, address: '2001:db8::3', prefixLength: 64 },
      ],
      bridge: { stp: false, forwardDelaySeconds: 15 },
    });
    expect(stack.interfaces['eth1']).toMatchObject({ mtuBytes: 9000, up: false });
    expect(stack.routes).toEqual([
      { family: 4, to: '0.0.0.0/0', type: 'unicast', via: '192.168.0.1', dev: 'br0', metric: 0, table: 254 },
      { family: 4, to: '10.0.0.0/24', type: 'unicast', via: '192.168.0.9', dev: 'br0', metric: 5, table: 254 },
      { family: 4, to: '10.9.0.0/16', type: 'unreachable', metric: 0, table: 254 },
    ]);
  });

  it('of older ifconfig, route -n and brctl show, behind prompts', () => {
    const text = `root@dom0:~# ifconfig\n${olderIfconfig}root@dom0:~# route -n\n${routeTable}root@dom0:~# brctl show\n${bridges}root@dom0:~# `;
    const { stack, remarks } = read(text);
    expect(remarks).toEqual([]);
    expect(stack.interfaces['eth0']?.addresses).toEqual([
      { family: 4, address: '192.168.0.3', prefixLength: 24 },
      { family: 4, address: '192.168.77.1', prefixLength: 24, label: 'eth0:0' },
      { family: 6, address: '2001:db8:abba::1', prefixLength: 64 },
    ]);
    expect(stack.routes.map(({ to, via, metric }) => [to, via, metric])).toEqual([
      ['0.0.0.0/0', '192.168.0.1', 100],
      ['10.1.0.0/16', '192.168.0.9', 0],
      ['172.16.5.0/24', undefined, 0],
    ]);
    expect(stack.interfaces['br0']?.bridge?.stp).toBe(true);
    expect([stack.interfaces['eth1']?.master, stack.interfaces['vnet0']?.master]).toEqual(['br0', 'br0']);
  });

  it('takes an address that was given for DHCP, and says so', () => {
    const { stack, remarks } = read(
      '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n    inet 10.0.2.15/24 brd 10.0.2.255 scope global dynamic eth0\n',
      'default via 10.0.2.2 dev eth0 proto dhcp metric 100\n',
    );
    expect(stack.services).toEqual([{ kind: 'dhcp-client', interface: 'eth0', hostname: 'm', metric: 100 }]);
    expect(stack.routes).toEqual([]);
    expect(remarks.map(({ code }) => code)).toEqual(['assumed-dhcp']);
  });

  it('of a page that was indented, behind a prompt of two lines', () => {
    const indented = addresses.replaceAll(/^/gm, '    ').trimEnd();
    const { stack, remarks } = read(`┌──(root㉿kali)-[/]\n└─# ip add\n${indented}\n`);
    expect(remarks).toEqual([]);
    expect(stack.interfaces['br0']?.addresses).toHaveLength(3);
  });

  it('is told by its form', () => {
    for (const text of [addresses, routes, olderIfconfig, routeTable, bridges])
      expect(dialectFor({ path: 'pasted', text })?.name).toBe('terminal');
  });

  it('points to lines that mean nothing', () => {
    const { remarks } = read(`${routes}what is this\n`);
    expect(remarks).toMatchObject([{ code: 'not-understood', at: { path: 'pasted-0', line: 6, column: 1 } }]);
  });

  it('may be anything', { timeout: patienceMs }, () => {
    const files = [addresses, routes, olderIfconfig, routeTable, bridges].map((text) => [{ path: 'pasted', text }]);
    survivesMutations(terminal, files);
  });
});

/** A namespace with something of everything, and what is printed of it. */
const script = `
ip link set lo up
ip link add br0 address 02:00:00:00:00:01 type bridge stp_state 0 forward_delay 0
ip link add v0 address 02:00:00:00:00:02 mtu 1400 type veth peer name v1 address 02:00:00:00:00:03
ip link set v0 master br0
ip link set br0 up; ip link set v0 up; ip link set v1 up
ip addr add 192.0.2.1/24 dev br0
ip addr add 192.0.2.9/24 dev br0 label br0:x
ip -6 addr add 2001:db8::1/64 dev br0 nodad
ip addr add 198.51.100.1/31 dev v1
ip route add default via 192.0.2.254
ip route add 10.0.0.0/8 via 192.0.2.253 metric 7
ip route add 10.5.0.0/16 dev v1
ip route add 10.6.0.0/16 nexthop via 192.0.2.2 weight 2 nexthop via 192.0.2.3
ip route add blackhole 10.7.0.0/16
ip route add 10.8.0.0/16 via 192.0.2.7 table 100
ip -6 route add default via 2001:db8::fe
ip rule add from 10.0.0.0/24 lookup 100 priority 90
ip rule add fwmark 0x5 iif br0 lookup 100 priority 91
ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev br0 nud permanent
`;

const printed = (commands: readonly string[]): readonly string[] => {
  const mark = '=====';
  const whole = `${script}\nsleep 0.1\n${commands.map((command) => `${command}; echo ${mark}`).join('\n')}`;
  const out = execFileSync('unshare', ['-Urn', 'sh', '-c', whole], { encoding: 'utf8', stdio: 'pipe' });
  return out.split(`${mark}\n`).slice(0, -1);
};

const route = { type: 'unicast', metric: 0, table: 254 } as const;

describe('what ip(8) prints of a namespace', () => {
  const text = ['ip -d address', 'ip route show table all', 'ip -6 route', 'ip rule', 'ip neigh'];
  const json = ['ip -j -d address', 'ip -j route show table all', 'ip -j -6 route', 'ip -j rule', 'ip -j neigh'];
  it.each([
    ['text', text],
    ['JSON', json],
  ])('is its state, as %s', (_, commands) => {
    const outputs = printed(commands);
    const { stack } = read(...outputs);
    expect(stack.interfaces['br0']).toEqual({
      ...{ kind: 'bridge', mac: '02:00:00:00:00:01', mtuBytes: 1400, up: true },
      addresses: [
        { family: 4, address: '192.0.2.1', prefixLength: 24 },
        { family: 4, address: '192.0.2.9', prefixLength: 24, label: 'br0:x' },
        { family: 6, address: '2001:db8::1', prefixLength: 64 },
      ],
      bridge: { stp: false, forwardDelaySeconds: 0 },
    });
    expect(stack.interfaces['v0']).toEqual({
      ...{ kind: 'ethernet', mac: '02:00:00:00:00:02', mtuBytes: 1400, up: true, addresses: [], master: 'br0' },
    });
    expect(stack.routes).toEqual([
      { ...route, family: 4, to: '10.8.0.0/16', via: '192.0.2.7', dev: 'br0', table: 100 },
      { ...route, family: 4, to: '0.0.0.0/0', via: '192.0.2.254', dev: 'br0' },
      { ...route, family: 4, to: '10.0.0.0/8', via: '192.0.2.253', dev: 'br0', metric: 7 },
      { ...route, family: 4, to: '10.5.0.0/16', dev: 'v1' },
      {
        ...{ ...route, family: 4, to: '10.6.0.0/16' },
        nexthops: [
          { via: '192.0.2.2', dev: 'br0', weight: 2 },
          { via: '192.0.2.3', dev: 'br0', weight: 1 },
        ],
      },
      { ...route, family: 4, to: '10.7.0.0/16', type: 'blackhole' },
      { ...route, family: 6, to: '::/0', via: '2001:db8::fe', dev: 'br0', metric: 1024 },
    ]);
    expect(stack.rules).toEqual([
      { family: 4, priority: 90, from: '10.0.0.0/24', table: 100 },
      { family: 4, priority: 91, iif: 'br0', mark: { value: 5, mask: 0xffffffff }, table: 100 },
    ]);
    expect(stack.neighbours).toEqual([{ family: 4, address: '192.0.2.77', mac: '02:00:00:00:00:77', dev: 'br0' }]);
  });

  it('cannot tell rules from a listing without interfaces, and says what to paste instead', () => {
    const listing = `$ sudo iptables -L
Chain INPUT (policy ACCEPT)
target     prot opt source               destination
ACCEPT     udp  --  anywhere             anywhere             udp dpt:domain

Chain FORWARD (policy ACCEPT)
target     prot opt source               destination
ACCEPT     all  --  192.168.122.0/24     anywhere
`;
    expect(dialectFor({ path: 'pasted', text: listing })).toBe(terminal);
    const { remarks } = terminal.read([{ path: 'pasted', text: listing }], { stack: 'm' });
    expect(remarks.map(({ code, at }) => `${code} ${at.line}`)).toEqual(['listing-of-rules 2']);
  });

  it('takes an address with the zone of another family', () => {
    const { stack } = read(
      'eth0      Link encap:Ethernet  HWaddr 52:54:00:aa:00:03\n          inet addr:10.0.0.2%8  Bcast:10.0.0.255  Mask:255.255.255.0\n',
    );
    expect(stack.interfaces['eth0']?.addresses).toMatchObject([{ address: '10.0.0.2', prefixLength: 24 }]);
  });
});
