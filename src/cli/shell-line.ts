/** An argv as it is typed into a shell. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

export const shellLine = (argv: readonly string[]): string => argv.map(shellWord).join(' ');
