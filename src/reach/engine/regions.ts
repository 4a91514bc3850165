/** Packets told apart by their ends and their service, as sets of original headers, by what the packets look like. */
import { type Family } from '../../net/address.ts';
import { prefix } from '../../net/prefix.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { blockOnAxis, type Space } from './space.ts';
import { termIn, type Term, type View } from './view.ts';

/** Addresses in some of `inside` (absent: all) and in none of `outside`: prefixes of one family. */
export interface Addresses {
  readonly inside?: readonly string[];
  readonly outside: readonly string[];
}

export interface Service {
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  /** Absent: all ports, or an echo, which has none. */
  readonly port?: number;
}

export interface Region {
  /** Alternatives; so are `to` and `services`. */
  readonly from: readonly Addresses[];
  readonly to: readonly Addresses[];
  /** Absent: all. */
  readonly services?: readonly Service[];
}

const inBlock = (space: Space, family: Family, term: Term, text: string): PacketSet => {
  const { value, length } = prefix(text);
  return termIn(space, term, ...blockOnAxis(family, value, length));
};

const inAddresses = (space: Space, family: Family, term: Term, alternatives: readonly Addresses[]): PacketSet => {
  const { bdd } = space;
  const union = (texts: readonly string[]): PacketSet =>
    bdd.union(texts.map((text) => inBlock(space, family, term, text)));
  return bdd.union(
    alternatives.map(({ inside, outside }) =>
      bdd.minus(inside === undefined ? EVERYTHING : union(inside), union(outside)),
    ),
  );
};

const ofService = (space: Space, term: Term, { protocol, port }: Service): PacketSet => {
  const ofProtocol = space.protocol(protocol);
  return port === undefined ? ofProtocol : space.bdd.and(ofProtocol, termIn(space, term, BigInt(port), BigInt(port)));
};

/** Original headers of packets that look like `view` and are in the region: its `from` means who sent them first. */
export const regionSet = (space: Space, view: View, { from, to, services }: Region): PacketSet => {
  const { bdd } = space;
  const ends = bdd.and(
    inAddresses(space, view.family, 'source', from),
    inAddresses(space, view.family, view.destination, to),
  );
  if (ends === NOTHING || services === undefined) return ends;
  return bdd.and(ends, bdd.union(services.map((service) => ofService(space, view.destinationPort, service))));
};

/** The prefixes that a region is cut by. */
export const prefixesOf = ({ from, to }: Region): readonly string[] =>
  [...from, ...to].flatMap(({ inside = [], outside }) => [...inside, ...outside]);

export const portsOf = ({ services = [] }: Region): readonly number[] => services.flatMap(({ port }) => port ?? []);
