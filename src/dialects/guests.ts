/** Which machines run on a host, and which of the host's interfaces are the ends of their cables. */
import { type NetworkState } from '../state/network-state.ts';
import { isSwitch } from '../state/switch.ts';
import { stackIn } from './reading.ts';

/** An interface of a guest, and its end on the host. */
export type GuestNic = readonly [nic: string, tap: string];

export type Guests = ReadonlyMap<string, readonly GuestNic[]>;

/** What kernel and udev call cards (systemd.net-naming-scheme(7)), and Xen's scripts the card below a bridge. */
export const isCardName = (name: string): boolean =>
  /^(p?eth\d|en[ospxP]\w*\d|em\d|p\d+p\d|wlan\d|wl[opx]\w*\d)/.test(name);

/**
 * Guests have cables to this host alone, none of them to a card; switches and machines beside the host have others.
 * `known`: guests all the same.
 */
export const guestsOf = (state: NetworkState, host: string, known: readonly string[] = []): Guests => {
  const guests = new Map<string, GuestNic[]>();
  const others = new Set<string>();
  for (const { a, b } of state.cables) {
    const [near, far] = a.stack === host ? [a, b] : [b, a];
    if (near.stack !== host || far.stack === host) for (const { stack } of [a, b]) others.add(stack);
    else {
      guests.set(far.stack, [...(guests.get(far.stack) ?? []), [far.interface, near.interface]]);
      if (isCardName(near.interface) || isSwitch(stackIn(state, far.stack))) others.add(far.stack);
    }
  }
  return new Map([...guests].filter(([name]) => !others.has(name) || known.includes(name)));
};

/** Ends of guests' cables on the host. */
export const tapsOf = (guests: Guests): ReadonlySet<string> =>
  new Set([...guests.values()].flatMap((nics) => nics.map(([, tap]) => tap)));
