/** Sets and maps of nft(8) between braces to those of libnftables-json(5). */
import { type Cursor, Fault } from './cursor.ts';
import { readValue, type ValueKind } from './expression.ts';
import { type Token } from './tokens.ts';

const optionsOfElement = new Set(['timeout', 'expires', 'comment', 'counter', 'limit', 'quota', 'last']);

/** `10.0.0.1 . 22` is a concatenation. */
const readParts = (cursor: Cursor, kinds: readonly ValueKind[]): unknown => {
  const parts = [readValue(cursor, kinds[0] ?? 'plain')];
  while (cursor.accepts('.')) parts.push(readValue(cursor, kinds[parts.length] ?? 'plain'));
  return parts.length === 1 ? parts[0] : { concat: parts };
};

const isOption = ({ kind, text }: Token): boolean => kind === 'word' && optionsOfElement.has(text);

/** What an element has beside its value changes nothing about what is in the set. */
const skipOptions = (cursor: Cursor): void => {
  if (!isOption(cursor.token)) return;
  while (!cursor.isDone && !cursor.sees(',', '}', ':')) {
    const { kind, text } = cursor.next();
    if (kind === 'end' && text === ';') throw new Fault('the set does not end', cursor.token);
  }
};

export const verdictWords = new Set(['accept', 'drop', 'return', 'continue', 'jump', 'goto']);

export const readVerdictWord = (cursor: Cursor): unknown => {
  const { text } = cursor.next();
  return text === 'jump' || text === 'goto' ? { [text]: { target: cursor.word('a chain') } } : { [text]: null };
};

const readMapped = (cursor: Cursor): unknown =>
  cursor.token.kind === 'word' && verdictWords.has(cursor.token.text)
    ? readVerdictWord(cursor)
    : readParts(cursor, ['plain', 'port']);

/** After the opening brace, and past the closing one. Elements with `:` are pairs. */
export const readElements = (cursor: Cursor, kinds: readonly ValueKind[]): readonly unknown[] => {
  const elements: unknown[] = [];
  for (;;) {
    cursor.skipLines();
    if (cursor.accepts('}')) return elements;
    if (cursor.accepts('{')) {
      // A variable that holds a set, inside of a set.
      elements.push(...readElements(cursor, kinds));
      cursor.skipLines();
      if (!cursor.accepts(',') && !cursor.sees('}')) throw new Fault('`,` or `}` is expected here', cursor.token);
      continue;
    }
    const value = readParts(cursor, kinds);
    cursor.skipLines();
    skipOptions(cursor);
    if (cursor.accepts(':')) {
      cursor.skipLines();
      elements.push([value, readMapped(cursor)]);
      cursor.skipLines();
      skipOptions(cursor);
    } else elements.push(value);
    cursor.skipLines();
    if (!cursor.accepts(',') && !cursor.sees('}')) throw new Fault('`,` or `}` is expected here', cursor.token);
  }
};
