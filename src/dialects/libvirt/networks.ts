/** Virtual networks of one host, as far as rules and guests need to know them. */
import { type InterfaceAddress } from '../../state/network-state.ts';

/** `bridge`: one that is there already. `direct`: a device of the host, by macvtap or as a whole. */
export type ForwardMode = 'isolated' | 'nat' | 'route' | 'open' | 'bridge' | 'direct';

export interface VirtualNetwork {
  readonly bridge: string;
  readonly mode: ForwardMode;
  readonly addresses: readonly InterfaceAddress[];
  /** `<nat ipv6='yes'/>`: IPv6 is translated as well. */
  readonly natsIpv6: boolean;
}

/** Of routes that say none (virNetDevIPRouteGetMetric). */
export const bornMetric = 1;
