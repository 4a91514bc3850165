/**
 * The BGP of a routing daemon as bird(8), version 2, configures it: a session for each family and neighbour, filters of what
 * is told, and the prefixes that are told of always.
 */
import { type Family } from '../net/address.ts';
import { type BgpSession, type BgpSpeaker } from '../state/bgp-speaker.ts';

/** A neighbour that is silent for four seconds is gone. */
const keepaliveSeconds = 1;
const holdSeconds = 4;
/** Between an interface that comes up, or a session that ended, and the next attempt. */
const attemptSeconds = 1;
const longestPauseSeconds = 2;

const ofFamily = (family: Family, prefixes: readonly string[]): readonly string[] =>
  prefixes.filter((text) => text.includes(':') === (family === 6));

/** Sessions with other ASes begin like this, so that a filter can tell what comes from them. */
const outer = 'outer';
export const fromOutside = `proto ~ "${outer}*"`;

const filterName = (family: Family, isInternal: boolean): string =>
  `told${family}_${isInternal ? 'inside' : 'outside'}`;

/**
 * Its own AS hears all that it has from others; other ASes hear the same, or, from a stub, only routes whose path names no other AS.
 * Origins are given, since they count where ways are compared (RFC 4271 section 9.1.2.2 b).
 */
const filterLines = (family: Family, isInternal: boolean, { announced, aggregates, isStub }: BgpSpeaker) => {
  const own = ofFamily(family, [...announced, ...aggregates]);
  return [
    `filter ${filterName(family, isInternal)} {`,
    `  if source = RTS_BGP then { ${isStub === true && !isInternal ? 'if bgp_path.len > 0 then reject; ' : ''}accept; }`,
    ...(own.length === 0
      ? []
      : [
          '  if source ~ [RTS_DEVICE, RTS_STATIC, RTS_INHERIT, RTS_OSPF, RTS_OSPF_IA] then',
          `    if net ~ [${own.join(', ')}] then { bgp_origin = ORIGIN_IGP; accept; }`,
        ]),
    '  reject;',
    '}',
  ];
};

const sessionLines = ({ asNumber }: BgpSpeaker, session: BgpSession, index: number) => {
  const { family, local, remote, remoteAs, isMultihop } = session;
  const isInternal = remoteAs === asNumber;
  return [
    `protocol bgp ${isInternal ? 'inner' : outer}${family}_${index + 1} {`,
    '  debug { states, events };',
    `  local ${local} as ${asNumber};`,
    `  neighbor ${remote} as ${remoteAs};`,
    ...(isMultihop === true ? ['  multihop;'] : ['  direct;', '  check link yes;']),
    `  hold time ${holdSeconds}; keepalive time ${keepaliveSeconds};`,
    `  connect delay time ${attemptSeconds}; connect retry time ${longestPauseSeconds};`,
    `  error wait time ${attemptSeconds}, ${longestPauseSeconds};`,
    '  graceful restart off;',
    // Each router is the next hop of all that it tells of: nobody has to know links of others.
    `  ipv${family} { import all; export filter ${filterName(family, isInternal)}; next hop self; };`,
    '}',
  ];
};

export const bgpLines = (speaker: BgpSpeaker): readonly string[] => [
  ...([4, 6] as const).flatMap((family) => {
    const always = ofFamily(family, speaker.aggregates);
    return always.length === 0
      ? []
      : [
          `protocol static aggregates${family} {`,
          `  ipv${family};`,
          ...always.map((prefix) => `  route ${prefix} unreachable;`),
          '}',
        ];
  }),
  ...([4, 6] as const).flatMap((family) =>
    [false, true].flatMap((isInternal) => filterLines(family, isInternal, speaker)),
  ),
  ...speaker.sessions.flatMap((session, index) => sessionLines(speaker, session, index)),
];
