/**
 * Small networks in few words: stacks, interfaces with addresses as `10.0.0.1/24`, cables as `a.e0 b.e0`. Every setting
 * that a namespace would inherit from the machine is written, so that the state says all there is.
 */
import { type Family } from '../../../src/net/address.ts';
import {
  type BridgePort,
  type Cable,
  type CableEnd,
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type Route,
  type Stack,
} from '../../../src/state/network-state.ts';
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
} from '../../../src/state/packet-filter.ts';

export const familyOf = (text: string): Family => (text.includes(':') ? 6 : 4);

const addressOf = (text: string): InterfaceAddress => {
  const [address = '', length] = text.split('/');
  return { family: familyOf(text), address, prefixLength: Number(length) };
};

export const nic = (addresses: readonly string[] = [], more: Partial<Interface> = {}): Interface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  addresses: addresses.map(addressOf),
  ...more,
});

export const bridge = (addresses: readonly string[] = [], more: Partial<Interface> = {}): Interface =>
  nic(addresses, { kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 15 }, ...more });

/** A port of `br0`. */
export const port = (settings: BridgePort = {}, more: Partial<Interface> = {}): Interface =>
  nic([], { master: 'br0', ...(Object.keys(settings).length === 0 ? {} : { port: settings }), ...more });

export const loopback = (...addresses: readonly string[]): Interface => ({
  kind: 'loopback',
  mtuBytes: 65536,
  up: true,
  addresses: addresses.map(addressOf),
});

const defaults4 = {
  rp_filter: '0',
  arp_ignore: '0',
  arp_announce: '0',
  arp_filter: '0',
  accept_local: '0',
  route_localnet: '0',
  proxy_arp: '0',
  send_redirects: '0',
  accept_redirects: '0',
  ignore_routes_with_linkdown: '0',
  promote_secondaries: '0',
};
const defaults6 = { accept_dad: '0', dad_transmits: '0', accept_ra: '0', router_solicitations: '0' };

const under = (family: 'ipv4' | 'ipv6', values: Readonly<Record<string, string>>): readonly [string, string][] =>
  ['all', 'default'].flatMap((name) =>
    Object.entries(values).map(([key, value]): [string, string] => [`net/${family}/conf/${name}/${key}`, value]),
  );

const quiet: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '0',
  ...Object.fromEntries([...under('ipv4', defaults4), ...under('ipv6', defaults6)]),
};

export const forwarding = { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' } as const;

export const stack = (interfaces: Stack['interfaces'], parts: Partial<Omit<Stack, 'interfaces'>> = {}): Stack => ({
  routes: [],
  rules: [],
  neighbourProxies: [],
  filter: [],
  services: [],
  ...parts,
  sysctls: { ...quiet, ...parts.sysctls },
  interfaces: { lo: loopback(), ...interfaces },
});

/** A stack that only switches: `br0` with these ports. */
export const switchWith = (ports: Readonly<Record<string, BridgePort>>, parts: Partial<Stack> = {}): Stack =>
  stack(
    { br0: bridge(), ...Object.fromEntries(Object.entries(ports).map(([name, settings]) => [name, port(settings)])) },
    parts,
  );

export const switchOf = (ports: readonly string[], parts: Partial<Stack> = {}): Stack =>
  switchWith(Object.fromEntries(ports.map((name) => [name, {}])), parts);

const endOf = (text: string): CableEnd => {
  const [name = '', ...rest] = text.split('.');
  return { stack: name, interface: rest.join('.') };
};

const cableOf = (text: string): Cable => {
  const [a = '', b = ''] = text.split(' ').sort();
  return { a: endOf(a), b: endOf(b) };
};

const hex = (value: number): string => value.toString(16).padStart(2, '0');

const hasNoMac = ({ kind }: Interface): boolean => ['loopback', 'tunnel', 'wireguard'].includes(kind);

/** Stacks with a MAC for every interface that has none, so that answers can be told apart. */
export const network = (stacks: Readonly<Record<string, Stack>>, cables: readonly string[]): NetworkState => ({
  version: 1,
  stacks: Object.fromEntries(
    Object.entries(stacks).map(([name, it], index) => [
      name,
      {
        ...it,
        interfaces: Object.fromEntries(
          Object.entries(it.interfaces).map(([dev, given], place) => [
            dev,
            hasNoMac(given) ? given : { mac: `52:54:00:aa:${hex(index)}:${hex(place)}`, ...given },
          ]),
        ),
      },
    ]),
  ),
  cables: cables.map(cableOf),
});

export const macOf = (state: NetworkState, place: string): string => {
  const { stack: name, interface: dev } = endOf(place);
  return state.stacks[name]?.interfaces[dev]?.mac ?? '';
};

/** `to` is a prefix or `default`; the way is a gateway, a device (`dev e0`), or what `more` says. */
export const route = (to: string, way: string, more: Partial<Route> = {}): Route => {
  const isDevice = way.startsWith('dev ');
  const family = to === 'default' ? (isDevice ? 4 : familyOf(way)) : familyOf(to);
  return {
    family,
    to: to === 'default' ? (family === 4 ? '0.0.0.0/0' : '::/0') : to,
    type: 'unicast',
    ...(isDevice ? { dev: way.slice(4) } : { via: way }),
    metric: family === 4 ? 0 : 1024,
    table: 254,
    ...more,
  };
};

export const special = (to: string, type: Route['type'], more: Partial<Route> = {}): Route => ({
  family: familyOf(to),
  to,
  type,
  metric: familyOf(to) === 4 ? 0 : 1024,
  table: 254,
  ...more,
});

export const chain = (
  hook: FilterChain['hook'],
  policy: FilterChain['policy'],
  rules: readonly FilterRule[] = [],
  more: Partial<FilterChain> = {},
): FilterChain => ({ name: hook, type: 'filter', hook, priority: 0, policy, rules, ...more });

const natPriorities: Partial<Record<FilterChain['hook'], number>> = { prerouting: -100, output: -100 };

export const natChain = (hook: FilterChain['hook'], rules: readonly FilterRule[]): FilterChain =>
  chain(hook, 'accept', rules, { type: 'nat', priority: natPriorities[hook] ?? 100 });

export const table = (family: FilterTable['family'], ...chains: readonly FilterChain[]): FilterTable => ({
  family,
  name: 'test',
  chains,
});

export const rule = (
  verdict: FilterVerdict | FilterVerdict['kind'],
  ...matches: readonly FilterMatch[]
): FilterRule => ({
  matches,
  verdict: typeof verdict === 'string' ? ({ kind: verdict } as FilterVerdict) : verdict,
});

export const iif = (...names: readonly string[]): FilterMatch => ({ kind: 'iif', names });
export const oif = (...names: readonly string[]): FilterMatch => ({ kind: 'oif', names });
export const tcpTo = (number: number): FilterMatch => ({ kind: 'port', protocol: 'tcp', ports: [number] });
export type ConnectionState = Extract<FilterMatch, { kind: 'conntrack' }>['states'][number];
export const state = (...states: ConnectionState[]): FilterMatch => ({ kind: 'conntrack', states });
