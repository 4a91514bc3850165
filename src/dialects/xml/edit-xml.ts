/**
 * Changes to XML texts by their place alone: attributes get values in the quotes that they stand in, elements come and go
 * with their lines. Every byte outside of them stays.
 */
import { escapedXml, type Element } from './tree.ts';

/** What takes the place of the text from one offset up to another. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Of several at one offset, the first one's text stands first. */
export const spliced = (text: string, splices: readonly Splice[]): string => {
  let [result, at] = ['', 0];
  for (const { from, to, text: fresh } of [...splices].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < at) continue;
    result += text.slice(at, from) + fresh;
    at = to;
  }
  return result + text.slice(at);
};

interface Attribute {
  readonly name: string;
  /** Of the blanks in front of it, and behind its closing quote. */
  readonly start: number;
  readonly end: number;
  readonly quote: string;
}

interface StartTag {
  readonly attributes: readonly Attribute[];
  /** Behind its last word. */
  readonly wordsEnd: number;
  /** Behind its `>`. */
  readonly end: number;
  readonly isWhole: boolean;
}

const attributePattern = /(\s+)([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')/y;
const closePattern = /\s*(\/?)>/y;

const startTagOf = (text: string, { start, name }: Element): StartTag => {
  const attributes: Attribute[] = [];
  let at = start + 1 + name.length;
  for (;;) {
    attributePattern.lastIndex = at;
    const found = attributePattern.exec(text);
    if (found === null) break;
    attributes.push({
      name: found[2] ?? '',
      start: at,
      end: attributePattern.lastIndex,
      quote: found[3]?.[0] ?? "'",
    });
    at = attributePattern.lastIndex;
  }
  closePattern.lastIndex = at;
  const close = closePattern.exec(text);
  return { attributes, wordsEnd: at, end: close === null ? at : closePattern.lastIndex, isWhole: close?.[1] === '/' };
};

/** The quotes of the first attribute of the text. */
const usualQuote = (text: string): string => /=\s*(["'])/.exec(text.replace(/<\?xml[^>]*\?>/, ''))?.[1] ?? "'";

/** `value` undefined: the attribute goes. Nothing where it is so already. */
export const attributeSplices = (
  text: string,
  element: Element,
  name: string,
  value: string | undefined,
): readonly Splice[] => {
  if (element.attributes.get(name) === value) return [];
  const { attributes, wordsEnd } = startTagOf(text, element);
  const known = attributes.find((attribute) => attribute.name === name);
  if (value === undefined) return known === undefined ? [] : [{ from: known.start, to: known.end, text: '' }];
  const quote = known?.quote ?? attributes[0]?.quote ?? usualQuote(text);
  const quoted = `${quote}${escapedXml(value)}${quote}`;
  return known === undefined
    ? [{ from: wordsEnd, to: wordsEnd, text: ` ${name}=${quoted}` }]
    : [{ from: text.lastIndexOf(known.quote, known.end - 2), to: known.end, text: quoted }];
};

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** What stands on its line in front of it, where that is blank. */
const indentOf = (text: string, offset: number): string | undefined => {
  const before = text.slice(lineStart(text, offset), offset);
  return before.trim() === '' ? before : undefined;
};

/** The blanks and comments that follow on the same line, without its end. */
const restOfLine = /(?:[ \t]|<!--(?:(?!-->)[^\n])*-->)*(?=\r?\n|$)/y;

const endOnLine = (text: string, offset: number): number | undefined => {
  restOfLine.lastIndex = offset;
  return restOfLine.test(text) ? restOfLine.lastIndex : undefined;
};

const lineEndOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');

/** An element with what is left empty of its lines. A comment beside it stays. */
export const removal = (text: string, { start, end }: Element): Splice => {
  const indent = indentOf(text, start);
  const behind = /[ \t]*(\r?\n|$)/y;
  behind.lastIndex = end;
  const isAlone = indent !== undefined && behind.test(text);
  return isAlone ? { from: start - indent.length, to: behind.lastIndex, text: '' } : { from: start, to: end, text: '' };
};

/** What is printed has single quotes around attributes and nowhere else. */
const withQuotes = (printed: string, quote: string): string => printed.replaceAll("'", quote);

const indented = (printed: string, indent: string, lineEnd: string): string =>
  printed.trimEnd().split('\n').map((line) => `${indent}${line}`).join(lineEnd); // prettier-ignore

/** Behind the child `after`, or in front of all others. `printed`: its lines, with an indent of two blanks. */
export const insertion = (text: string, parent: Element, after: Element | undefined, printed: string): Splice => {
  const lineEnd = lineEndOf(text);
  const own = withQuotes(printed, usualQuote(text));
  if (after !== undefined) {
    const indent = indentOf(text, after.start);
    const at = endOnLine(text, after.end);
    if (indent === undefined || at === undefined)
      return { from: after.end, to: after.end, text: indented(own, '', lineEnd) };
    return { from: at, to: at, text: `${lineEnd}${indented(own, indent, lineEnd)}` };
  }
  const tag = startTagOf(text, parent);
  const indent = indentOf(text, parent.start) ?? '';
  const [first] = parent.children;
  const inner = (first === undefined ? undefined : indentOf(text, first.start)) ?? `${indent}  `;
  const lines = `${lineEnd}${indented(own, inner, lineEnd)}`;
  if (tag.isWhole) return { from: tag.wordsEnd, to: tag.end, text: `>${lines}${lineEnd}${indent}</${parent.name}>` };
  const at = endOnLine(text, tag.end);
  return at === undefined
    ? { from: tag.end, to: tag.end, text: indented(own, '', lineEnd) }
    : { from: at, to: at, text: lines };
};
