/** Remarks of dialects as diagnostics: their places as spans of the file's text, which ends with the word there. */
import { type Diagnostic, type Severity, type Span } from '../diagnostics/diagnostic.ts';
import { type Place, type Remark } from '../dialects/dialect.ts';
import { type Sources } from './complain.ts';

const severities: Readonly<Record<Remark['kind'], Severity>> = {
  error: 'error',
  'not-said': 'warning',
  ignored: 'warning',
  assumed: 'note',
};

export const spanOfPlace = ({ path, line, column }: Place, sources: Sources): Span => {
  const text = sources.get(path) ?? '';
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (let count = 1; count < line; count += 1) {
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    start = end + 1;
  }
  const at = Math.min(start + column - 1, text.length);
  const word = /^(?:"[^"\n]*"|[^\s#;]+)/.exec(text.slice(at, at + 400))?.[0].length ?? 0;
  return { file: path, start: at, end: at + word };
};

export const diagnosticOf = ({ kind, code, message, at, help }: Remark, sources: Sources): Diagnostic => ({
  code,
  severity: severities[kind],
  message,
  ...(at.path === '' ? {} : { at: spanOfPlace(at, sources) }),
  ...(help === undefined ? {} : { help }),
});
