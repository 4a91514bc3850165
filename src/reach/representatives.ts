/**
 * A few packets for all packets: of values that nothing in the state tells apart one is chosen, so that what holds for
 * those holds for every address, port and source port that a packet of TCP, UDP or ICMP echo can have.
 */
import { printIp, type Family } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { type NetworkState, type PortRange } from '../state/network-state.ts';
import { type FilterMatch } from '../state/packet-filter.ts';
import { addressStretches, matchesOf } from './spoken.ts';
import { oneOfEachKind, stretchAt, stretchesOf, type Range } from './stretches.ts';
import { asPrefixes, ownedBy } from './twins.ts';
import { type Predictor } from './predict.ts';

const lastPort = 65_535n;

const asRange = ([first, last]: PortRange): Range => [BigInt(first), BigInt(last)];

const portRanges = (match: Extract<FilterMatch, { kind: 'port' | 'source-port' }>): readonly Range[] => [
  ...match.ports.map((port) => asRange([port, port])),
  ...(match.ranges ?? []).map(asRange),
];

/** Every set of ports that the state tells apart, on either side of a packet. */
const portSets = (state: NetworkState, side: 'port' | 'source-port'): readonly (readonly Range[])[] =>
  Object.values(state.stacks).flatMap(({ filter, rules }) => [
    ...matchesOf(filter).flatMap((match) => (match.kind === side ? [portRanges(match)] : [])),
    ...rules.flatMap((rule) => {
      const range = side === 'port' ? rule.destinationPorts : rule.sourcePorts;
      return range === undefined ? [] : [[asRange(range)]];
    }),
  ]);

/** In answers source and destination port change places: both sides cut both. */
const portsOf = (state: NetworkState, preferred: number): readonly number[] => {
  const sets = [...portSets(state, 'port'), ...portSets(state, 'source-port')];
  const stretches = stretchesOf(sets, lastPort).filter(({ last }) => last > 0n);
  const usual = stretchAt(stretches, BigInt(preferred))?.kind;
  return oneOfEachKind(stretches).map(({ first, kind }) =>
    kind === usual ? preferred : Number(first === 0n ? 1n : first),
  );
};

/** Addresses that mean the sender itself, its own link, or a group: nobody's destination beyond. */
const near = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32', '::/127', 'fe80::/10', 'ff00::/8'];

export interface Representatives {
  /** Destination ports: one of each kind. */
  readonly ports: readonly number[];
  readonly sourcePorts: readonly number[];
  /** Of the addresses in some of these prefixes that nobody has: one of each kind, beyond the sender's own link. */
  readonly unowned: (
    family: Family,
    inside: readonly string[] | undefined,
    outside: readonly string[],
  ) => readonly string[];
}

const anyPort = 9;
const clientPort = 40_000;

export const representativesOf = ({ state, facts }: Predictor): Representatives => {
  const owned = ownedBy(state, facts);
  const own = asPrefixes(owned);
  const taken = new Set([...owned.values()].flatMap((list) => list.map(({ address }) => address)));
  return {
    ports: portsOf(state, anyPort),
    sourcePorts: portsOf(state, clientPort),
    unowned: (family, inside, outside) => {
      const within = inside ?? [family === 4 ? '0.0.0.0/0' : '::/0'];
      const stretches = addressStretches(state, facts, own, [within, outside])[family];
      const holds = (texts: readonly string[], value: bigint): boolean =>
        texts.some((text) => containsIp(prefix(text), { family, value }));
      const found = new Map<string, string>();
      for (const { first, last, kind } of stretches) {
        if (found.has(kind) || !holds(within, first) || holds([...outside, ...near], first)) continue;
        for (let value = first; value <= last; value += 1n) {
          const address = printIp({ family, value });
          if (taken.has(address)) continue;
          found.set(kind, address);
          break;
        }
      }
      return [...found.values()];
    },
  };
};
