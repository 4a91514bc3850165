/**
 * Policy rules and routing tables (fib_rules_lookup, fib_table_lookup, fib6_table_lookup): which route a packet takes
 * in one stack. Pure decisions; the engine asks the same functions.
 */
import { bitsOf, type Family } from '../../net/address.ts';
import { prefix } from '../../net/prefix.ts';
import { type PolicyRule, type PortRange } from '../../state/network-state.ts';
import { type NextHopModel, type RouteModel, type RouteTable, type StackModel } from '../model/model.ts';
import { LOCAL } from '../model/routes.ts';
import { VRF_TABLE } from '../model/vrf.ts';
import { TCP, UDP } from './words.ts';

export interface RouteKey {
  readonly family: Family;
  readonly destination: bigint;
  /** 0 where it is not chosen yet. */
  readonly source: bigint;
  /** `lo` for what the stack itself sends. */
  readonly iif: string;
  /** Only next hops on this device. */
  readonly oif?: string;
  /** The interface whose VRF counts, where `oif` and `iif` do not say it. */
  readonly l3mdev?: string;
  /** Of routes that are as good as each other, one on this device. */
  readonly preferredOif?: string;
  /** What rules take for the outgoing device, where that is not `oif`; null: there is none. */
  readonly ruleOif?: string | null;
  readonly mark: number;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export type RouteAnswer =
  /** `nexthops`: those that can be used; one, or several of equal cost. */
  | { readonly kind: 'route'; readonly route: RouteModel; readonly nexthops: readonly NextHopModel[] }
  /** A rule that says no by itself. */
  | { readonly kind: 'rule'; readonly rule: PolicyRule; readonly action: 'blackhole' | 'unreachable' | 'prohibit' }
  | { readonly kind: 'none' };

const contains = (family: Family, block: string, address: bigint): boolean => {
  const { value, length } = prefix(block);
  const bits = BigInt(bitsOf(family) - length);
  return address >> bits === value >> bits;
};

const isInRange = (range: PortRange | undefined, port: number, protocol: number): boolean =>
  range === undefined || ((protocol === TCP || protocol === UDP) && port >= range[0] && port <= range[1]);

const isMeant = (rule: PolicyRule, key: RouteKey): boolean =>
  (rule.from === undefined || contains(key.family, rule.from, key.source)) &&
  (rule.to === undefined || contains(key.family, rule.to, key.destination)) &&
  (rule.iif === undefined || rule.iif === key.iif) &&
  (rule.oif === undefined || rule.oif === (key.ruleOif === undefined ? key.oif : key.ruleOif)) &&
  (rule.mark === undefined || (key.mark & rule.mark.mask) >>> 0 === rule.mark.value) &&
  (rule.protocol === undefined || rule.protocol === key.protocol) &&
  isInRange(rule.sourcePorts, key.sourcePort, key.protocol) &&
  isInRange(rule.destinationPorts, key.destinationPort, key.protocol);

/** A next hop on a device without carrier does not count where the device says so. */
const isUsable = (
  stack: StackModel,
  route: RouteModel,
  hop: NextHopModel,
  key: RouteKey,
  ignoresLink: boolean,
): boolean => {
  const isStrict = key.oif !== undefined && (route.family === 6 || route.type === 'unicast');
  if (isStrict && hop.dev !== key.oif) return false;
  // Broadcast addresses go with their link, the stack's own stay (fib_check_nh_nongw).
  if ((route.type !== 'unicast' && route.type !== 'broadcast') || ignoresLink) return true;
  const device = stack.interfaces.get(hop.dev);
  return device === undefined || device.hasCarrier || !device.settings.ignoreRoutesWithLinkdown[route.family];
};

/** Of routes that are as good as each other, those by the preferred device first (rt6_score_route). */
const inOrder = (routes: readonly RouteModel[], dev: string | undefined): readonly RouteModel[] => {
  if (dev === undefined || routes.length < 2) return routes;
  const rank = ({ nexthops }: RouteModel): number => (nexthops.some((hop) => hop.dev === dev) ? 0 : 1);
  return routes.toSorted((a, b) => a.metric - b.metric || rank(a) - rank(b));
};

const lookUpTable = (
  stack: StackModel,
  table: RouteTable,
  key: RouteKey,
  ignoresLink: boolean,
): Extract<RouteAnswer, { kind: 'route' }> | undefined => {
  const bits = bitsOf(key.family);
  for (const { length, routes } of table.lengths) {
    const shift = BigInt(bits - length);
    for (const route of inOrder(routes.get((key.destination >> shift) << shift) ?? [], key.preferredOif)) {
      if (route.nexthops.length === 0) {
        // Refusing IPv6 routes are on the loopback device, which is not the one that was asked for.
        const isElsewhere = key.oif !== undefined && key.oif !== 'lo';
        if (key.family === 6 && isElsewhere && route.type !== 'throw') continue;
        return { kind: 'route', route, nexthops: [] };
      }
      const nexthops = route.nexthops.filter((hop) => isUsable(stack, route, hop, key, ignoresLink));
      if (nexthops.length > 0) return { kind: 'route', route, nexthops };
    }
  }
  return undefined;
};

/** What an IPv4 address is to the stack itself: the type of its route in the local table (inet_addr_type). */
export const addressType4 = (stack: StackModel, value: bigint): RouteModel['type'] | undefined => {
  const table = stack.routing(4).tables.get(LOCAL);
  const key = { family: 4, destination: value, source: 0n, iif: 'lo', mark: 0 } as const;
  const answer = table && lookUpTable(stack, table, { ...key, protocol: 0, sourcePort: 0, destinationPort: 0 }, false);
  return answer?.route.type;
};

/** A key without a device that is a VRF, which stands for its table only (l3mdev_update_flow). */
const withoutVrf = ({ vrfs }: StackModel, key: RouteKey): RouteKey => {
  if (key.oif === undefined || vrfs.get(key.oif)?.name !== key.oif) return key;
  const { oif: _vrf, ...rest } = key;
  return rest;
};

const vrfTableOf = ({ vrfs }: StackModel, { oif, iif, l3mdev }: RouteKey): number | undefined =>
  vrfs.get(l3mdev ?? oif ?? iif)?.it.vrf?.table;

export const lookUpRoute = (stack: StackModel, asked: RouteKey, ignoresLink = false): RouteAnswer => {
  const { rules, tables } = stack.routing(asked.family);
  const vrfTable = stack.vrfs.size === 0 ? undefined : vrfTableOf(stack, asked);
  const key = stack.vrfs.size === 0 ? asked : withoutVrf(stack, asked);
  for (const rule of rules) {
    if (isMeant(rule, key) === (rule.not === true)) continue;
    if (rule.action !== undefined) return { kind: 'rule', rule, action: rule.action };
    const table = tables.get(rule.table === VRF_TABLE ? (vrfTable ?? VRF_TABLE) : rule.table);
    const answer = table && lookUpTable(stack, table, key, ignoresLink);
    if (answer === undefined || answer.route.type === 'throw') continue;
    // A route that refuses is not suppressed (fib_rules_lookup).
    const isRefusal = answer.nexthops.length === 0;
    if (!isRefusal && rule.suppressPrefixLength !== undefined && answer.route.length <= rule.suppressPrefixLength)
      continue;
    return answer;
  }
  return { kind: 'none' };
};
