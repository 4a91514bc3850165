/**
 * The one spelling of a NetworkState: keys and lists sorted, text canonical, an optional field absent where it says
 * nothing. Two states mean the same exactly when their normal forms are equal. Addresses stand in the kernel's order:
 * the first of an IPv4 subnet is the primary one.
 */
import { compareIps, ip } from '../net/address.ts';
import { type Cable, type CableEnd, type NetworkState, type Stack } from './network-state.ts';
import { normalFilter } from './normal-filter.ts';
import { normalInterface } from './normal-interface.ts';
import { normalNeighbours, normalProxies, normalRoutes, normalRules } from './normal-route.ts';
import { type Service } from './service.ts';
import { canonicalIp, canonicalPrefix, compareText, field, sortKeys } from './spelling.ts';

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

/** Order is meaning in both lists. */
const normalResolver = (resolver: Stack['resolver']): Stack['resolver'] =>
  resolver === undefined || resolver.nameservers.length + resolver.search.length === 0
    ? undefined
    : {
        nameservers: [...new Set(resolver.nameservers.map(canonicalIp))],
        search: [...new Set(resolver.search.map((domain) => domain.toLowerCase()))],
      };

const normalStack = (stack: Stack): Stack => ({
  interfaces: sortKeys(stack.interfaces, (it) => normalInterface(it, stack.interfaces)),
  routes: normalRoutes(stack.routes),
  rules: normalRules(stack.rules),
  neighbourProxies: normalProxies(stack.neighbourProxies),
  ...field('neighbours', normalNeighbours(stack.neighbours)),
  sysctls: sortKeys(stack.sysctls, (value) => value.trim().replaceAll(/\s+/g, ' ')),
  filter: normalFilter(stack.filter),
  services: stack.services
    .map(normalService)
    .sort((a, b) => compareText(serviceKey(a), serviceKey(b)) || compareText(JSON.stringify(a), JSON.stringify(b))),
  ...field('resolver', normalResolver(stack.resolver)),
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
