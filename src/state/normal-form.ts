/**
 * The one spelling of a NetworkState: keys and lists sorted, text canonical, an optional field absent where it says
 * nothing. Two states mean the same exactly when their normal forms are equal. Addresses stand in the kernel's order:
 * the first of an IPv4 subnet is the primary one.
 */
import { compareIps, ip, printIp } from '../net/address.ts';
import { comparePrefixes, prefix, printPrefix } from '../net/prefix.ts';
import {
  type Cable,
  type CableEnd,
  type Interface,
  type InterfaceAddress,
  type NeighbourProxy,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from './network-state.ts';
import { inKernelOrder } from './address-order.ts';
import { normalFilter } from './normal-filter.ts';
import { type Service } from './service.ts';

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sortKeys = <V, W>(record: Readonly<Record<string, V>>, map: (value: V) => W): Readonly<Record<string, W>> =>
  Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, value]) => [key, map(value)]),
  );

/** A field that is absent rather than undefined. */
const field = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>);

const canonicalIp = (text: string): string => printIp(ip(text));
const canonicalPrefix = (text: string): string => printPrefix(prefix(text));

const normalAddress = (address: InterfaceAddress): InterfaceAddress => ({
  family: address.family,
  address: canonicalIp(address.address),
  prefixLength: address.prefixLength,
  ...field('label', address.label),
});

const normalInterface = (it: Interface): Interface => ({
  kind: it.kind,
  ...field('mac', it.mac?.toLowerCase()),
  mtuBytes: it.mtuBytes,
  up: it.up,
  addresses: inKernelOrder(it.addresses.map(normalAddress)),
  ...field('master', it.master),
  ...field('bridge', it.bridge && { stp: it.bridge.stp, forwardDelaySeconds: it.bridge.forwardDelaySeconds }),
});

const normalRoute = (route: Route): Route => ({
  family: route.family,
  to: canonicalPrefix(route.to),
  type: route.type,
  ...field('via', route.via === undefined ? undefined : canonicalIp(route.via)),
  ...field('dev', route.dev),
  metric: route.metric,
  table: route.table,
  ...field('source', route.source === undefined ? undefined : canonicalIp(route.source)),
});

const compareRoutes = (a: Route, b: Route): number =>
  a.table - b.table ||
  comparePrefixes(prefix(a.to), prefix(b.to)) ||
  a.metric - b.metric ||
  compareText(JSON.stringify(a), JSON.stringify(b));

const normalPolicyRule = (rule: PolicyRule): PolicyRule => ({
  family: rule.family,
  priority: rule.priority,
  ...field('from', rule.from === undefined ? undefined : canonicalPrefix(rule.from)),
  ...field('to', rule.to === undefined ? undefined : canonicalPrefix(rule.to)),
  ...field('iif', rule.iif),
  table: rule.table,
});

const normalProxy = (proxy: NeighbourProxy): NeighbourProxy => ({
  family: proxy.family,
  address: canonicalIp(proxy.address),
  dev: proxy.dev,
});

const normalService = (service: Service): Service => {
  switch (service.kind) {
    case 'dhcp-server':
      return {
        kind: 'dhcp-server',
        interface: service.interface,
        first: service.first,
        last: service.last,
        netmask: service.netmask,
        ...field('router', service.router),
        leaseSeconds: service.leaseSeconds,
        reservations: service.reservations
          .map(({ mac, address, name }) => ({ mac: mac.toLowerCase(), address, name }))
          .sort((a, b) => compareIps(ip(a.address), ip(b.address)) || compareText(a.mac, b.mac)),
      };
    case 'router-advertiser':
      return {
        kind: 'router-advertiser',
        interface: service.interface,
        prefixes: service.prefixes.map(canonicalPrefix).sort(),
        isDefaultRouter: service.isDefaultRouter,
      };
    case 'dhcp-client':
      return {
        kind: 'dhcp-client',
        interface: service.interface,
        hostname: service.hostname,
        metric: service.metric,
      };
    case 'responder':
      return { kind: 'responder', port: service.port };
  }
};

const serviceKey = (service: Service): string =>
  `${service.kind} ${service.kind === 'responder' ? String(service.port) : service.interface}`;

const normalStack = (stack: Stack): Stack => ({
  interfaces: sortKeys(stack.interfaces, normalInterface),
  routes: stack.routes.map(normalRoute).sort(compareRoutes),
  rules: stack.rules
    .map(normalPolicyRule)
    .sort(
      (a, b) => a.family - b.family || a.priority - b.priority || compareText(JSON.stringify(a), JSON.stringify(b)),
    ),
  neighbourProxies: stack.neighbourProxies
    .map(normalProxy)
    .sort((a, b) => compareText(a.dev, b.dev) || compareIps(ip(a.address), ip(b.address))),
  sysctls: sortKeys(stack.sysctls, (value) => value.trim().replaceAll(/\s+/g, ' ')),
  filter: normalFilter(stack.filter),
  services: stack.services
    .map(normalService)
    .sort((a, b) => compareText(serviceKey(a), serviceKey(b)) || compareText(JSON.stringify(a), JSON.stringify(b))),
});

const compareEnds = (a: CableEnd, b: CableEnd): number =>
  compareText(a.stack, b.stack) || compareText(a.interface, b.interface);

const normalCable = ({ a, b }: Cable): Cable => {
  const [first, second] = compareEnds(a, b) <= 0 ? [a, b] : [b, a];
  return {
    a: { stack: first.stack, interface: first.interface },
    b: { stack: second.stack, interface: second.interface },
  };
};

export const normalize = (state: NetworkState): NetworkState => ({
  version: 1,
  stacks: sortKeys(state.stacks, normalStack),
  cables: state.cables.map(normalCable).sort((x, y) => compareEnds(x.a, y.a) || compareEnds(x.b, y.b)),
});
