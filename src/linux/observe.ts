/**
 * The kernel's namespaces into a NetworkState. Configuration only: what the kernel, DHCP or router advertisements made
 * by themselves (connected routes, link-local addresses, leases) is left out.
 */
import { ip } from '../net/address.ts';
import { linkLocalOf } from '../net/mac.ts';
import { normalize } from '../state/normal-form.ts';
import {
  type BondSettings,
  type BridgePort,
  type BridgeSettings,
  type Cable,
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type PortVlan,
  type Route,
  type Stack,
  type WireguardSettings,
} from '../state/network-state.ts';
import { type FilterTable } from '../state/packet-filter.ts';
import { type Service } from '../state/service.ts';
import { readFilters } from './filters.ts';
import { socketOf, stacksOf, type Kernel } from './kernel.ts';
import { type ReadBond } from './link-kinds.ts';
import { unlessLost } from './stack-door.ts';
import { type NetlinkSocket } from './netlink-socket.ts';
import {
  readAddresses,
  readLinks,
  readNeighbours,
  readProxies,
  readRoutes,
  readRules,
  readVlans,
  readVxlanRemotes,
  type Link,
  type ReadAddress,
  type ReadRoute,
} from './rtnetlink-read.ts';
import { readSysctls } from './sysctl.ts';
import { readWireguard } from './wireguard.ts';

/**
 * Link-local addresses of a tunnel hold the IPv4 address of its near end, or any that the stack has (addrconf_sit_config);
 * those of GRE in the form of RFC 5214, whose seventh bit says that the IPv4 address is unique in the world.
 */
const isTunnelLinkLocal = (address: ReadAddress): boolean => {
  const head = (ip(address.address).value >> 32n) & ~0x02000000n;
  return head === 0xfe80n << 80n || head === ((0xfe80n << 80n) | 0x5efen);
};

const isAutomatic = (address: ReadAddress, link: Link): boolean =>
  !address.isPermanent ||
  (link.isLoopback && (address.address === '127.0.0.1' || address.address === '::1')) ||
  (address.family === 6 &&
    address.isLinkScope &&
    (link.nature.tunnel !== undefined
      ? isTunnelLinkLocal(address)
      : link.mac !== undefined && ip(address.address).value === linkLocalOf(link.mac).value));

const addressesOf = (link: Link, addresses: readonly ReadAddress[]): InterfaceAddress[] =>
  addresses
    .filter((address) => address.index === link.index && !isAutomatic(address, link))
    .map(({ family, address, prefixLength, label }) => ({
      family,
      address,
      prefixLength,
      ...(label === undefined || label === link.name ? {} : { label }),
    }));

/** What links of one stack mean to each other. */
interface LinkContext {
  readonly nameOf: ReadonlyMap<number, string>;
  readonly vlans: ReadonlyMap<number, readonly PortVlan[]>;
  readonly remotes: ReadonlyMap<number, readonly string[]>;
  readonly wireguardOf: (link: Link) => WireguardSettings;
  /** Interfaces that a cable between a guest and another stack ends in. */
  readonly cabled: ReadonlySet<string>;
}

type KindSettings = Pick<
  Interface,
  'kind' | 'bridge' | 'vlan' | 'macvlan' | 'vxlan' | 'tunnel' | 'bond' | 'vrf' | 'wireguard'
>;

/** The kernel itself puts these into every namespace, for good. */
const bornTunnels: ReadonlySet<string> = new Set(['sit0', 'tunl0', 'gre0']);

const bondOf = ({ settings, primary }: ReadBond, nameOf: ReadonlyMap<number, string>): BondSettings => {
  const name = primary === undefined ? undefined : nameOf.get(primary);
  return { ...settings, ...(name === undefined ? {} : { primary: name }) };
};

const bridgeOf = (bridge: BridgeSettings, vlans: readonly PortVlan[] | undefined): BridgeSettings =>
  bridge.vlanFiltering === true && vlans !== undefined ? { ...bridge, vlans } : bridge;

/**
 * Undefined for what a NetworkState has no words for: the tun device of a program, a macvlan that passes all through. Such a link stays out of the state and is left alone, as no plan could put it back; its name is taken, which
 * the kernel says when a plan wants it.
 */
const kindSettings = (
  link: Link,
  { nameOf, vlans, remotes, cabled, wireguardOf }: LinkContext,
): KindSettings | undefined => {
  if (link.isLoopback) return { kind: 'loopback' };
  // The card of a guest has no kind; what it is plugged into outside is a tap.
  const isCableEnd = link.kind === 'veth' || (cabled.has(link.name) && (link.kind === '' || link.kind === 'tun'));
  if (isCableEnd) return { kind: 'ethernet' };
  const { bridge, vlanId, macvlanMode, vxlan, tunnel, bond, vrf } = link.nature;
  if (bridge !== undefined) return { kind: 'bridge', bridge: bridgeOf(bridge, vlans.get(link.index)) };
  if (vxlan !== undefined) return { kind: 'vxlan', vxlan: { ...vxlan, remotes: remotes.get(link.index) ?? [] } };
  if (tunnel !== undefined) return bornTunnels.has(link.name) ? undefined : { kind: 'tunnel', tunnel };
  if (bond !== undefined) return { kind: 'bond', bond: bondOf(bond, nameOf) };
  if (vrf !== undefined) return { kind: 'vrf', vrf };
  if (link.kind === 'dummy') return { kind: 'dummy' };
  if (link.kind === 'wireguard') return { kind: 'wireguard', wireguard: wireguardOf(link) };
  const base = link.base === undefined ? undefined : nameOf.get(link.base);
  if (base === undefined) return undefined;
  if (vlanId !== undefined) return { kind: 'vlan', vlan: { link: base, id: vlanId } };
  return macvlanMode === undefined ? undefined : { kind: 'macvlan', macvlan: { link: base, mode: macvlanMode } };
};

const portOf = ({ index, port }: Link, { vlans }: LinkContext): BridgePort | undefined => {
  const own = vlans.get(index);
  return port === undefined || own === undefined ? port : { ...port, vlans: own };
};

const interfaceOf = (link: Link, context: LinkContext, addresses: readonly ReadAddress[]): Interface | undefined => {
  const settings = kindSettings(link, context);
  if (settings === undefined) return undefined;
  const master = link.master === undefined ? undefined : context.nameOf.get(link.master);
  const port = portOf(link, context);
  return {
    ...settings,
    ...(link.mac === undefined || link.isLoopback ? {} : { mac: link.mac }),
    mtuBytes: link.mtuBytes,
    up: link.isUp,
    addresses: addressesOf(link, addresses),
    ...(master === undefined ? {} : { master }),
    ...(port === undefined ? {} : { port }),
  };
};

/** VLANs and far ends are asked for only where a link has them. */
const contextOf = (
  socket: NetlinkSocket,
  links: readonly Link[],
  cabled: ReadonlySet<string>,
  wireguardOf: LinkContext['wireguardOf'],
): LinkContext => ({
  cabled,
  wireguardOf,
  nameOf: new Map(links.map((link) => [link.index, link.name])),
  vlans: links.some(({ nature }) => nature.bridge?.vlanFiltering === true) ? readVlans(socket) : new Map(),
  remotes: links.some(({ nature }) => nature.vxlan !== undefined) ? readVxlanRemotes(socket) : new Map(),
});

/** Routes that discard have no device, though the kernel names `lo` in those of IPv6. */
const routeOf = ({ oif, nexthops, ...route }: ReadRoute, nameOf: ReadonlyMap<number, string>): Route => {
  const dev = oif === undefined ? undefined : nameOf.get(oif);
  const hops = nexthops?.flatMap(({ oif: index, ...hop }) => {
    const name = nameOf.get(index);
    return name === undefined ? [] : [{ ...hop, dev: name }];
  });
  return {
    ...route,
    ...(dev === undefined ? {} : { dev }),
    ...(hops === undefined ? {} : { nexthops: hops }),
  };
};

/** Entries by the index of their interface, by its name instead. */
const named = <T extends { readonly index: number }>(
  entries: readonly T[],
  nameOf: ReadonlyMap<number, string>,
): (Omit<T, 'index'> & { readonly dev: string })[] =>
  entries.flatMap(({ index, ...entry }) => {
    const dev = nameOf.get(index);
    return dev === undefined ? [] : [{ ...entry, dev }];
  });

/** Services are processes: who started them says what they are. */
type ServicesOf = (stack: string) => readonly Service[];
/** Whom a stack was configured to ask for names: no kernel knows it. */
type ResolverOf = (stack: string) => Stack['resolver'];
type Filters = ReadonlyMap<string, readonly FilterTable[]>;

/** What a routing daemon gives comes and goes with the other routers: it is no configuration. */
const RTPROT_BIRD = 12;

interface ObservedStack {
  readonly stack: Stack;
  readonly links: readonly Link[];
}

const noEnds: ReadonlySet<string> = new Set();

const guestCableEnds = ({ guestCables }: Kernel, stack: string): ReadonlySet<string> => {
  if (guestCables.length === 0) return noEnds;
  const ends = guestCables.flatMap(({ a, b }) => [a, b]);
  return new Set(ends.filter((end) => end.stack === stack).map((end) => end.interface));
};

/** What VRRP gives comes and goes with the other routers: it is no configuration. */
const withoutShared = (
  interfaces: Readonly<Record<string, Interface>>,
  services: readonly Service[],
): Readonly<Record<string, Interface>> => {
  const routers = services.filter((service) => service.kind === 'virtual-router');
  if (routers.length === 0) return interfaces;
  const isShared = (name: string, address: string): boolean =>
    routers.some((router) => router.interface === name && router.addresses.some((one) => one.address === address));
  return Object.fromEntries(
    Object.entries(interfaces).map(([name, it]) => [
      name,
      { ...it, addresses: it.addresses.filter(({ address }) => !isShared(name, address)) },
    ]),
  );
};

const observeStack = (kernel: Kernel, name: string, filters: Filters, servicesOf: ServicesOf): ObservedStack => {
  const socket = socketOf(kernel, name);
  const links = readLinks(socket);
  const addresses = readAddresses(socket);
  const context = contextOf(socket, links, guestCableEnds(kernel, name), (link) => readWireguard(kernel, name, link));
  const { nameOf } = context;
  const interfaces: Record<string, Interface> = {};
  for (const link of links) {
    const it = interfaceOf(link, context, addresses);
    if (it !== undefined) interfaces[link.name] = it;
  }
  const sysctls = readSysctls(kernel, name, kernel.sysctlDefaults.get(name)?.keys() ?? []);
  const services = servicesOf(name);
  const isRouted = services.some(({ kind }) => kind === 'routing-daemon');
  const routes = readRoutes(socket, isRouted ? [RTPROT_BIRD] : []).map((route) => routeOf(route, nameOf));
  return {
    links,
    stack: {
      interfaces: withoutShared(interfaces, services),
      routes,
      rules: readRules(socket),
      neighbourProxies: named(readProxies(socket), nameOf),
      neighbours: named(readNeighbours(socket), nameOf),
      sysctls,
      filter: filters.get(name) ?? [],
      services,
    },
  };
};

const cablesOf = (observed: ReadonlyMap<string, ObservedStack>): Cable[] => {
  const ends = new Map<number, { stack: string; link: Link }>();
  for (const [stack, { links }] of observed)
    for (const link of links) if (link.peer !== undefined) ends.set(link.index, { stack, link });
  const cables: Cable[] = [];
  for (const [index, { stack, link }] of ends) {
    const far = link.peer === undefined ? undefined : ends.get(link.peer);
    if (far === undefined || far.link.peer !== index || index > far.link.index) continue;
    cables.push({ a: { stack, interface: link.name }, b: { stack: far.stack, interface: far.link.name } });
  }
  return cables;
};

/** Of the cables that no kernel knows, those whose both ends are there. */
const cablesOfGuests = ({ guestCables }: Kernel, observed: ReadonlyMap<string, ObservedStack>): Cable[] =>
  guestCables.filter(({ a, b }) =>
    [a, b].every((end) => observed.get(end.stack)?.stack.interfaces[end.interface] !== undefined),
  );

/** The whole world as it is now, in normal form; without guests that do not answer. */
export const observe = async (
  kernel: Kernel,
  servicesOf: ServicesOf,
  resolverOf: ResolverOf = () => undefined,
): Promise<NetworkState> => {
  const filters = await readFilters(kernel);
  const observed = new Map<string, ObservedStack>();
  for (const name of stacksOf(kernel)) {
    const stack = unlessLost(() => observeStack(kernel, name, filters, servicesOf));
    if (stack !== undefined) observed.set(name, stack);
  }
  return normalize({
    version: 1,
    stacks: Object.fromEntries(
      [...observed].map(([name, { stack }]) => {
        const resolver = resolverOf(name);
        return [name, resolver === undefined ? stack : { ...stack, resolver }];
      }),
    ),
    cables: [...cablesOf(observed), ...cablesOfGuests(kernel, observed)],
  });
};
