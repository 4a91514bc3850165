/**
 * Who is who in a state: hosts have bridges that others' cables end at, guests are at the other ends, everybody else is
 * outside. A machine that is alone, or has bridges, is a host.
 */
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { isSwitch } from '../state/switch.ts';
import { isInternet } from './lab-of-state.ts';

export type Role = 'host' | 'guest' | 'outside' | 'internet' | 'switch';

const bridgesOf = ({ interfaces }: Stack): readonly string[] =>
  Object.entries(interfaces).flatMap(([name, { kind }]) => (kind === 'bridge' ? [name] : []));

/** Stacks at the far ends of cables from ports of this stack's bridges. */
const behindBridges = (state: NetworkState, host: string): readonly string[] => {
  const interfaces = state.stacks[host]?.interfaces ?? {};
  const isPort = (name: string): boolean => {
    const { master } = interfaces[name] ?? {};
    return master !== undefined && interfaces[master]?.kind === 'bridge';
  };
  return state.cables.flatMap(({ a, b }) =>
    (
      [
        [a, b],
        [b, a],
      ] as const
    ).flatMap(([near, far]) => (near.stack === host && isPort(near.interface) ? [far.stack] : [])),
  );
};

/** NICs that a host answers for in the name of those behind them: each has a route to one address, and a proxy for it. */
export const proxiedPorts = ({ routes, neighbourProxies }: Stack): readonly string[] => {
  const answered = new Set(neighbourProxies.map(({ address }) => address));
  const ports = routes.flatMap(({ to, via, dev }) => {
    const [address = '', length] = to.split('/');
    const isSingle = via === undefined && (length === '32' || length === '128');
    return isSingle && dev !== undefined && answered.has(address) ? [dev] : [];
  });
  return [...new Set(ports)];
};

const farEnds = (state: NetworkState, host: string, ports: readonly string[]): readonly string[] =>
  state.cables.flatMap(({ a, b }) =>
    a.stack === host && ports.includes(a.interface)
      ? [b.stack]
      : b.stack === host && ports.includes(b.interface)
        ? [a.stack]
        : [],
  );

export const rolesOf = (state: NetworkState): ReadonlyMap<string, Role> => {
  const roles = new Map<string, Role>();
  const machines: string[] = [];
  for (const [name, stack] of Object.entries(state.stacks)) {
    if (isInternet(stack)) roles.set(name, 'internet');
    else if (isSwitch(stack)) roles.set(name, 'switch');
    else machines.push(name);
  }
  const hosts = machines.filter((name) => {
    const stack = state.stacks[name] ?? missing;
    return bridgesOf(stack).length > 0 || proxiedPorts(stack).length > 0;
  });
  for (const name of hosts.length === 0 && machines.length === 1 ? machines : hosts) roles.set(name, 'host');
  for (const host of hosts)
    for (const name of [
      ...behindBridges(state, host),
      ...farEnds(state, host, proxiedPorts(state.stacks[host] ?? missing)),
    ])
      if (!roles.has(name)) roles.set(name, 'guest');
  for (const name of machines) if (!roles.has(name)) roles.set(name, 'outside');
  return roles;
};

const missing: Pick<Stack, 'interfaces'> & Stack = {
  ...{ interfaces: {}, routes: [], rules: [], neighbourProxies: [], sysctls: {}, filter: [], services: [] },
};
