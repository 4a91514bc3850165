/**
 * What is wrong, where, and what to write instead: as data. Printing is `print-text.ts` and `print-json.ts`.
 * A diagnostic speaks of the user's file or the user's machine; a fault of Lanwright itself is a thrown `Error`.
 */

/** A half-open range of UTF-16 offsets in one file's text. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export type Severity = 'error' | 'warning' | 'note';

/** A further place or fact that belongs to a diagnostic. */
export interface Note {
  readonly message: string;
  readonly at?: Span;
}

/** One problem. `code` is kebab-case and says the fact (`subnet-overlap`); `message` is one sentence without a full stop. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly at?: Span;
  readonly notes?: readonly Note[];
  readonly help?: string;
}

/** A stage's value with everything found on the way; `value` is absent when an error stands in the way. */
export interface Outcome<T> {
  readonly value?: T;
  readonly diagnostics: readonly Diagnostic[];
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((diagnostic) => diagnostic.severity === 'error');
