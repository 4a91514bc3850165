/** Words of a command as iproute2 takes them: names with their values, in any order, and what stands alone. */
export interface Arguments {
  readonly words: readonly string[];
  at: number;
}

export const argumentsOf = (words: readonly string[]): Arguments => ({ words, at: 0 });

export const next = (args: Arguments): string | undefined => {
  const word = args.words[args.at];
  if (word !== undefined) args.at += 1;
  return word;
};

export const peek = (args: Arguments): string | undefined => args.words[args.at];

/** iproute2 takes any beginning of a word (matches()); the first name that fits is meant. */
export const abbreviated = <T extends string>(word: string | undefined, names: readonly T[]): T | undefined =>
  word === undefined || word === ''
    ? undefined
    : (names.find((name) => name === word) ?? names.find((name) => name.startsWith(word)));
