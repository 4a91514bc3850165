/** The names of a lab with everything decided: who answers, for whom, and how each machine comes to know whom to ask. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Family } from '../net/address.ts';
import { type Zone } from '../state/service.ts';
import { type KeptZones } from './zone-serials.ts';

/** Whom a machine asks: addresses of its own configuration, or what one of its NICs is told. */
export type LabResolver =
  /** `search`: the domains of its network; absent: the zone. */
  | { readonly kind: 'static'; readonly nameservers: readonly string[]; readonly search?: readonly string[] }
  | { readonly kind: 'dhcp' | 'advertised'; readonly nic: string };

/** A name of the zone that is not a machine's own. */
export interface LabName {
  readonly name: string;
  readonly machines: readonly string[];
  readonly addresses: readonly string[];
}

/** A server that copies its zones from others. */
export interface LabSecondary {
  readonly machine: string;
  /** Those whom it copies from, each with the address that it asks and its own that it asks from, of one family. */
  readonly primaries: readonly {
    readonly machine: string;
    readonly family: Family;
    readonly address: string;
    readonly from: string;
  }[];
  readonly at: Span;
}

export interface LabZones {
  readonly inside: readonly Zone[];
  readonly outside: readonly Zone[];
  /** Of all of them, to be kept. */
  readonly serials: KeptZones;
}

export interface LabNames {
  /** In lower case, without the last dot. */
  readonly zone: string;
  /** The machines that answer, in the order in which they are asked. */
  readonly servers: readonly string[];
  /** Those of the servers that are not given the zones, but copy them. */
  readonly secondaries: readonly LabSecondary[];
  readonly zones: LabZones;
  /** Networks whose members may ask, each with the servers that they are told. */
  readonly told: Readonly<Record<string, readonly string[]>>;
  readonly names: readonly LabName[];
  /** The machine that takes mail for the zone. */
  readonly mail?: string;
  /** What others are told; absent: they are refused. Names with the addresses that are reached from outside. */
  readonly outside?: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** Addresses that are asked for all other names; empty: they are found out from the root on. */
  readonly forwarders: readonly string[];
  /** By machine; those that are not here are left alone. */
  readonly resolvers: Readonly<Record<string, LabResolver>>;
  readonly at: Span;
}
