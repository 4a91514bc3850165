/**
 * Echo requests of any length that carry the number of their flow in the data (address translation may rewrite the
 * identifier), and what ICMP messages say about flows (RFC 792, RFC 4443).
 */
import { type Family } from '../../../src/net/address.ts';
import { probeInToken, tokenOf } from '../../../src/probe/icmp-packet.ts';
import { type ClientSees } from '../../../src/reach/walk.ts';
import { seesOfIcmp } from './outcome.ts';

const requestType = { 4: 8, 6: 128 } as const;
const replyType = { 4: 0, 6: 129 } as const;
const headerBytes = { 4: 20, 6: 40 } as const;
const tokenBytes = 8;
const fragmentHeader = 44;

/** Data for a packet of `lengthBytes` with IP header and an ICMP or UDP header of eight bytes. */
export const dataOf = (family: Family, id: number, lengthBytes: number | undefined): Buffer => {
  const room = (lengthBytes ?? 0) - headerBytes[family] - 8;
  return Buffer.concat([tokenOf(id), Buffer.alloc(Math.max(0, room - tokenBytes))]);
};

const checksum = (bytes: Buffer): number => {
  let sum = 0;
  for (let offset = 0; offset < bytes.length; offset += 2)
    sum += offset + 1 < bytes.length ? bytes.readUInt16BE(offset) : (bytes[offset] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

/** The kernel fills in the checksum of ICMPv6 (RFC 3542 section 3.1), but not that of ICMP. */
export const echoRequest = (family: Family, id: number, lengthBytes: number | undefined): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt8(requestType[family], 0);
  header.writeUInt16BE(id & 0xffff, 4);
  header.writeUInt16BE((id >>> 16) & 0xffff, 6);
  const packet = Buffer.concat([header, dataOf(family, id, lengthBytes)]);
  if (family === 4) packet.writeUInt16BE(checksum(packet), 2);
  return packet;
};

export type EchoNews =
  | { readonly kind: 'request'; readonly id: number }
  | { readonly kind: 'reply'; readonly id: number }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly sees: ClientSees;
      /** What the packet looks like that the error is about: translations on the way may not have been undone. */
      readonly destination: bigint;
      readonly identifier: number;
    };

/** IPv6: the header for fragments (RFC 8200 section 4.5) may stand in between. */
const payloadOf = (family: Family, quoted: Uint8Array): Uint8Array => {
  if (family === 4) return quoted.subarray(((quoted[0] ?? 0) & 0xf) * 4);
  return quoted.subarray(quoted[6] === fragmentHeader ? headerBytes[6] + 8 : headerBytes[6]);
};

const destinationIn = (family: Family, packet: Uint8Array): bigint =>
  packet
    .subarray(family === 4 ? 16 : 24, headerBytes[family])
    .reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** What a datagram of a raw ICMP socket says about a flow, if anything. IPv4 sockets include the IP header. */
export const readEcho = (family: Family, datagram: Uint8Array): EchoNews | undefined => {
  const message = family === 4 ? datagram.subarray(((datagram[0] ?? 0) & 0xf) * 4) : datagram;
  const [type = 255, code = 0] = message;
  if (type === requestType[family] || type === replyType[family]) {
    const id = probeInToken(message.subarray(8));
    return id === undefined
      ? undefined
      : type === requestType[family]
        ? { kind: 'request', id }
        : { kind: 'reply', id };
  }
  const sees = seesOfIcmp(family, type, code);
  if (sees === undefined) return undefined;
  const quoted = message.subarray(8);
  const inner = payloadOf(family, quoted);
  if (inner[0] !== requestType[family]) return undefined;
  const id = probeInToken(inner.subarray(8));
  if (id === undefined) return undefined;
  const destination = destinationIn(family, quoted);
  return { kind: 'error', id, sees, destination, identifier: ((inner[4] ?? 0) << 8) | (inner[5] ?? 0) };
};
