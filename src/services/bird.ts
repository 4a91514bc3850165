/**
 * Turns a routing daemon into the configuration of bird(8), version 2: OSPF for both families, and BGP. What the kernel
 * has of default routes is learned and told on; what is found is given to the kernel.
 */
import { type Family } from '../net/address.ts';
import { type BgpSpeaker } from '../state/bgp-speaker.ts';
import { routedMetric, type RoutedInterface, type RoutingDaemon } from '../state/routing-daemon.ts';
import { bgpLines, fromOutside } from './bird-bgp.ts';

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

/** A default route of the machine's own counts before any that others tell of; the rest is of use where it is announced. */
const learned = (family: Family, bgp: BgpSpeaker | undefined): string => {
  const usual = family === 4 ? '0.0.0.0/0' : '::/0';
  const others = (bgp?.announced ?? []).filter((text) => text.includes(':') === (family === 6) && text !== usual);
  return others.length === 0 ? `net = ${usual}` : `net ~ [${[usual, ...others].join(', ')}]`;
};

const kernelLines = (family: Family, bgp: BgpSpeaker | undefined): readonly string[] => [
  `protocol kernel kernel${family} {`,
  `  scan time ${scanSeconds};`,
  '  learn;',
  `  metric ${routedMetric};`,
  `  ipv${family} { preference 200; import where ${learned(family, bgp)};`,
  `    export where source ~ [RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2${bgp === undefined ? '' : ', RTS_BGP'}]; };`,
  '}',
];

/**
 * What other routers tell of the outside counts less than what is heard by BGP itself (whose preference is 100): who hears
 * both goes its own way.
 */
const importOf = (bgp: BgpSpeaker | undefined): string =>
  bgp === undefined
    ? 'import all;'
    : 'import filter { if source ~ [RTS_OSPF_EXT1, RTS_OSPF_EXT2] then preference = 90; accept; };';

/** Without a next hop: that it is told of says who leads there, and nobody is to go past it. */
const exportOf = (family: Family, bgp: BgpSpeaker | undefined): string => {
  const isDefault = `net = ${family === 4 ? '0.0.0.0/0' : '::/0'}`;
  const isTold =
    bgp === undefined
      ? 'source = RTS_INHERIT'
      : `(source = RTS_INHERIT && ${isDefault}) || (source = RTS_BGP && ${fromOutside})`;
  return `export filter { if ${isTold} then { dest = RTD_UNREACHABLE; accept; } reject; };`;
};

const ospfLines = (family: Family, { interfaces, bgp }: RoutingDaemon): readonly string[] => [
  `protocol ospf ${family === 4 ? 'v2 ospf4' : 'v3 ospf6'} {`,
  // Neighbours that come and go are told in the log.
  '  debug { events };',
  // Of ways that cost the same, that by the gateway with the lowest address: packets of one flow take one way.
  '  ecmp yes limit 1;',
  `  ipv${family} { ${importOf(bgp)} ${exportOf(family, bgp)} };`,
  '  area 0 {',
  ...interfaces.map(interfaceLine),
  '  };',
  '}',
];

export const birdConfig = (daemon: RoutingDaemon): string => {
  const { routerId, interfaces, bgp } = daemon;
  // A network whose cable is cut is told of no more.
  const direct =
    bgp === undefined ? 'protocol direct { ipv4; ipv6; }' : 'protocol direct { check link yes; ipv4; ipv6; }';
  return [
    `# finds routes by ${[...(interfaces.length > 0 || bgp === undefined ? ['OSPF'] : []), ...(bgp === undefined ? [] : ['BGP'])].join(' and ')}`,
    `router id ${routerId};`,
    'log stderr all;',
    'protocol device { }',
    // Networks that it is on itself are no business of others.
    direct,
    ...kernelLines(4, bgp),
    ...kernelLines(6, bgp),
    ...(interfaces.length > 0 || bgp === undefined ? [...ospfLines(4, daemon), ...ospfLines(6, daemon)] : []),
    ...(bgp === undefined ? [] : bgpLines(bgp)),
    '',
  ].join('\n');
};
