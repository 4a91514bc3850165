/** What a machine has not come to: told by a supervisor, and shown by the command line. */

/** In the order in which they are come to. */
export type Stage = 'link' | 'offer' | 'acknowledgement' | 'advertisement' | 'address' | 'port' | 'zone';

export interface Shortfall {
  readonly stack: string;
  readonly interface: string;
  readonly stage: Stage;
  readonly detail: string;
}
