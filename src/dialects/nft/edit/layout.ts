/**
 * Parts of a text of nft(8) that go or come, in the layout of its owner: a statement that has its lines to itself goes with
 * them, a new one gets a line of its own behind another, set in as that is. Newlines or `;` end every statement.
 */
import { type Span } from '../text/sites.ts';

/** From one offset up to another; both are of the text before any change. */
export interface Splice extends Span {
  readonly text: string;
}

export const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

export const lineEnd = (text: string, offset: number): number => {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at;
};

const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';

/** One step of indentation, as the text has it. */
export const unitOf = (text: string): string => {
  const steps = [...text.matchAll(/^([ \t]+)[^ \t\n#]/gm)].map(([, blanks = '']) => blanks);
  const [shortest] = steps.sort((a, b) => a.length - b.length);
  return shortest === undefined || shortest.startsWith('\t') ? '\t' : shortest;
};

export const beginsLine = (text: string, offset: number): boolean =>
  /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));

/** Whether nothing but a comment stands between an offset and the end of its line. */
export const endsLine = (text: string, offset: number): boolean =>
  /^[ \t]*(?:#.*)?$/.test(text.slice(offset, lineEnd(text, offset)));

/** Behind the `;` that ends a statement, where there is one. */
const endOf = (text: string, { to }: Span): { readonly end: number; readonly hasSign: boolean } => {
  const blanks = /^[ \t]*;/.exec(text.slice(to, lineEnd(text, to)))?.[0].length ?? 0;
  return { end: to + blanks, hasSign: blanks > 0 };
};

/** The lines from one offset to another, with their last end. */
export const wholeLines = (text: string, { path, from, to }: Span): Splice => {
  const end = lineEnd(text, to);
  return { path, from: lineStart(text, from), to: Math.min(end + 1, text.length), text: '' };
};

/** A comment behind it goes with its lines. */
export const removal = (text: string, span: Span): Splice => {
  const { path, from } = span;
  const { end } = endOf(text, span);
  if (beginsLine(text, from)) {
    if (endsLine(text, end)) return wholeLines(text, { path, from, to: end });
    const behind = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
    return { path, from, to: end + behind, text: '' };
  }
  const before = /[ \t]*$/.exec(text.slice(lineStart(text, from), from))?.[0].length ?? 0;
  return { path, from: from - before, to: end, text: '' };
};

/** Set in as what begins at `offset`; by one step more behind a brace that opens on its line. */
const indentBeside = (text: string, offset: number): string => {
  const before = text.slice(lineStart(text, offset), offset);
  const isInside = before.split('{').length > before.split('}').length;
  return indentAt(text, offset) + (isInside ? unitOf(text) : '');
};

/** Behind a statement; `lines` are set in from its own place. */
export const insertionBehind = (text: string, span: Span, statements: readonly string[]): Splice => {
  const { end, hasSign } = endOf(text, span);
  const { path } = span;
  if (endsLine(text, end)) {
    const at = lineEnd(text, end);
    const indent = indentBeside(text, span.from);
    const added = statements.map((words) => `\n${indent}${words.replaceAll('\n', `\n${indent}`)}`).join('');
    return { path, from: at, to: at, text: added };
  }
  return hasSign
    ? { path, from: end, to: end, text: statements.map((words) => ` ${words};`).join('') }
    : { path, from: span.to, to: span.to, text: statements.map((words) => `; ${words}`).join('') };
};

export const insertionBefore = (text: string, { path, from }: Span, statements: readonly string[]): Splice => {
  if (!beginsLine(text, from)) return { path, from, to: from, text: statements.map((words) => `${words}; `).join('') };
  const [at, indent] = [lineStart(text, from), indentAt(text, from)];
  return { path, from: at, to: at, text: statements.map((words) => `${indent}${words}\n`).join('') };
};

/** The place between two braces: behind the one that opens, and before the one that closes. */
export interface Inside {
  readonly path: string;
  readonly open: number;
  readonly close: number;
}

/** At the end of a block. */
export const insertionAtEnd = (text: string, { path, open, close }: Inside, statements: readonly string[]): Splice => {
  if (beginsLine(text, close)) {
    const [at, indent] = [lineStart(text, close), indentAt(text, close) + unitOf(text)];
    const added = statements.map((words) => `${indent}${words.replaceAll('\n', `\n${indent}`)}\n`);
    return { path, from: at, to: at, text: added.join('') };
  }
  const isEmpty = text.slice(open, close).trim() === '';
  const at = isEmpty ? open : close;
  const isBlankBefore = isEmpty || /\s/.test(text.charAt(close - 1));
  const added = statements.map((words) => (words.includes('\n') ? `${words}\n` : `${words}; `)).join('');
  const tight = isEmpty && text.slice(open, close) !== '' ? added.replace(/ $/, '') : added;
  return { path, from: at, to: at, text: `${isEmpty || !isBlankBefore ? ' ' : ''}${tight}` };
};

/** At the begin of a block, below the line that opens it. */
export const insertionAtBegin = (text: string, inside: Inside, statements: readonly string[]): Splice => {
  const { path, open } = inside;
  if (!endsLine(text, open)) {
    const added = statements.map((words) => ` ${words}${words.includes('\n') ? '\n' : ';'}`).join('');
    return { path, from: open, to: open, text: added };
  }
  const [at, indent] = [lineEnd(text, open), indentAt(text, open) + unitOf(text)];
  const added = statements.map((words) => `\n${indent}${words.replaceAll('\n', `\n${indent}`)}`);
  return { path, from: at, to: at, text: added.join('') };
};

/** Undefined where splices touch the same bytes; two that take them away agree. */
export const withSplices = (text: string, splices: readonly Splice[]): string | undefined => {
  const ordered = splices
    .map((splice, order) => ({ splice, order }))
    .sort((a, b) => b.splice.from - a.splice.from || b.splice.to - a.splice.to || b.order - a.order);
  let [whole, least, isCut] = [text, text.length, false];
  for (const { splice } of ordered) {
    const isRemoval = splice.text === '';
    if (splice.to > least && !(isRemoval && isCut)) return undefined;
    whole = whole.slice(0, splice.from) + splice.text + whole.slice(Math.min(splice.to, least));
    [least, isCut] = [splice.from, isRemoval];
  }
  return whole;
};
