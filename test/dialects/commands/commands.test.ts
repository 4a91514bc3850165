/** Lists of commands, as guides have people type them and as `rc.local` holds them. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/dialects/commands/dialect.ts';
import { dialectFor } from '../../../src/dialects/dialects.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { readMachine } from '../../../src/dialects/read-machine.ts';
import { type Remark } from '../../../src/dialects/dialect.ts';
import { type Stack } from '../../../src/state/network-state.ts';
import { outcomes, imported } from '../scenarios/imported.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const read = (
  files: Readonly<Record<string, string>>,
): { readonly stack: Stack; readonly remarks: readonly Remark[] } => {
  const texts = Object.entries(files).map(([path, text]) => ({ path, text }));
  const { state, remarks } = mergeReadings(readMachine(texts, { stack: 'm' }).readings);
  const stack = state.stacks['m'];
  if (stack === undefined) throw new Error('nothing was read');
  return { stack, remarks };
};

const bridging = `#!/bin/sh
# eth0 becomes a port
IF=eth0
BR="br0"   # the bridge
brctl addbr $BR
brctl addif $BR $IF
ifconfig $IF 0.0.0.0 up
ifconfig $BR 192.168.0.3 netmask 255.255.255.0 \\
    up
route add default gw 192.168.0.1
iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -o \${BR} -j MASQUERADE
echo 1 > /proc/sys/net/ipv4/ip_forward
exit 0
`;

describe('lists of commands', () => {
  it('are known by their commands, whatever the prompts', () => {
    const nameOf = (text: string): string | undefined => dialectFor({ path: 'pasted', text })?.name;
    expect(nameOf(bridging)).toBe('commands');
    expect(
      nameOf(
        'echo 1 > /proc/sys/net/ipv4/conf/all/proxy_arp\niptables -t nat -A POSTROUTING -s 10.0.0.0 -j MASQUERADE\n',
      ),
    ).toBe('commands');
    expect(nameOf('$ sudo route add -net 192.168.77.0 netmask 255.255.255.0 br0\n')).toBe('commands');
    expect(nameOf('dom0:~# ip route add 10.0.0.0/24 via 192.168.0.3\n')).toBe('commands');
    expect(nameOf('$ ip route\ndefault via 192.168.0.1 dev eth0\n')).toBe('terminal');
    expect(
      nameOf('auto eth0\niface eth0 inet static\n  address 10.0.0.1/24\n  up ip route add 10.9.0.0/16 via 10.0.0.2\n'),
    ).toBe('ifupdown');
  });

  it('are carried out one after the other', () => {
    const { stack, remarks } = read({ 'bridge.sh': bridging });
    expect(remarks).toEqual([]);
    expect(stack.interfaces['eth0']).toMatchObject({ master: 'br0', up: true, addresses: [] });
    expect(stack.interfaces['br0']).toMatchObject({
      kind: 'bridge',
      addresses: [{ address: '192.168.0.3', prefixLength: 24 }],
    });
    expect(stack.routes).toMatchObject([{ to: '0.0.0.0/0', via: '192.168.0.1', dev: 'br0' }]);
    expect(stack.sysctls).toEqual({ 'net/ipv4/ip_forward': '1' });
    expect(stack.filter).toHaveLength(1);
  });

  it('change what the machine’s files made', () => {
    const { stack } = read({
      'etc/network/interfaces': 'auto eth0\niface eth0 inet static\n  address 192.168.0.3/24\n',
      'etc/rc.local': bridging,
    });
    expect(stack.interfaces['eth0']).toMatchObject({ master: 'br0', addresses: [] });
    expect(stack.interfaces['br0']?.addresses).toHaveLength(1);
  });

  it('tell what is decided when they run, with its place', () => {
    const { remarks } = read({
      'up.sh':
        'ip link add br0 type bridge\nif [ -e /x ]; then\n  ip addr add $(cat /addr) dev br0\nfi\nsetup() {\n  ip link set br0 down\n}\nip link set br0 up\n',
    });
    expect(remarks.map(({ code, at }) => `${code} ${at.line}:${at.column}`)).toEqual([
      'unsaid-command 2:1',
      'unsaid-command 3:3',
      'unsaid-command 4:1',
      'unsaid-command 5:1',
      'unsaid-command 6:3',
      'unsaid-command 7:1',
    ]);
  });

  it('do in a namespace what is read of them', () => {
    const script = `ip link add br0 type bridge
ip link set dev eth0 master br0 up
ip addr add 192.168.0.3/24 dev br0
ip link set br0 up
ip route add default via 192.168.0.1 metric 7
`;
    const { stack } = read({ 'bridge.sh': script });
    const seen = execFileSync(
      'unshare',
      [
        '-Urn',
        'sh',
        '-ec',
        `ip link add eth0 type veth peer name far\n${script}ip -br addr show br0; ip route show default; ip -o link show master br0`,
      ],
      { encoding: 'utf8' },
    );
    const [address] = stack.interfaces['br0']?.addresses ?? [];
    const [route] = stack.routes;
    expect(seen).toContain(`${address?.address}/${address?.prefixLength}`);
    expect(seen).toContain(`default via ${route?.via} dev ${route?.dev} metric ${route?.metric}`);
    expect(stack.interfaces['eth0']?.master).toBe('br0');
    expect(seen).toMatch(/eth0@far.* master br0 /);
  });

  it('survive what editors and accidents do to them', { timeout: patienceMs }, () => {
    survivesMutations(commands, [[{ path: 'etc/rc.local', text: bridging }]]);
  });
});

describe('the guide to Xen’s routed network from its commands', () => {
  it('translates nothing, since the rule matches one address', () => {
    const network = imported(
      {
        dom0: {
          'etc/network/interfaces':
            'auto eth0\niface eth0 inet static\n  address 192.168.0.3\n  netmask 255.255.255.0\n  gateway 192.168.0.1\nauto guest\niface guest inet static\n  address 10.0.0.254/32\n  up ip route add 10.0.0.1 dev guest\n  up sysctl -w net.ipv4.ip_forward=1\n',
          'etc/rc.local':
            'echo 1 > /proc/sys/net/ipv4/conf/all/proxy_arp\niptables -t nat -A POSTROUTING -s 10.0.0.0 -j MASQUERADE\n',
        },
        vm01: {
          'etc/network/interfaces':
            'auto eth0\niface eth0 inet static\n  address 10.0.0.1\n  netmask 255.255.255.0\n  gateway 10.0.0.254\n',
        },
        router: {
          'etc/network/interfaces': 'auto lan\niface lan inet static\n  address 192.168.0.1/24\n',
          'commands.txt': 'router:~# route add -net 10.0.0.0 netmask 255.255.255.0 gw 192.168.0.3\n',
        },
      },
      { lan: ['dom0:eth0', 'router:lan'], guest: ['dom0:guest', 'vm01:eth0'] },
    );
    expect(
      outcomes(network, [
        ['vm01', '192.168.0.1'],
        ['router', '10.0.0.1'],
      ]),
    ).toEqual(['vm01 > 192.168.0.1: yes, seen as 10.0.0.1', 'router > 10.0.0.1: yes, seen as 192.168.0.1']);
  });
});
