/** Whether a rule of a packet filter means a packet. `decide` is asked about matches that are not modelled. */
import { type Family } from '../../net/address.ts';
import { parsePrefix, type Prefix } from '../../net/prefix.ts';
import { type FilterMatch, type NumberRange } from '../../state/packet-filter.ts';
import { type Packet } from '../packet.ts';
import { type Tracking } from './tracking.ts';
import { ICMP, ICMPV6, TCP, UDP } from './words.ts';

/** A packet where it passes a hook. */
export interface Passing {
  readonly packet: Packet;
  readonly tracking: Tracking | undefined;
  readonly in: string | undefined;
  readonly out: string | undefined;
  /** Ports of the bridge that it is on. */
  readonly portIn?: string;
  readonly portOut?: string;
  readonly sourceMac?: string;
  readonly destinationMac?: string;
  readonly vlan?: number;
  readonly ethertype: number;
  /** Bytes of the first fragment, where the packet comes in pieces. */
  readonly pieceBytes?: number | undefined;
  readonly packetType: 'host' | 'broadcast' | 'multicast' | 'other';
  /** In a table of the arp family, where addresses are those that the ARP packet speaks of. */
  readonly isArpTable?: true;
  readonly arp?: { readonly operation: 1 | 2; readonly sender: bigint; readonly target: bigint };
}

const parsed = new WeakMap<readonly string[], readonly Prefix[]>();

/** Prefixes are read once per list. */
export const prefixesOf = (texts: readonly string[]): readonly Prefix[] => {
  const known = parsed.get(texts);
  if (known !== undefined) return known;
  const prefixes = texts.flatMap((text) => parsePrefix(text) ?? []);
  parsed.set(texts, prefixes);
  return prefixes;
};

const isIn = (prefixes: readonly Prefix[], family: Family, address: bigint): boolean => {
  const bits = family === 4 ? 32 : 128;
  return prefixes.some(({ value, length }) => address >> BigInt(bits - length) === value >> BigInt(bits - length));
};

const isNamed = (names: readonly string[], name: string | undefined): boolean =>
  name !== undefined && names.some((text) => (text.endsWith('*') ? name.startsWith(text.slice(0, -1)) : text === name));

const isPort = (
  { ports, ranges }: { readonly ports: readonly number[]; readonly ranges?: readonly NumberRange[] },
  port: number,
): boolean => ports.includes(port) || (ranges ?? []).some(([first, last]) => port >= first && port <= last);

const neighbourDiscovery = new Set([130, 131, 132, 133, 134, 135, 136, 143]);

/** Matches of an IP packet need one: an ARP packet has no ports. */
const isIp = ({ arp }: Passing): boolean => arp === undefined;

interface UpperHeader {
  readonly icmp: Packet['icmp'];
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/**
 * nft reads the header behind that of IP without asking whether there is one (nft_payload_fast_eval). In a later fragment
 * it finds what the packet carries, which is zeros in what probes send; with IPv6, where it does not know how far the
 * headers go, those of IPv6 itself (ipv6_find_hdr): their version, and a flow label, which is any number.
 */
const someLabel = 0x3_8000;
const laterPiece: Readonly<Record<Family, UpperHeader>> = {
  4: { icmp: { type: 0, code: 0 }, sourcePort: 0, destinationPort: 0 },
  6: {
    icmp: { type: 0x60, code: someLabel >> 16 },
    sourcePort: 0x6000 + (someLabel >> 16),
    destinationPort: someLabel & 0xffff,
  },
};

const upperHeader = (packet: Packet): UpperHeader =>
  packet.isLaterPiece === true
    ? laterPiece[packet.family]
    : { icmp: packet.icmp, sourcePort: packet.sourcePort, destinationPort: packet.destinationPort };

const isPortMeant = (match: Extract<FilterMatch, { kind: 'port' | 'source-port' }>, passing: Passing): boolean => {
  const { packet } = passing;
  if (!isIp(passing) || packet.protocol !== (match.protocol === 'tcp' ? TCP : UDP)) return false;
  if (match.ports.length === 0 && match.ranges === undefined) return match.negate !== true;
  const { sourcePort, destinationPort } = upperHeader(packet);
  const port = match.kind === 'port' ? destinationPort : sourcePort;
  return isPort(match, port) !== (match.negate === true);
};

const isAddressMeant = (match: Extract<FilterMatch, { kind: 'source' | 'destination' }>, passing: Passing): boolean => {
  const { packet, arp, isArpTable } = passing;
  if (arp !== undefined && isArpTable !== true) return false;
  if (arp === undefined ? packet.family !== match.family : match.family !== 4) return false;
  const address = match.kind === 'source' ? (arp?.sender ?? packet.source) : (arp?.target ?? packet.destination);
  return isIn(prefixesOf(match.prefixes), match.family, address) !== (match.negate === true);
};

const isIcmpMeant = (types: 'echo-request' | 'neighbour-discovery', { packet }: Passing): boolean => {
  const type = upperHeader(packet).icmp?.type;
  if (type === undefined) return false;
  if (types === 'neighbour-discovery') return packet.protocol === ICMPV6 && neighbourDiscovery.has(type);
  return packet.protocol === ICMP ? type === 8 : type === 128;
};

const isIcmpTypeMeant = (match: Extract<FilterMatch, { kind: 'icmp-type' }>, packet: Packet): boolean => {
  const { icmp } = upperHeader(packet);
  return (
    icmp !== undefined &&
    packet.protocol === (match.family === 4 ? ICMP : ICMPV6) &&
    match.types.includes(icmp.type) &&
    (match.code === undefined || match.code === icmp.code)
  );
};

const isInLength = ([first, last]: NumberRange, bytes: number): boolean => bytes >= first && bytes <= last;

const plainly = (match: FilterMatch, passing: Passing, decide: (text: string) => boolean): boolean => {
  const { packet, tracking } = passing;
  switch (match.kind) {
    case 'iif':
      return isNamed(match.names, passing.in);
    case 'oif':
      return isNamed(match.names, passing.out);
    case 'port-in':
      return isNamed(match.names, passing.portIn);
    case 'port-out':
      return isNamed(match.names, passing.portOut);
    case 'family':
      return isIp(passing) && packet.family === match.family;
    case 'protocol':
      return isIp(passing) && match.protocols.includes(packet.protocol);
    case 'icmp':
      return isIp(passing) && isIcmpMeant(match.types, passing);
    case 'icmp-type':
      return isIp(passing) && isIcmpTypeMeant(match, packet);
    case 'tcp-flags':
      return isIp(passing) && packet.protocol === TCP && (packet.tcpFlags & match.mask) === match.value;
    case 'conntrack':
      return match.states.some((state) => state === (tracking?.state ?? 'untracked'));
    case 'dnatted':
      return tracking?.connection?.isDestinationTranslated === true;
    case 'snatted':
      return tracking?.connection?.isSourceTranslated === true;
    case 'connection-mark':
      return tracking?.connection !== undefined && (tracking.connection.mark & match.mask) >>> 0 === match.value;
    case 'mark':
      return (packet.mark & match.mask) >>> 0 === match.value;
    case 'length':
      return isIp(passing) && isInLength(match.range, passing.pieceBytes ?? packet.lengthBytes);
    case 'source-mac':
      return passing.sourceMac !== undefined && match.macs.includes(passing.sourceMac);
    case 'destination-mac':
      return passing.destinationMac !== undefined && match.macs.includes(passing.destinationMac);
    case 'ethertype':
      return match.types.includes(passing.ethertype);
    case 'vlan':
      return passing.vlan === match.id;
    case 'packet-type':
      return match.types.includes(passing.packetType);
    case 'arp-operation':
      return passing.arp?.operation === match.operation;
    case 'arp-source':
      return passing.arp !== undefined && isIn(prefixesOf(match.prefixes), 4, passing.arp.sender);
    case 'other':
      return decide(match.text);
    case 'source':
    case 'destination':
      return isAddressMeant(match, passing);
    case 'port':
    case 'source-port':
      return isPortMeant(match, passing);
  }
};

/** Those that see to `negate` by themselves: it holds for packets of their protocol or family only. */
const negatesItself = new Set<FilterMatch['kind']>(['source', 'destination', 'port', 'source-port']);
/** Those whose field is there in packets of one protocol only: without it neither they nor their negation hold. */
const hasField = (match: FilterMatch, { packet, arp, vlan, tracking }: Passing): boolean => {
  if (match.kind === 'icmp-type') return arp === undefined && packet.protocol === (match.family === 4 ? ICMP : ICMPV6);
  if (match.kind === 'tcp-flags') return arp === undefined && packet.protocol === TCP;
  if (match.kind === 'arp-operation' || match.kind === 'arp-source') return arp !== undefined;
  if (match.kind === 'vlan') return vlan !== undefined;
  if (match.kind === 'dnatted' || match.kind === 'snatted' || match.kind === 'connection-mark')
    return tracking?.connection !== undefined;
  return true;
};

export const isMeant = (match: FilterMatch, passing: Passing, decide: (text: string) => boolean): boolean => {
  const holds = plainly(match, passing, decide);
  if (negatesItself.has(match.kind) || !('negate' in match) || !match.negate) return holds;
  return hasField(match, passing) && !holds;
};
