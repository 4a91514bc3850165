/**
 * Offsets in a text to what people and editors count: 1-based lines, and 1-based columns in code points.
 * A byte order mark is not a column.
 */
import { type Diagnostic } from './diagnostic.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

const startOfLine = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

const codePoints = (text: string): number => Array.from(text.replace('\uFEFF', '')).length;

/** The offset, kept inside the text. */
const inside = (text: string, offset: number): number => Math.min(Math.max(offset, 0), text.length);

/** Where `offset` lies in `text`. */
export const positionOf = (text: string, offset: number): Position => {
  const end = inside(text, offset);
  const start = end === 0 ? 0 : startOfLine(text, end);
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < start; at = text.indexOf('\n', at + 1)) line += 1;
  return { line, column: codePoints(text.slice(start, end)) + 1 };
};

/** The line that holds `offset`, without its end-of-line mark, and the offset at which it begins. */
export const lineAt = (text: string, offset: number): { readonly start: number; readonly content: string } => {
  const at = inside(text, offset);
  const start = at === 0 ? 0 : startOfLine(text, at);
  const end = text.indexOf('\n', start);
  return { start, content: text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '') };
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const compare = (a: Diagnostic, b: Diagnostic): number =>
  compareText(a.at?.file ?? '', b.at?.file ?? '') ||
  (a.at?.start ?? 0) - (b.at?.start ?? 0) ||
  compareText(a.code, b.code) ||
  compareText(a.message, b.message);

/** By file, place and code, and each only once. What has no place comes first. */
export const inReadingOrder = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => {
  const distinct = new Map(
    diagnostics.map((diagnostic) => [
      JSON.stringify([diagnostic.code, diagnostic.severity, diagnostic.message, diagnostic.at]),
      diagnostic,
    ]),
  );
  return [...distinct.values()].sort(compare);
};
