/**
 * What readers of line-oriented texts share: lines with their numbers, words with their columns, and a list of remarks
 * that knows its places. Lines and columns count from 1; a column is one UTF-16 unit.
 */
import { type Place, type Remark } from './dialect.ts';

export interface Line {
  readonly number: number;
  /** Without its end. */
  readonly text: string;
}

/** `\r\n` ends a line too. An end of the text right behind a line's end makes no further line. */
export const linesOf = (text: string): readonly Line[] => {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => ({ number: index + 1, text: line.replace(/\r$/, '') }));
};

export interface Word {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** What stands between blanks. */
export const wordsIn = ({ number, text }: Line): readonly Word[] =>
  [...text.matchAll(/\S+/g)].map((found) => ({ text: found[0], line: number, column: found.index + 1 }));

/** A line with one `=` or `:` (`separator`): key and value, blanks around them cut; undefined where it is none. */
export const keyAndValue = (
  { number, text }: Line,
  separator = '=',
): { readonly key: Word; readonly value: Word } | undefined => {
  const at = text.indexOf(separator);
  if (at < 0) return undefined;
  const wordAt = (from: number, to: number): Word => {
    const part = text.slice(from, to);
    return { text: part.trim(), line: number, column: from + part.length - part.trimStart().length + 1 };
  };
  return { key: wordAt(0, at), value: wordAt(at + 1, text.length) };
};

export type Remarks = (
  kind: Remark['kind'],
  code: string,
  message: string,
  at: { readonly line: number; readonly column?: number },
  help?: string,
) => void;

/** Collects what is to be said of one text into `list`. */
export const remarksOn =
  (path: string, list: Remark[]): Remarks =>
  (kind, code, message, { line, column = 1 }, help) => {
    list.push({ kind, code, message, at: { path, line, column }, ...(help === undefined ? {} : { help }) });
  };

export const placeIn = (
  path: string,
  { line, column = 1 }: { readonly line: number; readonly column?: number },
): Place => ({
  path,
  line,
  column,
});

/** From offsets in a text to places, for readers that ask for many: lines are counted once. */
export const placesIn = (path: string, text: string): ((offset: number) => Place) => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { path, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
};

/** The place of one offset in a text. */
export const placeOfOffset = (path: string, text: string, offset: number): Place => placesIn(path, text)(offset);
