/**
 * How the packet on the wire looks when its original header is known: each field of it is a field of that header (in an
 * answer, the other end's), or a value that translation put in its place. So a condition on the packet becomes a set of
 * original headers without any renaming.
 */
import { type Family } from '../../net/address.ts';
import { type Packet } from '../packet.ts';
import { SYN } from '../walker/connections.ts';
import { type PacketSet } from './bdd.ts';
import { EVERYTHING, NOTHING, offAxis, type FieldName, type ProtocolName, type Space } from './space.ts';

/** A field of the original header, or a value on the field's axis. */
export type Term = FieldName | bigint;

export interface View {
  readonly family: Family;
  readonly isReply: boolean;
  readonly source: Term;
  readonly destination: Term;
  readonly sourcePort: Term;
  readonly destinationPort: Term;
  readonly mark: number;
  /** Of a TCP packet. */
  readonly tcpFlags: number;
}

export const requestView = (family: Family, tcpFlags: number = SYN): View => ({
  family,
  isReply: false,
  tcpFlags,
  source: 'source',
  destination: 'destination',
  sourcePort: 'sourcePort',
  destinationPort: 'destinationPort',
  mark: 0,
});

/** The answer to a packet: its ends change places. */
export const answerView = (view: View, tcpFlags: number): View => ({
  family: view.family,
  isReply: true,
  tcpFlags,
  source: view.destination,
  destination: view.source,
  sourcePort: view.destinationPort,
  destinationPort: view.sourcePort,
  mark: 0,
});

/** The same with another mark. */
export const withMark = (view: View, mark: number): View => {
  if (view.mark === mark) return view;
  const { family, isReply, tcpFlags, source, destination, sourcePort, destinationPort } = view;
  return { family, isReply, tcpFlags, source, destination, sourcePort, destinationPort, mark };
};

export const viewKey = (view: View): string =>
  `${view.family}${view.isReply ? 'r' : 'q'}${view.tcpFlags} ${view.source} ${view.destination} ${view.sourcePort} ${view.destinationPort} ${view.mark}`;

/** Original headers for which a term has a value within a range that is cut out of its axis. */
export const termIn = (space: Space, term: Term, first: bigint, last: bigint): PacketSet => {
  if (typeof term === 'bigint') return term >= first && term <= last ? EVERYTHING : NOTHING;
  return space.values(term, first, last);
};

/**
 * Original headers for which two terms have the same value. Two fields are equal at values that are cut out only: those
 * of one run are taken to differ. Two addresses are equal where a stack that is followed on its own asks itself.
 */
export const termsEqual = (space: Space, a: Term, b: Term): PacketSet => {
  if (a === b) return EVERYTHING;
  if (typeof a === 'bigint') return typeof b === 'bigint' ? NOTHING : termsEqual(space, b, a);
  if (typeof b === 'bigint') {
    const axis = space.axisOf(a);
    const code = axis.codeOf(b);
    return axis.valueOf(code) === b ? space.values(a, b, b) : NOTHING;
  }
  return space.diagonal(a, b);
};

/** The values of one original header. */
export interface Header {
  readonly isBound: boolean;
  readonly source: bigint;
  readonly destination: bigint;
  readonly protocol: ProtocolName;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly lengthBytes: number;
  readonly dontFragment: boolean;
}

const protocolNames: readonly ProtocolName[] = ['icmp', 'tcp', 'udp', 'icmp'];

/** One member of a set that is not empty. */
export const headerOf = (space: Space, set: PacketSet): Header => {
  const picked = space.bdd.pick(set);
  const code = (name: FieldName): number => {
    const { first, bits } = space.fields[name];
    let value = 0;
    for (let level = first; level < first + bits; level += 1) value = value * 2 + (picked.get(level) ?? 0);
    return value;
  };
  const value = (name: FieldName): bigint => space.axisOf(name).valueOf(code(name));
  return {
    isBound: code('bound') === 1,
    source: value('source'),
    destination: value('destination'),
    protocol: protocolNames[code('protocol')] ?? 'icmp',
    sourcePort: Number(value('sourcePort')),
    destinationPort: Number(value('destinationPort')),
    lengthBytes: Number(value('length')),
    dontFragment: code('fragment') === 1,
  };
};

const protocolNumber = { icmp: { 4: 1, 6: 58 }, tcp: { 4: 6, 6: 6 }, udp: { 4: 17, 6: 17 } } as const;
const echoTypes = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;

/** The packet on the wire that an original header has become. */
export const packetOf = (view: View, header: Header, hopLimit = 64): Packet => {
  const term = (it: Term): bigint => (typeof it === 'bigint' ? it : BigInt(header[it as 'source' | 'sourcePort']));
  const isEcho = header.protocol === 'icmp';
  const { family, isReply } = view;
  return {
    family,
    source: offAxis(term(view.source)).value,
    destination: offAxis(term(view.destination)).value,
    protocol: protocolNumber[header.protocol][family],
    sourcePort: isEcho ? 0 : Number(term(view.sourcePort)),
    destinationPort: isEcho ? 0 : Number(term(view.destinationPort)),
    ...(isEcho ? { icmp: { type: echoTypes[family][isReply ? 'reply' : 'request'], code: 0 } } : {}),
    tcpFlags: header.protocol === 'tcp' ? view.tcpFlags : 0,
    lengthBytes: header.lengthBytes,
    // Answers but those of TCP are cut where they are too long.
    dontFragment: header.dontFragment && (!isReply || header.protocol === 'tcp'),
    hopLimit,
    mark: view.mark,
  };
};
