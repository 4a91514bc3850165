/**
 * The part of a state that is left while some of its machines do not run: their stacks are gone, their cables with
 * them, and in the other stacks whatever hung on those cables' ends.
 */
import { type NetworkState, type Route, type Stack } from '../state/network-state.ts';
import { interfaceOfSysctl } from './step-order.ts';
import { isOnInterface } from '../state/service.ts';

type Interfaces = Stack['interfaces'];

const basesOf = ({ vlan, macvlan }: Interfaces[string]): readonly string[] =>
  [vlan?.link, macvlan?.link].filter((base) => base !== undefined);

/** With the links that rest on them. */
const withDependants = (interfaces: Interfaces, gone: ReadonlySet<string>): ReadonlySet<string> => {
  const more = Object.entries(interfaces).filter(
    ([name, it]) => !gone.has(name) && basesOf(it).some((base) => gone.has(base)),
  );
  return more.length === 0 ? gone : withDependants(interfaces, new Set([...gone, ...more.map(([name]) => name)]));
};

const devicesOf = ({ dev, nexthops }: Route): readonly string[] =>
  nexthops?.map((hop) => hop.dev) ?? (dev === undefined ? [] : [dev]);

const kept = <T>(record: Readonly<Record<string, T>>, isKept: (key: string) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => isKept(key)));

const stackWithout = (stack: Stack, ends: ReadonlySet<string>): Stack => {
  if (ends.size === 0) return stack;
  const gone = withDependants(stack.interfaces, ends);
  const stays = ({ dev }: { readonly dev: string }): boolean => !gone.has(dev);
  return {
    ...stack,
    interfaces: kept(stack.interfaces, (name) => !gone.has(name)),
    routes: stack.routes.filter((route) => !devicesOf(route).some((dev) => gone.has(dev))),
    neighbourProxies: stack.neighbourProxies.filter(stays),
    ...(stack.neighbours === undefined ? {} : { neighbours: stack.neighbours.filter(stays) }),
    sysctls: kept(stack.sysctls, (key) => !gone.has(interfaceOfSysctl(key) ?? '')),
    services: stack.services.filter((service) => !isOnInterface(service) || !gone.has(service.interface)),
  };
};

/** `isIn`: whether the machine of a stack runs. */
export const partOfState = (state: NetworkState, isIn: (stack: string) => boolean): NetworkState => {
  if (Object.keys(state.stacks).every(isIn)) return state;
  const ends = new Map<string, Set<string>>();
  const cables = state.cables.filter(({ a, b }) => {
    if (isIn(a.stack) && isIn(b.stack)) return true;
    for (const end of [a, b]) ends.set(end.stack, (ends.get(end.stack) ?? new Set()).add(end.interface));
    return false;
  });
  const stacks = Object.entries(state.stacks).filter(([name]) => isIn(name));
  return {
    ...state,
    stacks: Object.fromEntries(
      stacks.map(([name, stack]) => [name, stackWithout(stack, ends.get(name) ?? new Set<string>())]),
    ),
    cables,
  };
};
