/**
 * A NetworkState made ready for questions: effective settings, tables that can be looked up, chains by hook. Built once
 * by `build-model.ts`, never changed; the walker and the engine read it alike.
 */
import { type Family } from '../../net/address.ts';
import { type Interface, type NetworkState, type PolicyRule, type Stack } from '../../state/network-state.ts';
import { type FilterChain, type FilterSubchain, type FilterTable } from '../../state/packet-filter.ts';
import { type Facts } from '../facts.ts';

export interface Model {
  readonly state: NetworkState;
  readonly facts: Facts;
  readonly stacks: ReadonlyMap<string, StackModel>;
  /** MACs of interfaces that speak by themselves once they are up: multicast listener reports of IPv6. */
  readonly vocalMacs: ReadonlySet<string>;
  /** Where it is another model but for the filters of some stacks, which are named here: the stacks of that one. */
  readonly refiltered?: { readonly of: ReadonlyMap<string, StackModel>; readonly names: readonly string[] };
}

export interface StackModel {
  readonly name: string;
  readonly stack: Stack;
  readonly interfaces: ReadonlyMap<string, InterfaceModel>;
  /** The VRF of each interface that is in one. */
  readonly vrfs: ReadonlyMap<string, InterfaceModel>;
  /** The rules and tables of a family; those of machines with one card are made when they are first asked for. */
  readonly routing: (family: Family) => Routing;
  readonly settings: StackSettings;
  /** Packet-filter chains by hook, in the order they run; empty hooks are absent. */
  readonly hooks: ReadonlyMap<HookKey, readonly HookChain[]>;
  /** Whether connections are tracked: something in the filter asks for it. */
  readonly tracks: Readonly<Record<Family, boolean>>;
  /** Static neighbours: MAC by `interface address`. */
  readonly neighbours: ReadonlyMap<string, string>;
  /** Proxied addresses by `interface address`. */
  readonly proxies: ReadonlySet<string>;
  /** Whether it might answer for an address by ARP or neighbour discovery: a quick no for almost all stacks. */
  readonly mayAnswer: (family: Family, address: bigint) => boolean;
  /** Redirects taken: gateway by destination. */
  readonly redirects: ReadonlyMap<string, bigint>;
}

/** Where a chain runs: `4 forward`, `6 input`, `arp output`, `bridge forward`, `netdev ingress eth0`. */
export type HookKey = string;

export interface HookChain {
  readonly table: FilterTable;
  readonly chain: FilterChain;
  readonly subchains: ReadonlyMap<string, FilterSubchain>;
  /** When it runs. Chains of type nat run when addresses are translated, whatever their own priority (nf_nat_core). */
  readonly priority: number;
}

/** Settings of a whole stack, defaults filled in. */
export interface StackSettings {
  readonly forwarding6: boolean;
  readonly proxyNdp: boolean;
  /** Whether sockets that are bound to nothing take what comes in by a VRF (tcp_l3mdev_accept, udp_l3mdev_accept). */
  readonly acceptsFromVrf: Readonly<Record<'tcp' | 'udp', boolean>>;
  readonly echoIgnoreAll: Readonly<Record<Family, boolean>>;
  readonly hasCustomRules4: boolean;
  readonly hasCustomLocal4: boolean;
  /** Whether packets of a bridge pass the IP filters (br_netfilter). */
  readonly bridgeFilter: Readonly<Record<Family | 'arp', boolean>>;
}

/** Effective settings of an interface: combined with `all` as the kernel does (ip-sysctl). */
export interface InterfaceSettings {
  readonly forwarding4: boolean;
  readonly forwarding6: boolean;
  readonly forceForwarding6: boolean;
  readonly rpFilter: 0 | 1 | 2;
  readonly arpIgnore: number;
  readonly arpAnnounce: number;
  readonly arpFilter: boolean;
  readonly proxyArp: boolean;
  readonly proxyArpPvlan: boolean;
  readonly proxyNdp: boolean;
  readonly acceptLocal: boolean;
  readonly routeLocalnet: boolean;
  readonly sendRedirects: boolean;
  readonly sourceValidMark: boolean;
  readonly ignoreRoutesWithLinkdown: Readonly<Record<Family, boolean>>;
  readonly ipv6: boolean;
  readonly broadcastForwarding: boolean;
}

export interface InterfaceModel {
  readonly stack: string;
  readonly name: string;
  readonly it: Interface;
  readonly mac: string;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  /** IPv4 in the kernel's order; IPv6 with wider scopes first, as the kernel keeps them. */
  readonly addresses: readonly AddressModel[];
  readonly settings: InterfaceSettings;
  /** The other end of its cable. */
  readonly peer: { readonly stack: string; readonly interface: string } | undefined;
  /** The stack at the other end of its cable, where that end is neither a port nor stood upon: its frames go no further. */
  readonly leaf: string | undefined;
  /** MACs that a bridge takes frames for: its own, its ports', those of interfaces that stand on it. */
  readonly localMacs: ReadonlySet<string>;
  /** Ports of a bridge; children of a parent interface (macvlan, vlan). */
  readonly ports: readonly string[];
  readonly children: readonly string[];
}

export interface AddressModel {
  readonly family: Family;
  readonly value: bigint;
  readonly prefixLength: number;
  readonly scope: 'global' | 'link' | 'host';
  readonly isSecondary: boolean;
  readonly isDeprecated: boolean;
  /** Under duplicate address detection, or found to be one: not used, not answered for. */
  readonly isUnusable: boolean;
  /** How it came about where no configuration says so. */
  readonly fact?: string;
}

export interface Routing {
  /** In order of priority, the built-in ones included. */
  readonly rules: readonly PolicyRule[];
  readonly tables: ReadonlyMap<number, RouteTable>;
}

export interface RouteTable {
  /** By prefix length, the longest first; then by the prefix's value; routes by metric. */
  readonly lengths: readonly {
    readonly length: number;
    readonly routes: ReadonlyMap<bigint, readonly RouteModel[]>;
  }[];
}

export interface RouteModel {
  readonly family: Family;
  readonly to: bigint;
  readonly length: number;
  readonly type: 'unicast' | 'local' | 'broadcast' | 'anycast' | 'unreachable' | 'blackhole' | 'prohibit' | 'throw';
  readonly nexthops: readonly NextHopModel[];
  readonly metric: number;
  readonly table: number;
  readonly source: bigint | undefined;
  /** `host` for local routes, `link` where the destination is on the link, `global` behind a gateway. */
  readonly scope: 'host' | 'link' | 'global';
  readonly fact?: string;
}

export interface NextHopModel {
  /** Absent: the destination is on the link. */
  readonly via: bigint | undefined;
  /** A gateway that chooses the source address only. */
  readonly towards?: bigint;
  readonly dev: string;
  readonly weight: number;
}

export const stackOf = (model: Model, name: string): StackModel => {
  const stack = model.stacks.get(name);
  if (stack === undefined) throw new Error(`the state has no stack \`${name}\``);
  return stack;
};

export const interfaceOf = (stack: StackModel, name: string): InterfaceModel => {
  const it = stack.interfaces.get(name);
  if (it === undefined) throw new Error(`stack \`${stack.name}\` has no interface \`${name}\``);
  return it;
};
