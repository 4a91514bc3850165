/**
 * Domain files of xm and xl (xl.cfg(5)): `key = value` in a small part of Python's words: strings, numbers and lists of
 * them, over several lines where a bracket is open. A key that is given again forgets what it was.
 */
import { type ConfigText, type Place } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { placesIn } from '../text.ts';

export interface DomainValue {
  /** A single value is a list of one. */
  readonly items: readonly { readonly text: string; readonly at: Place }[];
  readonly isList: boolean;
  readonly at: Place;
}

type Token = { readonly kind: 'word' | 'text' | 'sign' | 'end'; readonly text: string; readonly offset: number };

/** As xl and Python write them: decimal, or hexadecimal after 0x. */
const isNumber = /^-?(?:0x[0-9a-f]+|\d+)$/i;

const blank = /[ \t\r]*/y;
const tokens = /(#[^\n]*)|(\n|;)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|([[\],=+])|([^\s#;"'[\],=]+)/y;

const scan = ({ text }: ConfigText, placeOf: (offset: number) => Place, tell: Tell): readonly Token[] => {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    blank.lastIndex = at;
    blank.exec(text);
    at = blank.lastIndex;
    if (at >= text.length) break;
    tokens.lastIndex = at;
    const match = tokens.exec(text);
    if (match === null) {
      tell('error', 'not-a-setting', 'there is a string here that does not end', placeOf(at));
      const next = text.indexOf('\n', at);
      at = next < 0 ? text.length : next;
      continue;
    }
    const [whole, comment, end, quoted, sign, word] = match;
    if (end !== undefined) found.push({ kind: 'end', text: end, offset: at });
    else if (quoted !== undefined)
      found.push({ kind: 'text', text: quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1'), offset: at });
    else if (sign !== undefined) found.push({ kind: 'sign', text: sign, offset: at });
    else if (word !== undefined) found.push({ kind: 'word', text: word, offset: at });
    else if (comment === undefined) break;
    at += whole.length;
  }
  return found;
};

/** Keys in the order in which they were last given. */
export const readDomainText = (file: ConfigText, tell: Tell): ReadonlyMap<string, DomainValue> => {
  const { path, text } = file;
  const placeOf = placesIn(path, text);
  const all = scan(file, placeOf, tell);
  const values = new Map<string, DomainValue>();
  const skipLine = (from: number): number => {
    const end = all.findIndex((token, index) => index >= from && token.kind === 'end');
    return end < 0 ? all.length : end + 1;
  };
  for (let at = 0; at < all.length;) {
    const key = all[at];
    if (key === undefined || key.kind === 'end') {
      at += 1;
      continue;
    }
    const sign = all[at + 1];
    if (key.kind !== 'word' || sign?.text !== '=') {
      tell('error', 'not-a-setting', `\`${key.text}\` is not the beginning of \`key = value\``, placeOf(key.offset));
      at = skipLine(at);
      continue;
    }
    const items: { text: string; at: Place }[] = [];
    let next = at + 2;
    const isList = all[next]?.text === '[' && all[next]?.kind === 'sign';
    let isClosed = !isList;
    if (isList) {
      let parts: Token[] = [];
      const endItem = (): void => {
        const [first, second] = parts;
        parts = [];
        if (first === undefined) return;
        if (second === undefined && (first.kind === 'text' || isNumber.test(first.text)))
          items.push({ text: first.text, at: placeOf(first.offset) });
        else
          tell(
            'error',
            'not-a-value',
            `in the list of \`${key.text}\` only strings and numbers are read, with commas between them: what begins here is computed`,
            placeOf(first.offset),
            'write the string that comes of it',
          );
      };
      let depth = 1;
      for (next += 1; next < all.length && !isClosed; next += 1) {
        const token = all[next];
        if (token === undefined) break;
        const bracket = token.kind === 'sign' ? token.text : '';
        depth += bracket === '[' ? 1 : bracket === ']' ? -1 : 0;
        // Lists in a list, as `vnuma` has them, say nothing of networks.
        if (bracket === '[' || depth > 1 || (bracket === ']' && depth === 1)) continue;
        if (depth === 0) isClosed = true;
        else if (token.kind === 'sign' && token.text === ',') endItem();
        else if (token.kind !== 'end') parts.push(token);
      }
      endItem();
    } else
      for (; next < all.length && all[next]?.kind !== 'end'; next += 1) {
        const token = all[next];
        if (token !== undefined && token.kind !== 'sign') items.push({ text: token.text, at: placeOf(token.offset) });
      }
    if (!isClosed) tell('error', 'open-list', `the list of \`${key.text}\` does not end`, placeOf(key.offset));
    const place = placeOf(key.offset);
    const before = values.get(key.text);
    if (before !== undefined)
      tell(
        'ignored',
        'overridden-key',
        `\`${key.text}\` is given again in line ${place.line}: what stands here is forgotten`,
        before.at,
        `put both into one list: \`${key.text} = [ …, … ]\``,
      );
    values.delete(key.text);
    values.set(key.text, { items, isList, at: place });
    at = next;
  }
  return values;
};
