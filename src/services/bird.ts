/**
 * Turns a routing daemon into the configuration of bird(8), version 2: OSPF for both families. What the kernel has of
 * default routes is learned and told on; what OSPF finds is given to the kernel.
 */
import { routedMetric, type RoutedInterface, type RoutingDaemon } from '../state/routing-daemon.ts';

/** A neighbour that is silent for four hellos is gone. */
const helloSeconds = 1;
const deadSeconds = 4;
/** How often the kernel is asked what it has: what came while an address was tentative is seen then. */
const scanSeconds = 2;

const types: Readonly<Record<RoutedInterface['link'], string>> = {
  'point-to-point': `type ptp; hello ${helloSeconds}; dead ${deadSeconds};`,
  broadcast: `type broadcast; hello ${helloSeconds}; dead ${deadSeconds};`,
  stub: 'stub yes;',
};

const interfaceLine = ({ name, cost, link }: RoutedInterface): string =>
  `    interface "${name}" { cost ${cost}; ${types[link]} };`;

const ofFamily = (family: 4 | 6, interfaces: readonly RoutedInterface[]): readonly string[] => [
  `protocol kernel kernel${family} {`,
  `  scan time ${scanSeconds};`,
  '  learn;',
  `  metric ${routedMetric};`,
  // A default route of the machine's own counts before any that others tell of.
  `  ipv${family} { preference 200; import where net = ${family === 4 ? '0.0.0.0/0' : '::/0'};`,
  '    export where source ~ [RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2]; };',
  '}',
  `protocol ospf ${family === 4 ? 'v2 ospf4' : 'v3 ospf6'} {`,
  // Neighbours that come and go are told in the log.
  '  debug { events };',
  // Of ways that cost the same, that by the gateway with the lowest address: packets of one flow take one way.
  '  ecmp yes limit 1;',
  // Without a next hop: that it is told of says who leads there, and nobody is to go past it.
  `  ipv${family} { import all; export filter { if source != RTS_INHERIT then reject; dest = RTD_UNREACHABLE; accept; }; };`,
  '  area 0 {',
  ...interfaces.map(interfaceLine),
  '  };',
  '}',
];

export const birdConfig = ({ routerId, interfaces }: RoutingDaemon): string =>
  [
    '# finds routes by OSPF',
    `router id ${routerId};`,
    'log stderr all;',
    'protocol device { }',
    // Networks that it is on itself are no business of OSPF's.
    'protocol direct { ipv4; ipv6; }',
    ...ofFamily(4, interfaces),
    ...ofFamily(6, interfaces),
    '',
  ].join('\n');
