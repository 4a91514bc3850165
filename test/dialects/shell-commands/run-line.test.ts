/** Command lines, and what they leave of a stack. */
import { describe, expect, it } from 'vitest';
import { normalPart } from '../../../src/dialects/differences.ts';
import { newRunningDraft } from '../../../src/dialects/shell-commands/running-draft.ts';
import { finishDraft } from '../../../src/dialects/shell-commands/finish-draft.ts';
import { runLine } from '../../../src/dialects/shell-commands/run-line.ts';
import { commandsIn } from '../../../src/dialects/shell-commands/shell-line.ts';
import { type Stack } from '../../../src/state/network-state.ts';

const run = (...lines: readonly string[]): { readonly stack: Stack; readonly told: readonly string[] } => {
  const draft = newRunningDraft('host');
  for (const [index, line] of lines.entries())
    runLine(draft, line, { IFACE: 'eth0' }, { path: 'up', line: index + 1, column: 1 });
  const { stacks, remarks } = finishDraft(draft);
  return { stack: normalPart(stacks['host']), told: remarks.map(({ at, code }) => `${at.line} ${code}`) };
};

describe('a line of shell', () => {
  it.each([
    [
      'ip link set "$IFACE" up && ip a',
      [
        ['ip', 'link', 'set', 'eth0', 'up'],
        ['ip', 'a'],
      ],
    ],
    ["echo 'a b' > /proc/x 2>/dev/null || true", [['echo', 'a b'], ['true']]],
    ['ip route add ${IFACE}.5 # why', [['ip', 'route', 'add', 'eth0.5']]],
    [
      'echo 1 | tee /proc/y',
      [
        ['echo', '1'],
        ['tee', '/proc/y'],
      ],
    ],
  ])('%s', (line, words) => {
    expect(commandsIn(line, { IFACE: 'eth0' })?.map((command) => command.words)).toEqual(words);
  });

  it.each([
    'for i in 1; do x; done',
    'ip a add $(cat x)',
    'ip a add `x`',
    'ip a add $OTHER',
    '[ -e x ] && if y; then z; fi',
    'echo "',
  ])('is not made out where it depends on the machine: %s', (line) => {
    expect(commandsIn(line, {})).toBeUndefined();
  });
});

describe('commands', () => {
  it('say the same in the words of iproute2 and of net-tools', () => {
    const modern = run(
      'ip a a 10.0.0.1/24 dev eth0', 'ip l s eth0 up', 'ip addr add 10.0.0.2/24 dev eth0 label eth0:1',
      'ip r a default via 10.0.0.254', 'ip r a 10.9.0.0/16 via 10.0.0.9 dev eth0', 'ip link add br0 type bridge',
      'ip link set br0 type bridge stp_state 1', 'ip link set dev br0 up', 'ip link set eth1 master br0 up',
      'ip link add link eth1 name eth1.5 type vlan id 5', 'ip link set eth1.5 mtu 1400',
    ); // prettier-ignore
    const old = run(
      'ifconfig eth0 10.0.0.1 netmask 255.255.255.0 up', 'ifconfig eth0:1 10.0.0.2 netmask 255.255.255.0',
      'route add default gw 10.0.0.254', 'route add -net 10.9.0.0/16 gw 10.0.0.9', 'brctl addbr br0', 'brctl stp br0 on',
      'ifconfig br0 up', 'brctl addif br0 eth1', 'ifconfig eth1 up', 'vconfig add eth1 5', 'ifconfig eth1.5 mtu 1400',
      'ip link set eth1.5 down',
    ); // prettier-ignore
    expect([modern.told, old.told]).toEqual([[], []]);
    expect(old.stack).toEqual(modern.stack);
    expect(modern.stack.routes).toHaveLength(2);
  });

  it('undo one another', () => {
    const { stack, told } = run(
      'ip addr add 10.0.0.1/24 dev $IFACE', 'ip addr del 10.0.0.1/24 dev $IFACE', 'ip link set $IFACE up',
      'ip route add 10.9.0.0/16 dev eth0', 'ip route del 10.9.0.0/16', 'iptables -A INPUT -p tcp --dport 22 -j ACCEPT',
      'iptables -D INPUT -p tcp --dport 22 -j ACCEPT', 'ip rule add from 10.0.0.1 table 7', 'ip rule del from 10.0.0.1 table 7',
      'ip neigh add proxy 10.0.0.9 dev eth0', 'ip neigh del proxy 10.0.0.9 dev eth0',
    ); // prettier-ignore
    expect(told).toEqual([]);
    expect(stack).toEqual(
      normalPart({ interfaces: { eth0: { kind: 'ethernet', mtuBytes: 1500, up: true, addresses: [] } } }),
    );
  });

  it('set kernel parameters in any way there is', () => {
    const { stack, told } = run(
      'sysctl -w net.ipv4.ip_forward=1', 'echo 1 > /proc/sys/net/ipv4/conf/$IFACE/proxy_arp',
      'sysctl -q net/ipv4/conf/eth0.5/rp_filter=2', 'echo 0 | sudo tee /proc/sys/net/ipv6/conf/all/accept_ra', 'sysctl vm.swappiness=1',
    ); // prettier-ignore
    expect(told).toEqual([]);
    expect(stack.sysctls).toEqual({
      'net/ipv4/conf/eth0.5/rp_filter': '2',
      'net/ipv4/conf/eth0/proxy_arp': '1',
      'net/ipv4/ip_forward': '1',
      'net/ipv6/conf/all/accept_ra': '0',
    });
  });

  it('make chains and rules in their order', () => {
    const { stack, told } = run(
      'iptables -P FORWARD DROP', 'iptables -N mine', 'iptables -A FORWARD -j mine', 'iptables -A mine -o eth1 -j ACCEPT',
      'iptables -I FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT', 'ip6tables -P FORWARD DROP', 'iptables -A nowhere -j DROP',
    ); // prettier-ignore
    expect(told).toEqual(['7 failing-command']);
    expect(
      stack.filter.map(({ family, chains, subchains }) => [
        family,
        chains.map(({ policy, rules }) => [policy, rules.length]),
        subchains?.length,
      ]),
    ).toEqual([
      ['ip', [['drop', 2]], 1],
      ['ip6', [['drop', 0]], undefined],
    ]);
  });

  it('are told where the kernel refuses them, or they say what is not modelled', () => {
    expect(
      run(
        'ip addr add 10.0.0.999/24 dev eth0', 'ip route add 10.9.0.0/16 via 172.16.0.1', 'ip route add 10.0.0.1/8 dev eth0',
        'ip link set eth0 netns other', 'tc qdisc add dev eth0 root fq', 'wpa_supplicant -B', 'brctl addif br0 a/b', 'ethtool -K eth0 tso off',
      ).told,
    ).toEqual([
      '1 failing-command', '2 unreachable-gateway', '3 failing-command', '4 unsaid-command', '5 unsaid-command', '6 unsaid-command',
      '7 failing-command',
    ]); // prettier-ignore
  });
});

describe('wg', () => {
  const key = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';
  const device = 'ip link add wg0 type wireguard';
  const settingsOf = (...lines: readonly string[]): unknown => run(device, ...lines).stack.interfaces['wg0']?.wireguard;

  it('sets up a device, a part at a time', () => {
    const peer = { publicKey: key, endpoint: '[2001:db8::9]:51820', allowedPrefixes: ['10.8.0.0/24', '10.9.0.1/32'] };
    const own = { privateKeyFile: '/etc/wireguard/wg0.key', listenPort: 51820 };
    expect(
      settingsOf(
        'wg set wg0 listen-port 51820 private-key /etc/wireguard/wg0.key',
        `wg set wg0 peer ${key} allowed-ips 10.0.0.0/8`,
        `sudo wg set wg0 peer ${key} endpoint [2001:db8::9]:51820 persistent-keepalive 25 allowed-ips 10.8.0.7/24,10.9.0.1`,
      ),
    ).toEqual({ ...own, peers: [{ ...peer, keepaliveSeconds: 25 }] });
    expect(
      settingsOf(
        `wg set wg0 peer ${key} persistent-keepalive 25 endpoint [2001:db8::9]:51820 allowed-ips 10.8.0.0/24,10.9.0.1/32`,
        `wg set wg0 peer ${key} persistent-keepalive off`,
      ),
    ).toEqual({ peers: [peer] });
    expect(settingsOf(`wg set wg0 peer ${key} allowed-ips ::/0`, `wg set wg0 peer ${key} remove`)).toEqual({
      peers: [],
    });
  });

  it.each([
    ['wg', []],
    ['wg show wg0 latest-handshakes', []],
    ['wg setconf wg0 /etc/wireguard/wg0.conf', ['2 unsaid-command']],
    [`wg set wg0 peer ${key} preshared-key /etc/wireguard/psk`, ['2 unsaid-command']],
    [`wg set wg0 peer ${key} endpoint vpn.example.com:51820`, ['2 unsaid-command']],
    ['wg set wg0 fwmark 51820', ['2 unsaid-command']],
    ['wg set eth0 listen-port 51820', ['2 failing-command']],
    ['wg set wg0 peer short', ['2 failing-command']],
    ['wg set wg0 listen-port 70000', ['2 failing-command']],
    [`wg set wg0 peer ${key} allowed-ips 10.0.0.0/33`, ['2 failing-command']],
    [`wg set wg0 peer ${key} speed 9`, ['2 failing-command']],
  ])('%s', (line, told) => {
    expect(run(device, line).told).toEqual(told);
  });
});
