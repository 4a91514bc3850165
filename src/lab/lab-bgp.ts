/** Who speaks BGP with whom, and of what, with everything decided. */
import { type Family } from '../net/address.ts';

export interface LabBgp {
  readonly asNumber: number;
  /** Prefixes that it tells of while it has them; `0.0.0.0/0` and `::/0`: a default route. */
  readonly announced: readonly string[];
  /** Prefixes that it tells of always, since it has parts of them. */
  readonly aggregates: readonly string[];
  readonly isTransit: boolean;
  readonly sessions: readonly LabBgpSession[];
}

export interface LabBgpSession {
  readonly family: Family;
  /** The machine that is spoken to. */
  readonly with: string;
  /** Addresses, in one subnet but where routers of the AS are between. */
  readonly local: string;
  readonly remote: string;
  readonly remoteAs: number;
  readonly isMultihop?: true;
}

/** By the name of the machine; those that do not speak BGP are missing. */
export type LabBgpSpeakers = Readonly<Record<string, LabBgp>>;
