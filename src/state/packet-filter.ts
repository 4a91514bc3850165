/**
 * A packet filter in one normal form, whatever wrote it: nftables in all families, iptables, ebtables. Rules match when
 * all their matches do, and are read in order; base chains of one hook run by priority (nft(8)).
 */
import { type Family } from '../net/address.ts';

export interface FilterTable {
  readonly family: 'inet' | 'ip' | 'ip6' | 'arp' | 'bridge' | 'netdev';
  readonly name: string;
  /** Base chains: those that hang on a hook. */
  readonly chains: readonly FilterChain[];
  /** Chains that are only jumped to; absent when there are none. */
  readonly subchains?: readonly FilterSubchain[];
}

export interface FilterChain {
  readonly name: string;
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: 'ingress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** The interface of an `ingress` hook. */
  readonly device?: string;
  readonly rules: readonly FilterRule[];
}

export interface FilterSubchain {
  readonly name: string;
  readonly rules: readonly FilterRule[];
}

export interface FilterRule {
  readonly matches: readonly FilterMatch[];
  readonly verdict: FilterVerdict;
  /** Why it is there, in the user's words; at most 128 characters, kept by the kernel. */
  readonly comment?: string;
}

/** First and last, both included. */
export type NumberRange = readonly [first: number, last: number];

export type FilterMatch =
  /** Any of these interface names; a `*` at the end stands for any ending. In the bridge family: ports. */
  | { readonly kind: 'iif' | 'oif'; readonly names: readonly string[]; readonly negate?: boolean }
  /** The bridge port that an IP packet of a bridge came in or leaves by (xt_physdev; br_netfilter only). */
  | { readonly kind: 'port-in' | 'port-out'; readonly names: readonly string[]; readonly negate?: boolean }
  /** Any of these prefixes; an address is written with /32 or /128. In the arp family: sender and target address. */
  | {
      readonly kind: 'source' | 'destination';
      readonly family: Family;
      readonly prefixes: readonly string[];
      readonly negate?: boolean;
    }
  | { readonly kind: 'family'; readonly family: Family }
  /** Any of these IANA protocol numbers. */
  | { readonly kind: 'protocol'; readonly protocols: readonly number[]; readonly negate?: true }
  /** Protocol and any of these destination ports; no ports: all of the protocol. Ranges of more than one port. */
  | {
      readonly kind: 'port';
      readonly protocol: 'tcp' | 'udp';
      readonly ports: readonly number[];
      readonly ranges?: readonly NumberRange[];
      readonly negate?: true;
    }
  /** The same for source ports; at least one port or range. */
  | {
      readonly kind: 'source-port';
      readonly protocol: 'tcp' | 'udp';
      readonly ports: readonly number[];
      readonly ranges?: readonly NumberRange[];
      readonly negate?: true;
    }
  /** ICMP of either family: echo requests, or neighbour discovery, MLD and router discovery (ICMPv6 types 130 to 136, 143). */
  | { readonly kind: 'icmp'; readonly types: 'echo-request' | 'neighbour-discovery' }
  /** ICMP (family 4) or ICMPv6 (family 6) of any of these types, and of this code where one is given. */
  | {
      readonly kind: 'icmp-type';
      readonly family: Family;
      readonly types: readonly number[];
      readonly code?: number;
      readonly negate?: true;
    }
  /** TCP flags: `flags & mask == value` (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32). */
  | { readonly kind: 'tcp-flags'; readonly mask: number; readonly value: number; readonly negate?: true }
  | {
      readonly kind: 'conntrack';
      readonly states: readonly ('new' | 'established' | 'related' | 'invalid' | 'untracked')[];
      readonly negate?: true;
    }
  /** The connection was translated to another destination, or source. */
  | { readonly kind: 'dnatted' | 'snatted'; readonly negate?: true }
  | {
      readonly kind: 'mark' | 'connection-mark';
      readonly value: number;
      readonly mask: number;
      readonly negate?: true;
    }
  /** Bytes of the IP packet. */
  | { readonly kind: 'length'; readonly range: NumberRange; readonly negate?: true }
  | {
      readonly kind: 'source-mac' | 'destination-mac';
      readonly macs: readonly string[];
      readonly negate?: true;
    }
  /** 0x0800 is IPv4, 0x0806 ARP, 0x86dd IPv6. */
  | { readonly kind: 'ethertype'; readonly types: readonly number[]; readonly negate?: true }
  | { readonly kind: 'vlan'; readonly id: number; readonly negate?: true }
  | {
      readonly kind: 'packet-type';
      readonly types: readonly ('host' | 'broadcast' | 'multicast' | 'other')[];
      readonly negate?: true;
    }
  /** 1 is a request, 2 a reply. */
  | { readonly kind: 'arp-operation'; readonly operation: number; readonly negate?: true }
  /** The IPv4 address that an ARP packet says its sender has; in the arp family that is `source`. */
  | { readonly kind: 'arp-source'; readonly prefixes: readonly string[]; readonly negate?: boolean }
  /** What the normal form cannot say: who decides with it, does not know. */
  | { readonly kind: 'other'; readonly text: string };

export type RejectWith =
  | 'tcp-reset'
  | 'port-unreachable'
  | 'admin-prohibited'
  | 'host-unreachable'
  | 'net-unreachable'
  | 'host-prohibited'
  | 'net-prohibited'
  | 'protocol-unreachable';

export type FilterVerdict =
  | { readonly kind: 'accept' | 'drop' }
  | { readonly kind: 'masquerade' }
  /**
   * TCP is answered with a reset (other protocols pass by such a rule), or all with an ICMP error of the family; IPv6 has
   * no-route for `net-unreachable`, address-unreachable for `host-unreachable`, and admin-prohibited for the others.
   */
  | { readonly kind: 'reject'; readonly with: RejectWith }
  | {
      readonly kind: 'snat' | 'dnat';
      readonly address: string;
      /** The last of a range of addresses that begins with `address`. */
      readonly lastAddress?: string;
      readonly port?: number;
      readonly lastPort?: number;
    }
  /** Absent port: the packet's own. */
  | { readonly kind: 'redirect'; readonly port?: number }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'return' }
  /** Goes on with the next rule: connection tracking leaves the packet alone; nothing; the mark is set under a mask. */
  | { readonly kind: 'notrack' | 'continue' }
  | { readonly kind: 'set-mark' | 'set-connection-mark'; readonly value: number; readonly mask: number }
  /** The packet's mark from its connection's, and the other way round. */
  | { readonly kind: 'restore-mark' | 'save-mark' }
  | { readonly kind: 'other'; readonly text: string };
