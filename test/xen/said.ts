/** What a state says of vifs and of the cards of guests, in the shape in which they are seen on the hypervisor. */
import { stackIn } from '../../src/dialects/reading.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { type SeenVif } from './domains.ts';
import { host } from './networks.ts';
import { vifsOf } from './stack-script.ts';

/** vifs as a state has them; whatever MAC, where it says none. */
export const saidVifs = (
  state: NetworkState,
  guests: readonly string[],
  seen: readonly SeenVif[],
): readonly SeenVif[] => {
  const { interfaces, routes, sysctls } = stackIn(state, host);
  return [...vifsOf(state, host, guests)].sort().flatMap((name): readonly SeenVif[] => {
    const end = interfaces[name];
    if (end === undefined) return [];
    return [
      {
        name,
        mac: end.mac ?? seen.find((vif) => vif.name === name)?.mac ?? '',
        mtuBytes: end.mtuBytes,
        up: end.up,
        master: end.master,
        addresses: end.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
        routes: routes
          .filter(({ dev }) => dev === name)
          .map(({ to, metric, source }) => `${to} metric ${metric} src ${source ?? 'none'}`)
          .sort(),
        isProxyingArp: sysctls[`net/ipv4/conf/${name}/proxy_arp`] === '1',
      },
    ];
  });
};

export const saidMacs = (state: NetworkState, guest: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Object.entries(stackIn(state, guest).interfaces)
      .filter(([, { kind }]) => kind === 'ethernet')
      .map(([name, { mac }]) => [name.replace('eth', ''), mac]),
  );
