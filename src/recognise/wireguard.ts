/**
 * Tunnels of WireGuard in the words of a lab. Ends belong together whose devices are told each other's keys; a device
 * whose own key the state does not say is nobody's other end.
 */
import { ip, parseIp } from '../net/address.ts';
import { containsPrefix, networkOf, prefix } from '../net/prefix.ts';
import { type Interface, type NetworkState, type Route, type WireguardSettings } from '../state/network-state.ts';
import { type Yaml } from './yaml-text.ts';

type YamlMap = Readonly<Record<string, Yaml | undefined>>;

interface End {
  readonly key: string;
  readonly it: Interface;
  readonly settings: WireguardSettings;
}

const scan = (state: NetworkState): readonly End[] =>
  Object.entries(state.stacks).flatMap(([stack, { interfaces }]) =>
    Object.entries(interfaces).flatMap(([name, it]) =>
      it.wireguard?.publicKey === undefined ? [] : [{ key: `${stack}/${name}`, it, settings: it.wireguard }],
    ),
  );

/** States do not change: each is gone through once, however many NICs ask. */
const knownEnds = new WeakMap<NetworkState, readonly End[]>();
const knownTunnels = new WeakMap<NetworkState, ReadonlyMap<string, string>>();

const endsIn = (state: NetworkState): readonly End[] => {
  const ends = knownEnds.get(state) ?? scan(state);
  knownEnds.set(state, ends);
  return ends;
};

const knows = (a: End, b: End): boolean => a.settings.peers.some(({ publicKey }) => publicKey === b.settings.publicKey);

const arePeers = (a: End, b: End): boolean => a !== b && knows(a, b) && knows(b, a);

const join = (ends: readonly End[]): ReadonlyMap<string, string> => {
  const tunnels = new Map<string, string>();
  for (const first of ends) {
    if (tunnels.has(first.key) || !ends.some((other) => arePeers(first, other))) continue;
    const open = [first];
    for (let end = open.pop(); end !== undefined; end = open.pop()) {
      tunnels.set(end.key, `wireguard ${first.key}`);
      for (const other of ends) if (!tunnels.has(other.key) && arePeers(end, other)) open.push(other);
    }
  }
  return tunnels;
};

/** By `stack/interface`, the tunnel that it is an end of. */
export const wireguardsIn = (state: NetworkState): ReadonlyMap<string, string> => {
  const tunnels = knownTunnels.get(state) ?? join(endsIn(state));
  knownTunnels.set(state, tunnels);
  return tunnels;
};

/** What others send to an end beyond its own addresses and those of the tunnel, and the end sends to nobody. */
const behind = (state: NetworkState, { it, settings }: End): readonly string[] => {
  const own = it.addresses.map(({ address, prefixLength }) => networkOf(address, prefixLength));
  const passedOn = new Set(settings.peers.flatMap(({ allowedPrefixes }) => allowedPrefixes));
  const sent = endsIn(state).flatMap((other) =>
    other.settings.peers
      .filter(({ publicKey }) => publicKey === settings.publicKey)
      .flatMap(({ allowedPrefixes }) => allowedPrefixes),
  );
  return [...new Set(sent)].filter(
    (text) => !passedOn.has(text) && !own.some((block) => containsPrefix(block, prefix(text))),
  );
};

const hostOf = (endpoint: string): string => endpoint.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');

const usualKeepaliveSeconds = 25;

/** The keys of an end that its machine has beside its addresses. */
export const wireguardKeys = (state: NetworkState, stack: string, name: string): YamlMap => {
  if (state.stacks[stack]?.interfaces[name]?.wireguard === undefined) return {};
  const end = endsIn(state).find(({ key }) => key === `${stack}/${name}`);
  if (end === undefined || !wireguardsIn(state).has(end.key)) return {};
  const { listenPort, publicKey, peers } = end.settings;
  const endpoints = peers.flatMap(({ endpoint }) => endpoint ?? []);
  const told = endsIn(state)
    .filter((other) => other.settings.peers.filter(({ endpoint }) => endpoint !== undefined).length > 1)
    .flatMap((other) => other.settings.peers.filter((peer) => peer.publicKey === publicKey))
    .flatMap(({ endpoint }) => endpoint ?? []);
  const [keepalive] = peers.flatMap(({ keepaliveSeconds }) => keepaliveSeconds ?? []);
  const usual = listenPort === undefined ? usualKeepaliveSeconds : undefined;
  const blocks = behind(state, end);
  return {
    ...(listenPort === undefined ? {} : { port: listenPort }),
    ...(blocks.length === 0 ? {} : { behind: blocks }),
    ...(listenPort === undefined || told[0] === undefined ? {} : { local: hostOf(told[0]) }),
    ...(endpoints.length === 1 && endpoints[0] !== undefined ? { remote: hostOf(endpoints[0]) } : {}),
    ...(keepalive === usual || keepalive === undefined ? {} : { keepalive }),
  };
};

/** A route that a lab makes by itself, to what lies behind another end. */
export const isToPeer = (interfaces: Readonly<Record<string, Interface>>, { to, via, dev, type }: Route): boolean => {
  const peers = interfaces[dev ?? '']?.wireguard?.peers ?? [];
  return via === undefined && type === 'unicast' && peers.some(({ allowedPrefixes }) => allowedPrefixes.includes(to));
};

/** Whether it is found at one of the addresses, so that they matter. */
export const isFoundAt = (state: NetworkState, { addresses }: Interface): boolean =>
  endsIn(state).some(({ settings }) =>
    settings.peers.some(({ endpoint }) => {
      const found = endpoint === undefined ? undefined : parseIp(hostOf(endpoint));
      return addresses.some(({ address }) => found !== undefined && ip(address).value === found.value);
    }),
  );
