/** Frames on the link, and what becomes of them: where they arrive, and where they stop. */
import { type Family } from '../../net/address.ts';
import { type InterfaceModel } from '../model/model.ts';
import { type Frame, type Packet } from '../packet.ts';
import { type Because, type Stop, type StopReason } from '../walk.ts';
import { type ErrorToSend } from './fate.ts';
import { type Passing } from './filter-match.ts';
import { type Tracking } from './tracking.ts';
import { byInterface } from './words.ts';

export const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const oddDigits = '13579bdf';
export const isGroup = (mac: string): boolean => oddDigits.includes(mac[1] ?? '0');

/** What a frame carries. */
export interface Payload {
  readonly ethertype: number;
  readonly packet: Packet;
  readonly arp?: { readonly operation: 1 | 2; readonly sender: bigint; readonly target: bigint };
  /** Bytes of the longest piece on the wire, where the packet was cut. */
  readonly frameBytes?: number;
  /** An IP packet that a bridge's filter saw keeps its connection inside that stack. */
  readonly tracking?: Tracking;
  readonly hasPassedPrerouting?: true;
  /** Bytes of the longest of the fragments that it was put together of on a bridge. Its stack may cut it, IPv6 too (`ignore_df`). */
  readonly gatheredBytes?: number;
  /** IPv6 found its way on the bridge already: it counts as come in by where it leaves (ip6_rcv_core). */
  readonly isRouted?: true;
  /** A broadcast that a macvlan hears when its turn comes, after what others have sent by then (macvlan_broadcast_enqueue). */
  readonly isLate?: true;
}

export interface Carried {
  readonly frame: Frame;
  readonly payload: Payload;
}

/** A frame at an interface that hands it to its IP layer. */
export interface Arrival {
  readonly stack: string;
  readonly interface: string;
  readonly carried: Carried;
}

/** Where a frame stops; a bridge whose filter sees IP packets may tell their senders. */
export interface FrameStop extends Omit<Stop, 'direction'> {
  readonly error?: ErrorToSend;
}

export interface Carriage {
  readonly arrivals: Arrival[];
  readonly stops: FrameStop[];
  /** Stacks that it matters to; those at the ends of cables that it does not are left out. */
  readonly matters?: (stack: string) => boolean;
  /** Bridge ports that the frame came in by: twice is a loop. */
  readonly seen: Set<string>;
  /** What a station sends as it comes up, which no filter sees yet. */
  readonly isReport?: true;
}

export const emptyCarriage = (matters?: (stack: string) => boolean): Carriage => ({
  arrivals: [],
  stops: [],
  ...(matters === undefined ? {} : { matters }),
  seen: new Set(),
});

export const stopAt = (
  carriage: Carriage,
  it: InterfaceModel,
  stage: string,
  reason: StopReason,
  because: Because | string,
  error?: ErrorToSend,
): void => {
  carriage.stops.push({
    stack: it.stack,
    interface: it.name,
    stage,
    reason,
    because: typeof because === 'string' ? byInterface(it.stack, it.name, because) : because,
    ...(error === undefined ? {} : { error }),
  });
};

/** Room that the kernel leaves for a VLAN tag above the MTU (is_skb_forwardable). */
export const spareBytes = 4;

/** Bytes of the longest piece of a packet: fragments but the last carry multiples of eight (RFC 791, RFC 8200 section 4.5). */
export const pieceBytes = (family: Family, lengthBytes: number, mtuBytes: number): number => {
  if (lengthBytes <= mtuBytes) return lengthBytes;
  const headerBytes = family === 4 ? 20 : 48;
  return headerBytes + Math.floor((mtuBytes - headerBytes) / 8) * 8;
};

/** The last fragment of a packet whose pieces have up to `mostBytes`. It carries neither ports nor the type of an ICMP message. */
export const lastPieceOf = ({ icmp: _icmp, quoted: _quoted, ...packet }: Packet, mostBytes: number): Packet => {
  const [headerBytes, pieceHeaderBytes] = packet.family === 4 ? [20, 20] : [40, 48];
  const carriedBytes = packet.lengthBytes - headerBytes;
  const chunkBytes = mostBytes - pieceHeaderBytes;
  const lastBytes = carriedBytes - Math.floor((carriedBytes - 1) / chunkBytes) * chunkBytes;
  const { fragmentBytes: _fragments, ...whole } = packet;
  return {
    ...whole,
    lengthBytes: pieceHeaderBytes + lastBytes,
    sourcePort: 0,
    destinationPort: 0,
    tcpFlags: 0,
    isLaterPiece: true,
  };
};

export const frameBytesOf = ({ payload }: Carried): number => payload.frameBytes ?? payload.packet.lengthBytes;

export const passingOf = (
  { frame, payload }: Carried,
  ingress: string | undefined,
  egress: string | undefined,
): Passing => ({
  packet: payload.packet,
  tracking: payload.tracking,
  in: ingress,
  out: egress,
  sourceMac: frame.sourceMac,
  destinationMac: frame.destinationMac,
  ...(frame.vlan === undefined ? {} : { vlan: frame.vlan }),
  ethertype: payload.ethertype,
  packetType: frame.destinationMac === BROADCAST ? 'broadcast' : isGroup(frame.destinationMac) ? 'multicast' : 'host',
  ...(payload.arp === undefined ? {} : { arp: payload.arp }),
});
