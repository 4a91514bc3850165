/**
 * What lint says of a network: one fact that is wrong or will surprise, where it is said, what comes of it, and what
 * mends it. Rules make findings without their consequence; `lint.ts` asks the walker for that.
 */
import { type Severity } from '../diagnostics/diagnostic.ts';
import { type Place } from '../dialects/dialect.ts';
import { type Edit } from '../reach/repair/edit.ts';
import { type Flow, type Stop } from '../reach/walk.ts';
import { type NetworkState } from '../state/network-state.ts';

/**
 * A part of the state. `key`: an interface's name; `eth0 192.0.2.1` of an address; a route's prefix, with ` via …` and
 * ` dev …` as in `Origins`; `family table chain index` of a rule; a path below /proc/sys; `kind interface` of a service.
 */
export interface Subject {
  readonly stack: string;
  readonly kind: 'stack' | 'interface' | 'address' | 'route' | 'filter-rule' | 'sysctl' | 'service';
  readonly key: string;
}

export interface FindingNote {
  readonly message: string;
  readonly at?: Subject;
}

export interface Mending {
  /** What to do, in the user's words: a clause without a full stop. */
  readonly words: string;
  /** As far as an edit can say it; empty where only the files can. */
  readonly edits: readonly Edit[];
  /** The state once it is mended, where `edits` do not say it. Parts of a state are mended as far as they go. */
  readonly mend?: (state: NetworkState) => NetworkState;
}

export interface RawFinding {
  /** Absent: the rule's own. */
  readonly severity?: Severity;
  /** One sentence without a full stop, that begins with the user's own name. */
  readonly message: string;
  readonly stack: string;
  /** A part of the state, or a place in a file. */
  readonly at?: Subject | Place;
  readonly notes?: readonly FindingNote[];
  readonly repair?: Mending;
  /** What becomes of the state under another version of a program, or another kernel. */
  readonly elsewhere?: { readonly when: string; readonly mend: (state: NetworkState) => NetworkState };
  /** Its repair is meant to close what is open. */
  readonly closes?: true;
  /** Questions that show it, besides all pings. */
  readonly asks?: readonly Flow[];
  /** Whether a flow that fails does so because of this. */
  readonly stops?: (stop: Stop, flow: Flow) => boolean;
}

/** A question and who is asked. */
export interface Pair {
  readonly from: string;
  /** The stack that has the address; the address itself where nobody has it. */
  readonly to: string;
  readonly address: string;
  readonly protocol: Flow['protocol'];
  readonly port: number | null;
}

/** What the walker says comes of a finding. */
export interface Consequence {
  /** How many questions were asked. */
  readonly asked: number;
  /** Questions that get no answer as things are, and for this reason. */
  readonly fail: readonly Pair[];
  /** Questions that get an answer as things are, and would not where it is mended. */
  readonly open: readonly Pair[];
  /** Answered under another source address than where it is mended. */
  readonly disguised: readonly Pair[];
  /** Questions that are answered as things are, and not under another version of a program. */
  readonly elsewhere?: { readonly when: string; readonly fail: readonly Pair[] };
}

export interface Finding extends RawFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly consequence: Consequence | undefined;
}
