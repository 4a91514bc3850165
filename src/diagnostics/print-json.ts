/**
 * Diagnostics to the array that `--json` prints: plain data with 1-based lines and columns instead of offsets.
 * Every key is always there; what does not apply is null or empty.
 */
import { type Diagnostic, type Severity, type Span } from './diagnostic.ts';
import { inReadingOrder, positionOf } from './position.ts';

export interface JsonPlace {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly endLine: number | null;
  readonly endColumn: number | null;
}

export interface JsonNote extends JsonPlace {
  readonly message: string;
}

export interface JsonDiagnostic extends JsonPlace {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly notes: readonly JsonNote[];
  readonly help: string | null;
}

const placeOf = (span: Span | undefined, files: ReadonlyMap<string, string>): JsonPlace => {
  const text = span === undefined ? undefined : files.get(span.file);
  if (span === undefined || text === undefined) {
    return { file: span?.file ?? null, line: null, column: null, endLine: null, endColumn: null };
  }
  const start = positionOf(text, span.start);
  const end = positionOf(text, span.end);
  return { file: span.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
};

/** The diagnostics in reading order, each once, as JSON-serialisable data. */
export const diagnosticsToJson = (
  diagnostics: readonly Diagnostic[],
  files: ReadonlyMap<string, string>,
): readonly JsonDiagnostic[] =>
  inReadingOrder(diagnostics).map(({ code, severity, message, at, notes, help }) => ({
    code,
    severity,
    message,
    ...placeOf(at, files),
    notes: (notes ?? []).map((note) => ({ message: note.message, ...placeOf(note.at, files) })),
    help: help ?? null,
  }));
