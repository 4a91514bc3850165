/** Networks as states, for rules that files are not needed for. */
import { emptyStack } from '../../src/state/empty-stack.ts';
import {
  type Cable,
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type Route,
  type Stack,
} from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type FilterChain, type FilterRule } from '../../src/state/packet-filter.ts';

const addressOf = (text: string): InterfaceAddress => {
  const [address = '', length] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  return { family, address, prefixLength: Number(length) };
};

export const nic = (addresses: readonly string[] = [], more: Partial<Interface> = {}): Interface => ({
  ...{ kind: 'ethernet', mtuBytes: 1500, up: true },
  addresses: addresses.map(addressOf),
  ...more,
});

export const bridge = (addresses: readonly string[] = [], more: Partial<Interface> = {}): Interface =>
  nic(addresses, { kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 0 }, ...more });

export const via = (to: string, gateway: string, dev: string, more: Partial<Route> = {}): Route => {
  const family = to.includes(':') ? 6 : 4;
  return { family, to, type: 'unicast', via: gateway, dev, metric: family === 4 ? 0 : 1024, table: 254, ...more };
};

export const host = (interfaces: Readonly<Record<string, Interface>>, more: Partial<Stack> = {}): Stack => ({
  ...emptyStack,
  interfaces,
  ...more,
});

export const forwarding = { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' };

/** `a:eth0 b:eth0` for each cable. */
export const network = (stacks: Readonly<Record<string, Stack>>, ...cables: readonly string[]): NetworkState => {
  const end = (text = ''): Cable['a'] => ({ stack: text.split(':')[0] ?? '', interface: text.split(':')[1] ?? '' });
  return normalize({
    ...{ version: 1, stacks },
    cables: cables.map((text) => ({ a: end(text.split(' ')[0]), b: end(text.split(' ')[1]) })),
  });
};

export const filter = (
  hook: FilterChain['hook'],
  policy: FilterChain['policy'],
  rules: readonly FilterRule[],
  family: 'ip' | 'ip6' | 'inet' = 'ip',
  name = 'filter',
): Stack['filter'][number] => ({
  ...{ family, name },
  chains: [{ name: hook.toUpperCase(), type: 'filter', hook, priority: 0, policy, rules }],
});

export const nat = (rules: readonly FilterRule[]): Stack['filter'][number] => ({
  ...{ family: 'ip', name: 'nat' },
  chains: [{ name: 'POSTROUTING', type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept', rules }],
});
