/** Messages of neighbour discovery that nobody else sends: asking routers, and taking back ways that were advertised. */
import { SOCK_RAW } from '../linux/libc.ts';
import { AF_INET6, intOption, sockaddr } from '../linux/sockaddr.ts';
import { type StackDoor } from '../linux/stack-door.ts';
import { bytesOf } from '../net/address.ts';
import { prefix } from '../net/prefix.ts';
import { type RouterAdvertiser } from '../state/service.ts';

const IPPROTO_ICMPV6 = 58;
const IPPROTO_IPV6 = 41;
const IPV6_MULTICAST_HOPS = 18;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;

/** Counted as lost where it cannot be sent: whoever sends these asks again, or tells of what is gone anyway. */
const send = (door: StackDoor, name: string, to: string, message: Uint8Array): void => {
  const socket = door.openSocket({
    domain: AF_INET6,
    type: SOCK_RAW,
    protocol: IPPROTO_ICMPV6,
    options: [
      intOption(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255),
      { level: SOL_SOCKET, name: SO_BINDTODEVICE, value: Buffer.from(`${name}\0`) },
    ],
  });
  socket.sendTo(message, sockaddr(6, to, 0), () => undefined);
  socket.close();
};

/** A router solicitation (RFC 4861 section 4.1) to all routers of the link. */
export const solicitRouters = (door: StackDoor, name: string): void => {
  send(door, name, 'ff02::2', Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0));
};

const managedFlag = 0x80;
const preferenceBits = { high: 0b01, low: 0b11 } as const;
const routerSeconds = 1800;

/** The option of a way that is none any more: its lifetime is zero (RFC 4191 section 2.3). */
const goneRoute = (to: string): Buffer => {
  const { length, family, value } = prefix(to);
  const units = length === 0 ? 1 : length <= 64 ? 2 : 3;
  const option = Buffer.alloc(units * 8);
  option.set([24, units, length]);
  option.set(bytesOf({ family, value }).subarray(0, (units - 1) * 8), 8);
  return option;
};

/** An advertisement that takes back an advertiser's ways, and says of the router what it said before (RFC 4861 section 4.2). */
export const withdrawRoutes = (door: StackDoor, advertiser: RouterAdvertiser): void => {
  const { interface: name, routes = [], isDefaultRouter, isManaged, preference } = advertiser;
  if (routes.length === 0) return;
  const head = Buffer.alloc(16);
  head.set([134, 0, 0, 0, 64]);
  head[5] = (isManaged === true ? managedFlag : 0) | (preference === undefined ? 0 : preferenceBits[preference] << 3);
  head.writeUInt16BE(isDefaultRouter ? routerSeconds : 0, 6);
  send(door, name, 'ff02::1', Buffer.concat([head, ...routes.map(goneRoute)]));
};
