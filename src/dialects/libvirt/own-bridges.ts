/** Which bridges of a host libvirt may have made: it switches off what others leave on, and never gives them a card. */
import { type Interface, type NetworkState, type Stack } from '../../state/network-state.ts';
import { isCardName } from '../guests.ts';
import { stackIn } from '../reading.ts';

const isAsLibvirtMakes = (bridge: string, it: Interface, stack: Stack): boolean =>
  it.kind === 'bridge' &&
  stack.sysctls[`net/ipv6/conf/${bridge}/accept_ra`] === '0' &&
  stack.sysctls[`net/ipv6/conf/${bridge}/autoconf`] === '0';

/** Bridges with cards as ports, or with what is made of those, or with cables to others than guests. */
const uplinkedBridges = (state: NetworkState, host: string, taps: ReadonlySet<string>): ReadonlySet<string> => {
  const cabled = new Set(
    state.cables.flatMap(({ a, b }) => [a, b].flatMap((end) => (end.stack === host ? [end.interface] : []))),
  );
  return new Set(
    Object.entries(stackIn(state, host).interfaces).flatMap(([name, { kind, master }]) =>
      master !== undefined && !taps.has(name) && (kind !== 'ethernet' || isCardName(name) || cabled.has(name))
        ? [master]
        : [],
    ),
  );
};

/** `taps`: the ports that are ends of guests' cables. */
export const ownBridges = (
  state: NetworkState,
  host: string,
  taps: ReadonlySet<string>,
): readonly (readonly [name: string, it: Interface])[] => {
  const stack = stackIn(state, host);
  const uplinked = uplinkedBridges(state, host, taps);
  return Object.entries(stack.interfaces).filter(
    ([name, it]) => isAsLibvirtMakes(name, it, stack) && !uplinked.has(name),
  );
};
