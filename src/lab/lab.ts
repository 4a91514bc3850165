/**
 * A lab with everything decided: names are objects' keys that exist, and every number, MAC, prefix, address and port
 * stands. Addresses and prefixes are canonical text (RFC 5952). Made by `build-lab.ts`; decisions are in the lock file.
 */
import { type Diagnostic, type Span } from '../diagnostics/diagnostic.ts';
import { type Family } from '../net/address.ts';
import { type BondSettings } from '../state/network-state.ts';
import { type VirtualMachine } from '../state/virtual-machine.ts';
import { type LabBgpSpeakers } from './lab-bgp.ts';
import { type LabNames } from './lab-names.ts';
import { type LabRoles } from './lab-roles.ts';
import { type LabWatch } from './lab-watch.ts';

export type Mode = 'bridged' | 'nat' | 'routed' | 'proxied' | 'host-only' | 'private';

/** What carries a network that has no cables, inside packets of IPv4, as the language calls it. */
export type TunnelMode = '6in4' | 'ipip' | 'gre' | '6to4' | '6rd';

/** The same, with what carries it enciphered. */
export type CarrierMode = TunnelMode | 'wireguard';

/** One end of WireGuard (wg(8)): what it is to the others, and they to it. */
export interface LabWireguard {
  readonly publicKey: string;
  readonly listenPort?: number;
  readonly peers: readonly {
    readonly machine: string;
    readonly publicKey: string;
    /** Address and port, as in `192.0.2.1:51820` or `[2001:db8::1]:51820`. */
    readonly endpoint?: string;
    /** What is sent to it, and taken from it. */
    readonly allowedPrefixes: readonly string[];
    readonly keepaliveSeconds?: number;
  }[];
}

export interface LabAddress {
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  /** Interface label (ip-address(8)), as in `eth0:0`. */
  readonly label?: string;
}

/** Interfaces that act as one, each with a cable and a MAC of its own. */
export interface LabBond {
  readonly mode: BondSettings['mode'];
  readonly primary?: string;
  readonly members: readonly { readonly name: string; readonly mac: string }[];
}

export interface LabNic {
  readonly name: string;
  readonly network: string;
  readonly mac: string;
  readonly mtuBytes: number;
  /** Static addresses; the first of a family is the primary one. */
  readonly addresses: readonly LabAddress[];
  /** `cable`: an ethernet interface of a machine. `bridge`: the host's own interface on a network it makes. */
  readonly attachment: 'cable' | 'bridge';
  readonly bond?: LabBond;
  /** It has no cable: its frames are those of another NIC of the machine, with this tag. */
  readonly vlan?: { readonly link: string; readonly id: number };
  /** It has no cable: what it sends goes inside packets of IPv4 from `local` to `remote`, or as the address says. */
  readonly tunnel?: { readonly mode: TunnelMode; readonly local: string; readonly remote?: string };
  /** It has no cable: what it sends goes enciphered to the peer that has the destination. */
  readonly wireguard?: LabWireguard;
  readonly dhcp: boolean;
  /** The address a DHCP server of the lab reserves for this NIC, where there is one. */
  readonly lease?: LabAddress;
  readonly slaac: boolean;
  /** It asks for an IPv6 address by DHCPv6; `lease6`: what a server of the lab reserves for it. */
  readonly dhcp6: boolean;
  readonly lease6?: LabAddress;
  /** It takes no default route of these families, whatever DHCP or router advertisements say. */
  readonly ignoresRouters?: readonly Family[];
  readonly gateway4?: string;
  readonly gateway6?: string;
  /** What routing daemons count for sending by it; present where the machine has one. */
  readonly cost?: number;
  /** Metric of this NIC's default routes: 0 for the first NIC that has one, 100 more for each further one. */
  readonly metric: number;
  readonly at: Span;
}

export interface LabRoute {
  readonly family: Family;
  readonly to: string;
  readonly type: 'unicast' | 'unreachable' | 'blackhole' | 'prohibit';
  readonly via?: string;
  readonly dev?: string;
  readonly metric?: number;
  readonly at: Span;
}

export interface LabFirewallItem {
  readonly verdict: 'allow' | 'reject' | 'deny';
  readonly protocol: 'tcp' | 'udp' | 'ping';
  readonly ports: readonly number[];
  /** Source prefixes; empty: any. */
  readonly from: readonly string[];
  readonly at: Span;
}

export interface LabFirewall {
  readonly incoming: 'allow' | 'deny' | 'reject';
  readonly forward: 'allow' | 'deny' | 'reject';
  /** In matching order: deny, reject, allow. */
  readonly items: readonly LabFirewallItem[];
  readonly at: Span;
}

export interface LabMachine {
  readonly name: string;
  readonly role: 'host' | 'guest' | 'outside' | 'internet';
  readonly number: number;
  readonly nics: readonly LabNic[];
  readonly routes: readonly LabRoute[];
  readonly isRouter: boolean;
  /** It finds its routes together with others; who speaks BGP is in `Lab.bgp`. */
  readonly routing?: 'ospf';
  /** Masquerades what leaves by NICs on `internet`; `only`: source prefixes, empty for everything. */
  readonly nat?: { readonly only: readonly string[] };
  readonly firewall?: LabFirewall;
  /** Start position, lowest first; default 1000, hosts and outside machines 0. */
  readonly start: number;
  readonly consolePort: number;
  readonly monitorPort: number;
  /** What it is beside its network where it runs as a virtual machine; absent: a network namespace. */
  readonly machine?: VirtualMachine;
  readonly at: Span;
}

export interface LabPublish {
  readonly machine: string;
  /** Addresses of the same family: the outer one and the machine's. */
  readonly outer: string;
  readonly inner: string;
  readonly family: Family;
  /** Absent: the whole address, both ways. */
  readonly protocol?: 'tcp' | 'udp' | TunnelMode;
  readonly outerPort?: number;
  readonly innerPort?: number;
  readonly at: Span;
}

export interface LabDhcp {
  /** Each gives out a part of the range, and what is reserved. */
  readonly servers: readonly string[];
  /** First and last address of the pool. */
  readonly first: string;
  readonly last: string;
  /** Machines on the network that pass its questions on to the servers, which are elsewhere. */
  readonly relays?: readonly string[];
  /** Absent: dnsmasq. */
  readonly program?: 'kea';
  /** The second of its two servers answers when the first does not, and both know all leases. */
  readonly isHotStandby?: true;
}

/** A way that the members of a network have beside the default one, by a router there. */
export interface LabNetworkRoute {
  readonly family: Family;
  readonly to: string;
  readonly via: string;
  /** Whose address `via` is; absent: of none in the lab. */
  readonly machine?: string;
  readonly at: Span;
}

/** An address, or one of each family, that one of several machines has at a time (VRRP, RFC 9568). */
export interface LabShared {
  /** Unique on the wire: 1 to 255. */
  readonly id: number;
  readonly addresses: readonly LabAddress[];
  /** The one that has it by default first. */
  readonly members: readonly { readonly machine: string; readonly nic: string }[];
  readonly at: Span;
}

export interface LabNetwork {
  readonly name: string;
  readonly kind: 'outside' | 'made' | 'internet';
  readonly mode?: Mode;
  /** The host that makes it. */
  readonly host?: string;
  /** bridged, proxied: the host's NIC towards the outside network, and that network. */
  readonly uplink?: { readonly nic: string; readonly network: string };
  /** Name of the bridge interface: on the host, or in the switch that emulates an outside network. */
  readonly bridge: string;
  /** Its frames go over the cables of another outside network, with this tag. */
  readonly vlan?: { readonly trunk: string; readonly id: number };
  /** It has no cables: its members are the ends of a tunnel. */
  readonly tunnel?: CarrierMode;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly gateway4?: string;
  readonly gateway6?: string;
  readonly dhcp?: LabDhcp;
  /** DHCPv6. */
  readonly dhcp6?: LabDhcp;
  /** Whom its members are told to ask for the time: machines and addresses. */
  readonly timeServers?: readonly string[];
  readonly routes?: readonly LabNetworkRoute[];
  /** The domains that its members look names up in; absent: the zone. */
  readonly search?: readonly string[];
  /** The machine that sends router advertisements. */
  readonly advertiser?: string;
  /** Those that do, too; hosts prefer the first, and these in their order. */
  readonly furtherAdvertisers?: readonly string[];
  /** What it advertises is on the link, and not for addresses that machines make: DHCPv6 alone gives them out. */
  readonly isOnLinkOnly?: true;
  readonly publish: readonly LabPublish[];
  readonly shared: readonly LabShared[];
  readonly stp: boolean;
  /** The host drops what its machines send from addresses or MACs that are not their own. */
  readonly antispoof?: true;
  readonly mtuBytes: number;
  readonly at: Span;
}

/** One end of a policy or expectation, resolved. */
export type LabEndpoint =
  | { readonly kind: 'any' }
  | { readonly kind: 'internet' }
  | { readonly kind: 'machine'; readonly name: string }
  | { readonly kind: 'network'; readonly name: string }
  | { readonly kind: 'address'; readonly family: Family; readonly address: string }
  | { readonly kind: 'prefix'; readonly family: Family; readonly prefix: string };

export interface LabPolicy {
  readonly verdict: 'allow' | 'deny';
  /** Groups and clones are expanded to machines. */
  readonly from: readonly LabEndpoint[];
  readonly to: readonly LabEndpoint[];
  readonly except: readonly LabEndpoint[];
  /** Empty: everything. */
  readonly services: readonly LabServiceMatch[];
  readonly at: Span;
}

export interface LabServiceMatch {
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  /** Absent for icmp (echo). */
  readonly port?: number;
}

export interface LabExpectation {
  readonly from: readonly LabEndpoint[];
  readonly to: readonly LabEndpoint[];
  readonly family?: Family;
  /** `any` became icmp, tcp and udp without a port: an arbitrary port. */
  readonly services: readonly LabServiceMatch[];
  readonly answer: 'yes' | 'no' | 'refused' | 'timeout' | 'unreachable';
  /** The source addresses (one per family at most) that the far end must see. */
  readonly source?: readonly string[];
  readonly at: Span;
}

export interface Lab {
  readonly name: string;
  /** Keyed by name, in the order of the file; includes `internet` where anything is on it. */
  readonly networks: Readonly<Record<string, LabNetwork>>;
  readonly machines: Readonly<Record<string, LabMachine>>;
  readonly policy: readonly LabPolicy[];
  readonly expect: readonly LabExpectation[];
  /** Absent: nobody speaks BGP. */
  readonly bgp?: LabBgpSpeakers;
  /** Absent: nobody answers for names. */
  readonly names?: LabNames;
  /** Absent: no machine has a role. */
  readonly roles?: LabRoles;
  /** Absent: nobody watches. */
  readonly watch?: LabWatch;
  /** Facts that the plan tells: routes needed outside, accepted findings. */
  readonly notes: readonly Diagnostic[];
}
