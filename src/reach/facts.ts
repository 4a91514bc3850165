/**
 * What configuration alone cannot tell. Whatever is absent has a settled default: cables are plugged in, spanning tree
 * has come to rest, nothing is tentative, nobody was redirected. Each fact that decides is named in the trace.
 */
import { type Family } from '../net/address.ts';
import { type NextHop } from '../state/network-state.ts';

export interface Facts {
  /** Whether an interface has carrier, by `stack/interface`. Default: an interface that is up, at both ends of its cable. */
  readonly carrier?: Readonly<Record<string, boolean>>;
  /** Spanning tree's state of a bridge port, by `stack/interface`. Default: forwarding. */
  readonly portStates?: Readonly<Record<string, 'disabled' | 'listening' | 'learning' | 'forwarding' | 'blocking'>>;
  /** MAC addresses that the kernel chose, by `stack/interface`. */
  readonly macs?: Readonly<Record<string, string>>;
  /** Addresses that DHCP or router advertisements gave. */
  readonly addresses?: readonly LearnedAddress[];
  /** Those that DHCP, router advertisements or a routing daemon gave. */
  readonly routes?: readonly LearnedRoute[];
  /** IPv6 addresses that cannot be used (yet): under duplicate address detection, or found to be duplicates. */
  readonly unusable?: readonly {
    readonly stack: string;
    readonly interface: string;
    readonly address: string;
    readonly state: 'tentative' | 'dadfailed' | 'deprecated';
  }[];
  /**
   * Stacks that have had IPv4 policy rules of their own, though they may be gone: sources are looked up in full from then
   * on (fib_validate_source).
   */
  readonly hadPolicyRules?: readonly string[];
  /** ICMP redirects that were taken: packets to `destination` go to `via`. */
  readonly redirects?: readonly { readonly stack: string; readonly destination: string; readonly via: string }[];
}

export interface LearnedAddress {
  readonly stack: string;
  readonly interface: string;
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  readonly from: 'dhcp' | 'advertisement' | 'vrrp';
  /** Where it comes from, in words for a person. */
  readonly because: string;
}

export interface LearnedRoute {
  readonly stack: string;
  readonly family: Family;
  readonly to: string;
  readonly via?: string;
  readonly dev: string;
  readonly metric: number;
  readonly table: number;
  readonly nexthops?: readonly NextHop[];
  readonly from: 'dhcp' | 'advertisement' | 'ospf' | 'bgp';
  readonly because: string;
}
