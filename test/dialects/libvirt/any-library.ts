/** Networks and domains of libvirt at random, as people have them: in both quotes, with comments, on one line or many. */
import * as fc from 'fast-check';
import { type ConfigText } from '../../../src/dialects/dialect.ts';

interface NetworkWords {
  readonly third: number;
  readonly mode: 'nat' | 'route' | 'open' | 'isolated';
  readonly stp: boolean;
  readonly hasIpv6: boolean;
  readonly natsIpv6: boolean;
  readonly hosts: readonly number[] | undefined;
  readonly mac: number | undefined;
  readonly mtu: number | undefined;
  readonly routes: readonly number[];
}

const small = fc.integer({ min: 1, max: 250 });
const hex = (number: number): string => number.toString(16).padStart(2, '0');

const networkOf = (third: number): fc.Arbitrary<NetworkWords> =>
  fc.record({
    third: fc.constant(third),
    mode: fc.constantFrom('nat', 'route', 'open', 'isolated'),
    stp: fc.boolean(),
    hasIpv6: fc.boolean(),
    natsIpv6: fc.boolean(),
    hosts: fc.option(fc.uniqueArray(fc.integer({ min: 100, max: 200 }), { maxLength: 3 }), { nil: undefined }),
    mac: fc.option(small, { nil: undefined }),
    mtu: fc.option(fc.constantFrom(1280, 1400, 9000), { nil: undefined }),
    routes: fc.uniqueArray(small, { maxLength: 2 }),
  });

const linesOfNetwork = (words: NetworkWords): readonly string[] => {
  const { third, mode, stp, hasIpv6, natsIpv6, hosts, mac, mtu, routes } = words;
  const nats = mode === 'nat' && hasIpv6 && natsIpv6;
  return [
    '<network>',
    '  <!-- of the lab -->',
    `  <name>virbr${third}</name>`,
    ...(mode === 'isolated' ? [] : nats ? [`  <forward mode='nat'>`, `    <nat ipv6='yes'/>`, '  </forward>'] : [`  <forward mode='${mode}'/>`]),
    `  <bridge name='virbr${third}' stp='${stp ? 'on' : 'off'}' delay='${stp ? 2 : 0}'/> <!-- its bridge -->`,
    ...(mtu === undefined ? [] : [`  <mtu size='${mtu}'/>`]),
    ...(mac === undefined ? [] : [`  <mac address='52:54:00:00:00:${hex(mac)}'/>`]),
    `  <domain name='lan'/>`,
    ...(hosts === undefined
      ? [`  <ip address='10.0.${third}.1' netmask='255.255.255.0'/>`]
      : [
          `  <ip address='10.0.${third}.1' netmask='255.255.255.0'>`,
          '    <dhcp>',
          '      <!-- not the printers -->',
          `      <range start='10.0.${third}.2' end='10.0.${third}.99'/>`,
          ...hosts.map((host) => `      <host mac='52:54:00:01:00:${hex(host)}' name='h${host}' ip='10.0.${third}.${host}'/>`),
          '    </dhcp>',
          '  </ip>',
        ]),
    ...(hasIpv6 ? [`  <ip family='ipv6' address='2001:db8:${third}::1' prefix='64'/>`] : []),
    ...routes.map((route) => `  <route address='10.9.${route}.0' prefix='24' gateway='10.0.${third}.9'/>`),
    '  <!-- the end -->',
    '</network>',
    '',
  ]; // prettier-ignore
};

export interface NicWords {
  readonly mac: number | undefined;
  readonly mtu: number | undefined;
  /** The third number of its network, or the mode of a macvtap. */
  readonly network: number | 'bridge' | 'private' | 'vepa';
  readonly name: number;
}

const nicOf = (networks: readonly number[]): fc.Arbitrary<NicWords> =>
  fc.record({
    mac: fc.option(small, { nil: undefined }),
    mtu: fc.option(fc.constantFrom(1280, 1400), { nil: undefined }),
    network: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...networks) },
      { weight: 1, arbitrary: fc.constantFrom('bridge', 'private', 'vepa') },
    ),
    name: fc.integer({ min: 0, max: 10_000 }),
  });

const linesOfDomain = (name: string, nics: readonly NicWords[]): readonly string[] => [
  `<domain type='qemu' id='3'>`,
  `  <name>${name}</name>`,
  `  <memory unit='GiB'>4</memory>`,
  '  <os><type>hvm</type></os>',
  '  <devices>',
  `    <disk type='file' device='disk'><source file='/vda'/><target dev='vda' bus='virtio'/></disk>`,
  ...nics.flatMap(({ mac, mtu, network, name: tap }) => [
    `    <interface type='${typeof network === 'number' ? 'network' : 'direct'}'>`,
    ...(mac === undefined ? [] : [`      <mac address='52:54:00:02:00:${hex(mac)}'/>`]),
    typeof network === 'number'
      ? `      <source network='virbr${network}'/>`
      : `      <source dev='eth1' mode='${network}'/>`,
    `      <target dev='t${tap}'/>`,
    `      <model type='e1000'/> <!-- the old one -->`,
    ...(mtu === undefined ? [] : [`      <mtu size='${mtu}'/>`]),
    '    </interface>',
  ]),
  `    <graphics type='vnc' port='-1'/>`,
  '  </devices>',
  '</domain>',
  '',
];

type Style = (lines: readonly string[]) => string;

const styles: readonly Style[] = [
  (lines) => lines.join('\n'),
  (lines) => lines.join('\n').replaceAll("'", '"'),
  (lines) => `<?xml version="1.0"?>\n${lines.map((line) => line.replaceAll('  ', '\t')).join('\n')}`,
  (lines) => lines.join('\r\n'),
  (lines) => lines.map((line) => line.trim()).join(''),
];

export interface Library {
  readonly networks: readonly NetworkWords[];
  readonly nics: readonly NicWords[];
}

/** Of the same networks each time, so that one can be made of the other; with one guest on them. */
export const anyLibrary: fc.Arbitrary<Library> = fc
  .uniqueArray(fc.constantFrom(3, 7, 12), { minLength: 1, maxLength: 3 })
  .chain((thirds) =>
    fc.record({
      networks: fc.tuple(...thirds.sort((a, b) => a - b).map(networkOf)),
      nics: fc.uniqueArray(nicOf(thirds), { maxLength: 3, selector: ({ name }) => name }),
    }),
  );

export const textsOf = ({ networks, nics }: Library, style: Style): readonly ConfigText[] => [
  ...networks.map((words) => ({
    path: `etc/libvirt/qemu/networks/virbr${words.third}.xml`,
    text: style(linesOfNetwork(words)),
  })),
  { path: 'etc/libvirt/qemu/web.xml', text: style(linesOfDomain('web', nics)) },
];

export const anyStyle: fc.Arbitrary<Style> = fc.constantFrom(...styles);
export const plainStyle: Style = (lines) => lines.join('\n');
