/**
 * Parts of a text that are replaced, in the layout of its owner: a statement that has its lines to itself goes with them,
 * a new one gets a line of its own behind another, set in as that is.
 */
import { type Statement } from './parse.ts';

/** From one offset up to another; both are of the text before any change. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export const withSplices = (text: string, splices: readonly Splice[]): string =>
  splices
    .map((splice, order) => ({ splice, order }))
    .sort((a, b) => b.splice.from - a.splice.from || b.order - a.order)
    .reduce((whole, { splice }) => whole.slice(0, splice.from) + splice.text + whole.slice(splice.to), text);

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** Of the line's end, or of the text's. */
const lineEnd = (text: string, offset: number): number => {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : text[at - 1] === '\r' ? at - 1 : at;
};

const beginOf = ({ words, end }: Statement): number => words[0]?.offset ?? end;

/** Whether nothing but a comment stands behind it on its line. */
const endsLine = (text: string, { end }: Statement): boolean =>
  /^[ \t]*(?:#.*)?$/.test(text.slice(end, lineEnd(text, end)));

const beginsLine = (text: string, statement: Statement): boolean =>
  /^[ \t]*$/.test(text.slice(lineStart(text, beginOf(statement)), beginOf(statement)));

/** A comment behind it goes with its line. */
export const removal = (text: string, statement: Statement): Splice => {
  const [from, { end }] = [beginOf(statement), statement];
  if (!beginsLine(text, statement) || !endsLine(text, statement)) {
    const blanks = /[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
    return { from: from - blanks, to: end, text: '' };
  }
  const next = text.indexOf('\n', end);
  return { from: lineStart(text, from), to: next < 0 ? text.length : next + 1, text: '' };
};

/** Behind `anchor`, on a line of its own where nothing else stands behind that. */
export const insertion = (text: string, anchor: Statement, words: string): Splice => {
  if (!endsLine(text, anchor)) return { from: anchor.end, to: anchor.end, text: ` ${words}` };
  const indent = /^[ \t]*/.exec(text.slice(lineStart(text, beginOf(anchor))))?.[0] ?? '';
  const own = beginsLine(text, anchor) ? indent : `${indent}  `;
  const at = lineEnd(text, anchor.end);
  return { from: at, to: at, text: `${/\r\n/.test(text) ? '\r\n' : '\n'}${own}${words}` };
};

/** Words from the first to the last, as one. */
export const replacement = (words: Statement['words'], text: string): Splice | undefined => {
  const [first, last] = [words[0], words.at(-1)];
  return first === undefined || last === undefined
    ? undefined
    : { from: first.offset, to: last.offset + last.length, text };
};
