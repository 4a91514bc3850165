/** What is read of a file is what the real ifup makes of it, and what is written it carries out. */
import { describe, expect, it } from 'vitest';
import { normalPart } from '../../../src/dialects/differences.ts';
import { readInterfaces } from '../../../src/dialects/ifupdown/read.ts';
import { writeInterfaces } from '../../../src/dialects/ifupdown/write.ts';
import { type Stack } from '../../../src/state/network-state.ts';
import { factsOf, ifupTree, runIfup } from './real-ifup.ts';

const tree = ifupTree();
/** In CI a missing program is a failure. */
const isMissing = tree === undefined && process.env['CI'] === undefined;

const read = (text: string): Stack =>
  normalPart(readInterfaces([{ path: 'etc/network/interfaces', text }], 'host').stacks['host']);

const nics = 'auto eth0 eth1 eth2\n';

/** Interfaces that the files do not name are there all the same. */
const files: Readonly<Record<string, string>> = {
  'both families, gateways, aliases and commands': `${nics}
iface lo inet loopback
    up ip rule add from 10.1.0.2 table 100
iface eth0 inet static
    address 10.1.0.2
    netmask 255.255.255.0
    gateway 10.1.0.1
    up ip route add 10.9.0.0/16 via 10.1.0.3 dev $IFACE
    up route add -net 10.10.0.0 netmask 255.255.0.0 gw 10.1.0.4
    up ip route add default via 10.1.0.9 table 100 metric 7
    up ip addr add 10.1.0.77/24 dev $IFACE label $IFACE:7
iface eth0 inet static
    address 192.168.5.1/24
iface eth1 inet manual
    mtu 1400
    up ifconfig $IFACE 172.16.1.1 netmask 255.255.255.128
    up ip route add blackhole 10.66.0.0/16
iface eth2 inet6 static
    address 2001:db8::2/64
    gateway 2001:db8::1
    dad-attempts 0
    up ip -6 route add 2001:db8:5::/48 via fe80::9 dev eth2 metric 77
    up echo 1 > /proc/sys/net/ipv4/conf/$IFACE/proxy_arp
auto eth1:0
iface eth1:0 inet static
    address 10.44.0.1
    netmask 24
`,
  'a bridge whose spanning tree keeps its forward delay': `auto br0 br1
iface br0 inet static
    address 192.168.77.1/24
    bridge_ports eth0 eth1
    bridge_stp on
    bridge_fd 0
    bridge_maxwait 0
    mtu 1400
iface br1 inet manual
    bridge-ports none
    bridge-fd 0
    bridge_maxwait 0
auto eth2
iface eth2 inet manual
    up brctl addif br1 eth2 && ip link set eth2 up
`,
  'a gateway outside of the subnet, and a second one': `${nics}
iface eth0 inet static
    address 203.0.113.7/32
    gateway 203.0.113.1
iface eth1 inet static
    address 10.2.0.2/24
    gateway 10.2.0.1
    up ip route add 10.99.0.0/16 via 10.2.0.3
iface eth2 inet manual
`,
};

/** Nobody waits for a spanning tree here. */
const hasty = (text: string): string => text.replaceAll('bridge_stp on', 'bridge_stp on\n    bridge_maxwait 0');

describe.skipIf(isMissing)('the real ifup', () => {
  it.each(Object.entries(files))('makes of %s what is read', (_, text) => {
    const stack = read(text);
    const { facts, told } = runIfup(tree ?? '', text, Object.keys(stack.sysctls));
    expect(facts, told).toEqual(factsOf(stack));
  });

  it.each(Object.entries(files))('makes the same of %s as it is written', (_, text) => {
    const stack = read(text);
    const [file] = writeInterfaces({ version: 1, stacks: { host: stack }, cables: [] }, 'host').files;
    const { facts, told } = runIfup(tree ?? '', hasty(file?.text ?? ''), Object.keys(stack.sysctls));
    expect(facts, `${file?.text}\n${told}`).toEqual(factsOf(stack));
  });
});
