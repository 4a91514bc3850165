/** What a probe asks and what it found: the words between the planning of probes, the prober and the report. */
import { type Family } from '../net/address.ts';

export interface ProbeRequest {
  readonly id: number;
  /** The stack that sends. */
  readonly from: string;
  /** The stack that should have `address`. Absent: nobody in the world has it. */
  readonly toStack?: string;
  readonly family: Family;
  readonly address: string;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number | null;
  /** Where what is asked ends up, when a translation of destinations leads it elsewhere: a listener is opened there. */
  readonly listen?: { readonly stack: string; readonly address: string; readonly port: number };
}

export interface Measurement {
  readonly id: number;
  /**
   * `refused`: a TCP reset or port-unreachable; `unreachable`: another ICMP error or no route; `no-address`: the sender has
   * no address of that family; `lost`: the sender is a guest that does not answer, so nothing was measured.
   */
  readonly outcome: 'answered' | 'refused' | 'timeout' | 'unreachable' | 'no-address' | 'lost';
  /** The source address that the far end saw. */
  readonly source: string | null;
  /** Whether the far end saw the request, answered or not. */
  readonly requestArrived: boolean;
  readonly rttMs: number | null;
}
