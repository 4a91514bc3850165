/** What a line of the file says about one sender, one address and one service. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type LabExpectation, type LabServiceMatch } from '../lab/lab.ts';
import { type Target } from './endpoint-targets.ts';

export interface Wish {
  readonly from: string;
  readonly target: Target;
  readonly service: LabServiceMatch;
  /** null: measured, without a promise. */
  readonly answer: LabExpectation['answer'] | null;
  /** The source address that the far end must see. */
  readonly source?: string;
  readonly at: Span;
}

/** Discard (RFC 863): stands for any port, since nothing else is asked there. */
export const anyPort = 9;

/** What stands for everything that can be asked. */
export const everything: readonly LabServiceMatch[] = [{ protocol: 'icmp' }, { protocol: 'tcp' }, { protocol: 'udp' }];
