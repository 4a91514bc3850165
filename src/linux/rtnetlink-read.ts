/**
 * What one namespace holds, read by rtnetlink dumps (rtnetlink(7)): links, addresses, routes, rules, neighbours.
 */
import { ipFromBytes, printIp, type Family } from '../net/address.ts';
import { macFromBytes } from '../net/mac.ts';
import { type NeighbourProxy, type PolicyRule, type Route } from '../state/network-state.ts';
import { readAttributes, readText, readU32 } from './netlink-message.ts';
import { dump, type NetlinkSocket } from './netlink-socket.ts';

const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTM_GETROUTE = 26;
const RTM_GETNEIGH = 30;
const RTM_GETRULE = 34;

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  readonly mac: string | undefined;
  readonly mtuBytes: number;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  readonly isLoopback: boolean;
  /** Index of the bridge it is a port of. */
  readonly master: number | undefined;
  /** Index of the veth peer, in whichever namespace. */
  readonly peer: number | undefined;
  readonly bridge: { readonly stp: boolean; readonly forwardDelaySeconds: number } | undefined;
  /** A bridge port's STP state: 3 is forwarding. */
  readonly portState: number | undefined;
}

const AF_INET = 2;
const AF_INET6 = 10;

/** One dump for all families (AF_UNSPEC): half the system calls of one for each. Those not of IP are left out. */
const dumpBothFamilies = (socket: NetlinkSocket, type: number, fixed: Buffer): Buffer[] =>
  dump(socket, { type, fixed, attributes: [] })
    .map(({ body }) => body)
    .filter((body) => body[0] === AF_INET || body[0] === AF_INET6);

const familyOf = (af: number): Family => (af === 2 ? 4 : 6);

const readBridge = (data: Buffer | undefined): Link['bridge'] => {
  if (data === undefined) return undefined;
  const attributes = readAttributes(data);
  return { forwardDelaySeconds: (readU32(attributes.get(1)) ?? 0) / 100, stp: (readU32(attributes.get(5)) ?? 0) !== 0 };
};

const linkOf = (body: Buffer): Link => {
  const flags = body.readUInt32LE(8);
  const attributes = readAttributes(body.subarray(16));
  const info = readAttributes(attributes.get(18) ?? Buffer.alloc(0));
  const kind = readText(info.get(1)) ?? '';
  const port = info.get(5);
  const mac = attributes.get(1);
  return {
    index: body.readInt32LE(4),
    name: readText(attributes.get(3)) ?? '',
    kind,
    mac: mac?.length === 6 ? macFromBytes(mac) : undefined,
    mtuBytes: readU32(attributes.get(4)) ?? 0,
    isUp: (flags & 1) !== 0,
    hasCarrier: (flags & 0x10000) !== 0,
    isLoopback: (flags & 8) !== 0,
    master: readU32(attributes.get(10)),
    peer: kind === 'veth' ? readU32(attributes.get(5)) : undefined,
    bridge: kind === 'bridge' ? readBridge(info.get(2)) : undefined,
    portState: port === undefined ? undefined : readAttributes(port).get(1)?.[0],
  };
};

export const readLinks = (socket: NetlinkSocket): Link[] =>
  dump(socket, { type: RTM_GETLINK, fixed: Buffer.alloc(16), attributes: [] }).map(({ body }) => linkOf(body));

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
    address: printIp(ipFromBytes(bytes)),
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

const routeTypes: Readonly<Record<number, Route['type']>> = {
  1: 'unicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
};

export type ReadRoute = Omit<Route, 'dev'> & { readonly oif: number | undefined; readonly protocol: number };

const routeOf = (body: Buffer): ReadRoute | undefined => {
  const type = routeTypes[body.readUInt8(7)];
  const attributes = readAttributes(body.subarray(12));
  const table = readU32(attributes.get(15)) ?? body.readUInt8(4);
  const isCloned = (body.readUInt32LE(8) & 0x200) !== 0;
  if (type === undefined || table === 255 || isCloned) return undefined;
  const family = familyOf(body.readUInt8(0));
  const address = (bytes: Buffer): string => printIp(ipFromBytes(bytes));
  const gateway = attributes.get(5);
  const source = attributes.get(7);
  return {
    family,
    to: `${address(attributes.get(1) ?? Buffer.alloc(family === 4 ? 4 : 16))}/${body.readUInt8(1)}`,
    type,
    ...(gateway === undefined ? {} : { via: address(gateway) }),
    metric: readU32(attributes.get(6)) ?? 0,
    table,
    ...(source === undefined ? {} : { source: address(source) }),
    oif: readU32(attributes.get(4)),
    protocol: body.readUInt8(5),
  };
};

export const readRoutes = (socket: NetlinkSocket): ReadRoute[] =>
  dumpBothFamilies(socket, RTM_GETROUTE, Buffer.alloc(12)).flatMap((body) => routeOf(body) ?? []);

const ruleOf = (body: Buffer): PolicyRule => {
  const attributes = readAttributes(body.subarray(12));
  const block = (type: number, length: number): string | undefined => {
    const bytes = attributes.get(type);
    return bytes === undefined ? undefined : `${printIp(ipFromBytes(bytes))}/${length}`;
  };
  const to = block(1, body.readUInt8(1));
  const from = block(2, body.readUInt8(2));
  const iif = readText(attributes.get(3));
  return {
    family: familyOf(body.readUInt8(0)),
    priority: readU32(attributes.get(6)) ?? 0,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(iif === undefined ? {} : { iif }),
    table: readU32(attributes.get(15)) ?? body.readUInt8(4),
  };
};

/** Without the three that every namespace is born with. */
export const readRules = (socket: NetlinkSocket): PolicyRule[] =>
  dumpBothFamilies(socket, RTM_GETRULE, Buffer.alloc(12))
    .map(ruleOf)
    .filter(({ priority }) => priority !== 0 && priority !== 32766 && priority !== 32767);

const ndmsg = (flags: number): Buffer => {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt8(flags, 10);
  return fixed;
};

const NTF_PROXY = 8;

export const readProxies = (socket: NetlinkSocket): (Omit<NeighbourProxy, 'dev'> & { readonly index: number })[] =>
  dumpBothFamilies(socket, RTM_GETNEIGH, ndmsg(NTF_PROXY))
    .filter((body) => (body.readUInt8(10) & NTF_PROXY) !== 0)
    .map((body) => ({
      family: familyOf(body.readUInt8(0)),
      address: printIp(ipFromBytes(readAttributes(body.subarray(12)).get(1) ?? Buffer.alloc(4))),
      index: body.readInt32LE(4),
    }));

const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;

/** Neighbours of both families that were learned: not configured ones, nor multicast and loopback. */
export const readLearnedNeighbours = (
  socket: NetlinkSocket,
): { readonly address: Uint8Array; readonly index: number }[] =>
  dumpBothFamilies(socket, RTM_GETNEIGH, ndmsg(0))
    .filter((body) => (body.readUInt16LE(8) & (NUD_NOARP | NUD_PERMANENT)) === 0)
    .flatMap((body) => {
      const bytes = readAttributes(body.subarray(12)).get(1);
      return bytes === undefined ? [] : [{ address: bytes, index: body.readInt32LE(4) }];
    });
