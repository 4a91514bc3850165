/** Routes as rtnetlink requests (rtnetlink(7), ip-route(8)). */
import { bytesOf, ip, type Family } from '../net/address.ts';
import { prefix } from '../net/prefix.ts';
import { type NextHop, type Route } from '../state/network-state.ts';
import {
  attributesBytes,
  NLM_F_CREATE,
  NLM_F_EXCL,
  u16,
  type Attribute,
  type NetlinkRequest,
} from './netlink-message.ts';
import { afOf, RTA, RTNH_F_ONLINK, routeTypes, RTPROT_STATIC } from './rtnetlink-numbers.ts';

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RT_SCOPE = { universe: 0, link: 253, host: 254 } as const;

/** Finds the index of a device by its name. */
export type IndexOf = (dev: string) => number;

/** A gateway, of the other family too: an IPv4 route may lead by an IPv6 router (RFC 5549). */
const gateway = (family: Family, via: string): Attribute => {
  const address = ip(via);
  return address.family === family
    ? [RTA.gateway, bytesOf(address)]
    : [RTA.via, Buffer.concat([u16(afOf(address.family)), bytesOf(address)])];
};

/** `struct rtnexthop` with its attributes. */
const nextHopBytes = (family: Family, hop: NextHop, indexOf: IndexOf): Buffer => {
  const attributes = hop.via === undefined ? Buffer.alloc(0) : attributesBytes([gateway(family, hop.via)]);
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16LE(8 + attributes.length, 0);
  fixed.writeUInt8(hop.onlink === true ? RTNH_F_ONLINK : 0, 2);
  fixed.writeUInt8(hop.weight - 1, 3);
  fixed.writeInt32LE(indexOf(hop.dev), 4);
  return Buffer.concat([fixed, attributes]);
};

/** The scopes that iproute2 gives IPv4 routes: how far away the destination is. IPv6 has none. */
const scopeOf = ({ family, type, via, nexthops }: Route): number => {
  if (family === 6) return RT_SCOPE.universe;
  if (type === 'local') return RT_SCOPE.host;
  return type === 'unicast' && via === undefined && nexthops === undefined ? RT_SCOPE.link : RT_SCOPE.universe;
};

export const routeRequest = (verb: 'add' | 'remove', route: Route, indexOf: IndexOf): NetlinkRequest => {
  const to = prefix(route.to);
  const table = route.table < 256 ? route.table : 0;
  const fixed = Buffer.alloc(12);
  fixed.set([afOf(route.family), to.length, 0, 0, table, RTPROT_STATIC, scopeOf(route), routeTypes[route.type]]);
  fixed.writeUInt32LE(route.onlink === true ? RTNH_F_ONLINK : 0, 8);
  return {
    type: verb === 'add' ? RTM_NEWROUTE : RTM_DELROUTE,
    flags: verb === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0,
    fixed,
    attributes: [
      ...(to.length === 0 ? [] : [[RTA.destination, bytesOf(to)] as const]),
      ...(route.via === undefined ? [] : [gateway(route.family, route.via)]),
      ...(route.dev === undefined ? [] : [[RTA.oif, indexOf(route.dev)] as const]),
      ...(route.nexthops === undefined
        ? []
        : [
            [
              RTA.multipath,
              Buffer.concat(route.nexthops.map((hop) => nextHopBytes(route.family, hop, indexOf))),
            ] as const,
          ]),
      ...(route.metric === 0 ? [] : [[RTA.priority, route.metric] as const]),
      ...(route.source === undefined ? [] : [[RTA.prefSource, bytesOf(ip(route.source))] as const]),
      [RTA.table, route.table],
    ],
  };
};
