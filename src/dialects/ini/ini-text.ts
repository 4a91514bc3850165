/**
 * Texts of sections and `Key=value` lines, in the two ways that matter on Linux: systemd's (systemd.syntax(7): `#` and
 * `;` begin a comment, a backslash at the end of a line goes on with the next) and GLib's key files (`#` alone, no
 * going on). Every entry knows its lines, so that a text can be edited without touching the rest.
 */
import { linesOf, type Line, type Word } from '../text.ts';

export interface IniEntry {
  readonly key: Word;
  /** With continuation lines joined by one blank each. */
  readonly value: Word;
  /** Counted from 1, of all that it stands on: more than one line where it goes on. */
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface IniSection {
  readonly name: Word;
  readonly entries: readonly IniEntry[];
  /** Of its last entry, or of its header where it has none. */
  readonly lastLine: number;
}

export interface IniText {
  readonly path: string;
  readonly sections: readonly IniSection[];
  /** Lines that are neither. */
  readonly strays: readonly Line[];
}

export type IniStyle = 'systemd' | 'glib';

const isComment = (text: string, style: IniStyle): boolean => {
  const first = text.trimStart()[0];
  return first === '#' || (first === ';' && style === 'systemd');
};

/** A line with those that it goes on with, as one. */
interface Logical {
  readonly line: Line;
  readonly text: string;
  readonly lastLine: number;
  /** Where in `text` what stands on each line begins, and where on its line that is. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly from: number;
  readonly line: number;
  readonly column: number;
}

const partAt = ({ parts }: Logical, offset: number): Part | undefined => parts.findLast(({ from }) => from <= offset);

/** The word at an offset of a logical line; one that nothing stands for is behind what is there. */
const wordAt = (logical: Logical, offset: number, text: string): Word => {
  const part = partAt(logical, offset);
  return part === undefined
    ? { text, line: logical.line.number, column: 1 }
    : { text, line: part.line, column: part.column + offset - part.from };
};

/** Lines with those that they go on with; comments in between do not count (systemd.syntax(7)). */
const logicalLines = (text: string, style: IniStyle): readonly Logical[] => {
  const logical: Logical[] = [];
  let open: { line: Line; text: string; lastLine: number; parts: Part[] } | undefined;
  for (const line of linesOf(text)) {
    if (isComment(line.text, style)) continue;
    const goesOn = style === 'systemd' && line.text.endsWith('\\');
    const part = goesOn ? line.text.slice(0, -1) : line.text;
    if (open === undefined) {
      if (part.trim() === '' && !goesOn) continue;
      open = { line, text: part, lastLine: line.number, parts: [{ from: 0, line: line.number, column: 1 }] };
    } else {
      const own = part.trimStart();
      const column = part.length - own.length + 1;
      // What is left blank at the end is no place to point to.
      if (own !== '') open.parts.push({ from: open.text.length + 1, line: line.number, column });
      open.text += ` ${own}`;
      open.lastLine = line.number;
    }
    if (goesOn) continue;
    logical.push(open);
    open = undefined;
  }
  if (open !== undefined) logical.push(open);
  return logical;
};

export const readIni = (path: string, text: string, style: IniStyle): IniText => {
  const sections: { name: Word; entries: IniEntry[]; lastLine: number }[] = [];
  const strays: Line[] = [];
  for (const logical of logicalLines(text, style)) {
    const { line, text: whole, lastLine } = logical;
    const begin = whole.length - whole.trimStart().length;
    const header = /^\s*\[([^\]]*)\]\s*$/.exec(whole)?.[1];
    if (header !== undefined) {
      sections.push({ name: wordAt(logical, begin, header), entries: [], lastLine });
      continue;
    }
    const at = whole.indexOf('=');
    const section = sections.at(-1);
    if (at <= 0 || section === undefined || whole.slice(0, at).trim() === '') {
      strays.push(line);
      continue;
    }
    const after = whole.slice(at + 1);
    const value = after.trim();
    const valueFrom = value === '' ? at + 1 : at + 1 + after.length - after.trimStart().length;
    section.entries.push({
      key: wordAt(logical, begin, whole.slice(0, at).trim()),
      value: wordAt(logical, valueFrom, value),
      firstLine: line.number,
      lastLine,
    });
    section.lastLine = lastLine;
  }
  return { path, sections, strays };
};

/** A section to be written: its name, and its entries in order. */
export interface IniDraft {
  readonly name: string;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

export const printIni = (drafts: readonly IniDraft[]): string =>
  `${drafts
    .map(({ name, entries }) => [`[${name}]`, ...entries.map(([key, value]) => `${key}=${value}`)].join('\n'))
    .join('\n\n')}\n`;
