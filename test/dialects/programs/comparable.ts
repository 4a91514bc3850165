/** What a kernel shows of a stack that is held to what its files were to say. */
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { stackIn } from '../../../src/dialects/reading.ts';

/** A MAC that nobody asked for is the kernel's or the program's own affair. */
const withMacOf = (it: Interface, wanted: Interface | undefined): Interface => {
  const { mac, ...rest } = it;
  return mac === undefined || wanted?.mac === undefined ? rest : { ...rest, mac };
};

/** networkd and NetworkManager listen to advertisements themselves, and tell the kernel not to. */
const isOwnEar = (key: string): boolean => key.endsWith('/accept_ra');

/**
 * `observed` as far as the kernel knows what `wanted` speaks of: it does not know whom a machine asks for names, and
 * which programs serve. Interfaces that nobody speaks of stay.
 */
export const comparable = (observed: NetworkState, wanted: NetworkState): NetworkState => {
  const [seen, asked] = [stackIn(observed, 'host'), stackIn(wanted, 'host')];
  const host: Stack = {
    interfaces: Object.fromEntries(
      Object.entries(seen.interfaces)
        .filter(([, { kind, addresses }]) => kind !== 'loopback' || addresses.length > 0)
        .map(([name, it]) => [name, withMacOf(it, asked.interfaces[name])]),
    ),
    routes: seen.routes,
    rules: seen.rules,
    neighbourProxies: seen.neighbourProxies,
    ...(seen.neighbours === undefined ? {} : { neighbours: seen.neighbours }),
    sysctls: Object.fromEntries(
      Object.entries(seen.sysctls).filter(([key]) => asked.sysctls[key] !== undefined && !isOwnEar(key)),
    ),
    filter: seen.filter,
    services: [],
  };
  return normalize({ version: 1, stacks: { host }, cables: [] });
};
