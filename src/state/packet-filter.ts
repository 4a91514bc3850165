/**
 * A packet filter in one normal form, whatever wrote it. Tables of the `inet` family with base chains (nft(8)):
 * rules match when all their matches do, and are read in order.
 */
import { type Family } from '../net/address.ts';

export interface FilterTable {
  readonly family: 'inet';
  readonly name: string;
  readonly chains: readonly FilterChain[];
}

export interface FilterChain {
  readonly name: string;
  readonly type: 'filter' | 'nat';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly FilterRule[];
}

export interface FilterRule {
  readonly matches: readonly FilterMatch[];
  readonly verdict: FilterVerdict;
  /** Why it is there, in the user's words; at most 128 characters, kept by the kernel. */
  readonly comment?: string;
}

export type FilterMatch =
  /** Any of these interface names. */
  | { readonly kind: 'iif' | 'oif'; readonly names: readonly string[]; readonly negate?: boolean }
  /** Any of these prefixes; an address is written with /32 or /128. */
  | {
      readonly kind: 'source' | 'destination';
      readonly family: Family;
      readonly prefixes: readonly string[];
      readonly negate?: boolean;
    }
  | { readonly kind: 'family'; readonly family: Family }
  /** Protocol and any of these destination ports; no ports: all of the protocol. */
  | { readonly kind: 'port'; readonly protocol: 'tcp' | 'udp'; readonly ports: readonly number[] }
  /** ICMP of either family: echo requests, or neighbour discovery, MLD and router discovery (ICMPv6 types 130 to 136, 143). */
  | { readonly kind: 'icmp'; readonly types: 'echo-request' | 'neighbour-discovery' }
  | { readonly kind: 'conntrack'; readonly states: readonly ('new' | 'established' | 'related' | 'invalid')[] }
  /** The connection was translated to another destination. */
  | { readonly kind: 'dnatted' };

export type FilterVerdict =
  | { readonly kind: 'accept' | 'drop' | 'masquerade' }
  /** TCP is answered with a reset, all else with port-unreachable (`refused`), or all with admin-prohibited. */
  | { readonly kind: 'reject'; readonly with: 'tcp-reset' | 'port-unreachable' | 'admin-prohibited' }
  | { readonly kind: 'snat' | 'dnat'; readonly address: string; readonly port?: number }
  | { readonly kind: 'redirect'; readonly port: number };
