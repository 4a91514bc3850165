/** Files below /etc/network, by what ifup makes of them at boot. */
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Remark } from '../../../src/dialects/dialect.ts';
import { normalPart } from '../../../src/dialects/differences.ts';
import { ifupdown } from '../../../src/dialects/ifupdown/dialect.ts';
import { readInterfaces } from '../../../src/dialects/ifupdown/read.ts';
import { writeInterfaces } from '../../../src/dialects/ifupdown/write.ts';
import { type Stack } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const main = (text: string): ConfigText => ({ path: 'etc/network/interfaces', text });

const read = (...texts: readonly ConfigText[]): { readonly stack: Stack; readonly remarks: readonly Remark[] } => {
  const { stacks, remarks } = readInterfaces(texts, 'host');
  return { stack: normalPart(stacks['host']), remarks };
};

const told = (remarks: readonly Remark[]): readonly string[] =>
  remarks.map(({ kind, code, at }) => `${at.line}:${at.column} ${kind} ${code}`);

const office = `# loopback
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet dhcp
   up   ip addr add 10.10.11.50/24 dev $IFACE label $IFACE:0
   down ip addr del 10.10.11.50/24 dev $IFACE label $IFACE:0
   up   ip addr add 192.168.77.1/24 dev $IFACE label $IFACE:1

auto eth1
iface eth1 inet manual

auto br0
iface br0 inet static
   address 192.168.78.1
   network 192.168.78.0
   netmask 255.255.255.0
   broadcast 192.168.78.255
   bridge_ports eth1
   bridge_stp on
   bridge_fd 0
   bridge_maxwait 0
`;

const aliases = `auto lo eth0 eth0:0
iface lo inet loopback
iface eth0 inet static
    address 10.0.0.2/24
    gateway 10.0.0.1
    dns-nameservers 10.0.0.1 10.0.0.9
    dns-search example.test
iface eth0:0 inet static
    address 192.168.77.1
    netmask 255.255.255.0
`;

const dom0 = `auto eth0
iface eth0 inet static
 address 192.168.0.3
 netmask 255.255.255.0
 gateway 192.168.0.1
 post-up echo 1 > /proc/sys/net/ipv4/ip_forward
 post-up sysctl -w net.ipv4.conf.all.proxy_arp=1
 post-up iptables -t nat -A POSTROUTING -s 10.0.0.0 -j MASQUERADE
 post-up /sbin/route add -net 10.5.0.0 netmask 255.255.0.0 gw 192.168.0.9
 post-up for i in 1 2; do ip route add 10.6.$i.0/24 dev eth0; done
`;

const layers = `auto bond0
iface bond0 inet manual
    bond-slaves eth0 eth1
    bond-mode active-backup
    bond_miimon 100
    bond-primary eth0
auto bond0.5
iface bond0.5 inet static
    address 10.5.0.1/24
auto vlan7
iface vlan7 inet manual
    vlan_raw_device bond0
auto br7
iface br7 inet6 static
    address 2001:db8:7::1/64
    bridge-ports vlan7
    bridge-vlan-aware yes
auto tun0
iface tun0 inet6 v4tunnel
    address 2001:db8::2
    netmask 64
    endpoint 192.0.2.1
    local 192.0.2.2
    ttl 64
    gateway 2001:db8::1
`;

describe('interfaces(5)', () => {
  it('has addresses as aliases, bridges, and clients of DHCP', () => {
    const { stack, remarks } = read(main(office));
    // The spanning tree is on before the delay is set, and the kernel refuses zero then.
    expect(told(remarks)).toEqual(['22:4 error refused-by-kernel']);
    expect(stack.interfaces).toMatchObject({
      eth0: {
        addresses: [
          { address: '10.10.11.50', label: 'eth0:0' },
          { address: '192.168.77.1', label: 'eth0:1' },
        ],
      },
      eth1: { master: 'br0', up: true },
      br0: {
        bridge: { stp: true, forwardDelaySeconds: 15 },
        addresses: [{ address: '192.168.78.1', prefixLength: 24 }],
      },
    });
    expect(stack.services).toEqual([{ kind: 'dhcp-client', interface: 'eth0', hostname: 'host', metric: 0 }]);
  });

  it('has aliases as stanzas, a gateway and a resolver', () => {
    const { stack, remarks } = read(main(aliases));
    expect(remarks).toEqual([]);
    expect(stack.interfaces['eth0']?.addresses).toEqual([
      { family: 4, address: '10.0.0.2', prefixLength: 24 },
      { family: 4, address: '192.168.77.1', prefixLength: 24, label: 'eth0:0' },
    ]);
    expect(stack.routes).toEqual([
      { family: 4, to: '0.0.0.0/0', type: 'unicast', via: '10.0.0.1', dev: 'eth0', metric: 0, table: 254 },
    ]);
    expect(stack.resolver).toEqual({ nameservers: ['10.0.0.1', '10.0.0.9'], search: ['example.test'] });
  });

  it('runs commands where it can tell what they do, and tells of the others', () => {
    const { stack, remarks } = read(main(dom0));
    expect(told(remarks)).toEqual(['10:10 not-said unsaid-command']);
    expect(stack.sysctls).toEqual({ 'net/ipv4/conf/all/proxy_arp': '1', 'net/ipv4/ip_forward': '1' });
    expect(stack.routes).toContainEqual({
      family: 4,
      to: '10.5.0.0/16',
      type: 'unicast',
      via: '192.168.0.9',
      dev: 'eth0',
      metric: 0,
      table: 254,
    });
    expect(stack.filter).toMatchObject([
      {
        family: 'ip',
        name: 'nat',
        chains: [
          {
            hook: 'postrouting',
            rules: [{ matches: [{ kind: 'source', prefixes: ['10.0.0.0/32'] }], verdict: { kind: 'masquerade' } }],
          },
        ],
      },
    ]);
  });

  it('gives members the MTU of their bond, whenever they join and whatever they had', () => {
    const bonded = `auto eth0
iface eth0 inet manual
    bond-master bond0
    mtu 4000
auto bond0
iface bond0 inet static
    bond-slaves eth1
    bond-mode active-backup
    address 192.0.2.1/24
    mtu 9000
auto eth2
iface eth2 inet manual
    up ip link set eth2 master bond0
`;
    const { stack, remarks } = read(main(bonded));
    expect(remarks).toEqual([]);
    expect(['bond0', 'eth0', 'eth1', 'eth2'].map((name) => stack.interfaces[name]?.mtuBytes)).toEqual(
      Array.from({ length: 4 }, () => 9000),
    );
    const [file] = writeInterfaces(normalize({ version: 1, stacks: { host: stack }, cables: [] }), 'host').files;
    expect(file?.text.match(/mtu \d+/g)).toEqual(['mtu 9000']);
  });

  it('has bonds, VLANs by either name, and tunnels', () => {
    const { stack, remarks } = read(main(layers));
    expect(remarks).toEqual([]);
    expect(stack.interfaces).toMatchObject({
      bond0: { kind: 'bond', bond: { mode: 'active-backup', miimonMilliseconds: 100, primary: 'eth0' } },
      eth0: { master: 'bond0' },
      eth1: { master: 'bond0' },
      'bond0.5': { kind: 'vlan', vlan: { link: 'bond0', id: 5 } },
      vlan7: { kind: 'vlan', vlan: { link: 'bond0', id: 7 }, master: 'br7' },
      br7: { kind: 'bridge', bridge: { vlanFiltering: true } },
      tun0: {
        kind: 'tunnel',
        mtuBytes: 1480,
        tunnel: { mode: 'sit', local: '192.0.2.2', remote: '192.0.2.1', ttl: 64 },
      },
    });
    expect(stack.sysctls).toEqual({ 'net/ipv6/conf/br7/accept_ra': '0', 'net/ipv6/conf/br7/autoconf': '0' });
    expect(stack.routes.map(({ to, via, dev }) => [to, via, dev])).toEqual([
      ['::/0', '2001:db8::1', 'tun0'],
      ['2001:db8::1/128', undefined, 'tun0'],
    ]);
  });

  it('brings in other files, in their order, and only those that are named rightly', () => {
    const { stack, remarks } = read(
      main('source /etc/network/interfaces.d/*.cfg\nsource-directory interfaces.d\n'),
      { path: 'etc/network/interfaces.d/b.cfg', text: 'auto eth1\niface eth1 inet manual\n' },
      { path: 'etc/network/interfaces.d/eth2', text: 'allow-hotplug eth2\niface eth2 inet manual\n' },
      { path: 'etc/network/interfaces.d/eth3.bak', text: 'auto eth3\niface eth3 inet manual\n' },
    );
    expect(Object.keys(stack.interfaces)).toEqual(['eth1', 'eth2']);
    expect(remarks.map(({ code, at }) => [code, at.path])).toEqual([
      ['not-sourced', 'etc/network/interfaces.d/eth3.bak'],
    ]);
  });

  it('inherits, joins lines and takes the first of what is said twice', () => {
    const { stack, remarks } = read(
      main(
        'iface lan inet static\n  netmask 24\n  mtu 1400\nauto eth0\niface eth0 inet static inherits lan\n  address \\\n 10.0.0.1\n  mtu 1300\n',
      ),
    );
    expect(stack.interfaces['eth0']).toMatchObject({
      mtuBytes: 1400,
      addresses: [{ address: '10.0.0.1', prefixLength: 24 }],
    });
    expect(told(remarks)).toEqual(['8:3 error said-twice']);
  });

  it('is told where ifup refuses it, or does something else than was meant', () => {
    const { remarks } = read(
      main(
        [
          'address 10.0.0.1', 'auto eth0 eth1 eth2 eth3 eth4', 'iface eth0 inet static', '  address 10.20.0.999/24',
          'iface eth1 inet sttaic', 'iface eth2 inet static', '  address 10.2.0.1/24', '  brige_ports eth5',
          '  broadcast 10.2.0.1', '  gateway 10.3.0.1', '  dns-search', 'iface eth4 inet static', '  address 10.2.0.9/24',
          '  gateway 10.2.0.3', 'iface eth9 inet manual', 'mapping eth7', '  script /bin/true',
        ].join('\n'), // prettier-ignore
      ),
    );
    expect(told(remarks)).toEqual([
      '1:1 error misplaced-option',
      '11:3 error empty-option',
      '16:1 not-said mapping',
      '5:1 error unknown-method',
      '4:3 error not-an-address',
      '8:3 ignored unknown-option',
      '9:3 error wrong-broadcast',
      '10:3 assumed gateway-outside',
      '2:1 error no-stanza',
      '14:3 error failing-gateway',
      '15:1 ignored not-brought-up',
    ]);
  });

  it('never makes the reader fail', { timeout: patienceMs }, () => {
    survivesMutations(
      ifupdown,
      [office, aliases, dom0, layers].map((text) => [main(text)]),
    );
  });
});
