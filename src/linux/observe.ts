/**
 * The kernel's namespaces into a NetworkState. Configuration only: what the kernel, DHCP or router advertisements made
 * by themselves (connected routes, link-local addresses, leases) is left out.
 */
import { ip } from '../net/address.ts';
import { linkLocalOf } from '../net/mac.ts';
import { normalize } from '../state/normal-form.ts';
import {
  type Cable,
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type Route,
  type Stack,
} from '../state/network-state.ts';
import { type FilterTable } from '../state/packet-filter.ts';
import { type Service } from '../state/service.ts';
import { readFilters } from './filters.ts';
import { socketOf, stacksOf, type Kernel } from './kernel.ts';
import {
  readAddresses,
  readLinks,
  readProxies,
  readRoutes,
  readRules,
  type Link,
  type ReadAddress,
} from './rtnetlink-read.ts';
import { readSysctls } from './sysctl.ts';

/** Routes that nobody configured: by the kernel (2), an ICMP redirect (1), a router advertisement (9), DHCP (16). */
const automaticProtocols = new Set([1, 2, 9, 16]);

const isAutomatic = (address: ReadAddress, link: Link): boolean =>
  !address.isPermanent ||
  (link.isLoopback && (address.address === '127.0.0.1' || address.address === '::1')) ||
  (address.family === 6 &&
    address.isLinkScope &&
    link.mac !== undefined &&
    ip(address.address).value === linkLocalOf(link.mac).value);

const addressesOf = (link: Link, addresses: readonly ReadAddress[]): InterfaceAddress[] =>
  addresses
    .filter((address) => address.index === link.index && !isAutomatic(address, link))
    .map(({ family, address, prefixLength, label }) => ({
      family,
      address,
      prefixLength,
      ...(label === undefined || label === link.name ? {} : { label }),
    }));

const kindOf = (link: Link): Interface['kind'] | undefined =>
  link.isLoopback ? 'loopback' : link.kind === 'bridge' ? 'bridge' : link.kind === 'veth' ? 'ethernet' : undefined;

const interfaceOf = (
  link: Link,
  kind: Interface['kind'],
  links: readonly Link[],
  addresses: readonly ReadAddress[],
): Interface => {
  const master = links.find((other) => other.index === link.master)?.name;
  return {
    kind,
    ...(link.mac === undefined || kind === 'loopback' ? {} : { mac: link.mac }),
    mtuBytes: link.mtuBytes,
    up: link.isUp,
    addresses: addressesOf(link, addresses),
    ...(master === undefined ? {} : { master }),
    ...(kind === 'bridge' && link.bridge !== undefined ? { bridge: link.bridge } : {}),
  };
};

/** Services are processes: who started them says what they are. */
type ServicesOf = (stack: string) => readonly Service[];
type Filters = ReadonlyMap<string, readonly FilterTable[]>;

interface ObservedStack {
  readonly stack: Stack;
  readonly links: readonly Link[];
}

const observeStack = (kernel: Kernel, name: string, filters: Filters, servicesOf: ServicesOf): ObservedStack => {
  const socket = socketOf(kernel, name);
  const links = readLinks(socket);
  const addresses = readAddresses(socket);
  const nameOf = new Map(links.map((link) => [link.index, link.name]));
  const interfaces: Record<string, Interface> = {};
  for (const link of links) {
    const kind = kindOf(link);
    if (kind !== undefined) interfaces[link.name] = interfaceOf(link, kind, links, addresses);
  }
  const routes = readRoutes(socket)
    .filter((route) => !automaticProtocols.has(route.protocol))
    .map(({ oif, protocol: _protocol, ...route }): Route => {
      const dev = oif === undefined || route.type !== 'unicast' ? undefined : nameOf.get(oif);
      return dev === undefined ? route : { ...route, dev };
    });
  const sysctls = readSysctls(kernel, name, kernel.sysctlDefaults.get(name)?.keys() ?? []);
  return {
    links,
    stack: {
      interfaces,
      routes,
      rules: readRules(socket),
      neighbourProxies: readProxies(socket).flatMap(({ index, ...proxy }) => {
        const dev = nameOf.get(index);
        return dev === undefined ? [] : [{ ...proxy, dev }];
      }),
      sysctls,
      filter: filters.get(name) ?? [],
      services: servicesOf(name),
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

/** The whole world as it is now, in normal form. */
export const observe = async (kernel: Kernel, servicesOf: ServicesOf): Promise<NetworkState> => {
  const filters = await readFilters(kernel);
  const observed = new Map(stacksOf(kernel).map((name) => [name, observeStack(kernel, name, filters, servicesOf)]));
  return normalize({
    version: 1,
    stacks: Object.fromEntries([...observed].map(([name, { stack }]) => [name, stack])),
    cables: cablesOf(observed),
  });
};
