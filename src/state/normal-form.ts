/**
 * The one spelling of a NetworkState: keys and lists sorted, text canonical, an optional field absent where it says
 * nothing. Two states mean the same exactly when their normal forms are equal. Addresses stand in the kernel's order:
 * the first of an IPv4 subnet is the primary one.
 */
import { type Cable, type CableEnd, type NetworkState, type Stack } from './network-state.ts';
import { portsOfThemselves } from './master-cycles.ts';
import { normalFilter } from './normal-filter.ts';
import { normalInterface } from './normal-interface.ts';
import { normalNeighbours, normalProxies, normalRoutes, normalRules } from './normal-route.ts';
import { normalResolver } from './normal-resolver.ts';
import { normalServices } from './normal-service.ts';
import { compareText, field, sortKeys } from './spelling.ts';

/** What the kernel would refuse is not there. */
const withoutCycles = (interfaces: Stack['interfaces']): Stack['interfaces'] => {
  const refused = new Set(portsOfThemselves(interfaces));
  if (refused.size === 0) return interfaces;
  return Object.fromEntries(
    Object.entries(interfaces).map(([name, it]) => {
      const { master: _master, ...free } = it;
      return [name, refused.has(name) ? free : it];
    }),
  );
};

const normalInterfaces = (given: Stack['interfaces']): Stack['interfaces'] => {
  const interfaces = withoutCycles(given);
  return sortKeys(interfaces, (it) => normalInterface(it, interfaces));
};

const normalStack = (stack: Stack): Stack => ({
  interfaces: normalInterfaces(stack.interfaces),
  routes: normalRoutes(stack.routes),
  rules: normalRules(stack.rules),
  neighbourProxies: normalProxies(stack.neighbourProxies),
  ...field('neighbours', normalNeighbours(stack.neighbours)),
  sysctls: sortKeys(stack.sysctls, (value) => value.trim().replaceAll(/\s+/g, ' ')),
  filter: normalFilter(stack.filter),
  services: normalServices(stack.services),
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
