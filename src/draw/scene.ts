/**
 * What a picture of a network shows, before anything has a place: segments, the machines on them, and what each machine
 * does for the others. Machines with one interface are shown inside their segment, others between segments.
 */

/** What a machine does, in the order it is told. */
export type Duty = 'forwards' | 'NAT' | 'publishes' | 'filters' | 'DHCP' | 'RA' | 'proxies';

export type Role = 'host' | 'guest' | 'outside' | 'internet';

export interface Attachment {
  readonly segment: string;
  readonly interface: string;
  /** With prefix lengths; `DHCP` or `SLAAC` where nobody knows yet. */
  readonly addresses: readonly string[];
}

export interface SceneMachine {
  readonly name: string;
  readonly role: Role;
  readonly duties: readonly Duty[];
  /** At least one; in the machine's own order. */
  readonly attachments: readonly Attachment[];
}

export interface SceneSegment {
  readonly name: string;
  readonly isInternet: boolean;
  readonly prefixes: readonly string[];
  /** How it came about: `nat, by metal`. */
  readonly about: string;
  /** Machines that are on this segment only, by name. */
  readonly leaves: readonly string[];
}

export interface Scene {
  readonly title: string;
  /** From the outside to the inside. */
  readonly segments: readonly SceneSegment[];
  readonly machines: ReadonlyMap<string, SceneMachine>;
  /** Machines on several segments, or on none. */
  readonly joints: readonly string[];
  /** How far a segment or joint is from the outermost segment: `segment NAME`, `machine NAME`. */
  readonly depths: ReadonlyMap<string, number>;
}

export const segmentKey = (name: string): string => `segment ${name}`;
export const machineKey = (name: string): string => `machine ${name}`;

export const dutyWords: Readonly<Record<Duty, string>> = {
  forwards: 'forwards',
  NAT: 'NAT',
  publishes: 'publishes ports',
  filters: 'filters',
  DHCP: 'DHCP server',
  RA: 'router advertisements',
  proxies: 'proxy ARP/NDP',
};
