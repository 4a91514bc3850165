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

const isNear = ({ via = '', dev = '' }: Route, stack: Stack): boolean =>
  via.startsWith('fe8') ||
  (stack.interfaces[dev]?.addresses ?? []).some(
    ({ address, prefixLength, family }) =>
      family === ip(via).family && containsIp(networkOf(address, prefixLength), ip(via)),
  );

const reachable = (route: Route, stack: Stack): Route => {
  if (route.via === undefined) return route;
  const { onlink: _, ...rest } = route;
  return isNear(route, stack) ? rest : { ...rest, onlink: true };
};

export const sayable = (state: NetworkState): NetworkState => {
  const stack = state.stacks['host'];
  if (stack === undefined) return state;
  const interfaces = Object.fromEntries(Object.entries(stack.interfaces).map(([name, it]) => [name, delayed(it)]));
  const routes = stack.routes.map((route) => reachable(route, stack));
  return normalize({ ...state, stacks: { host: { ...stack, interfaces, routes } } });
};
