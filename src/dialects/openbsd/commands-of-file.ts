/**
 * hostname.if(5): one file by interface, line after line, as netstart(8) of OpenBSD makes commands of them. `inet` and
 * `inet6` lines are packed: what stands behind the address is its mask or length, then the broadcast address.
 */
import { type ConfigText } from '../dialect.ts';
import { linesOf, type Line, type Word } from '../text.ts';

export type Command =
  | { readonly kind: 'ifconfig'; readonly words: readonly Word[] }
  | { readonly kind: 'dhcp'; readonly words: readonly Word[]; readonly at: Word }
  /** A line behind `!`, for the shell; `at` is where it begins. */
  | { readonly kind: 'shell'; readonly at: Word };

/** Words, of which quotes hold several together. From a word that begins with `#` on, it is a comment. */
const wordsOf = ({ number, text }: Line): readonly Word[] => {
  const words = [...text.matchAll(/"[^"]*"|\S+/g)].map((found) => ({
    text: found[0].startsWith('"') ? found[0].replaceAll('"', '') : found[0],
    line: number,
    column: found.index + 1,
  }));
  const comment = words.findIndex((word) => word.text.startsWith('#'));
  return comment < 0 ? words : words.slice(0, comment);
};

/** `inet [alias] ADDRESS [MASK [BROADCAST]] …` with the names of its values, as ifconfig(8) takes it. */
const unpacked = (words: readonly Word[]): readonly Word[] => {
  const [family, ...rest] = words;
  if (family === undefined || rest[0]?.text === 'autoconf' || rest[0]?.text === '-autoconf') return words;
  const alias = rest[0]?.text === 'alias' ? rest.slice(0, 1) : [];
  const [address, mask, broadcast, ...more] = rest.slice(alias.length);
  const named = (name: string, word: Word | undefined): readonly Word[] =>
    word === undefined ? [] : [{ ...word, text: name }, word];
  const head = [family, ...alias, ...(address === undefined ? [] : [address])];
  if (family.text === 'inet6')
    return [...head, ...named('prefixlen', mask), ...(broadcast === undefined ? [] : [broadcast]), ...more];
  return [
    ...head,
    ...named('netmask', mask),
    ...(broadcast?.text === 'NONE' ? [] : named('broadcast', broadcast)),
    ...more,
  ];
};

/** A `dest` line gives the far end to the address of the line before. */
const withDestination = (words: readonly Word[], destination: Word): readonly Word[] => {
  const address = words.findIndex((word) => !/^(?:inet6?|alias)$/.test(word.text));
  return address < 0 ? words : [...words.slice(0, address + 1), destination, ...words.slice(address + 1)];
};

const commandOf = (line: Line, words: readonly Word[], first: Word): Command => {
  const { text } = first;
  if (text.startsWith('!')) {
    const at = line.text.indexOf('!') + 1;
    return { kind: 'shell', at: { text: line.text.slice(at).trim(), line: line.number, column: at + 1 } };
  }
  if (text === 'dhcp') return { kind: 'dhcp', words: words.slice(1), at: first };
  // The older name of what asks for router advertisements.
  if (text === 'rtsol')
    return {
      kind: 'ifconfig',
      words: [...words.slice(1), ...['up', 'inet6', 'autoconf'].map((word) => ({ ...first, text: word }))],
    };
  return { kind: 'ifconfig', words: text === 'inet' || text === 'inet6' ? unpacked(words) : words };
};

export const commandsOfFile = ({ text }: ConfigText): readonly Command[] => {
  const commands: Command[] = [];
  for (const line of linesOf(text)) {
    const words = wordsOf(line);
    const [first, second] = words;
    if (first === undefined) continue;
    const before = commands.at(-1);
    if (first.text === 'dest' && second !== undefined && before?.kind === 'ifconfig')
      commands[commands.length - 1] = { kind: 'ifconfig', words: withDestination(before.words, second) };
    else commands.push(commandOf(line, words, first));
  }
  return commands;
};
