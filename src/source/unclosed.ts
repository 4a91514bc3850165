/**
 * Finds the bracket or quote that was left open before a place in a YAML text. The parser notices only at the end of
 * the value, or of the file; the user needs the beginning.
 */
import { type Diagnostic, type Span } from '../diagnostics/diagnostic.ts';
import { lineAt, positionOf } from '../diagnostics/position.ts';

const closing: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

interface Open {
  readonly brackets: readonly number[];
  readonly quote: number | undefined;
}

/** The end of a quoted text that begins at `start`, or undefined when it is not closed before `end`. */
const endOfQuote = (text: string, start: number, end: number): number | undefined => {
  const mark = text[start];
  for (let at = start + 1; at < end; at += 1) {
    if (mark === '"' && text[at] === '\\') at += 1;
    else if (text[at] === mark && mark === "'" && text[at + 1] === mark) at += 1;
    else if (text[at] === mark) return at;
  }
  return undefined;
};

/** What is open at `end`: brackets outside quotes and comments, innermost last, and a quote. */
const openAt = (text: string, end: number): Open => {
  const brackets: number[] = [];
  for (let at = 0; at < end; at += 1) {
    const character = text[at] ?? '';
    const startsWord = at === 0 || /[\s[{,:]/.test(text[at - 1] ?? '');
    if (character === '#' && startsWord) {
      const next = text.indexOf('\n', at);
      at = next === -1 ? end : next;
    } else if ((character === '"' || character === "'") && startsWord) {
      const close = endOfQuote(text, at, end);
      if (close === undefined) return { brackets, quote: at };
      at = close;
    } else if (closing[character] !== undefined && (startsWord || brackets.length > 0)) brackets.push(at);
    else if (brackets.length > 0 && character === closing[text[brackets.at(-1) ?? 0] ?? '']) brackets.pop();
  }
  return { brackets, quote: undefined };
};

/** The offset of the innermost bracket that is open at `end`. */
export const unclosedBracket = (text: string, end: number): number | undefined => openAt(text, end).brackets.at(-1);

/** The offset of the quote that is open at `end`; `end` itself where none is found. */
export const lastOpenQuote = (text: string, end: number): number => openAt(text, end).quote ?? Math.max(0, end - 1);

/** The diagnostic for a bracket that opens at `open` and is missed at `noticed`. */
export const bracketFault = (
  text: string,
  open: number,
  noticed: number,
  span: (start: number, end: number) => Span,
): Diagnostic => {
  const mark = text[open] ?? '';
  const isSameLine = lineAt(text, open).start === lineAt(text, noticed).start;
  const missed = positionOf(text, noticed);
  const where = isSameLine || noticed >= text.length ? '' : ` before line ${missed.line}`;
  return {
    code: 'yaml-bracket',
    severity: 'error',
    message: `\`${mark}\` is not closed${where}`,
    at: span(open, open + 1),
    help: `close it with \`${closing[mark] ?? ''}\`; inside brackets a line may not begin further left than the key before them, nor with a tab`,
  };
};
