/**
 * The waist: what a set of network stacks is configured to be, and the cables between them. Plain JSON data.
 * Every source produces it and every consumer reads it. `normal-form.ts` gives its one spelling, `diff.ts` compares.
 * Terms follow iproute2 and nftables; addresses and prefixes are canonical text.
 */
import { type Family } from '../net/address.ts';
import { type FilterTable } from './packet-filter.ts';
import { type Service } from './service.ts';

export interface NetworkState {
  readonly version: 1;
  /** Keyed by stack name. */
  readonly stacks: Readonly<Record<string, Stack>>;
  readonly cables: readonly Cable[];
}

/** One machine's network configuration: what one network namespace holds. */
export interface Stack {
  readonly interfaces: Readonly<Record<string, Interface>>;
  readonly routes: readonly Route[];
  readonly rules: readonly PolicyRule[];
  readonly neighbourProxies: readonly NeighbourProxy[];
  /** Keyed by path below /proc/sys, as in `net/ipv4/ip_forward`. Only those that are set on purpose. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly filter: readonly FilterTable[];
  readonly services: readonly Service[];
}

export interface Interface {
  readonly kind: 'ethernet' | 'bridge' | 'loopback';
  /** Absent: the kernel's choice. */
  readonly mac?: string;
  readonly mtuBytes: number;
  readonly up: boolean;
  /** In the order they are added: the first of a family and subnet is the primary one. */
  readonly addresses: readonly InterfaceAddress[];
  /** The bridge this interface is a port of. */
  readonly master?: string;
  readonly bridge?: { readonly stp: boolean; readonly forwardDelaySeconds: number };
}

/** Static addresses only: what DHCP or router advertisements gave is not configuration. */
export interface InterfaceAddress {
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  readonly label?: string;
}

export interface Route {
  readonly family: Family;
  /** A prefix; the default is `0.0.0.0/0` or `::/0`. */
  readonly to: string;
  readonly type: 'unicast' | 'unreachable' | 'blackhole' | 'prohibit';
  readonly via?: string;
  readonly dev?: string;
  /** As the kernel holds it: 0 is the IPv4 default, 1024 the IPv6 default. */
  readonly metric: number;
  /** 254 is `main`. */
  readonly table: number;
  /** Preferred source address. */
  readonly source?: string;
}

export interface PolicyRule {
  readonly family: Family;
  readonly priority: number;
  readonly from?: string;
  readonly to?: string;
  readonly iif?: string;
  readonly table: number;
}

/** Answers ARP or neighbour solicitations for `address` on `dev` (`ip neigh add proxy`). */
export interface NeighbourProxy {
  readonly family: Family;
  readonly address: string;
  readonly dev: string;
}

/** Joins interfaces of two stacks. `a` sorts before `b`. */
export interface Cable {
  readonly a: CableEnd;
  readonly b: CableEnd;
}

export interface CableEnd {
  readonly stack: string;
  readonly interface: string;
}
