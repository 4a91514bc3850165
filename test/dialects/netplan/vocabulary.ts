/** What netplan has words for. */
import type * as fc from 'fast-check';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { unsaidMtuBytes } from '../../../src/dialects/born-mtu.ts';
import { stackIn } from '../../../src/dialects/reading.ts';
import { anyStack, type Vocabulary } from '../any-stack.ts';

export const vocabulary: Vocabulary = {
  kinds: ['ethernet', 'bridge', 'bond', 'vlan', 'dummy', 'vrf', 'vxlan', 'tunnel', 'wireguard'],
  labels: true, routeTypes: ['unicast', 'blackhole', 'unreachable', 'prohibit'], metrics: true, tables: true,
  sources: true, onlink: true, rules: true, markMask: 0xffffffff, dhcp: true, resolver: true, down: true, macs: true,
}; // prettier-ignore

/** A VRF has neither addresses nor a state of its own, and a bridge the MTU of its ports. */
const shaped = (name: string, it: Interface, { interfaces }: Stack): Interface => {
  if (it.kind === 'vrf') return { ...it, up: true, addresses: [] };
  const born = it.kind === 'bridge' ? unsaidMtuBytes(name, it, interfaces) : undefined;
  return born === undefined ? it : { ...it, mtuBytes: born };
};

/** Gateways of what has no address are on the link, whatever is said. */
export const fitting = (state: NetworkState): NetworkState => {
  const host = stackIn(state, 'host');
  const interfaces = Object.fromEntries(
    Object.entries(host.interfaces).map(([name, it]) => [name, shaped(name, it, host)]),
  );
  const routes = host.routes.map((route) =>
    route.via !== undefined && host.interfaces[route.dev ?? '']?.addresses.length === 0
      ? { ...route, onlink: true as const }
      : route,
  );
  return normalize({ ...state, stacks: { host: { ...host, interfaces, routes } } });
};

export const anySayable = (words: Vocabulary = vocabulary): fc.Arbitrary<NetworkState> => anyStack(words).map(fitting);
