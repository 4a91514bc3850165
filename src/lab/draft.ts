/**
 * A lab on its way: clones are expanded, names are known to exist, and every NIC says what addresses it wishes for;
 * no number, prefix or address is decided yet. Made by `draft-networks.ts` and `draft-machines.ts`.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Family, type Ip } from '../net/address.ts';
import { type Prefix } from '../net/prefix.ts';
import { type Path, type SpecMachine, type SpecNetwork, type SpecNic, type SpecOutsideNetwork } from '../spec/spec.ts';
import { type LabBond, type LabMachine, type LabNetwork, type LabNic, type Mode, type CarrierMode } from './lab.ts';

export type Role = LabMachine['role'];

/** What a NIC asks for in one family. */
export type Wish = { readonly at: Span } & (
  | { readonly kind: 'auto' | 'last' }
  /** `onlyWhereServed`: wanted only if a server of the lab answers. */
  | { readonly kind: 'dhcp'; readonly onlyWhereServed: boolean }
  /** `onlyWhereAdvertised`: wanted only if somebody sends router advertisements. */
  | { readonly kind: 'slaac'; readonly onlyWhereAdvertised: boolean }
  /** A host number: that many places into the IPv4 network, and its mirror in IPv6. */
  | { readonly kind: 'number'; readonly number: bigint }
  /** That many places into the network in either family, not mirrored. */
  | { readonly kind: 'offset'; readonly offset: bigint }
  | { readonly kind: 'explicit'; readonly address: Ip; readonly length?: number; readonly label?: string }
);

export type SpecGateway = NonNullable<SpecNic['gateway']>;

/** An address as written, and where. */
export interface PlacedText {
  readonly text: string;
  readonly at: Span;
}

export interface DraftWireguard {
  readonly port?: { readonly number: number; readonly at: Span };
  /** Networks and prefixes that the others reach through this end. */
  readonly behind: readonly PlacedText[];
  readonly keepaliveSeconds?: number;
}

export interface DraftNic {
  readonly machine: string;
  readonly name: string;
  readonly index: number;
  readonly network: string;
  readonly attachment: 'cable' | 'bridge';
  readonly wishes: Readonly<Record<Family, readonly Wish[]>>;
  readonly mac?: PlacedText;
  readonly gateway?: { readonly value: SpecGateway; readonly at: Span };
  readonly gateway6?: { readonly value: SpecGateway; readonly at: Span };
  readonly mtuBytes?: number;
  readonly cost?: number;
  readonly bond?: DraftBond;
  readonly tunnel?: { readonly mode: CarrierMode; readonly local?: PlacedText; readonly remote?: PlacedText };
  /** What the file says of an end of WireGuard. */
  readonly wireguard?: DraftWireguard;
  readonly vlan?: NonNullable<LabNic['vlan']>;
  readonly at: Span;
}

/** `members`: their names. */
export interface DraftBond extends Pick<LabBond, 'mode' | 'primary'> {
  readonly members: readonly string[];
}

export interface DraftMachine {
  readonly name: string;
  readonly role: Role;
  /** The key in the file, where it differs from the name: that of the clones. */
  readonly clonesOf?: string;
  readonly number?: { readonly value: number; readonly at: Span };
  readonly nics: readonly DraftNic[];
  readonly spec: SpecMachine;
  /** Where it stands in the file; empty for machines that Lanwright adds. */
  readonly path: Path;
  readonly accept: readonly string[];
  readonly at: Span;
}

/** What the file says about the prefix of a network. */
export type PrefixWish =
  | { readonly kind: 'auto' | 'none' | 'inherit' }
  | { readonly kind: 'given'; readonly prefix: Prefix; readonly at: Span };

export interface DraftNetwork {
  readonly name: string;
  readonly kind: LabNetwork['kind'];
  readonly mode?: Mode;
  readonly host?: string;
  readonly uplink?: { readonly nic: string; readonly network: string };
  readonly bridge: string;
  readonly vlan?: NonNullable<LabNetwork['vlan']>;
  readonly tunnel?: CarrierMode;
  /** The network whose wire this is: for `bridged` and `proxied` the outside one, else itself. */
  readonly segment: string;
  readonly prefixes: Readonly<Record<Family, PrefixWish>>;
  /** Keys that networks of every kind share; absent keys are absent. */
  readonly spec: SpecNetwork | SpecOutsideNetwork;
  readonly path: Path;
  readonly accept: readonly string[];
  readonly at: Span;
}

export interface Draft {
  readonly networks: ReadonlyMap<string, DraftNetwork>;
  /** Outside machines, hosts, guests, each in the order of the file, then `internet`. */
  readonly machines: ReadonlyMap<string, DraftMachine>;
  /** Groups and clones: names for several machines, as written. */
  readonly groups: ReadonlyMap<string, { readonly members: readonly string[]; readonly path: Path }>;
}

export const families: readonly Family[] = [4, 6];

/** One NIC of a lab as a key. */
export const nicKey = (nic: { readonly machine: string; readonly name: string }): string =>
  `${nic.machine}/${nic.name}`;

export const allNics = (draft: Draft): DraftNic[] => [...draft.machines.values()].flatMap((machine) => machine.nics);
