/** Words of lines changed where they stand: blanks, quotes, other words and the spelling around them stay. */
import { parseIp, printIp } from '../../net/address.ts';

/** An address in its one spelling, with the length that stands behind it. */
const plainWord = (word: string): string => {
  const [bare = '', ...rest] = word.split('/');
  const address = parseIp(bare);
  return address === undefined ? word : [printIp(address), ...rest].join('/');
};

/** Undefined: the word is another one. A length may be said elsewhere, as long as it stays what it is. */
const replaced = (word: string, was: string, is: string): string | undefined => {
  if (plainWord(word) === was) return is;
  const [bareWas, lengthWas] = was.split('/');
  const [bareIs = '', lengthIs] = is.split('/');
  const isBare = lengthWas !== undefined && lengthWas === lengthIs && plainWord(word) === bareWas;
  return isBare ? bareIs : undefined;
};

/** Which words go and which come in their place, between the same words in front and behind. */
const changedWords = (
  was: readonly string[],
  is: readonly string[],
): readonly (readonly [string, string])[] | undefined => {
  if (was.length === is.length)
    return was.flatMap((word, index) => (word === is[index] ? [] : [[word, is[index] ?? ''] as const]));
  return undefined;
};

const inLines = (lines: readonly string[], was: string, is: string): readonly string[] | undefined => {
  const found = { old: false, fresh: false };
  const edited = lines.map((line) =>
    line.replaceAll(/[^\s;&|"'()\\]+/g, (word) => {
      const fresh = replaced(word, was, is);
      if (fresh !== undefined) found.old = true;
      if (replaced(word, is, is) !== undefined) found.fresh = true;
      return fresh ?? word;
    }),
  );
  return Object.values(found).includes(true) ? edited : undefined;
};

/**
 * `was` and `is`: values in the writer's words. Undefined: the lines spell it so differently that they are to be written
 * anew. A word that has its new spelling already was changed by another change of the same line.
 */
export const withWordsChanged = (lines: readonly string[], was: string, is: string): readonly string[] | undefined => {
  let edited: readonly string[] | undefined = lines;
  for (const [from, to] of changedWords(was.split(' '), is.split(' ')) ?? [['', ''] as const])
    edited = edited === undefined || from === '' ? undefined : inLines(edited, from, to);
  return edited;
};
