/**
 * Tunnels of a state in the words of a lab: which interfaces are the ends of one, and what carries it. A gateway behind
 * 6to4 and 6rd is written as `::192.0.2.1` in a state, and as the member that it is in a lab.
 */
import { ip, printIp } from '../net/address.ts';
import { embedIpv4, sixToFourPrefix } from '../net/embedded-ipv4.ts';
import { prefix, type Prefix } from '../net/prefix.ts';
import { type CarrierMode } from '../lab/lab.ts';
import { type Interface, type NetworkState, type PolicyRule, type Route, type Stack } from '../state/network-state.ts';
import { compareText } from '../state/spelling.ts';
import { tunnelRouting, tunnelTable } from '../state/tunnel-routing.ts';
import { isFoundAt, isToPeer, wireguardsIn } from './wireguard.ts';

export const tunnelModeOf = ({ kind, tunnel }: Interface): CarrierMode | undefined => {
  if (kind === 'wireguard') return 'wireguard';
  if (tunnel === undefined) return undefined;
  if (tunnel.mode !== 'sit') return tunnel.mode;
  if (tunnel.remote !== undefined) return '6in4';
  return tunnel.sixRd === undefined ? '6to4' : '6rd';
};

const automaticPrefix = (it: Interface): Prefix | undefined => {
  const mode = tunnelModeOf(it);
  if (mode === '6to4') return sixToFourPrefix;
  return mode === '6rd' && it.tunnel?.sixRd !== undefined ? prefix(it.tunnel.sixRd.prefix) : undefined;
};

interface End {
  readonly key: string;
  readonly it: Interface;
}

const scan = (state: NetworkState): readonly End[] =>
  Object.entries(state.stacks).flatMap(([stack, { interfaces }]) =>
    Object.entries(interfaces).flatMap(([name, it]) =>
      it.tunnel === undefined ? [] : [{ key: endKey(stack, name), it }],
    ),
  );

/** States do not change: each is gone through once, however many NICs ask. */
const knownEnds = new WeakMap<NetworkState, readonly End[]>();

const endsIn = (state: NetworkState): readonly End[] => {
  const ends = knownEnds.get(state) ?? scan(state);
  knownEnds.set(state, ends);
  return ends;
};

const endKey = (stack: string, name: string): string => `${stack}/${name}`;

/** Behind address translation one of the two sees another address of the other. */
const isPair = (a: Interface, b: Interface): boolean =>
  tunnelModeOf(a) === tunnelModeOf(b) &&
  a.tunnel?.remote !== undefined &&
  b.tunnel?.remote !== undefined &&
  (a.tunnel.remote === b.tunnel.local || b.tunnel.remote === a.tunnel.local);

/** By `stack/interface`, the tunnel that it is an end of; ends whose other end is in no file have none. */
export const tunnelsIn = (state: NetworkState): ReadonlyMap<string, string> => {
  const ends = endsIn(state);
  const tunnels = new Map<string, string>(wireguardsIn(state));
  for (const { key, it } of ends) {
    const block = automaticPrefix(it);
    if (block !== undefined) tunnels.set(key, `tunnel ${tunnelModeOf(it)} ${printIp(block)}`);
    const other = ends.find((one) => one.key !== key && !tunnels.has(one.key) && isPair(it, one.it));
    if (block !== undefined || tunnels.has(key) || other === undefined) continue;
    tunnels.set(key, `tunnel ${key}`);
    tunnels.set(other.key, `tunnel ${key}`);
  }
  return tunnels;
};

export const isTunnelEnd = (tunnels: ReadonlyMap<string, string>, stack: string, name: string): boolean =>
  tunnels.has(endKey(stack, name));

export const tunnelOf = (tunnels: ReadonlyMap<string, string>, stack: string, name: string): string | undefined =>
  tunnels.get(endKey(stack, name));

/** Whether a tunnel begins or ends at one of its addresses, so that they matter. */
export const carriesTunnel = (state: NetworkState, it: Interface): boolean =>
  isFoundAt(state, it) ||
  endsIn(state).some(({ it: { tunnel } }) =>
    it.addresses.some(({ address }) => address === tunnel?.local || address === tunnel?.remote),
  );

const plainGateway = ({ interfaces }: Stack, route: Route): Route => {
  const it = interfaces[route.dev ?? ''];
  const block = it === undefined ? undefined : automaticPrefix(it);
  if (block === undefined || route.via === undefined) return route;
  const via = ip(route.via);
  if (via.family === 4 || via.value >> 32n !== 0n) return route;
  return { ...route, via: printIp(embedIpv4(block, { family: 4, value: via.value })) };
};

const keyOf = (it: Route | PolicyRule): string =>
  JSON.stringify(Object.entries(it).toSorted(([a], [b]) => compareText(a, b)));

const without = <T extends Route | PolicyRule>(all: readonly T[], taken: readonly T[]): readonly T[] => {
  const keys = new Set(taken.map(keyOf));
  return all.filter((it) => !keys.has(keyOf(it)));
};

/** Without the routes and rules that a lab makes by itself for tunnels of 6to4 and 6rd. */
const withoutTunnelRouting = (stack: Stack): Stack => {
  const { interfaces } = stack;
  // A default route that DHCP gives stands in the tunnels' own table only.
  const isLearned = ({ table, onlink }: Route): boolean => table === tunnelTable && onlink === true;
  const main = stack.routes
    .filter((route) => route.family === 4 && (route.table === 254 || isLearned(route)))
    .map((route) => ({ ...route, table: 254 }));
  const { routes, rules } = tunnelRouting(interfaces, main);
  return { ...stack, routes: without(stack.routes, routes), rules: without(stack.rules, rules) };
};

const inWordsOfLab = (name: string, given: Stack, wireguards: ReadonlyMap<string, string>): Stack => {
  const stack = withoutTunnelRouting(given);
  const isBrought = (route: Route): boolean =>
    wireguards.has(endKey(name, route.dev ?? '')) && isToPeer(stack.interfaces, route);
  const routes = stack.routes.filter((route) => !isBrought(route));
  return { ...stack, routes: routes.map((route) => plainGateway(stack, route)) };
};

/** A state without what tunnels bring by themselves, and their gateways as the members that they are. */
export const withPlainTunnels = (state: NetworkState): NetworkState => {
  const wireguards = wireguardsIn(state);
  const stacks = Object.entries(state.stacks).map(([name, stack]) => [name, inWordsOfLab(name, stack, wireguards)]);
  return { ...state, stacks: Object.fromEntries(stacks) as NetworkState['stacks'] };
};
