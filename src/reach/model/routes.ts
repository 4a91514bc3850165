/**
 * Routing tables as the kernel holds them: what is written, and what follows from addresses: local and broadcast
 * entries, connected routes (fib_add_ifaddr, addrconf_prefix_route), learned routes. Routes that the kernel would not
 * take or would have removed (device down, gateway out of reach) are left out.
 */
import { bitsOf, ip, isLinkLocal6, type Family } from '../../net/address.ts';
import { prefix, prefixOf } from '../../net/prefix.ts';
import { type PolicyRule, type Route, type Stack } from '../../state/network-state.ts';
import { type LearnedRoute } from '../facts.ts';
import { type AddressModel, type InterfaceModel, type NextHopModel, type RouteModel, type Routing } from './model.ts';
import { vrfRule } from './vrf.ts';

type Interfaces = ReadonlyMap<string, InterfaceModel>;

export const LOCAL = 255;
export const MAIN = 254;
const connectedMetric: Readonly<Record<Family, number>> = { 4: 0, 6: 256 };

const routeTo = (
  family: Family,
  to: bigint,
  length: number,
  rest: Pick<RouteModel, 'type' | 'table' | 'metric' | 'scope' | 'fact'> & { dev: string; source?: bigint },
): RouteModel => {
  const { type, metric, table, source, scope, dev, fact } = rest;
  const nexthops = [{ via: undefined, dev, weight: 1 }];
  // Hosts have hundreds of them: copying one object into another would take longer than all else.
  return fact === undefined
    ? { family, to, length, type, nexthops, metric, table, source, scope }
    : { family, to, length, type, nexthops, metric, table, source, scope, fact };
};

const loopback: Readonly<Record<Family, bigint>> = { 4: 0x7f000001n, 6: 1n };
const ofLo4 = { table: LOCAL, metric: 0, dev: 'lo', source: loopback[4] } as const;

const factOf = ({ fact }: AddressModel): { readonly fact?: string } => (fact === undefined ? {} : { fact });

/** Local routes of secondary addresses prefer the primary one of their subnet (fib_add_ifaddr). */
const primaryOf = (it: InterfaceModel, address: AddressModel): bigint => {
  if (!address.isSecondary) return address.value;
  const bits = BigInt(32 - address.prefixLength);
  const primary = it.addresses.find(
    ({ family, prefixLength, value, isSecondary }) =>
      family === 4 && !isSecondary && prefixLength === address.prefixLength && value >> bits === address.value >> bits,
  );
  return primary?.value ?? address.value;
};

const ofAddress4 = (it: InterfaceModel, address: AddressModel): RouteModel[] => {
  const { name: dev } = it;
  const fact = factOf(address);
  const base = { metric: 0, dev, ...fact };
  const { value, prefixLength, isSecondary } = address;
  const net = prefixOf({ family: 4, value }, prefixLength).value;
  const local = { ...base, type: 'local', table: LOCAL, scope: 'host', source: primaryOf(it, address) } as const;
  const routes = [routeTo(4, value, 32, local)];
  if (!it.isUp) return routes;
  const broadcast = { ...base, type: 'broadcast', table: LOCAL, scope: 'link', source: value } as const;
  const last = net | ((1n << BigInt(32 - prefixLength)) - 1n);
  if (prefixLength < 31 && last !== 0xffffffffn) routes.push(routeTo(4, last, 32, broadcast));
  if (isSecondary || prefixLength === 32) return routes;
  if (it.it.kind === 'loopback') routes.push(routeTo(4, net, prefixLength, local));
  else
    routes.push(routeTo(4, net, prefixLength, { ...base, type: 'unicast', table: MAIN, scope: 'link', source: value }));
  return routes;
};

/**
 * Without those that the kernel refuses because the source they prefer is taken for a broadcast address: that of the subnet
 * of another interface which came first (fib_valid_prefsrc).
 */
const withValidSource4 = (routes: readonly RouteModel[]): readonly RouteModel[] => {
  const isTwofold = ({ type, to }: RouteModel): boolean =>
    type === 'broadcast' && routes.some((other) => other.type === 'local' && other.length === 32 && other.to === to);
  if (!routes.some(isTwofold)) return routes;
  const taken: RouteModel[] = [];
  const typeOf = new Map<bigint, RouteModel['type']>();
  for (const route of routes) {
    const { type, to, length, source } = route;
    const isItself = type === 'local' && source === to;
    if (!isItself && source !== undefined && typeOf.get(source) === 'broadcast') continue;
    taken.push(route);
    if (length === 32 && !typeOf.has(to)) typeOf.set(to, type);
  }
  return taken;
};

const ofAddress6 = (it: InterfaceModel, address: AddressModel): RouteModel[] => {
  const { name: dev } = it;
  const { value, prefixLength, fact } = address;
  const hostBits = BigInt(128 - prefixLength);
  const net = (value >> hostBits) << hostBits;
  const own = { metric: 0, dev, table: LOCAL, scope: 'host', ...(fact === undefined ? {} : { fact }) } as const;
  const routes: RouteModel[] = [];
  if (!address.isUnusable) routes.push(routeTo(6, value, 128, { ...own, type: 'local' }));
  if (!it.isUp) return routes;
  if (it.settings.forwarding6 && prefixLength < 127 && it.it.kind !== 'loopback')
    routes.push(routeTo(6, net, 128, { ...own, type: 'anycast' }));
  if (value !== 1n)
    routes.push(
      routeTo(6, net, prefixLength, {
        ...own,
        type: 'unicast',
        metric: connectedMetric[6],
        table: MAIN,
        scope: 'link',
      }),
    );
  return routes;
};

/** What follows from the addresses that every loopback interface has; most have no others. */
const ofLoopback: Readonly<Record<Family, readonly RouteModel[]>> = {
  4: [
    routeTo(4, 0x7f000001n, 32, { ...ofLo4, type: 'local', scope: 'host' }),
    routeTo(4, 0x7fffffffn, 32, { ...ofLo4, type: 'broadcast', scope: 'link' }),
    routeTo(4, 0x7f000000n, 8, { ...ofLo4, type: 'local', scope: 'host' }),
  ],
  6: [routeTo(6, 1n, 128, { type: 'local', table: LOCAL, metric: 0, scope: 'host', dev: 'lo' })],
};

const isUsualLoopback = ({ name, it, isUp }: InterfaceModel, own: readonly AddressModel[]): boolean => {
  const [first, second] = own;
  if (name !== 'lo' || it.kind !== 'loopback' || !isUp || first === undefined || second !== undefined) return false;
  const { family, value, prefixLength, isUnusable, fact } = first;
  return value === loopback[family] && prefixLength === (family === 4 ? 8 : 128) && !isUnusable && fact === undefined;
};

/** What follows from addresses in a VRF is in its table (l3mdev_fib_table). */
const inTable = (routes: readonly RouteModel[], vrf: InterfaceModel | undefined): readonly RouteModel[] => {
  const table = vrf?.it.vrf?.table;
  return table === undefined ? routes : routes.map((route) => ({ ...route, table }));
};

const noRoutes: readonly RouteModel[] = [];

const ownRoutes = (family: Family, it: InterfaceModel): readonly RouteModel[] => {
  if (it.addresses.length === 0) return noRoutes;
  const own = it.addresses.filter((address) => address.family === family);
  if (isUsualLoopback(it, own)) return ofLoopback[family];
  return own.flatMap((address) => (family === 4 ? ofAddress4(it, address) : ofAddress6(it, address)));
};

/** The connected route that leads to a gateway. */
const routeTowards = (
  connected: readonly RouteModel[],
  via: bigint,
  dev: string | undefined,
): RouteModel | undefined => {
  let best: RouteModel | undefined;
  for (const route of connected) {
    const [hop] = route.nexthops;
    if (hop?.via !== undefined || (dev !== undefined && hop?.dev !== dev)) continue;
    const bits = BigInt(bitsOf(route.family) - route.length);
    if (via >> bits !== route.to >> bits) continue;
    if (best === undefined || route.length > best.length) best = route;
  }
  return best;
};

interface WrittenHop {
  readonly via?: string;
  readonly dev?: string;
  readonly weight?: number;
  readonly onlink?: true;
}

const nextHop = (
  family: Family,
  hop: WrittenHop,
  interfaces: Interfaces,
  connected: readonly RouteModel[],
): NextHopModel | undefined => {
  const via = hop.via === undefined ? undefined : ip(hop.via).value;
  const isGiven =
    via === undefined || hop.onlink === true || (hop.dev !== undefined && family === 6 && isLinkLocal6(via));
  const towards = isGiven ? undefined : routeTowards(connected, via, hop.dev);
  // A route stays when the addresses go that its gateway was on the link by: what names both is taken as it stands.
  const dev = isGiven ? hop.dev : (towards?.nexthops[0]?.dev ?? hop.dev);
  const device = dev === undefined ? undefined : interfaces.get(dev);
  if (device === undefined || !device.isUp || (family === 6 && !device.settings.ipv6)) return undefined;
  const weight = hop.weight ?? 1;
  // A gateway that is the stack's own is taken for a destination on the link (fib_check_nh, rt_set_nexthop).
  if (family === 4 && towards?.type === 'local' && via !== undefined)
    return { via: undefined, dev: device.name, weight, towards: via };
  return { via, dev: device.name, weight };
};

type HopOf = (hop: WrittenHop) => NextHopModel | undefined;

/** Next hops as a stack finds them; many routes of a router have one. */
const hopsOf = (family: Family, interfaces: Interfaces, connected: readonly RouteModel[]): HopOf => {
  const known = new Map<string, NextHopModel | undefined>();
  return (hop) => {
    const key = `${hop.via ?? ''} ${hop.dev ?? ''} ${hop.weight ?? ''} ${hop.onlink === true}`;
    if (known.has(key)) return known.get(key);
    const made = nextHop(family, hop, interfaces, connected);
    known.set(key, made);
    return made;
  };
};

const withoutDevice = new Set(['unreachable', 'blackhole', 'prohibit', 'throw']);

const written = (route: Route | LearnedRoute, hopOf: HopOf): RouteModel | undefined => {
  const type: Route['type'] = 'type' in route ? route.type : 'unicast';
  const { family } = route;
  const { value: to, length } = prefix(route.to);
  const hops: readonly WrittenHop[] = route.nexthops ?? [route];
  const nexthops: readonly NextHopModel[] = withoutDevice.has(type) ? [] : hops.flatMap((hop) => hopOf(hop) ?? []);
  // Of several next hops those on devices that are down are dead; a route with none is gone.
  if (!withoutDevice.has(type) && nexthops.length === 0) return undefined;
  const hasGateway = nexthops.some(({ via }) => via !== undefined);
  const source = 'source' in route ? ip(route.source).value : undefined;
  return {
    family,
    to,
    length,
    type,
    nexthops,
    metric: family === 6 && route.metric === 0 ? 1024 : route.metric,
    table: route.table,
    source,
    scope: type === 'local' ? 'host' : hasGateway || family === 6 ? 'global' : 'link',
    ...('because' in route ? { fact: route.because } : {}),
  };
};

const tablesOf = (routes: readonly RouteModel[]): Routing['tables'] => {
  const tables = new Map<number, Map<number, Map<bigint, RouteModel[]>>>();
  for (const route of routes) {
    let lengths = tables.get(route.table);
    if (lengths === undefined) tables.set(route.table, (lengths = new Map<number, Map<bigint, RouteModel[]>>()));
    let prefixes = lengths.get(route.length);
    if (prefixes === undefined) lengths.set(route.length, (prefixes = new Map<bigint, RouteModel[]>()));
    const list = prefixes.get(route.to);
    if (list === undefined) prefixes.set(route.to, [route]);
    else list.push(route);
  }
  for (const lengths of tables.values())
    for (const prefixes of lengths.values())
      for (const list of prefixes.values()) if (list.length > 1) list.sort((a, b) => a.metric - b.metric);
  return new Map(
    [...tables].map(([table, lengths]) => [
      table,
      {
        lengths: [...lengths]
          .map(([length, prefixes]) => ({ length, routes: prefixes }))
          .sort((a, b) => b.length - a.length),
      },
    ]),
  );
};

const builtInRules: Readonly<Record<Family, readonly PolicyRule[]>> = {
  4: [
    { family: 4, priority: 0, table: LOCAL },
    { family: 4, priority: 32766, table: MAIN },
    { family: 4, priority: 32767, table: 253 },
  ],
  6: [
    { family: 6, priority: 0, table: LOCAL },
    { family: 6, priority: 32766, table: MAIN },
  ],
};

/** In order of priority. */
const rulesOf = (family: Family, stack: Stack, vrfs: Interfaces): readonly PolicyRule[] => {
  const own = stack.rules.filter((rule) => rule.family === family);
  if (own.length === 0 && vrfs.size === 0) return builtInRules[family];
  const all = [...builtInRules[family], ...(vrfs.size === 0 ? [] : [vrfRule(family)]), ...own];
  return all.toSorted((a, b) => a.priority - b.priority);
};

export const buildRouting = (
  family: Family,
  stack: Stack,
  interfaces: Interfaces,
  vrfs: Interfaces,
  learned: readonly LearnedRoute[],
): Routing => {
  const all = [...interfaces.values()].flatMap((it) => inTable(ownRoutes(family, it), vrfs.get(it.name)));
  const own = family === 4 ? withValidSource4(all) : all;
  const given = [...stack.routes, ...learned].filter((route) => route.family === family);
  const isOnLink = (route: Route | LearnedRoute): boolean =>
    route.via === undefined && route.nexthops === undefined && route.dev !== undefined;
  const taken = (
    routes: readonly (Route | LearnedRoute)[],
    connected: readonly RouteModel[],
  ): readonly RouteModel[] => {
    const hopOf = hopsOf(family, interfaces, connected);
    return routes.flatMap((route) => written(route, hopOf) ?? []);
  };
  const direct = taken(given.filter(isOnLink), []);
  const connected = [...own.filter(({ type }) => type === 'unicast' || type === 'local'), ...direct];
  const indirect = taken(
    given.filter((route) => !isOnLink(route)),
    connected,
  );
  return {
    rules: rulesOf(family, stack, vrfs),
    tables: tablesOf([...own, ...direct, ...indirect]),
  };
};
