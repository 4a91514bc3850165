/** What one failed check on the way suggests: edits that belong together, on one stack for the most part. */
import { type Edit } from './edit.ts';

export interface Proposal {
  readonly edits: readonly [Edit, ...Edit[]];
  /** Of proposals of one kind the user sees one first, before others of the same kind. */
  readonly kind:
    | 'route'
    | 'forwarding'
    | 'accept'
    | 'translation'
    | 'setting'
    | 'proxy'
    | 'link'
    | 'bridge-port'
    | 'mtu'
    | 'subnet'
    | 'neighbour';
  /** What to do, in the user's words: a clause without subject and full stop, `add the route … on router`. */
  readonly change: string;
  /** How much it disturbs, whoever owns the machine: 1 for what was plainly forgotten, 10 for a trick. */
  readonly effort: number;
  /** What it brings about beyond this flow by its nature, in a sentence each. */
  readonly sideEffects: readonly string[];
}
