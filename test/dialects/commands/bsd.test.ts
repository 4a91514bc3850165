/** Commands that were typed at a BSD: told from those of Linux line by line, and read by the words of their own system. */
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/dialects/commands/dialect.ts';
import { systemOf } from '../../../src/dialects/commands/which-system.ts';
import { readNetwork } from '../../../src/dialects/read-network.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type Stack } from '../../../src/state/network-state.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const read = (text: string): { readonly stack: Stack; readonly told: readonly string[]; readonly by: string } => {
  const file = 'pasted';
  const { state, remarks, dialectOf } = readNetwork([{ name: 'm', texts: [{ path: file, file, text }] }]);
  const told = remarks
    .filter(({ code }) => !/^(?:taken-for-linux|assumed-carrier)$/.test(code))
    .map(({ kind, code, at }) => `${at.line}:${at.column} ${kind} ${code}`);
  return { stack: state.stacks['m'] ?? emptyStack, told, by: [...dialectOf.values()].join() };
};

const addressesOf = ({ interfaces }: Stack, name: string): readonly string[] =>
  (interfaces[name]?.addresses ?? []).map(({ address, prefixLength }) => `${address}/${prefixLength}`);

const routesOf = ({ routes }: Stack): readonly string[] =>
  routes.map(({ to, via, dev }) => `${to}${via === undefined ? '' : ` via ${via}`} dev ${dev ?? ''}`);

const typedByRoot = `# ifconfig xl0 inet 192.0.2.2 netmask 0xffffff00
# ifconfig xl1 inet 10.0.5.1/24
# ifconfig xl1 inet 10.0.6.1 netmask 255.255.255.0 alias
# ifconfig gif0 create
# ifconfig gif0 tunnel 192.0.2.2 203.0.113.9
# ifconfig gif0 inet6 2001:db8:9::2 2001:db8:9::1 prefixlen 128
# route -n add -inet6 default 2001:db8:9::1
# route add default 192.0.2.1
# route add -net 10.9.0.0 -netmask 255.255.0.0 10.0.5.9
# sysctl -w net.inet.ip.forwarding=1
net.inet.ip.forwarding: 0 -> 1
# pfctl -f /etc/pf.conf
`;

const freeBsd = `root@fw:~ # ifconfig em0 ether 02:00:00:00:00:07
root@fw:~ # ifconfig em0.5 create inet 10.5.0.1/24
root@fw:~ # ifconfig vlan6 create vlan 6 vlandev em0
root@fw:~ # ifconfig vlan6 10.6.0.1/24
root@fw:~ # ifconfig bridge0 create
root@fw:~ # ifconfig bridge0 addm em1 addm em2 up
root@fw:~ # ifconfig bridge0 deletem em2
root@fw:~ # ifconfig bridge0 inet 10.7.0.1/24
root@fw:~ # route add -net 10.8.0.0/16 -interface vlan6
root@fw:~ # ipfw add 100 deny ip from any to any
root@fw:~ # ifconfig wg0 create
root@fw:~ # netstat -rn
`;

describe('which system is spoken to', () => {
  it.each([
    ['ifconfig xl0 192.0.2.1', 'bsd'],
    ['ifconfig eth0 192.0.2.1 netmask 255.255.255.0', 'linux'],
    ['ifconfig tun0 192.0.2.1', undefined],
    ['ifconfig tun0 inet6 2001:db8::1 prefixlen 64', 'bsd'],
    ['ifconfig eth0 inet6 add 2001:db8::1/64', 'linux'],
    ['sudo ifconfig vlan5 destroy', 'bsd'],
    ['ifconfig eth0:1 192.0.2.1', 'linux'],
    ['route add default 192.0.2.1', 'bsd'],
    ['route add default gw 192.0.2.1', 'linux'],
    ['route add -net 192.168.7.0 netmask 255.255.255.0 br0', 'linux'],
    ['route add -net 10.0.0.0 -netmask 255.0.0.0 192.0.2.1', 'bsd'],
    ['sudo route add -inet6 default fd00::1', 'bsd'],
    ['route -n', undefined],
    ['sysctl net.inet.ip.forwarding=1', 'bsd'],
    ['sysctl -w net.ipv4.ip_forward=1', 'linux'],
    ['doas sh /etc/netstart em0', 'bsd'],
    ['ip route add default via 192.0.2.1', 'linux'],
  ])('%s: %s', (command, system) => {
    expect(systemOf(command)).toBe(system);
  });
});

describe('commands of a BSD', () => {
  it('are taken where root typed them behind #', () => {
    const { stack, told, by } = read(typedByRoot);
    expect([by, told]).toEqual(['commands', ['6:3 assumed peer', '12:3 not-said unsaid-command']]);
    expect(addressesOf(stack, 'xl0')).toEqual(['192.0.2.2/24']);
    expect(addressesOf(stack, 'xl1')).toEqual(['10.0.5.1/24', '10.0.6.1/24']);
    expect(stack.interfaces['gif0']).toMatchObject({ tunnel: { mode: 'sit', local: '192.0.2.2', remote: '203.0.113.9' } });
    expect(stack.sysctls).toMatchObject({ 'net/ipv4/ip_forward': '1' });
    expect(routesOf(stack)).toEqual([
      '0.0.0.0/0 via 192.0.2.1 dev xl0',
      '10.9.0.0/16 via 10.0.5.9 dev xl1',
      '::/0 via 2001:db8:9::1 dev gif0',
      '2001:db8:9::1/128 dev gif0',
    ]);
  }); // prettier-ignore

  it('make VLANs and bridges of FreeBSD, and tell what the model lacks', () => {
    const { stack, told } = read(freeBsd);
    expect(told).toEqual(['10:13 not-said unsaid-command', '11:13 not-said unsaid-command']);
    expect(stack.interfaces['em0']).toMatchObject({ mac: '02:00:00:00:00:07' });
    expect(stack.interfaces['em0.5']).toMatchObject({ kind: 'vlan', vlan: { link: 'em0', id: 5 } });
    expect(stack.interfaces['vlan6']).toMatchObject({ kind: 'vlan', vlan: { link: 'em0', id: 6 } });
    expect(stack.interfaces['em1']?.master).toBe('bridge0');
    expect(stack.interfaces['em2']?.master).toBeUndefined();
    expect(addressesOf(stack, 'bridge0')).toEqual(['10.7.0.1/24']);
    expect(routesOf(stack)).toEqual(['10.8.0.0/16 dev vlan6']);
  });

  it('leave comments alone where # is none', () => {
    const { stack } = read('# ifconfig xl0 inet 10.0.0.1/24\nifconfig xl1 inet 10.0.1.1/24\n');
    expect(Object.keys(stack.interfaces)).toEqual(['xl1']);
  });

  it('stand beside commands of Linux in one text, each read as its own', () => {
    const { stack, told } = read(
      'firewall$ ifconfig em0 inet 10.0.0.6/29\nhost$ sudo ip addr add 10.0.0.1/29 dev tap0\n'.replaceAll(/^\w+\$/gm, '$'),
    );
    expect(told).toEqual([]);
    expect(Object.keys(stack.interfaces)).toEqual(['em0', 'tap0']);
  }); // prettier-ignore

  it('are refused with their place where words lack', () => {
    const { told } = read(
      '$ sudo ifconfig gif0 tunnel\n$ sudo route add default\n$ ifconfig em0 inet 10.0.0.300\n$ ifconfig gif0 destroy\n',
    );
    expect(told).toEqual(['1:3 error no-value', '2:3 error failing-command', '3:3 error not-an-address']);
  });

  it('survive what editors and accidents do to them', { timeout: patienceMs }, () => {
    survivesMutations(commands, [[{ path: 'pasted', text: typedByRoot }], [{ path: 'pasted', text: freeBsd }]]);
  });
});
