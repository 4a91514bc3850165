/** Routes and policy rules, read by rtnetlink dumps (rtnetlink(7)). */
import { printIpBytes, type Family } from '../net/address.ts';
import { type NextHop, type PolicyRule, type PortRange, type Route } from '../state/network-state.ts';
import { dumpBothFamilies } from './ip-dump.ts';
import { readAttributes, readText, readU32 } from './netlink-message.ts';
import { type NetlinkSocket } from './netlink-socket.ts';
import {
  familyOf,
  FIB_RULE_INVERT,
  FR_ACT_TO_TBL,
  FRA,
  RTA,
  RTNH_F_ONLINK,
  routeTypes,
  ruleActions,
} from './rtnetlink-numbers.ts';

const RTM_GETROUTE = 26;
const RTM_GETRULE = 34;
const RTM_F_CLONED = 0x200;

const byNumber = <K extends string>(numbers: Readonly<Record<K, number>>): ReadonlyMap<number, K> =>
  new Map((Object.entries(numbers) as [K, number][]).map(([name, number]) => [number, name]));

const routeTypeOf = byNumber(routeTypes);
const actionOf = byNumber(ruleActions);

const addressOf = (bytes: Buffer): string => printIpBytes(bytes);

type ReadNextHop = Omit<NextHop, 'dev'> & { readonly oif: number };

export type ReadRoute = Omit<Route, 'dev' | 'nexthops'> & {
  readonly oif: number | undefined;
  readonly nexthops?: readonly ReadNextHop[];
};

/** `RTA_VIA` is a gateway of the other family, after two bytes that name it. */
const gatewayIn = (attributes: ReadonlyMap<number, Buffer>): { readonly via?: string } => {
  const bytes = attributes.get(RTA.gateway) ?? attributes.get(RTA.via)?.subarray(2);
  return bytes === undefined ? {} : { via: addressOf(bytes) };
};

const onlinkIn = (flags: number): { readonly onlink?: true } => ((flags & RTNH_F_ONLINK) === 0 ? {} : { onlink: true });

const nextHopsIn = (data: Buffer): ReadNextHop[] => {
  const hops: ReadNextHop[] = [];
  for (let offset = 0; offset + 8 <= data.length;) {
    const length = data.readUInt16LE(offset);
    if (length < 8) break;
    hops.push({
      ...gatewayIn(readAttributes(data.subarray(offset + 8, offset + length))),
      oif: data.readInt32LE(offset + 4),
      weight: data.readUInt8(offset + 3) + 1,
      ...onlinkIn(data.readUInt8(offset + 2)),
    });
    offset += (length + 3) & ~3;
  }
  return hops;
};

/** Routes that nobody configured: by the kernel (2), an ICMP redirect (1), a router advertisement (9), DHCP (16). */
const automaticProtocols = new Set([1, 2, 9, 16]);

const protocolOf = (body: Buffer): number => body.readUInt8(5);

/** Undefined where it is of a type that NetworkState does not know, or a copy that the kernel keeps of another. */
const routeOf = (body: Buffer): ReadRoute | undefined => {
  const type = routeTypeOf.get(body.readUInt8(7));
  const flags = body.readUInt32LE(8);
  if (type === undefined || (flags & RTM_F_CLONED) !== 0) return undefined;
  const attributes = readAttributes(body.subarray(12));
  const family: Family = familyOf(body.readUInt8(0));
  const source = attributes.get(RTA.prefSource);
  const several = attributes.get(RTA.multipath);
  return {
    family,
    to: `${addressOf(attributes.get(RTA.destination) ?? Buffer.alloc(family === 4 ? 4 : 16))}/${body.readUInt8(1)}`,
    type,
    ...gatewayIn(attributes),
    ...(several === undefined ? {} : { nexthops: nextHopsIn(several) }),
    metric: readU32(attributes.get(RTA.priority)) ?? 0,
    table: readU32(attributes.get(RTA.table)) ?? body.readUInt8(4),
    ...(source === undefined ? {} : { source: addressOf(source) }),
    ...onlinkIn(flags),
    oif: readU32(attributes.get(RTA.oif)),
  };
};

const routeBodies = (socket: NetlinkSocket): Buffer[] => dumpBothFamilies(socket, RTM_GETROUTE, Buffer.alloc(12));

/** Configured ones: not those that the kernel, DHCP or router advertisements made by themselves, nor those of `others`. */
export const readRoutes = (socket: NetlinkSocket, others: readonly number[] = []): ReadRoute[] =>
  routeBodies(socket)
    .filter((body) => !automaticProtocols.has(protocolOf(body)) && !others.includes(protocolOf(body)))
    .flatMap((body) => routeOf(body) ?? []);

export interface RouteWithMaker {
  /** RTPROT_*: who made it (rtnetlink(7)). */
  readonly protocol: number;
  readonly route: ReadRoute;
}

/** All, whoever made them. */
export const readRoutesWithMakers = (socket: NetlinkSocket): RouteWithMaker[] =>
  routeBodies(socket).flatMap((body) => {
    const route = routeOf(body);
    return route === undefined ? [] : [{ protocol: protocolOf(body), route }];
  });

const noPrefix = 0xffffffff;

/** Undefined where the rule does what NetworkState cannot say (`goto`, `nop`, l3mdev). */
const ruleOf = (body: Buffer): PolicyRule | undefined => {
  const actionNumber = body.readUInt8(7);
  const action = actionOf.get(actionNumber);
  if (action === undefined && actionNumber !== FR_ACT_TO_TBL) return undefined;
  const attributes = readAttributes(body.subarray(12));
  if (attributes.has(FRA.l3mdev)) return undefined;
  const block = (type: number, length: number): string | undefined => {
    const bytes = attributes.get(type);
    return bytes === undefined ? undefined : `${addressOf(bytes)}/${length}`;
  };
  const ports = (type: number): PortRange | undefined => {
    const bytes = attributes.get(type);
    return bytes === undefined ? undefined : [bytes.readUInt16LE(0), bytes.readUInt16LE(2)];
  };
  const to = block(FRA.destination, body.readUInt8(1));
  const from = block(FRA.source, body.readUInt8(2));
  const iif = readText(attributes.get(FRA.iifname));
  const oif = readText(attributes.get(FRA.oifname));
  const mask = readU32(attributes.get(FRA.mask));
  const protocol = attributes.get(FRA.protocol)?.[0];
  const sourcePorts = ports(FRA.sourcePorts);
  const destinationPorts = ports(FRA.destinationPorts);
  const suppressPrefixLength = readU32(attributes.get(FRA.suppressPrefixLength)) ?? noPrefix;
  return {
    family: familyOf(body.readUInt8(0)),
    priority: readU32(attributes.get(FRA.priority)) ?? 0,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    ...(mask === undefined ? {} : { mark: { value: readU32(attributes.get(FRA.mark)) ?? 0, mask } }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(sourcePorts === undefined ? {} : { sourcePorts }),
    ...(destinationPorts === undefined ? {} : { destinationPorts }),
    ...((body.readUInt32LE(8) & FIB_RULE_INVERT) === 0 ? {} : { not: true }),
    ...(action === undefined ? {} : { action }),
    ...(suppressPrefixLength === noPrefix ? {} : { suppressPrefixLength }),
    table: readU32(attributes.get(FRA.table)) ?? body.readUInt8(4),
  };
};

/** Tables by priority of the three rules that every namespace is born with: local, main and default. */
const bornRules = new Map([
  [0, 255],
  [32766, 254],
  [32767, 253],
]);

/** They select everything: family, priority and table are all that they say. */
const isBorn = (rule: PolicyRule): boolean =>
  bornRules.get(rule.priority) === rule.table && Object.keys(rule).length === 3;

/** Without those that every namespace is born with. */
export const readRules = (socket: NetlinkSocket): PolicyRule[] =>
  dumpBothFamilies(socket, RTM_GETRULE, Buffer.alloc(12))
    .flatMap((body) => ruleOf(body) ?? [])
    .filter((rule) => !isBorn(rule));
