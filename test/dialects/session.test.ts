/** What is pasted from a terminal: files that were shown, what programs printed, and what was typed. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readNetwork, type ReadNetwork } from '../../src/dialects/read-network.ts';
import { sessionOf } from '../../src/dialects/session.ts';

const pasted = (text: string): ReadNetwork =>
  readNetwork([{ name: 'm', texts: [{ path: 'pasted.txt', file: '/tmp/pasted.txt', text }] }]);

const session = `me@m:~$ cat /etc/network/interfaces
auto eth0
iface eth0 inet static
    address 192.168.0.3/24
    gatway 192.168.0.1
me@m:~$ sudo virsh net-dumpxml default

<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>

me@m:~$ sudo ip route add 10.0.0.0/24 \\
    via 192.168.0.9
me@m:~$ sudo iptables-save
*filter
:INPUT DROP [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
COMMIT
me@m:~$ brctl show
bridge name	bridge id		STP enabled	interfaces
br5		8000.525400123456	no		eth5
me@m:~$ ping -c 1 192.168.0.1
PING 192.168.0.1 (192.168.0.1) 56(84) bytes of data.
me@m:~$
`;

describe('a session at a terminal', () => {
  it('is files under their names, programs’ output and commands', () => {
    const { state, dialectOf } = pasted(session);
    const stack = state.stacks['m'];
    expect(stack?.interfaces['eth0']).toMatchObject({ addresses: [{ address: '192.168.0.3' }] });
    expect(stack?.interfaces['virbr0']).toMatchObject({ kind: 'bridge' });
    expect(stack?.interfaces['eth5']).toMatchObject({ master: 'br5' });
    expect(stack?.routes).toMatchObject([{ to: '10.0.0.0/24', via: '192.168.0.9', dev: 'eth0' }]);
    expect(stack?.filter.flatMap(({ chains }) => chains.map(({ policy }) => policy))).toContain('drop');
    expect(dialectOf.has('/tmp/pasted.txt')).toBe(true);
  });

  it('has its remarks at the lines of the whole, in the file as it is named', () => {
    const { remarks } = pasted(session);
    const told = remarks.map(({ code, at }) => `${code} ${at.path}:${at.line}`);
    expect(told).toContain('unknown-option /tmp/pasted.txt:5');
    expect(told).toContain('printed-left-out /tmp/pasted.txt:20');
  });

  it('takes a prompt in front of what was printed for a slip', () => {
    const { state } = pasted(
      '$ ifconfig\n$ br0     Link encap:Ethernet  HWaddr 52:54:00:2e:52:ed\n          inet addr:192.168.77.1  Bcast:192.168.77.255  Mask:255.255.255.0\n',
    );
    expect(state.stacks['m']?.interfaces['br0']?.addresses).toMatchObject([{ address: '192.168.77.1' }]);
  });

  it('leaves texts without prompts as they are, and never loses a line number', () => {
    expect(sessionOf({ path: 'x', text: 'auto eth0\n# ip link\n' })).toBeUndefined();
    const line = fc.constantFrom(
      '$ cat /etc/a',
      '$ ip a',
      'x',
      '',
      '$ ip link set a up \\',
      'm:~# ping x',
      '$ nft list ruleset',
      '$',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const whole = `${lines.join('\n')}\n`;
        for (const { text } of sessionOf({ path: 'x', text: whole })?.texts ?? [])
          for (const [index, shown] of text.split('\n').entries())
            expect(shown === '' || shown === lines[index], `${index} of ${whole}`).toBe(true);
      }),
    );
  });
});
