/** Files of SUSE and of Red Hat, by what their scripts make of them. */
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Remark } from '../../../src/dialects/dialect.ts';
import { normalPart } from '../../../src/dialects/differences.ts';
import { sysconfig } from '../../../src/dialects/sysconfig/dialect.ts';
import { readSysconfig } from '../../../src/dialects/sysconfig/read.ts';
import { type Stack } from '../../../src/state/network-state.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

type Files = Readonly<Record<string, string>>;

const texts = (folder: string, files: Files): ConfigText[] =>
  Object.entries(files).map(([name, text]) => ({ path: name.includes('/') ? name : `${folder}/${name}`, text }));

interface Read {
  readonly stack: Stack;
  readonly remarks: readonly Remark[];
}

const suse = (files: Files): Read => {
  const { stacks, remarks } = readSysconfig(texts('etc/sysconfig/network', files), 'host');
  return { stack: normalPart(stacks['host']), remarks };
};
const redHat = (files: Files): Read => {
  const { stacks, remarks } = readSysconfig(texts('etc/sysconfig/network-scripts', files), 'host');
  return { stack: normalPart(stacks['host']), remarks };
};

const bridged: Files = {
  'ifcfg-eth0': "STARTMODE='auto'\nBOOTPROTO='none'\n",
  'ifcfg-br0': `STARTMODE='auto'
BOOTPROTO='static'
# static addresses of both families
IPADDR='192.168.0.1/24'
IPADDR_1='2001:db8:abba::1/64'
BRIDGE='yes'
BRIDGE_PORTS='eth0'
BRIDGE_STP='off'
BRIDGE_FORWARDDELAY='0'
`,
  routes: 'default 192.168.0.254           - br0\n#default fe80::201:1ff:fe01:254 - br0\n',
};

const proxied: Files = {
  'ifcfg-eth0': "BOOTPROTO='static'\nSTARTMODE='onboot'\nIPADDR='192.0.2.253/28'\nIPADDR_1='2001:db8:abba::1/64'\n",
  'ifcfg-xen1.0': "NAME='guest 1'\nBOOTPROTO='static'\nSTARTMODE='hotplug'\n",
  routes: `192.0.2.241         -                        - xen1.0
default             192.0.2.254              - eth0
2001:db8:abba::1001 fe80::216:3eff:fe10:1010 - xen1.0
default             fe80::201:1ff:fe01:254   - eth0
`,
  'ifndp-proxy': '2001:db8:abba::1     eth0    xen1.0\n2001:db8:abba::1001  xen1.0  eth0\n',
  'etc/sysconfig/sysctl': 'IP_FORWARD=yes\nIPV6_FORWARD=yes\n',
};

const routed: Files = {
  'ifcfg-eth0': "STARTMODE='auto'\nBOOTPROTO='static'\nIPADDR='192.0.2.253/28'\nIPADDR_v6='2001:db8:abba::1/64'\n",
  'ifcfg-br1':
    "STARTMODE='auto'\nBOOTPROTO='static'\nIPADDR='192.0.2.14/28'\nBRIDGE='yes'\nBRIDGE_PORTS=''\nBRIDGE_STP='off'\nBRIDGE_FORWARDDELAY='0'\n",
  routes: `default            192.0.2.254             - eth0
2001:db8:abba::/60 -                       - -    unreachable
default            fe80::201:1ff:fe01:254  - eth0
`,
};

const nat: Files = {
  'ifcfg-eth0': 'STARTMODE=auto\nBOOTPROTO=static\nIPADDR=192.0.2.253\nNETMASK=255.255.255.240 # of the provider\n',
  'ifcfg-br1': "STARTMODE=auto\nIPADDR=192.168.1.1\nPREFIXLEN=24\nBRIDGE=yes\nBRIDGE_PORTS=''\n",
  'ifroute-br1': '192.168.1.10 - - - - src 192.168.1.1\n',
  'etc/sysconfig/SuSEfirewall2': `FW_DEV_EXT="eth0"
FW_DEV_INT="br1"
FW_ROUTE="yes"
FW_MASQUERADE="yes"
FW_MASQ_NETS="192.168.1.0/24"
FW_FORWARD_MASQ="0/0,192.168.1.10,tcp,8080,80"
FW_SERVICES_EXT_TCP="ssh 443"
`,
};

describe('files of SUSE', () => {
  it('make a bridge over a NIC, with routes', () => {
    const { stack, remarks } = suse(bridged);
    expect(remarks).toEqual([]);
    expect(stack.interfaces).toMatchObject({
      br0: {
        kind: 'bridge',
        up: true,
        bridge: { stp: false, forwardDelaySeconds: 0 },
        addresses: [
          { address: '192.168.0.1', prefixLength: 24 },
          { address: '2001:db8:abba::1', prefixLength: 64 },
        ],
      },
      eth0: { kind: 'ethernet', master: 'br0', up: true },
    });
    expect(stack.routes).toEqual([
      { family: 4, to: '0.0.0.0/0', type: 'unicast', via: '192.168.0.254', dev: 'br0', metric: 0, table: 254 },
    ]);
  });

  it('answer for neighbours, and route to one machine', () => {
    const { stack, remarks } = suse(proxied);
    expect(remarks).toEqual([]);
    expect(stack.neighbourProxies).toEqual([
      { family: 6, address: '2001:db8:abba::1001', dev: 'eth0' },
      { family: 6, address: '2001:db8:abba::1', dev: 'xen1.0' },
    ]);
    expect(stack.routes.map(({ to, via, dev }) => [to, via, dev])).toEqual([
      ['0.0.0.0/0', '192.0.2.254', 'eth0'],
      ['192.0.2.241/32', undefined, 'xen1.0'],
      ['::/0', 'fe80::201:1ff:fe01:254', 'eth0'],
      ['2001:db8:abba::1001/128', 'fe80::216:3eff:fe10:1010', 'xen1.0'],
    ]);
    expect(stack.sysctls).toEqual({ 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' });
  });

  it('refuse what is left of a prefix', () => {
    const { stack, remarks } = suse(routed);
    expect(remarks).toEqual([]);
    expect(stack.routes).toContainEqual({
      family: 6,
      to: '2001:db8:abba::/60',
      type: 'unreachable',
      metric: 1024,
      table: 254,
    });
    expect(stack.interfaces['eth0']?.addresses).toHaveLength(2);
  });

  it('translate addresses as SuSEfirewall2 does', () => {
    const { stack, remarks } = suse(nat);
    // Whether frames of a bridge pass is told by a match that the model does not know.
    expect(new Set(remarks.map(({ code }) => code))).toEqual(new Set(['unsaid-match']));
    expect(stack.routes).toMatchObject([{ to: '192.168.1.10/32', dev: 'br1', source: '192.168.1.1' }]);
    expect(stack.sysctls).toEqual({ 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' });
    const chains = stack.filter.find(({ family, name }) => family === 'ip' && name === 'nat')?.chains;
    expect(chains?.map(({ hook, rules }) => [hook, rules])).toEqual([
      [
        'prerouting',
        [
          {
            matches: [
              { kind: 'iif', names: ['eth0'] },
              { kind: 'port', protocol: 'tcp', ports: [8080] },
            ],
            verdict: { kind: 'dnat', address: '192.168.1.10', port: 80 },
          },
        ],
      ],
      [
        'postrouting',
        [
          {
            matches: [
              { kind: 'oif', names: ['eth0'] },
              { kind: 'source', family: 4, prefixes: ['192.168.1.0/24'] },
            ],
            verdict: { kind: 'masquerade' },
          },
        ],
      ],
    ]);
    const input = stack.filter.find(({ family, name }) => family === 'ip' && name === 'filter')?.chains[0];
    expect(input).toMatchObject({ hook: 'input', policy: 'drop' });
  });

  it('make VLANs, bonds and tunnels, and bring up what is to come up at boot alone', () => {
    const { stack, remarks } = suse({
      'ifcfg-bond0':
        "STARTMODE=auto\nBONDING_MASTER=yes\nBONDING_SLAVE_0=eth0\nBONDING_SLAVE_1=eth1\nBONDING_MODULE_OPTS='mode=802.3ad miimon=100 lacp_rate=fast'\n",
      'ifcfg-vlan5': 'STARTMODE=auto\nETHERDEVICE=bond0\nIPADDR=10.5.0.1/24\n',
      'ifcfg-sit1':
        'STARTMODE=auto\nTUNNEL=sit\nTUNNEL_LOCAL_IPADDR=192.0.2.1\nTUNNEL_REMOTE_IPADDR=192.0.2.2\nIPADDR=2001:db8::2/64\n',
      'ifcfg-eth9': 'STARTMODE=manual\nIPADDR=10.9.0.1/24\n',
      'ifcfg-eth8': 'STARTMODE=auto\nBOOTPROTO=dhcp\nMTU=9000\nLLADDR=02:00:00:00:00:08\nWIRELESS=no\n',
      'ifcfg-eth7~': 'STARTMODE=auto\n',
      config: "NETCONFIG_DNS_STATIC_SERVERS='192.0.2.53'\nNETCONFIG_DNS_STATIC_SEARCHLIST='example.test'\n",
    });
    expect(remarks.map(({ kind, code }) => `${kind} ${code}`).sort()).toEqual([
      'ignored not-brought-up',
      'not-said unsaid-variable',
    ]);
    expect(stack.interfaces).toMatchObject({
      bond0: { kind: 'bond', bond: { mode: '802.3ad', miimonMilliseconds: 100, lacpRate: 'fast' } },
      eth0: { master: 'bond0' },
      eth8: { mtuBytes: 9000, mac: '02:00:00:00:00:08' },
      sit1: { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', local: '192.0.2.1', remote: '192.0.2.2' } },
      vlan5: { kind: 'vlan', vlan: { link: 'bond0', id: 5 } },
    });
    expect(stack.interfaces['eth9']).toBeUndefined();
    expect(stack.services).toEqual([{ kind: 'dhcp-client', interface: 'eth8', hostname: 'host', metric: 0 }]);
    expect(stack.resolver).toEqual({ nameservers: ['192.0.2.53'], search: ['example.test'] });
  });
});

const office: Files = {
  'etc/sysconfig/network': 'NETWORKING=yes\nHOSTNAME=host\nGATEWAY=10.0.0.1\n',
  'ifcfg-br0':
    'DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\nBOOTPROTO=none\nIPADDR=10.0.0.2\nNETMASK=255.255.255.0\nSTP=on\nDELAY=0\nDNS1=10.0.0.1\n',
  'ifcfg-eth0': 'DEVICE=eth0\nHWADDR=02:00:00:00:00:01\nONBOOT=yes\nBRIDGE=br0\n',
  'ifcfg-eth1': 'DEVICE=eth1\nONBOOT=yes\nBOOTPROTO=dhcp\nIPV6INIT=yes\nIPV6ADDR=2001:db8::1/64\nIPV6_AUTOCONF=no\n',
  'ifcfg-br0:1': 'DEVICE=br0:1\nIPADDR=10.0.0.9\nPREFIX=24\n',
  'ifcfg-eth1.7': 'DEVICE=eth1.7\nVLAN=yes\nONBOOT=yes\nIPADDR=10.7.0.1\nPREFIX=24\n',
  'ifcfg-eth2': 'DEVICE=eth2\nONBOOT=no\nIPADDR=10.2.0.1\nNETMASK=255.255.255.0\n',
  'route-br0': 'ADDRESS0=10.99.0.0\nNETMASK0=255.255.0.0\nGATEWAY0=10.0.0.254\n',
  'route-eth1.7': '# a table of its own\ndefault via 10.7.0.254 dev eth1.7 table 7\n',
  'rule-eth1.7': 'from 10.7.0.0/24 table 7 priority 700\n',
};

describe('files of Red Hat', () => {
  it('make bridges, aliases, VLANs, routes and rules', () => {
    const { stack, remarks } = redHat(office);
    expect(remarks.map(({ code, at }) => [code, at.path])).toEqual([
      ['not-brought-up', 'etc/sysconfig/network-scripts/ifcfg-eth2'],
    ]);
    expect(stack.interfaces).toMatchObject({
      br0: {
        bridge: { stp: true, forwardDelaySeconds: 2 },
        addresses: [{ address: '10.0.0.2' }, { address: '10.0.0.9', label: 'br0:1' }],
      },
      eth0: { master: 'br0', up: true },
      eth1: { addresses: [{ address: '2001:db8::1', prefixLength: 64 }] },
      'eth1.7': { kind: 'vlan', vlan: { link: 'eth1', id: 7 } },
    });
    expect(stack.routes.map(({ to, via, dev, table }) => [to, via, dev, table])).toEqual([
      ['0.0.0.0/0', '10.7.0.254', 'eth1.7', 7],
      ['0.0.0.0/0', '10.0.0.1', 'br0', 254],
      ['10.99.0.0/16', '10.0.0.254', 'br0', 254],
    ]);
    expect(stack.rules).toEqual([{ family: 4, priority: 700, from: '10.7.0.0/24', table: 7 }]);
    expect(stack.sysctls).toEqual({ 'net/ipv6/conf/eth1/accept_ra': '0', 'net/ipv6/conf/eth1/autoconf': '0' });
  });
});

describe('broken files', () => {
  it('are told with line and column', () => {
    const { remarks } = suse({
      'ifcfg-eth0': "STARTMODE=auto\n IPADDR=10.0.0.999/24\nMTU='nine'\nif true; then\nBOOTPROTO=magic\n",
      routes: '10.0.0.0/8 192.0.2.1 - -\n10.0.0.1/8 - - eth0\n',
    });
    expect(remarks.map(({ code, at }) => [code, at.line, at.column])).toEqual([
      ['not-a-variable', 4, 1],
      ['not-an-mtu', 3, 1],
      ['not-an-address', 2, 2],
      ['unknown-method', 5, 1],
      ['unreachable-gateway', 1, 1],
      ['failing-route', 2, 1],
    ]);
  });

  it('never make the reader fail', { timeout: patienceMs }, () => {
    const all = [bridged, proxied, routed, nat].map((files) => texts('etc/sysconfig/network', files));
    survivesMutations(sysconfig, [...all, texts('etc/sysconfig/network-scripts', office)]);
  });
});
