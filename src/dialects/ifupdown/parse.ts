/**
 * interfaces(5) into statements: lines joined where they end in a backslash, comments only where a line begins with one,
 * and the options of each `iface` and `mapping`. Nothing is judged here but the shape, as ifup(8) does when it loads the file.
 */
import { type ConfigText, type Place } from '../dialect.ts';
import { linesOf } from '../text.ts';
import { ownEntry } from '../plain-values.ts';

/** One line, together with those that it goes on with. */
export interface Statement {
  readonly at: Place;
  /** The last line of the text that belongs to it. */
  readonly lastLine: number;
  readonly name: string;
  /** What stands behind the first word, without blanks around it. */
  readonly value: string;
  /** In the first line; that of the statement where the value begins in a later one. */
  readonly valueColumn: number;
}

export type Option = Statement;

export interface Stanza {
  readonly head: Statement;
  readonly options: readonly Option[];
}

export interface ShapeError {
  readonly at: Place;
  readonly code: string;
  readonly message: string;
}

export interface Parsed {
  readonly stanzas: readonly Stanza[];
  readonly errors: readonly ShapeError[];
}

/** Joined lines: the last of two backslashes at an end is cut, and the line ends there. */
const statementsOf = ({ path, text }: ConfigText): readonly Statement[] => {
  const found: Statement[] = [];
  const lines = linesOf(text);
  for (let index = 0; index < lines.length; index += 1) {
    const first = lines[index];
    if (first === undefined) break;
    let whole = first.text.trimStart();
    if (whole === '' || whole.startsWith('#')) continue;
    const column = first.text.length - whole.length + 1;
    while (whole.endsWith('\\')) {
      whole = whole.slice(0, -1);
      if (whole.endsWith('\\') || index + 1 >= lines.length) break;
      index += 1;
      whole += lines[index]?.text ?? '';
    }
    whole = whole.trimEnd();
    if (whole === '') continue;
    const name = /^\S+/.exec(whole)?.[0] ?? '';
    const at = { path, line: first.number, column };
    const value = whole.slice(name.length).trim();
    const valueColumn = column + whole.length - value.length;
    const isBelow = valueColumn > first.text.length;
    const lastLine = lines[index]?.number ?? first.number;
    found.push({ at, lastLine, name, value, valueColumn: isBelow ? column : valueColumn });
  }
  return found;
};

const keywords =
  /^(?:iface|mapping|template|auto|allow-.*|rename|source|source-directory|source-dir|no-auto-down|no-scripts)$/;

export const isKeyword = (word: string): boolean => keywords.test(word);

/** Option names that ifup knows by two names. */
const otherNames: Readonly<Record<string, string>> = { 'post-up': 'up', 'pre-down': 'down' };

/** `up` and its like: commands, as many as there are. */
export const commandNames: ReadonlySet<string> = new Set(['pre-up', 'up', 'down', 'post-down']);

export const optionName = (name: string): string => ownEntry(otherNames, name) ?? name;

export const parseInterfaces = (text: ConfigText): Parsed => {
  const stanzas: { head: Statement; options: Option[] }[] = [];
  const errors: ShapeError[] = [];
  let open: { head: Statement; options: Option[] } | undefined;
  for (const statement of statementsOf(text)) {
    const { name, value, at } = statement;
    if (isKeyword(name)) {
      const stanza = { head: statement, options: [] };
      stanzas.push(stanza);
      open = /^(?:iface|mapping|template)$/.test(name) ? stanza : undefined;
    } else if (open === undefined)
      errors.push({
        at,
        code: 'misplaced-option',
        message: `\`${name}\` stands outside of any stanza: ifup refuses the whole file`,
      });
    else if (value === '')
      errors.push({ at, code: 'empty-option', message: `\`${name}\` has no value: ifup refuses the whole file` });
    else open.options.push({ ...statement, name: optionName(name) });
  }
  return { stanzas, errors };
};
