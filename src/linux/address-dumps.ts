/** Addresses, read by rtnetlink dumps (rtnetlink(7)). */
import { printIpBytes, type Family } from '../net/address.ts';
import { readAttributes, readText, readU32 } from './netlink-message.ts';
import { dump, type NetlinkSocket } from './netlink-socket.ts';
import { familyOf } from './rtnetlink-numbers.ts';

const RTM_GETADDR = 22;

export interface ReadAddress {
  readonly family: Family;
  readonly index: number;
  readonly address: string;
  readonly prefixLength: number;
  readonly label: string | undefined;
  /** Not given by DHCP or a router advertisement. */
  readonly isPermanent: boolean;
  readonly isTentative: boolean;
  readonly isLinkScope: boolean;
}

const addressOf = (body: Buffer): ReadAddress => {
  const attributes = readAttributes(body.subarray(8));
  const flags = readU32(attributes.get(8)) ?? body.readUInt8(2);
  const bytes = attributes.get(2) ?? attributes.get(1) ?? Buffer.alloc(4);
  return {
    family: familyOf(body.readUInt8(0)),
    index: body.readUInt32LE(4),
    address: printIpBytes(bytes),
    prefixLength: body.readUInt8(1),
    label: readText(attributes.get(3)),
    isPermanent: (flags & 0x80) !== 0,
    isTentative: (flags & 0x40) !== 0,
    isLinkScope: body.readUInt8(3) === 253,
  };
};

/** In the kernel's order: IPv4 in the order added per interface, IPv6 newest first. */
export const readAddresses = (socket: NetlinkSocket): ReadAddress[] =>
  dump(socket, { type: RTM_GETADDR, fixed: Buffer.alloc(8), attributes: [] }).map(({ body }) => addressOf(body));
