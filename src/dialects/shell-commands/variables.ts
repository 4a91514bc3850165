/** Files of shell variables, `NAME='value'` a line, as scripts source them: quotes, `export`, comments behind a value. */
import { type ConfigText, type Place } from '../dialect.ts';
import { linesOf } from '../text.ts';

export interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly at: Place;
  readonly lastLine: number;
}

export interface VariableFile {
  readonly path: string;
  /** In the order of the file; of two of one name the later one counts. */
  readonly assignments: readonly Assignment[];
  readonly errors: readonly { readonly at: Place; readonly text: string }[];
}

interface Value {
  readonly text: string;
  /** What stands behind it; undefined where a quote is open at the end. */
  readonly rest: string | undefined;
}

const valueIn = (source: string): Value => {
  let text = '';
  let quote = '';
  for (let index = 0; index < source.length; index += 1) {
    const character = source.charAt(index);
    if (quote === '' && /[\s;]/.test(character)) return { text, rest: source.slice(index) };
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === '\\' && quote !== "'" && index + 1 < source.length) {
      index += 1;
      // Between double quotes it stands for itself but before these.
      if (quote === '"' && !/["$`\\\n]/.test(source.charAt(index))) text += character;
      if (source.charAt(index) !== '\n') text += source.charAt(index);
    } else text += character;
  }
  return { text, rest: quote === '' ? '' : undefined };
};

/** A value that a shell takes for what it is, whatever stands in it; `'` only where that is possible. */
export const quotedValue = (value: string, quote: '"' | "'"): string =>
  quote === "'" && !value.includes("'") ? `'${value}'` : `"${value.replace(/["$`\\]/g, '\\$&')}"`;

export const readVariables = ({ path, text }: ConfigText): VariableFile => {
  const assignments: Assignment[] = [];
  const errors: { at: Place; text: string }[] = [];
  const lines = linesOf(text);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    if (line === undefined || /^\s*(?:#|$)/.test(line.text)) continue;
    const column = line.text.length - line.text.trimStart().length + 1;
    const at = { path, line: line.number, column };
    const [, name, begin] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line.text) ?? [];
    if (name === undefined || begin === undefined) {
      errors.push({ at, text: line.text.trim() });
      continue;
    }
    let source = begin;
    let value = valueIn(source);
    // A quote that is open goes on in the next lines, as far as the file does.
    let last = index;
    while (value.rest === undefined && last + 1 < lines.length && last - index < 200) {
      last += 1;
      source += `\n${lines[last]?.text ?? ''}`;
      value = valueIn(source);
    }
    if (value.rest === undefined) {
      errors.push({ at, text: line.text.trim() });
      continue;
    }
    index = last;
    assignments.push({ name, value: value.text, at, lastLine: lines[last]?.number ?? line.number });
    if (!/^\s*;?\s*(?:#.*)?$/.test(value.rest)) errors.push({ at, text: value.rest.trim() });
  }
  return { path, assignments, errors };
};

export const assignmentIn = ({ assignments }: VariableFile, name: string): Assignment | undefined =>
  assignments.findLast((assignment) => assignment.name === name);

/** Empty is as good as absent to most scripts. */
export const variableIn = (file: VariableFile, ...names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = assignmentIn(file, name)?.value.trim();
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
};
