import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { libvirt } from '../../../src/dialects/libvirt/dialect.ts';
import { readLibvirt } from '../../../src/dialects/libvirt/read.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const network = (name: string, text: string): ConfigText => ({ path: `etc/libvirt/qemu/networks/${name}.xml`, text });
const domain = (name: string, text: string): ConfigText => ({ path: `etc/libvirt/qemu/${name}.xml`, text });
const read = (...texts: ConfigText[]): ReturnType<typeof readLibvirt> => readLibvirt(texts, { stack: 'host' });
const stateOf = (texts: readonly ConfigText[]): NetworkState =>
  mergeReadings([{ dialect: 'libvirt', reading: readLibvirt(texts, { stack: 'host' }) }]).state;

const nat = network(
  'default',
  `<network>
  <name>default</name>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
      <host mac='52:54:00:00:00:07' name='web' ip='192.168.122.7'/>
    </dhcp>
  </ip>
</network>
`,
);
const routed = network(
  'network80',
  `<network><name>network80</name><bridge name="virbr80"/><forward mode="route"/>
<ip address="192.168.80.1" netmask="255.255.255.0"/><ip family='ipv6' address='2001:db8:80::1' prefix='64'/></network>`,
);
const bridged = network(
  'network77',
  `<network><name>network77</name><forward mode='bridge'/><bridge name='br0'/></network>`,
);
const host1 = domain(
  'host1',
  `<domain type='qemu'><name>host1</name><devices>
  <interface type='network'><mac address='52:54:00:c4:87:cf'/><source network='default'/><model type='virtio'/></interface>
  <interface type='network'><source network='network77'/><target dev='tap-lan'/></interface>
  <interface type='direct'><source dev='eth1' mode='vepa'/></interface>
</devices></domain>`,
);

describe('reading libvirt', () => {
  it('makes the bridge, the pool and the rules of a translated network', () => {
    const { stacks, remarks } = read(nat);
    expect(remarks).toEqual([]);
    expect(stacks['host']).toMatchObject({
      interfaces: { virbr0: { kind: 'bridge', bridge: { stp: true, forwardDelaySeconds: 2 }, addresses: [{ address: '192.168.122.1', prefixLength: 24 }] } },
      sysctls: { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/virbr0/disable_ipv6': '1' },
      services: [
        {
          kind: 'dhcp-server', first: '192.168.122.2', last: '192.168.122.254', netmask: '255.255.255.0', router: '192.168.122.1',
          reservations: [{ mac: '52:54:00:00:00:07', address: '192.168.122.7', name: 'web' }],
        },
      ],
      filter: [{ family: 'ip', name: 'filter' }, { family: 'ip', name: 'nat' }],
    }); // prettier-ignore
  });

  it('plugs guests into bridges of networks, and into those that are the host’s own', () => {
    const { stacks, cables, remarks } = read(nat, bridged, host1);
    expect(Object.keys(stacks['host1']?.interfaces ?? {})).toEqual(['eth0', 'eth1', 'eth2']);
    expect(stacks['host']?.interfaces).toMatchObject({ vnet0: { master: 'virbr0' }, 'tap-lan': { master: 'br0' } });
    expect(cables).toEqual([
      { a: { stack: 'host', interface: 'vnet0' }, b: { stack: 'host1', interface: 'eth0' } },
      { a: { stack: 'host', interface: 'tap-lan' }, b: { stack: 'host1', interface: 'eth1' } },
      { a: { stack: 'host', interface: 'macvtap0' }, b: { stack: 'host1', interface: 'eth2' } },
    ]);
    expect(remarks).toEqual([]);
  });

  it('puts guests on devices of the host by macvtap, as interfaces or networks say', () => {
    const direct = network(
      'd',
      `<network><name>d</name><forward mode='bridge'><interface dev='eth1'/><interface dev='eth2'/></forward></network>`,
    );
    const nics = [
      `<mac address='52:54:00:00:00:01'/><source network='d'/>`,
      `<source network='d'/><target dev='mine'/>`,
      `<source network='d'/>`,
    ].map((nic) => `<interface type='network'>${nic}</interface>`);
    const one = `<interface type='direct'><source dev='eth3'/></interface>`;
    const { stacks, cables, remarks } = read(
      direct,
      domain('g', `<domain><name>g</name><devices>${nics.join('')}${one}</devices></domain>`),
    );
    expect(remarks).toEqual([]);
    const macvlan = (link: string, mode: string) => ({ kind: 'macvlan', macvlan: { link, mode } });
    expect(stacks['host']?.interfaces).toMatchObject({
      macvtap0: { ...macvlan('eth1', 'bridge'), mac: '52:54:00:00:00:01' },
      mine: macvlan('eth2', 'bridge'),
      macvtap1: macvlan('eth1', 'bridge'),
      macvtap2: macvlan('eth3', 'vepa'),
    });
    expect(cables.map(({ a }) => a.interface)).toEqual(['macvtap0', 'mine', 'macvtap1', 'macvtap2']);
  });

  it('tells that a guest has a device for itself, and of modes that are none', () => {
    const nics = ['passthrough', 'hairpin'].map(
      (mode) => `<interface type='direct'><source dev='eth1' mode='${mode}'/></interface>`,
    );
    const { cables, remarks } = read(domain('g', `<domain><devices>${nics.join('')}</devices></domain>`));
    expect(cables).toEqual([]);
    expect(remarks.map(({ kind, code, message }) => [kind, code, message.split(';')[0]])).toEqual([
      ['not-said', 'macvtap', '`eth1` is the guest’s alone, and the host hears nothing by it any more'],
      ['not-said', 'macvtap', '`hairpin` is no mode of macvtap'],
    ]);
  });

  it('gives taps the MTU of their network, and tells it to guests with virtio', () => {
    const jumbo = network('a', nat.text.replace('<ip ', "<mtu size='9000'/><ip "));
    const nics = ["<model type='virtio'/>", "<model type='e1000'/>", "<model type='virtio'/><mtu size='1400'/>"];
    const guest = nics.map((nic) => `<interface type='network'><source network='default'/>${nic}</interface>`);
    const { stacks } = read(jumbo, domain('g', `<domain><name>g</name><devices>${guest.join('')}</devices></domain>`));
    const mtus = (stack: string, names: readonly string[]): readonly unknown[] =>
      names.map((name) => stacks[stack]?.interfaces?.[name]?.mtuBytes);
    expect(mtus('host', ['virbr0', 'vnet0', 'vnet1', 'vnet2'])).toEqual([9000, 9000, 9000, 1400]);
    expect(mtus('g', ['eth0', 'eth1', 'eth2'])).toEqual([9000, 1500, 1400]);
  });

  it('tells of elements that libvirt ignores in silence, and of what it refuses', () => {
    const { stacks, remarks } = read(
      network(
        'a',
        `<network>\n <name>a</name>\n <forwardx mode='nat'/>\n <bridge name='lan'/>\n <ip address='10.0.0.999' prefix='24'/>\n</network>`,
      ),
      network('b', '<network><name>b</network>'),
      network('c', '<!DOCTYPE x [<!ENTITY a "b">]><network/>'),
    );
    expect(remarks.map(({ kind, code, at }) => [kind, code, at.line, at.column])).toEqual([
      ['error', 'not-xml', 1, 27],
      ['error', 'not-xml', 1, 1],
      ['error', 'bad-value', 5, 2],
      ['ignored', 'unknown-element', 3, 2],
    ]);
    expect(stacks['host']?.filter?.[0]?.subchains?.find(({ name }) => name === 'LIBVIRT_FWO')?.rules).toHaveLength(1);
  });
});

const octet = fc.integer({ min: 1, max: 250 });
const anyNetwork = fc
  .record({
    mode: fc.constantFrom('nat', 'route', 'open', 'isolated'),
    third: octet,
    stp: fc.boolean(),
    hasIpv6: fc.boolean(),
    natsIpv6: fc.boolean(),
    hasDhcp: fc.boolean(),
    mac: fc.boolean(),
  })
  .map(({ mode, third, stp, hasIpv6, natsIpv6, hasDhcp, mac }) => ({
    bridge: `virbr${third}`,
    text: [
      `<network><name>n${third}</name>`,
      mode === 'isolated'
        ? ''
        : `<forward mode='${mode}'>${natsIpv6 && hasIpv6 && mode === 'nat' ? "<nat ipv6='yes'/>" : ''}</forward>`,
      `<bridge name='virbr${third}' stp='${stp ? 'on' : 'off'}' delay='${stp ? 2 : 0}'/>`,
      mac ? `<mac address='52:54:00:00:00:${third.toString(16).padStart(2, '0')}'/>` : '',
      `<ip address='10.0.${third}.1' prefix='24'>${hasDhcp ? `<dhcp><range start='10.0.${third}.2' end='10.0.${third}.99'/></dhcp>` : ''}</ip>`,
      hasIpv6 ? `<ip family='ipv6' address='2001:db8:${third}::1' prefix='64'/>` : '',
      '</network>',
    ].join(''),
  }));

describe('writing libvirt', () => {
  it('writes networks that are read as the same, whatever their modes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyNetwork, { maxLength: 3, selector: ({ bridge }) => bridge }), (networks) => {
        const state = stateOf(networks.map(({ bridge, text }) => network(bridge, text)));
        const files = libvirt.write?.(state, 'host').files ?? [];
        // Rules of networks come in the order in which they are started, which is that of their names.
        const sorted = [...networks].sort((a, b) => (a.bridge < b.bridge ? -1 : 1));
        const again = stateOf(
          sorted.map(({ bridge, text }) =>
            network(bridge, text.replace(/<name>.*?<\/name>/, `<name>${bridge}</name>`)),
          ),
        );
        expect(stateOf(files)).toEqual(again);
      }),
      { numRuns: 200 },
    );
  });

  it('writes guests as domains on their networks', () => {
    const state = stateOf([nat, bridged, host1]);
    const { files } = libvirt.write?.(state, 'host') ?? { files: [] };
    expect(files.map(({ path }) => path)).toEqual([
      'etc/libvirt/qemu/networks/virbr0.xml',
      'etc/libvirt/qemu/host1.xml',
    ]);
    expect(stateOf(files).cables).toEqual(state.cables);
  });

  it('reads routed networks with both families', () => {
    expect(stateOf([routed]).stacks['host']?.sysctls).toMatchObject({ 'net/ipv6/conf/all/forwarding': '1' });
  });
});

describe('broken XML', () => {
  it('is read without a crash, each remark with a place', { timeout: patienceMs }, () => {
    survivesMutations(libvirt, [[nat], [nat, routed, bridged, host1]]);
  });
});
