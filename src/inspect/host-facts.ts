/**
 * What can be seen of a running machine, as plain data: links of the kernel, texts of files, processes, the packet filter.
 * `src/host/` reads it; everything here judges it. What could not be seen is part of it.
 */
import { type Family } from '../net/address.ts';
import { type Facts } from '../reach/facts.ts';
import { type NetworkState } from '../state/network-state.ts';

export interface LinkFacts {
  readonly index: number;
  readonly name: string;
  /** The kernel's word, such as `veth`; empty for `lo` and most hardware. */
  readonly kind: string;
  readonly altnames: readonly string[];
  /** What somebody wrote to it by `ip link set alias`. */
  readonly alias?: string;
  readonly mac?: string;
  readonly mtuBytes: number;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  readonly isLoopback: boolean;
  /** The bridge, bond, VRF or Open vSwitch datapath that it belongs to. */
  readonly master?: string;
  /** The link that it rests on, where that is in this namespace. */
  readonly base?: string;
  /** Of a veth: its other end. */
  readonly peer?: PeerFacts;
  readonly device?: DeviceFacts;
  readonly tap?: TapFacts;
  /** Of its kind, in words: `802.1Q tag 30`, `802.3ad`. */
  readonly detail?: string;
  readonly addresses: readonly AddressFacts[];
}

export interface PeerFacts {
  /** In this namespace. */
  readonly name?: string;
  /** Where it is in another: the namespace's name below /run/netns, a process in it, or neither where that cannot be seen. */
  readonly namespace?: { readonly name?: string; readonly process?: string };
}

/** Hardware, or what a hypervisor makes look like it. */
export interface DeviceFacts {
  readonly driver?: string;
  /** `pci`, `virtio`, `usb`, `xen` … */
  readonly bus: string;
  /** On that bus. */
  readonly address: string;
  /** As in `0000:00:1f.6`, where it is a PCI device or sits on one. */
  readonly pci?: string;
  readonly isWireless: boolean;
}

export interface TapFacts {
  readonly mode: 'tun' | 'tap';
  /** It stays when no process holds it. */
  readonly isPersistent: boolean;
  /** The user that may open it. */
  readonly ownerUid?: number;
}

export interface AddressFacts {
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  readonly scope: 'global' | 'link' | 'host';
  /** Given by DHCP or a router advertisement. */
  readonly isDynamic: boolean;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly name: string;
  readonly argv: readonly string[];
  /** Whether it is in this network namespace; undefined where the kernel does not tell this user. */
  readonly isHere?: boolean;
  /** Taps and tuns that it holds. */
  readonly taps: readonly string[];
}

export interface DefaultRoute {
  readonly family: Family;
  readonly via?: string;
  readonly dev: string;
  readonly metric: number;
  /** rtnetlink's word for who made it: `static`, `dhcp`, `ra`, `boot` … */
  readonly protocol: string;
}

/** Rows of Open vSwitch's database (ovs-vswitchd.conf.db(5)). */
export interface SwitchRows {
  readonly bridges: readonly {
    readonly name: string;
    readonly datapath: string;
    readonly ports: readonly {
      readonly name: string;
      readonly tag?: number;
      readonly interfaces: readonly { readonly name: string; readonly type: string }[];
    }[];
  }[];
}

export interface KvmFacts {
  /** Whether this user can open `/dev/kvm`. */
  readonly device: 'missing' | 'closed' | 'open';
  /** The kernel's answer to KVM_GET_API_VERSION: 12 where it works at all. */
  readonly apiVersion?: number;
  /** The processor's flag: `vmx` (Intel) or `svm` (AMD). */
  readonly flag?: 'vmx' | 'svm';
  /** The processor is itself a virtual one. */
  readonly isGuest: boolean;
  /** What came of the last trial with a guest, since this machine was booted. */
  readonly tried?: { readonly works: boolean; readonly reason?: string };
}

/** Something that would have been looked at. */
export interface Unseen {
  readonly what: string;
  readonly why: string;
}

export interface HostFacts {
  /** The machine's name. */
  readonly name: string;
  /** A machine of a running lab, looked at from inside: files of the machine around it say nothing about it. */
  readonly world?: { readonly lab: string; readonly machine: string };
  readonly links: readonly LinkFacts[];
  readonly defaultRoutes: readonly DefaultRoute[];
  /** By absolute path. */
  readonly texts: Readonly<Record<string, string>>;
  /** Names in folders, by the folder's absolute path; of those that are there. */
  readonly listings: Readonly<Record<string, readonly string[]>>;
  readonly processes: readonly ProcessFacts[];
  readonly switches: SwitchRows | undefined;
  /** Of one stack, named `name`; without a filter where that cannot be read. */
  readonly state: NetworkState;
  readonly learned: Facts;
  readonly isFilterSeen: boolean;
  readonly kvm: KvmFacts;
  readonly unseen: readonly Unseen[];
}
