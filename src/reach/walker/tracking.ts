/** What connection tracking remembers of a packet (nf_conntrack). */
import { type Family } from '../../net/address.ts';

export interface Tuple {
  readonly family: Family;
  readonly protocol: number;
  readonly source: bigint;
  readonly sourcePort: number;
  readonly destination: bigint;
  readonly destinationPort: number;
  /** Of echoes: their type tells the directions apart. */
  readonly echo?: 'request' | 'reply';
}

export interface Connection {
  readonly original: Tuple;
  /** What an answer looks like: translated addresses show here. */
  reply: Tuple;
  isConfirmed: boolean;
  hasAnswer: boolean;
  isSourceTranslated: boolean;
  /** The interface whose address it was masqueraded with. */
  masqueradedBy?: string;
  isDestinationTranslated: boolean;
  /** Whether the rules were asked already. */
  isSourceDecided: boolean;
  isDestinationDecided: boolean;
  mark: number;
}

export interface Tracking {
  readonly state: 'new' | 'established' | 'related' | 'invalid' | 'untracked';
  readonly connection?: Connection;
  readonly direction: 'original' | 'reply';
}
