import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { xen } from '../../../src/dialects/xen/dialect.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type Interface, type NetworkState } from '../../../src/state/network-state.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const xend = (text: string): ConfigText => ({ path: 'etc/xen/xend-config.sxp', text });
const domain = (name: string, text: string): ConfigText => ({ path: `etc/xen/${name}.cfg`, text });
const read = (...texts: ConfigText[]): ReturnType<typeof xen.read> => xen.read(texts, { stack: 'dom0' });

describe('reading Xen', () => {
  it('bridges: the NIC becomes a port of a bridge that takes its name, and guests’ interfaces too', () => {
    const { stacks, cables, remarks } = read(
      xend('# bridged\n(network-script network-bridge)\n#(network-script network-nat)\n(vif-script vif-bridge)\n'),
      domain('vm01', "vif = [ 'ip=192.168.0.6' ]\n"),
    );
    expect(remarks).toEqual([]);
    expect(stacks['dom0']?.interfaces).toMatchObject({
      eth0: { kind: 'bridge' },
      peth0: { kind: 'ethernet', master: 'eth0' },
      'vif1.0': { kind: 'ethernet', master: 'eth0' },
    });
    expect(cables).toEqual([{ a: { stack: 'dom0', interface: 'vif1.0' }, b: { stack: 'vm01', interface: 'eth0' } }]);
  });

  it('translates: what leaves by the NIC is masqueraded, the guest has a route and proxied neighbours', () => {
    const { stacks } = read(
      xend("(network-script 'network-nat netdev=eth1')\n(vif-script vif-nat)\n"),
      domain('vm01', "vif = [ 'ip=10.0.0.1' ]\n"),
    );
    expect(stacks['dom0']).toMatchObject({
      interfaces: { 'vif1.0': { addresses: [{ address: '10.0.0.128', prefixLength: 32 }] } },
      routes: [{ to: '10.0.0.1/32', dev: 'vif1.0', source: '10.0.0.128' }],
      sysctls: { 'net/ipv4/ip_forward': '1', 'net/ipv4/conf/vif1.0/proxy_arp': '1' },
      filter: [
        {
          name: 'nat',
          chains: [{ rules: [{ matches: [{ kind: 'oif', names: ['eth1'] }], verdict: { kind: 'masquerade' } }] }],
        },
      ],
    });
  });

  it('routes: the host answers for guests on its NIC', () => {
    const { stacks } = read(
      xend('(network-script network-route)\n(vif-script vif-route)\n'),
      domain('vm01', "vif = [ 'ip=10.0.0.1' ]\n"),
    );
    expect(stacks['dom0']).toMatchObject({
      routes: [{ to: '10.0.0.1/32', dev: 'vif1.0' }],
      sysctls: { 'net/ipv4/conf/eth0/proxy_arp': '1', 'net/ipv4/conf/vif1.0/proxy_arp': '1' },
    });
  });

  it('takes no interface from an expression that only Python works out, and none of its words either', () => {
    const { stacks, cables, remarks } = read(
      xend('(network-script network-bridge)\n(vif-script vif-bridge)\n'),
      domain('xen1', "vif = [ 'mac=00:16:3e:00:00:%02x' % 5,\n 'mac=00:16:3e:00:00:09' ]\n"),
    );
    expect(remarks.map(({ kind, code, at }) => `${kind} ${code} ${at.line}:${at.column}`)).toEqual([
      'error not-a-value 1:9',
    ]);
    expect(Object.keys(stacks['dom0']?.interfaces ?? {})).toEqual(['eth0', 'peth0', 'vif1.0']);
    expect(cables).toHaveLength(1);
  });

  it('tells of a list that a second one replaces, with the place of the one that is lost', () => {
    const { stacks, remarks } = read(
      domain(
        'xen1',
        "name = \"xen1\"\nvif=[ 'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0', ]\nvif=[ 'mac=00:16:3e:11:11:11,script=vif-bridge,bridge=br1', ]\n",
      ),
    );
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line, at.column])).toEqual([
      ['ignored', 'overridden-key', 2, 1],
    ]);
    expect(stacks['xen1']?.interfaces).toEqual({
      eth0: { kind: 'ethernet', mtuBytes: 1500, up: true, addresses: [], mac: '00:16:3e:11:11:11' },
    });
    expect(stacks['dom0']?.interfaces?.['vif1.0']?.master).toBe('br1');
  });

  it('reads lists over several lines, names of interfaces, and tells what it does not know', () => {
    const { stacks, remarks } = read(
      domain(
        'two',
        "# two links\nname = 'two'\nvif = [\n  'mac=00:16:3e:00:00:01, bridge=lan, vifname=two.0, rate=1Mb/s', # first\n  \"bridge=dmz,odd=1\",\n]\nnonsense here\n",
      ),
    );
    expect(Object.keys(stacks['dom0']?.interfaces ?? {}).sort()).toEqual(['dmz', 'lan', 'two.0', 'vif1.1']);
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line])).toEqual([
      ['error', 'not-a-setting', 7],
      ['not-said', 'no-words-for', 4],
      ['ignored', 'unknown-key', 5],
    ]);
  });
});

describe('what the scripts of Xen 4.17 do with vifs', () => {
  const conf = (text: string): ConfigText => ({ path: 'etc/xen/xl.conf', text });
  const vif = (text: string): ConfigText => domain('vm01', `vif = [ '${text}' ]\n`);
  const codes = (...texts: ConfigText[]): readonly string[] =>
    read(...texts).remarks.map(({ kind, code }) => `${kind} ${code}`);
  const eth0: Interface = {
    ...{ kind: 'ethernet', mtuBytes: 1500, up: true },
    addresses: [{ family: 4, address: '192.168.0.3', prefixLength: 24 }],
  };

  it('routes by the host’s own address and with metric 2; xend’s scripts gave none', () => {
    const { stacks, remarks } = xen.read([vif('script=vif-route,ip=10.0.0.0/28 10.0.1.7')], {
      stack: 'dom0',
      interfaces: { eth0 },
    });
    expect(remarks).toEqual([]);
    expect(stacks['dom0']?.interfaces?.['vif1.0']?.addresses).toEqual([
      { family: 4, address: '192.168.0.3', prefixLength: 32 },
    ]);
    expect(stacks['dom0']?.routes).toMatchObject([
      { to: '10.0.0.0/28', metric: 2, source: '192.168.0.3' },
      { to: '10.0.1.7/32', metric: 2, source: '192.168.0.3' },
    ]);
    const old = read(xend('(vif-script vif-route)\n'), vif('ip=10.0.0.1'));
    expect(old.stacks['dom0']?.routes).toMatchObject([{ to: '10.0.0.1/32', metric: 0 }]);
  });

  it('are refused what they cannot do: then the guest does not start', () => {
    expect(codes(vif('script=vif-nat,ip=10.0.0.200'))).toEqual(['error no-router-address']);
    expect(codes(vif('script=vif-nat,ip=10.0.0.1 10.0.0.2'))).toEqual(['error one-address']);
    expect(codes(vif('script=vif-route,ip=fd00::1'))).toContain('error no-ipv6-route');
    expect(codes(vif('script=vif-route,ip=10.0.0.1/24'))).toContain('error not-a-prefix');
  });

  it('have the MTU of the bridge or of `mtu=`, on the host’s side alone', () => {
    const { stacks } = read(vif('bridge=br0,mtu=1400'));
    expect(stacks['dom0']?.interfaces?.['vif1.0']?.mtuBytes).toBe(1400);
    expect(stacks['vm01']?.interfaces?.['eth0']?.mtuBytes).toBe(1500);
    const large = xen.read([vif('bridge=br0')], {
      stack: 'dom0',
      interfaces: { br0: { ...eth0, kind: 'bridge', mtuBytes: 9000 } },
    });
    expect(large.stacks['dom0']?.interfaces).toMatchObject({ 'vif1.0': { mtuBytes: 9000, master: 'br0' } });
    expect(codes(vif('script=vif-nat,ip=10.0.0.1,mtu=1400'))).toEqual(['ignored mtu-of-routed']);
  });

  it('find eth0 where xenbr0 is meant and the NIC’s bridge has its name', () => {
    const config = xend('(network-script network-bridge)\n');
    expect(read(config, vif('bridge=xenbr0')).stacks['dom0']?.interfaces?.['vif1.0']?.master).toBe('eth0');
    expect(read(vif('bridge=xenbr0')).stacks['dom0']?.interfaces?.['vif1.0']?.master).toBe('xenbr0');
  });

  it('are xl’s defaults where a vif does not say it', () => {
    const text = '# all guests\nvif.default.script="vif-route"\nvif.default.gatewaydev="wan"\n';
    const { stacks } = xen.read([conf(text), vif('ip=10.0.0.1')], { stack: 'dom0', interfaces: { wan: eth0 } });
    expect(stacks['dom0']?.routes).toMatchObject([{ to: '10.0.0.1/32', source: '192.168.0.3' }]);
    expect(Object.keys(stacks)).toEqual(['vm01', 'dom0']);
    const bridged = read(conf('vif.default.bridge = "br7"\n'), vif(''));
    expect(bridged.stacks['dom0']?.interfaces?.['vif1.0']?.master).toBe('br7');
  });

  it('are told by words that are spelled as xl spells them', () => {
    const { stacks, remarks } = read(vif('bridge = lan,BRIDGE=dmz, mac=0:16:3e:0:0:1,devid=3'));
    expect(remarks.map(({ code, help }) => [code, help])).toEqual([
      ['unknown-key', 'write `bridge=`: in lower case, and without blanks'],
      ['unknown-key', 'write `bridge=`: in lower case, and without blanks'],
      ['no-bridge', undefined],
    ]);
    expect(stacks['dom0']?.interfaces).toMatchObject({ 'vif1.3': { master: 'xenbr0' } });
    expect(stacks['vm01']?.interfaces).toMatchObject({ eth0: { mac: '00:16:3e:00:00:01' } });
    expect(codes(vif('bridge=lan,mtu=junk'))).toEqual(['error bad-value']);
    expect(read(domain('vm01', "vif = 'bridge=lan'\n")).cables).toEqual([]);
  });
});

describe('writing Xen', () => {
  it('leaves xl.conf as it is where a domain file is edited', () => {
    const conf = { path: 'etc/xen/xl.conf', text: '# ours\nvif.default.bridge="br7"\n' };
    const texts = [conf, domain('a', "vif = [ 'mac=00:16:3e:00:00:01' ]\n")];
    const state = (of: readonly ConfigText[]): NetworkState =>
      mergeReadings([{ dialect: 'xen', reading: read(...of) }]).state;
    expect(xen.edit?.(texts, state(texts), 'dom0')).toEqual({ files: texts, omissions: [] });
    const wanted = state([conf, domain('a', "vif = [ 'mac=00:16:3e:00:00:02' ]\n")]);
    expect(xen.edit?.(texts, wanted, 'dom0').files).toEqual([conf, domain('a', "vif = [ 'mac=00:16:3e:00:00:02' ]\n")]);
  });

  it('writes vif-nat where the host has its address, and nothing for a switch that the NIC is plugged into', () => {
    const config = xend('(network-script network-bridge)\n');
    const state = mergeReadings([
      {
        dialect: 'xen',
        reading: read(config, domain('a', "vif = [ 'ip=10.0.0.1,script=vif-nat', 'bridge=eth0' ]\n")),
      },
    ]).state;
    const plugged: NetworkState = {
      ...state,
      stacks: { ...state.stacks, switch: emptyStack, desktop: emptyStack },
      cables: [
        ...state.cables,
        { a: { stack: 'dom0', interface: 'peth0' }, b: { stack: 'switch', interface: 'p1' } },
        { a: { stack: 'desktop', interface: 'eth0' }, b: { stack: 'switch', interface: 'p2' } },
      ],
    };
    expect(xen.write?.(plugged, 'dom0').files).toEqual([
      {
        path: 'etc/xen/a.cfg',
        text: "name = 'a'\nmemory = 256\nvif = [\n  'ip=10.0.0.1,script=vif-nat',\n  'script=vif-bridge,bridge=eth0',\n]\n",
      },
    ]);
  });

  it('writes guests on bridges and on routes so that they are read as the same', () => {
    const texts = [
      domain('a', "name = 'a'\nvif = [ 'mac=00:16:3e:00:00:01,bridge=br0', 'bridge=br1,vifname=a.1,mtu=1400' ]\n"),
      domain('b', "name = 'b'\nvif = [ 'ip=10.0.0.1,script=vif-route' ]\n"),
    ];
    const stateOf = (files: readonly ConfigText[]): unknown =>
      mergeReadings([{ dialect: 'xen', reading: read(...files) }]).state;
    const state = mergeReadings([{ dialect: 'xen', reading: read(...texts) }]).state;
    const files = xen.write?.(state, 'dom0').files ?? [];
    expect(files.map(({ path }) => path)).toEqual(['etc/xen/a.cfg', 'etc/xen/b.cfg']);
    expect(stateOf(files)).toEqual(state);
  });
});

describe('broken files of Xen', () => {
  it('are read without a crash, each remark with a place', { timeout: patienceMs }, () => {
    const guest = "name = 'a'\nvif = [ 'mac=00:16:3e:00:00:01,bridge=br0', 'ip=10.0.0.1 10.0.0.2' ]\n";
    survivesMutations(xen, [
      [xend("(network-script 'network-bridge bridge=br0')\n(vif-script vif-nat)\n"), domain('a', guest)],
    ]);
  });
});
