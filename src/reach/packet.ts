/**
 * The packet that is followed through the stacks: the headers that decide about its way, and what the kernel keeps
 * with it. Addresses are numbers of 32 or 128 bits.
 */
import { type Family } from '../net/address.ts';

export interface Packet {
  readonly family: Family;
  readonly source: bigint;
  readonly destination: bigint;
  /** IANA number: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6. */
  readonly protocol: number;
  /** TCP and UDP; 0 otherwise. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** ICMP and ICMPv6. */
  readonly icmp?: { readonly type: number; readonly code: number };
  /** The packet that an ICMP error tells of. */
  readonly quoted?: Packet;
  /** Bits of the TCP header: SYN 2, RST 4, ACK 16. */
  readonly tcpFlags: number;
  /** Bytes of the IP packet. */
  readonly lengthBytes: number;
  /** Whether the sender cuts it where it is too long; routers do so for IPv4 only. */
  readonly dontFragment: boolean;
  /** Bytes of the longest fragment, where it was cut. */
  readonly fragmentBytes?: number;
  /** A fragment of it was cut again, with a second header (IPv6): its receiver calls that malformed. */
  readonly isCutAgain?: true;
  /** A later fragment by itself: it has no ports. */
  readonly isLaterPiece?: true;
  readonly hopLimit: number;
  readonly mark: number;
}

/** Addresses a station on a segment. */
export interface Frame {
  readonly sourceMac: string;
  /** `ff:ff:ff:ff:ff:ff` for everybody. */
  readonly destinationMac: string;
  /** 802.1Q tag on the wire; absent: none. */
  readonly vlan?: number;
}
