/** What NetworkManager has words for. */
import { type NetworkState } from '../../../src/state/network-state.ts';
import { field } from '../../../src/state/spelling.ts';
import { type Family } from '../../../src/net/address.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { type Vocabulary } from '../any-stack.ts';

export const vocabulary: Vocabulary = {
  kinds: ['ethernet', 'bridge', 'bond', 'vlan', 'dummy', 'vrf', 'vxlan', 'tunnel'],
  routeTypes: ['unicast', 'blackhole', 'unreachable', 'prohibit'], metrics: true, tables: true,
  sources: true, onlink: true, rules: true, dhcp: true, resolver: true, macs: true,
}; // prettier-ignore

/** NetworkManager always says whether advertisements are listened to; its order is IPv4 before IPv6; and without an
 * address of a family it has neither routes nor servers of that family. */
export const fitting = (state: NetworkState): NetworkState => {
  const host = state.stacks['host'];
  if (host === undefined) return state;
  const sysctls: Record<string, string> = {};
  for (const [name, { master, addresses }] of Object.entries(host.interfaces)) {
    const isPort = master !== undefined && host.interfaces[master]?.kind !== 'vrf';
    if (!isPort) sysctls[`net/ipv6/conf/${name}/accept_ra`] = addresses.length % 2 === 0 ? '0' : '2';
  }
  const speaks = (family: Family, name: string): boolean =>
    (host.interfaces[name]?.addresses ?? []).some((address) => address.family === family) ||
    (family === 6 && sysctls[`net/ipv6/conf/${name}/accept_ra`] === '2') ||
    (family === 4 && host.services.some((service) => 'interface' in service && service.interface === name));
  const isSpoken = (family: Family): boolean => Object.keys(host.interfaces).some((name) => speaks(family, name));
  const routes = host.routes.filter(({ family, dev }) =>
    dev === undefined ? isSpoken(family) : family === 6 || speaks(4, dev),
  );
  const { resolver, ...rest } = host;
  const isAsked = Object.keys(host.interfaces).some((name) => speaks(4, name) && speaks(6, name));
  const interfaces = Object.fromEntries(
    Object.entries(host.interfaces).map(([name, it]) => [
      name,
      it.bridge?.stp === false ? { ...it, bridge: { ...it.bridge, forwardDelaySeconds: 15 } } : it,
    ]),
  );
  return normalize({
    ...state,
    stacks: { host: { ...rest, interfaces, ...field('resolver', isAsked ? resolver : undefined), routes, sysctls } },
  });
};
