/**
 * Diagnostics to the caller: code frames on standard error, or with `--json` one JSON array on standard output.
 */
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticsToJson } from '../diagnostics/print-json.ts';
import { printDiagnostics } from '../diagnostics/print-text.ts';
import { printJson } from './json.ts';
import { hasColour, print, say, widthOf } from './terminal.ts';

/** Texts of the files that diagnostics point into, by name. */
export type Sources = ReadonlyMap<string, string>;
export const noSources: Sources = new Map();

/** Tells people, whatever form the result has. */
export const sayDiagnostics = (diagnostics: readonly Diagnostic[], sources: Sources = noSources): void => {
  if (diagnostics.length === 0) return;
  const options = { color: hasColour(process.stderr), width: Math.min(widthOf(process.stderr), 120) };
  say(printDiagnostics(diagnostics, sources, options));
};

/** Tells why there is no result. */
export const complain = (
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  { json }: { readonly json: boolean },
): void => {
  if (json) print(printJson(diagnosticsToJson(diagnostics, sources)));
  else sayDiagnostics(diagnostics, sources);
};

/** Errors that have no place in a file: the environment's, or the command line's. */
export const fault = (code: string, message: string, help?: string): readonly Diagnostic[] => [
  { code, severity: 'error', message, ...(help === undefined ? {} : { help }) },
];

/** With `--strict`, warnings are errors. */
export const asStrict = (diagnostics: readonly Diagnostic[], strict: boolean): readonly Diagnostic[] =>
  strict
    ? diagnostics.map((found) => (found.severity === 'warning' ? { ...found, severity: 'error' } : found))
    : diagnostics;
