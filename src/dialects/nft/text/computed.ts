/**
 * What nft(8) compares that stands in no header: what the route, the socket, a counter or a hash says. The model has no
 * words for any of it, so only where such an expression ends matters here.
 */
import { type Cursor } from './cursor.ts';

const beginnings = new Set(['rt', 'numgen', 'jhash', 'symhash', 'socket', 'osf', 'ipsec', 'exthdr']);

export const seesComputed = (text: string): boolean => beginnings.has(text);

/** `mod 2 seed 0xabcd offset 100` */
const takeModulus = (cursor: Cursor, words: string[]): void => {
  while (cursor.sees('mod', 'seed', 'offset')) words.push(cursor.next().text, cursor.word('a number'));
};

const takeHashed = (cursor: Cursor, words: string[]): void => {
  while (!cursor.isAtEnd && !cursor.sees('mod')) words.push(cursor.next().text);
  takeModulus(cursor, words);
};

const takeUntilKey = (
  cursor: Cursor,
  words: string[],
  before: readonly string[],
  withNumber: readonly string[],
): void => {
  while (cursor.sees(...before, ...withNumber)) {
    const { text } = cursor.next();
    words.push(text);
    if (withNumber.includes(text)) words.push(cursor.word('a number'));
  }
  words.push(cursor.word('what is compared'));
};

/** `first` has been taken. */
export const readComputed = (cursor: Cursor, first: string): Readonly<Record<string, string>> => {
  const words: string[] = [];
  switch (first) {
    case 'numgen':
      words.push(cursor.word('`inc` or `random`'));
      takeModulus(cursor, words);
      break;
    case 'symhash':
      takeModulus(cursor, words);
      break;
    case 'jhash':
      takeHashed(cursor, words);
      break;
    case 'osf':
      if (cursor.accepts('ttl')) words.push('ttl', cursor.word('how the TTL counts'));
      words.push(cursor.word('what is compared'));
      break;
    case 'socket':
      words.push(cursor.word('what is compared'));
      if (cursor.accepts('level')) words.push('level', cursor.word('a number'));
      break;
    case 'ipsec':
      takeUntilKey(cursor, words, ['in', 'out', 'ip', 'ip6'], ['spnum']);
      break;
    default:
      takeUntilKey(cursor, words, ['ip', 'ip6'], []);
  }
  return { [first]: words.join(' ') };
};
