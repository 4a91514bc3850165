/**
 * What every configuration dialect has in common: texts in, parts of stacks out, with what could not be understood; and
 * the other way round. Readers never throw and never guess: what is not said by a text is not in the result, and what
 * cannot be said by the model is a remark.
 */
import { type Cable, type NetworkState, type Stack } from '../state/network-state.ts';

/** One file, or what somebody pasted. */
export interface ConfigText {
  /** As on the real system, without the leading slash (`etc/network/interfaces`); or a name for a pasted text. */
  readonly path: string;
  readonly text: string;
}

/** A place in one of the texts; lines and columns count from 1. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface Remark {
  /**
   * `error`: the program that reads this file refuses it, or does something else than was meant. `not-said`: the model
   * has no words for it, it is kept and left out. `ignored`: the program itself ignores it. `assumed`: the text leaves it
   * open, and this is what was taken.
   */
  readonly kind: 'error' | 'not-said' | 'ignored' | 'assumed';
  /** kebab-case, as in `unknown-option`. */
  readonly code: string;
  /** One sentence without a full stop. */
  readonly message: string;
  readonly at: Place;
  /** What to write instead, where that is known. */
  readonly help?: string;
}

/** What texts say of one stack; what they do not speak of is absent. */
export type StackPart = Partial<Stack>;

/**
 * Where a part of the state was said: keyed as `<stack>/interfaces/<name>`, `<stack>/interfaces/<name>/addresses/<address>`,
 * `<stack>/routes/<to>[ via <via>][ dev <dev>]`, `<stack>/sysctls/<key>`, `<stack>/filter/<family> <table> <chain> <index>`,
 * `<stack>/services/<kind> <interface>`.
 */
export type Origins = Readonly<Record<string, Place>>;

export interface Reading {
  /** Keyed by stack name. */
  readonly stacks: Readonly<Record<string, StackPart>>;
  /** Only where the texts say what is plugged into what, as hypervisors' files do. */
  readonly cables: readonly Cable[];
  readonly remarks: readonly Remark[];
  readonly origins: Origins;
  /** Keys as those of `origins`: what was found in `ReadContext` and changed, so that nothing said before counts. */
  readonly supersedes?: readonly string[];
}

/** What readers need to know that the texts themselves do not say. */
export interface ReadContext {
  /** The name of the machine whose files these are. */
  readonly stack: string;
  /** What programs that ran before made of its interfaces, for those that ask the kernel. */
  readonly interfaces?: Stack['interfaces'];
}

/** Something of the state that a dialect has no words for. */
export interface Omission {
  readonly stack: string;
  /** As in `interfaces/wg0`. */
  readonly what: string;
  readonly why: string;
}

export interface Writing {
  readonly files: readonly ConfigText[];
  readonly omissions: readonly Omission[];
}

export interface Dialect {
  /** As on the command line: `ifupdown`. */
  readonly name: string;
  /** Whether a path is one of this dialect's own places on a real system. */
  readonly owns: (path: string) => boolean;
  /** Paths of other dialects that are this one's where the machine has files that it owns: another system's. */
  readonly ownsBeside?: (path: string) => boolean;
  /** How much a text without a telling path looks like it, 0 to 1. */
  readonly resembles: (text: string) => number;
  /** All texts of one machine that are this dialect's. */
  readonly read: (texts: readonly ConfigText[], context: ReadContext) => Reading;
  /** Absent: it is only read. */
  readonly write?: (state: NetworkState, stack: string) => Writing;
  /**
   * Rewrites `texts` to say what `state` says, keeping comments, order and everything that is not understood outside of
   * what changed; unchanged state gives back the very same bytes. `known`: what other files of the machine make of its
   * interfaces, as `ReadContext` has it.
   */
  readonly edit?: (
    texts: readonly ConfigText[],
    state: NetworkState,
    stack: string,
    known?: Stack['interfaces'],
  ) => Writing;
}
