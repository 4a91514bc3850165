/**
 * The one IPv4 route of a tunnel to many ends. Where no far end is given, sit.c still keeps the route of the first packet
 * for all that follow, until routes change (dst_cache in ipip6_tunnel_xmit): which end came first is history. Tunnels of
 * IPv4 and GRE look each packet up (ip_tunnel_xmit).
 */
import { ip } from '../../net/address.ts';
import { isAutomaticTunnel, prefixBehind } from '../../state/tunnel-routing.ts';
import { stackOf, type InterfaceModel, type Model, type NextHopModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { choose, type Course } from './course.ts';
import { compatible } from './far-end.ts';
import { type Way } from './fate.ts';
import { keyOfPacket } from './input-route.ts';
import { lookUpRoute } from './route-lookup.ts';
import { sourceFor } from './source-address.ts';

/** The route of another end, which the tunnel sent to first. */
export interface KeptRoute {
  readonly way: Way;
  /** Of outer packets: it is kept, too. */
  readonly source: bigint;
  readonly end: bigint;
}

const locals = new WeakMap<Model, ReadonlySet<bigint>>();

/** Where tunnels of the state begin whose ends are in addresses. */
const automaticLocals = (model: Model): ReadonlySet<bigint> => {
  const known = locals.get(model);
  if (known !== undefined) return known;
  const found = new Set<bigint>();
  for (const { interfaces } of model.stacks.values())
    for (const { it } of interfaces.values())
      if (isAutomaticTunnel(it) && it.tunnel?.local !== undefined) found.add(ip(it.tunnel.local).value);
  locals.set(model, found);
  return found;
};

/** Whether what goes to the IPv6 network of an end leaves by this tunnel. */
const isSentTo = (model: Model, it: InterfaceModel, inner: Packet, end: bigint): boolean => {
  const block = it.it.tunnel && prefixBehind(it.it.tunnel, { family: 4, value: end, length: 32 });
  if (block === undefined) return false;
  const answer = lookUpRoute(
    stackOf(model, it.stack),
    keyOfPacket({ ...inner, destination: block.value | 1n, source: 0n }, 'lo'),
  );
  return answer.kind === 'route' && answer.nexthops.some(({ dev }) => dev === it.name);
};

/** Ends that the state knows of: relays that routes lead to, and other tunnels of the kind. */
const otherEnds = (model: Model, it: InterfaceModel, inner: Packet): readonly bigint[] => {
  const { routes } = stackOf(model, it.stack).stack;
  const relays = routes.flatMap(({ dev, via, type }) =>
    dev === it.name && via !== undefined && type === 'unicast' ? (compatible(ip(via).value) ?? []) : [],
  );
  const local = it.it.tunnel?.local;
  const own = local === undefined ? undefined : ip(local).value;
  const sites = [...automaticLocals(model)].filter((end) => end !== own && isSentTo(model, it, inner, end));
  return [...new Set([...relays, ...sites])];
};

const isSameHop = (a: NextHopModel, b: NextHopModel): boolean => a.dev === b.dev && a.via === b.via;

/** `outer`: the packet as it would go by a route of its own. Undefined: it does, in this course. */
export const keptRoute = (course: Course, it: InterfaceModel, inner: Packet, outer: Packet): KeptRoute | undefined => {
  if (!isAutomaticTunnel(it.it)) return undefined;
  const { model } = course;
  const stack = stackOf(model, it.stack);
  const hopsTo = (destination: bigint): readonly Way[] => {
    const answer = lookUpRoute(stack, keyOfPacket({ ...outer, destination }, 'lo'));
    if (answer.kind !== 'route' || answer.route.type !== 'unicast') return [];
    // A redirect is kept with the route, and empties what tunnels have kept before (update_or_create_fnhe).
    const redirected = stack.redirects.get(String(destination));
    return answer.nexthops.map((hop) => ({
      route: answer.route,
      hop: redirected === undefined ? hop : { ...hop, via: redirected },
    }));
  };
  const met: NextHopModel[] = hopsTo(outer.destination).map(({ hop }) => hop);
  const kept: KeptRoute[] = [];
  for (const end of otherEnds(model, it, inner)) {
    if (end === outer.destination) continue;
    for (const way of hopsTo(end)) {
      if (met.some((hop) => isSameHop(hop, way.hop))) continue;
      met.push(way.hop);
      kept.push({ way, end, source: outer.source || (sourceFor(stack, 4, way.route, way.hop, end) ?? 0n) });
    }
  }
  const taken = choose(course, `kept route ${it.stack} ${it.name}`, kept.length + 1);
  return kept[taken - 1];
};
