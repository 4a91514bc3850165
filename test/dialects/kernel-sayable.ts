/**
 * States at random that a kernel takes command by command: bridges delay as the spanning tree lets them, and gateways
 * are in a subnet or said to be on the link. For dialects whose programs run such commands.
 */
import { ip } from '../../src/net/address.ts';
import { containsIp, networkOf } from '../../src/net/prefix.ts';
import { type Interface, type NetworkState, type Route, type Stack } from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type Vocabulary } from './any-stack.ts';

/** What commands of iproute2 can say. */
export const vocabulary: Vocabulary = {
  kinds: ['ethernet', 'bridge', 'bond', 'vlan', 'dummy', 'vrf', 'vxlan', 'tunnel'],
  labels: true,
  routeTypes: ['unicast', 'blackhole', 'unreachable', 'prohibit'],
  metrics: true,
  tables: true,
  sources: true,
  onlink: true,
  rules: true,
  neighbours: true,
  ports: true,
  dhcp: true,
  resolver: true,
  down: true,
  macs: true,
  forwarding: true,
};

const delayed = (it: Interface): Interface =>
  it.bridge?.stp === true && it.bridge.forwardDelaySeconds < 2
    ? { ...it, bridge: { ...it.bridge, forwardDelaySeconds: 4 } }
    : it;

/** Of a bridge that nobody gives an MTU the kernel makes the least of its ports' (br_mtu_auto_adjust). */
const fitting = (it: Interface, stack: Stack): Interface =>
  it.master !== undefined && stack.interfaces[it.master]?.mtuBytes === 1500 ? { ...it, mtuBytes: 1500 } : it;

/** A VLAN takes no longer packets than its link (vlan_dev_change_mtu of the kernel's net/8021q). */
const withinLink = (it: Interface, stack: Stack): Interface => {
  const link = it.vlan === undefined ? undefined : stack.interfaces[it.vlan.link];
  return link === undefined ? it : { ...it, mtuBytes: Math.min(it.mtuBytes, fitting(link, stack).mtuBytes) };
};

const isNear = ({ via = '', dev = '' }: Route, stack: Stack): boolean =>
  via.startsWith('fe8') ||
  (stack.interfaces[dev]?.addresses ?? []).some(
    ({ address, prefixLength, family }) =>
      family === ip(via).family && containsIp(networkOf(address, prefixLength), ip(via)),
  );

/** Without a port that lives, no address is known to be the only one, and IPv6 prefers none that is not (RFC 4862, 5.4). */
const unpreferred = (route: Route, stack: Stack): Route => {
  const { source, ...rest } = route;
  const isTentative = route.family === 6 && stack.interfaces[route.dev ?? '']?.kind === 'bridge';
  return source === undefined || !isTentative ? route : rest;
};

const reachable = (route: Route, stack: Stack): Route => {
  if (route.via === undefined) return route;
  const { onlink: _, ...rest } = route;
  return isNear(route, stack) ? rest : { ...rest, onlink: true };
};

export const sayable = (state: NetworkState): NetworkState => {
  const stack = state.stacks['host'];
  if (stack === undefined) return state;
  const interfaces = Object.fromEntries(
    Object.entries(stack.interfaces).map(([name, it]) => [name, withinLink(fitting(delayed(it), stack), stack)]),
  );
  const routes = stack.routes.map((route) => unpreferred(reachable(route, stack), stack));
  // An interface that is down knows no neighbours.
  const neighbours = (stack.neighbours ?? []).filter(({ dev }) => interfaces[dev]?.up === true);
  return normalize({ ...state, stacks: { host: { ...stack, interfaces, routes, neighbours } } });
};
