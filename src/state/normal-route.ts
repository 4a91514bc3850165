/**
 * The one spelling of routes, rules and neighbours: canonical text in canonical order, one next hop in the route
 * itself, and nothing that the kernel would not keep (a device of a route that discards, a selector of everything).
 */
import { compareIps, ip } from '../net/address.ts';
import { comparePrefixes, prefix } from '../net/prefix.ts';
import {
  type Neighbour,
  type NeighbourProxy,
  type NextHop,
  type PolicyRule,
  type PortRange,
  type Route,
} from './network-state.ts';
import { canonicalIp, canonicalPrefix, compareText, field, flag, selectivePrefix, specifiedIp } from './spelling.ts';

const byText = (a: unknown, b: unknown): number => compareText(JSON.stringify(a), JSON.stringify(b));

const normalNextHop = (hop: NextHop): NextHop => ({
  ...field('via', hop.via === undefined ? undefined : canonicalIp(hop.via)),
  dev: hop.dev,
  weight: hop.weight,
  ...flag('onlink', hop.onlink, true),
});

const compareNextHops = (a: NextHop, b: NextHop): number =>
  compareText(a.dev, b.dev) || compareText(a.via ?? '', b.via ?? '') || byText(a, b);

/** What leads on: nothing, one next hop, or several. */
const wayOf = (route: Route): Pick<Route, 'via' | 'dev' | 'nexthops' | 'onlink'> => {
  if (route.type === 'local') return { ...field('dev', route.dev) };
  if (route.type !== 'unicast') return {};
  const [only, ...more] = route.nexthops ?? [];
  if (only !== undefined && more.length > 0)
    return { nexthops: [only, ...more].map(normalNextHop).sort(compareNextHops) };
  const { via, dev, onlink } = only ?? route;
  return {
    ...field('via', via === undefined ? undefined : canonicalIp(via)),
    ...field('dev', dev),
    ...(via === undefined ? {} : flag('onlink', onlink, true)),
  };
};

/** The metric that the kernel gives an IPv6 route that has none (IP6_RT_PRIO_USER). */
const ipv6Metric = 1024;

const normalRoute = (route: Route): Route => {
  const { via, dev, nexthops, onlink } = wayOf(route);
  return {
    family: route.family,
    to: canonicalPrefix(route.to),
    type: route.type,
    ...field('via', via),
    ...field('dev', dev),
    ...field('nexthops', nexthops),
    metric: route.family === 6 && route.metric === 0 ? ipv6Metric : route.metric,
    table: route.table,
    ...field('source', specifiedIp(route.source)),
    ...field('onlink', onlink),
  };
};

const compareRoutes = (a: Route, b: Route): number =>
  a.table - b.table || comparePrefixes(prefix(a.to), prefix(b.to)) || a.metric - b.metric || byText(a, b);

export const normalRoutes = (routes: readonly Route[]): Route[] => routes.map(normalRoute).sort(compareRoutes);

/** Bits that the mask leaves out do not count; a mask of none selects everything. */
const normalMark = (mark: PolicyRule['mark']): PolicyRule['mark'] =>
  mark === undefined || mark.mask === 0 ? undefined : { value: (mark.value & mark.mask) >>> 0, mask: mark.mask };

const normalPorts = (ports: PortRange | undefined): PortRange | undefined =>
  ports === undefined ? undefined : [ports[0], ports[1]];

const normalRule = (rule: PolicyRule): PolicyRule => ({
  family: rule.family,
  priority: rule.priority,
  ...field('from', selectivePrefix(rule.from)),
  ...field('to', selectivePrefix(rule.to)),
  ...field('iif', rule.iif),
  ...field('oif', rule.oif),
  ...field('mark', normalMark(rule.mark)),
  ...field('protocol', rule.protocol),
  ...field('sourcePorts', normalPorts(rule.sourcePorts)),
  ...field('destinationPorts', normalPorts(rule.destinationPorts)),
  ...flag('not', rule.not, true),
  ...field('action', rule.action),
  ...field('suppressPrefixLength', rule.action === undefined ? rule.suppressPrefixLength : undefined),
  table: rule.action === undefined ? rule.table : 0,
});

export const normalRules = (rules: readonly PolicyRule[]): PolicyRule[] =>
  rules.map(normalRule).sort((a, b) => a.family - b.family || a.priority - b.priority || byText(a, b));

const comparePlaces = (a: NeighbourProxy, b: NeighbourProxy): number =>
  compareText(a.dev, b.dev) || compareIps(ip(a.address), ip(b.address));

const normalProxy = ({ family, address, dev }: NeighbourProxy): NeighbourProxy => ({
  family,
  address: canonicalIp(address),
  dev,
});

export const normalProxies = (proxies: readonly NeighbourProxy[]): NeighbourProxy[] =>
  proxies.map(normalProxy).sort(comparePlaces);

const normalNeighbour = ({ family, address, mac, dev }: Neighbour): Neighbour => ({
  family,
  address: canonicalIp(address),
  mac: mac.toLowerCase(),
  dev,
});

/** Absent when there are none. */
export const normalNeighbours = (neighbours: readonly Neighbour[] | undefined): Neighbour[] | undefined =>
  neighbours === undefined || neighbours.length === 0
    ? undefined
    : neighbours.map(normalNeighbour).sort((a, b) => comparePlaces(a, b) || compareText(a.mac, b.mac));
