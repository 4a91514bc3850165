/**
 * The waist: what a set of network stacks is configured to be, and the cables between them. Plain JSON data.
 * Every source produces it and every consumer reads it. `normal-form.ts` gives its one spelling, `diff.ts` compares.
 * Terms follow iproute2 and nftables; addresses and prefixes are canonical text.
 */
import { type Family } from '../net/address.ts';
import { type FilterTable } from './packet-filter.ts';
import { type Resolver } from './resolver.ts';
import { type Service } from './service.ts';

export { type Resolver };

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
  /** Static entries of the neighbour table (`ip neigh add … nud permanent`); absent when there are none. */
  readonly neighbours?: readonly Neighbour[];
  /** Keyed by path below /proc/sys, as in `net/ipv4/ip_forward`. Only those that are set on purpose. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly filter: readonly FilterTable[];
  readonly services: readonly Service[];
  /** Whom it asks for names (resolv.conf(5)). Configuration files say it; the kernel does not know it. */
  readonly resolver?: Resolver;
}

export interface Interface {
  readonly kind:
    | 'ethernet'
    | 'bridge'
    | 'loopback'
    | 'vlan'
    | 'macvlan'
    | 'vxlan'
    | 'tunnel'
    | 'bond'
    | 'dummy'
    | 'vrf'
    | 'wireguard';
  /** Absent: the kernel's choice. */
  readonly mac?: string;
  readonly mtuBytes: number;
  readonly up: boolean;
  /** In the order they are added: the first of a family and subnet is the primary one. */
  readonly addresses: readonly InterfaceAddress[];
  /** The bridge this interface is a port of, or the bond or VRF that it is a member of. */
  readonly master?: string;
  readonly bridge?: BridgeSettings;
  /** What this interface is as a port of `master`; absent: all defaults. */
  readonly port?: BridgePort;
  readonly vlan?: { readonly link: string; readonly id: number };
  /** With a cable it is a macvtap: what comes for its MAC goes to the far end, not to its own stack. */
  readonly macvlan?: { readonly link: string; readonly mode: 'bridge' | 'private' | 'vepa' };
  readonly vxlan?: VxlanSettings;
  readonly tunnel?: TunnelSettings;
  readonly bond?: BondSettings;
  /** Packets that come in by a member are routed by this table (ip-vrf(8)). */
  readonly vrf?: { readonly table: number };
  readonly wireguard?: WireguardSettings;
}

/** An IP tunnel over IPv4: IPv6 inside (`sit`, RFC 4213), IPv4 inside (`ipip`, RFC 2003), or either (`gre`, RFC 2784). */
export interface TunnelSettings {
  readonly mode: 'sit' | 'ipip' | 'gre';
  readonly local?: string;
  /** Absent: the far end is found from the inner address (6to4, 6rd), or nothing is sent. */
  readonly remote?: string;
  /** Time to live of outer packets; absent: the inner packet's. */
  readonly ttl?: number;
  /** `sit`: the prefix whose addresses hold the far end's IPv4 address (RFC 5969); absent: 2002::/16 (RFC 3056). */
  readonly sixRd?: { readonly prefix: string; readonly relayPrefix?: string };
}

/** Several interfaces that act as one (bonding.txt of the kernel). */
export interface BondSettings {
  readonly mode:
    'balance-rr' | 'active-backup' | 'balance-xor' | 'broadcast' | '802.3ad' | 'balance-tlb' | 'balance-alb';
  /** How often carriers are looked at; absent: never, or every 100 ms in the modes that cannot do without. */
  readonly miimonMilliseconds?: number;
  /** `active-backup`: the member that is used whenever it can be. */
  readonly primary?: string;
  readonly lacpRate?: 'fast';
  readonly hashPolicy?: 'layer2+3' | 'layer3+4';
}

/** wg(8). Keys that are secret stand in a file, and are not part of the state. */
export interface WireguardSettings {
  readonly privateKeyFile?: string;
  /** That of the private key, where it is known: configuration files do not say it. */
  readonly publicKey?: string;
  readonly listenPort?: number;
  readonly peers: readonly WireguardPeer[];
}

export interface WireguardPeer {
  readonly publicKey: string;
  /** Address and port, as in `192.0.2.1:51820` or `[2001:db8::1]:51820`. */
  readonly endpoint?: string;
  readonly allowedPrefixes: readonly string[];
  readonly keepaliveSeconds?: number;
}

export interface BridgeSettings {
  readonly stp: boolean;
  readonly forwardDelaySeconds: number;
  /** Frames are kept apart by 802.1Q tag (ip-link(8), vlan_filtering). Absent: off. */
  readonly vlanFiltering?: true;
  /** VLANs of the bridge device itself; only with `vlanFiltering`. */
  readonly vlans?: readonly PortVlan[];
}

/** Settings of a bridge port that differ from the kernel's defaults (bridge(8)). */
export interface BridgePort {
  /** Talks to ports that are not isolated, and to the bridge itself, only. */
  readonly isolated?: true;
  /** Frames may leave by the port that they came in by. */
  readonly hairpin?: true;
  readonly learning?: false;
  /** Whether unicast to unknown stations is sent out here. */
  readonly flood?: false;
  /** Only where the bridge filters VLANs; absent: VLAN 1, untagged, the port's own. */
  readonly vlans?: readonly PortVlan[];
}

export interface PortVlan {
  readonly id: number;
  /** Untagged frames that come in belong to it. */
  readonly pvid?: true;
  /** Its frames leave without a tag. */
  readonly untagged?: true;
}

/** A VXLAN segment with a fixed list of far ends (RFC 7348). */
export interface VxlanSettings {
  readonly id: number;
  readonly local?: string;
  readonly remotes: readonly string[];
  readonly port: number;
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
  /** `local`: the prefix is delivered here, as with `ip route add local P dev lo`. `throw`: the next rule decides. */
  readonly type: 'unicast' | 'unreachable' | 'blackhole' | 'prohibit' | 'throw' | 'local';
  readonly via?: string;
  readonly dev?: string;
  /** Several next hops of equal cost (ECMP), at least two; `via` and `dev` are absent then. */
  readonly nexthops?: readonly NextHop[];
  /** As the kernel holds it: 0 is the IPv4 default, 1024 the IPv6 default. */
  readonly metric: number;
  /** 254 is `main`. */
  readonly table: number;
  /** Preferred source address. */
  readonly source?: string;
  /** The gateway need not be in a subnet of `dev`. */
  readonly onlink?: true;
}

export interface NextHop {
  readonly via?: string;
  readonly dev: string;
  readonly weight: number;
  readonly onlink?: true;
}

export interface PolicyRule {
  readonly family: Family;
  readonly priority: number;
  readonly from?: string;
  readonly to?: string;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: { readonly value: number; readonly mask: number };
  /** IANA protocol number. */
  readonly protocol?: number;
  readonly sourcePorts?: PortRange;
  readonly destinationPorts?: PortRange;
  /** The rule holds for whatever does not match. */
  readonly not?: true;
  /** Absent: look into `table`. */
  readonly action?: 'blackhole' | 'unreachable' | 'prohibit';
  /** Routes of this length or shorter do not count. */
  readonly suppressPrefixLength?: number;
  /** 0 where `action` says what to do. */
  readonly table: number;
}

/** First and last, both included. */
export type PortRange = readonly [first: number, last: number];

export interface Neighbour {
  readonly family: Family;
  readonly address: string;
  readonly mac: string;
  readonly dev: string;
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
