/** Files of variables and lists of lines that are edited: each keeps the lines that nobody changes. */
import { type ConfigText } from '../dialect.ts';
import { quotedValue, readVariables } from '../shell-commands/variables.ts';

/** `like`: the text before, whose last line may have no end. */
export const joined = (lines: readonly string[], like = ''): string =>
  lines.length === 0 ? '' : `${lines.join('\n')}${like === '' || like.endsWith('\n') ? '\n' : ''}`;

export const linesOfText = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** What no shell takes for more than one word. */
const isPlainWord = (value: string): boolean => /^[\w.:/%,=+-]+$/.test(value);

const quoted = (value: string, quote: string): string =>
  quote === '' && isPlainWord(value) ? value : quotedValue(value, quote === "'" ? "'" : '"');

/** The same value in its quotes, with whatever stands behind it; none where it needs none and had none. */
export const withValue = (line: string, value: string): string =>
  line.replace(
    /=(?:"(?:[^"\\]|\\[^])*"|'[^']*'|\\[^]|[^\s;"'\\])*/,
    (old) => `=${quoted(value, /^=(["'])/.exec(old)?.[1] ?? '')}`,
  );

/** The quotes of the first value that is not empty. */
const usualQuote = (text: string): string => /^\s*(?:export\s+)?\w+=(["']?)[^\s"']/m.exec(text)?.[1] ?? "'";

/** Undefined: the variable goes. What is not there yet comes to the end. */
export type VariableChanges = ReadonlyMap<string, string | undefined>;

export const withVariables = (text: ConfigText, changes: VariableChanges): string => {
  if (changes.size === 0) return text.text;
  const lines = linesOfText(text.text);
  const said = new Set<string>();
  // From the end, so that the numbers of lines above stay right; of two of one name the later one counts.
  for (const { name, at, lastLine } of readVariables(text).assignments.toReversed()) {
    if (!changes.has(name)) continue;
    const value = changes.get(name);
    const fresh =
      value === undefined || said.has(name) ? [] : [withValue(lines.slice(at.line - 1, lastLine).join('\n'), value)];
    said.add(name);
    lines.splice(at.line - 1, lastLine - at.line + 1, ...fresh);
  }
  const quote = usualQuote(text.text);
  const added = [...changes].flatMap(([name, value]) =>
    value === undefined || said.has(name) ? [] : [`${name}=${quoted(value, quote)}`],
  );
  return joined([...lines, ...added], added.length === 0 ? text.text : '');
};

/** `instead`: by number of the line, from 1; undefined: it goes. `added` comes to the end. */
export const withLines = (
  text: string,
  instead: ReadonlyMap<number, string | undefined>,
  added: readonly string[],
): string => {
  if (instead.size === 0 && added.length === 0) return text;
  const kept = linesOfText(text).flatMap((line, index) => {
    const fresh = instead.get(index + 1);
    return fresh === undefined ? (instead.has(index + 1) ? [] : [line]) : [fresh];
  });
  return joined([...kept, ...added], added.length === 0 ? text : '');
};
