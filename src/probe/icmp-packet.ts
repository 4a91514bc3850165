/**
 * Echo requests that carry the number of their probe, and what comes back: replies, and errors that quote them
 * (RFC 792, RFC 4443). The number is in the data, because address translation may rewrite the identifier.
 */
import { type Family } from '../net/address.ts';

const magic = 0x6c616e77;
const echoRequest = { 4: 8, 6: 128 } as const;
const echoReply = { 4: 0, 6: 129 } as const;
const ICMP_PORT_UNREACHABLE = 3;
const ICMPV6_PORT_UNREACHABLE = 4;

const checksum = (bytes: Buffer): number => {
  let sum = 0;
  for (let offset = 0; offset < bytes.length; offset += 2) sum += bytes.readUInt16BE(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

/** The token that marks data as that of a probe. */
export const tokenOf = (probe: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(magic, 0);
  bytes.writeUInt32BE(probe, 4);
  return bytes;
};

export const probeInToken = (data: Uint8Array): number | undefined => {
  if (data.length < 8) return undefined;
  const view = Buffer.from(data.buffer, data.byteOffset, data.length);
  return view.readUInt32BE(0) === magic ? view.readUInt32BE(4) : undefined;
};

export const echoRequestPacket = (family: Family, probe: number): Uint8Array => {
  const header = Buffer.alloc(8);
  header.writeUInt8(echoRequest[family], 0);
  header.writeUInt16BE(probe & 0xffff, 6);
  header.writeUInt16BE(0x4c57, 4);
  const packet = Buffer.concat([header, tokenOf(probe)]);
  // The kernel fills in ICMPv6 checksums (RFC 3542 section 3.1), but not those of ICMP.
  if (family === 4) packet.writeUInt16BE(checksum(packet), 2);
  return packet;
};

export interface IcmpNews {
  readonly kind: 'request' | 'reply' | 'refused' | 'unreachable';
  readonly probe: number;
}

/** Where the ICMP message of an IPv4 packet begins; raw ICMPv6 sockets leave out the IP header. */
const messageStart = (family: Family, packet: Uint8Array): number => (family === 4 ? ((packet[0] ?? 0) & 0xf) * 4 : 0);

/** The probe whose request an error quotes. */
const quotedProbe = (family: Family, quoted: Uint8Array): number | undefined => {
  const headerLength = family === 4 ? ((quoted[0] ?? 0) & 0xf) * 4 : 40;
  return quoted[headerLength] === echoRequest[family] ? probeInToken(quoted.subarray(headerLength + 8)) : undefined;
};

const isError = (family: Family, type: number): boolean =>
  family === 4 ? type === 3 || type === 11 || type === 12 : type >= 1 && type <= 4;

/** What a packet on a raw ICMP socket says about a probe, if anything. */
export const readIcmp = (family: Family, packet: Uint8Array): IcmpNews | undefined => {
  const message = packet.subarray(messageStart(family, packet));
  const [type = 255, code] = message;
  if (type === echoRequest[family] || type === echoReply[family]) {
    const probe = probeInToken(message.subarray(8));
    return probe === undefined ? undefined : { kind: type === echoRequest[family] ? 'request' : 'reply', probe };
  }
  if (!isError(family, type)) return undefined;
  const probe = quotedProbe(family, message.subarray(8));
  const isPort =
    family === 4 ? type === 3 && code === ICMP_PORT_UNREACHABLE : type === 1 && code === ICMPV6_PORT_UNREACHABLE;
  return probe === undefined ? undefined : { kind: isPort ? 'refused' : 'unreachable', probe };
};
