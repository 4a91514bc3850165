/** What is asked of the walker and of the engine, and what they answer. */
import { type Family } from '../net/address.ts';

/** One question: does `from` get an answer from `destination`? */
export interface Flow {
  /** The stack that sends. */
  readonly from: string;
  readonly family: Family;
  readonly destination: string;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  /** Destination port; null for ICMP echo. */
  readonly port: number | null;
  /** Bound source address; absent: the kernel chooses. */
  readonly source?: string;
  /**
   * The source is not the sender's: a raw socket writes it into the header, and the route is looked up without it
   * (IP_HDRINCL, raw(7)). As answers go to whom the source belongs, `yes` means that the request arrives.
   */
  readonly isForged?: true;
  /** Default 40000. */
  readonly sourcePort?: number;
  /** Outgoing interface: needed for a link-local destination (the zone). */
  readonly interface?: string;
  /** Bytes of the IP packet; default: a small one. The answer to an echo is as long. */
  readonly lengthBytes?: number;
  /** Default: false for ICMP echo and UDP of IPv4, true otherwise. */
  readonly dontFragment?: boolean;
  /** Whether a program listens at the port, on all addresses of the far end. Default: yes. */
  readonly isListening?: boolean;
}

/**
 * `yes`: the answer comes back. `sometimes`: it depends on chance or history (several next hops, duplicates).
 * `unknown`: it depends on a match that is not modelled; `Walk.unknown` names it.
 */
export type Verdict = 'yes' | 'no' | 'sometimes' | 'unknown';

/** Why a packet goes no further; aligned with the kernel's drop reasons. */
export type StopReason =
  | 'no_source_address'
  | 'interface_down'
  | 'no_carrier'
  | 'stp_blocked'
  | 'vlan_mismatch'
  | 'isolated'
  | 'hairpin'
  | 'not_flooded'
  | 'other_host'
  | 'bond_backup'
  | 'l2_filter'
  | 'arp_filter'
  | 'no_neighbour'
  | 'neighbour_ambiguous'
  | 'no_route'
  | 'route_blackhole'
  | 'route_unreachable'
  | 'route_prohibit'
  | 'not_forwarding'
  | 'martian'
  | 'rp_filter'
  | 'nf_drop'
  | 'nf_reject'
  | 'ct_invalid'
  | 'mtu'
  | 'ttl_loop'
  | 'no_listener'
  | 'not_local'
  | 'tunnel_outer';

/** What the program at the sender sees. */
export type ClientSees =
  | 'answer'
  | 'refused'
  | 'timeout'
  | 'net-unreachable'
  | 'host-unreachable'
  | 'prohibited'
  | 'protocol-unreachable'
  | 'protocol-error'
  | 'message-too-long'
  | 'invalid-argument'
  | 'address-not-available'
  | 'not-permitted';

/** The object of the state that decided, in the terms of `NetworkState`. */
export interface Because {
  readonly object:
    | 'interface'
    | 'cable'
    | 'bridge'
    | 'address'
    | 'route'
    | 'policy-rule'
    | 'neighbour'
    | 'neighbour-proxy'
    | 'sysctl'
    | 'filter-rule'
    | 'filter-policy'
    | 'connection'
    | 'service'
    | 'kernel';
  readonly stack: string;
  /** The object's own name, for finding its place in a file: an interface, a route's `to`, `table chain index` of a rule, a sysctl's path. */
  readonly key: string;
  /** In words for a person. */
  readonly text: string;
}

export interface TraceStep {
  /** `arp`, `nd`, `bridge`, `route`, `source`, `rp-filter`, `forwarding`, `mtu`, `local`, `cable`, or a hook such as `forward`. */
  readonly stage: string;
  readonly action: 'pass' | 'translate' | 'drop' | 'reject' | 'deliver' | 'note';
  readonly because: Because;
  /** The packet as it is after this step: `10.0.0.1:40000 > 192.0.2.1:80 tcp`. */
  readonly packet: string;
}

/** One stack that the packet passes. */
export interface Hop {
  readonly stack: string;
  readonly in: string | null;
  readonly out: string | null;
  readonly steps: readonly TraceStep[];
}

export interface Stop {
  readonly direction: 'forward' | 'reply';
  readonly stack: string;
  readonly interface: string | null;
  readonly stage: string;
  readonly reason: StopReason;
  readonly because: Because;
}

/** One course that things can take. */
export interface Walk {
  readonly verdict: Verdict;
  readonly forward: readonly Hop[];
  readonly reply: readonly Hop[];
  readonly stop: Stop | null;
  readonly clientSees: ClientSees;
  /** Whether the request reached the far end's program (or its ICMP). */
  readonly arrived: boolean;
  /** The source address that the far end sees; null if the request does not arrive. */
  readonly seenSource: string | null;
  /** The stack that the request reached, after any translation. */
  readonly deliveredTo: string | null;
  /** What the request asks for there, after any translation; the port is null for an echo. */
  readonly deliveredAs: { readonly address: string; readonly port: number | null } | null;
  /** Assumptions that this answer rests on, each in a sentence. */
  readonly facts: readonly string[];
  /** Matches that are not modelled and decide: `verdict` is `unknown` then, unless they make no difference. */
  readonly unknown: readonly string[];
  /** Other courses that chance or history can take; empty where there is one only. */
  readonly alternatives: readonly Walk[];
}
