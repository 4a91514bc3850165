/** Virtual networks of one host, as far as rules and guests need to know them. */
import { type Interface, type InterfaceAddress } from '../../state/network-state.ts';

/** `bridge`: one that is there already. `direct`: a device of the host, by macvtap or as a whole. */
export type ForwardMode = 'isolated' | 'nat' | 'route' | 'open' | 'bridge' | 'direct';

export type MacvtapMode = NonNullable<Interface['macvlan']>['mode'];

const macvtapModes: ReadonlySet<string> = new Set(['bridge', 'private', 'vepa']);

/** Undefined where a guest gets the device as a whole (passthrough, hostdev). */
export const macvtapModeOf = (word: string): MacvtapMode | undefined =>
  macvtapModes.has(word) ? (word as MacvtapMode) : undefined;

/** Guests are put on the wires of these devices of the host by macvtap. */
export interface DirectSource {
  readonly mode: MacvtapMode;
  readonly devices: readonly string[];
}

export interface VirtualNetwork {
  readonly bridge: string;
  readonly mode: ForwardMode;
  readonly addresses: readonly InterfaceAddress[];
  /** `<nat ipv6='yes'/>`: IPv6 is translated as well. */
  readonly natsIpv6: boolean;
  /** Taps are isolated from each other. */
  readonly isIsolated?: boolean;
  /** Forwarding is by this device of the host alone. */
  readonly device?: string;
  /** Guests are seen with one of these addresses; absent: with that of the device that they leave by. */
  readonly translated?: { readonly first: string; readonly last: string };
  /** Mode `direct`; absent where guests get devices as a whole. */
  readonly direct?: DirectSource;
  /** Where it is said: taps take it, and virtio tells guests. */
  readonly mtuBytes?: number;
}

/** Of routes that say none (virNetDevIPRouteGetMetric). */
export const bornMetric = 1;

/** libvirt gives out vnetN and macvtapN anew at each start; names of the user's own stay. */
export const isGivenOut = (tap: string): boolean => /^(vnet|vif|macvtap)\d/.test(tap);
