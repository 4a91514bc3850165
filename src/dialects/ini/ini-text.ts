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
  /** Counted from 1; more than `key.line` where the value goes on. */
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

interface Logical {
  readonly line: Line;
  readonly text: string;
  readonly lastLine: number;
}

/** Lines with those that they go on with; comments in between do not count (systemd.syntax(7)). */
const logicalLines = (text: string, style: IniStyle): readonly Logical[] => {
  const logical: Logical[] = [];
  let open: { line: Line; text: string; lastLine: number } | undefined;
  for (const line of linesOf(text)) {
    if (isComment(line.text, style)) continue;
    const goesOn = style === 'systemd' && line.text.endsWith('\\');
    const part = goesOn ? line.text.slice(0, -1) : line.text;
    if (open === undefined) {
      if (part.trim() === '' && !goesOn) continue;
      open = { line, text: part, lastLine: line.number };
    } else open = { line: open.line, text: `${open.text} ${part.trimStart()}`, lastLine: line.number };
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
  for (const { line, text: whole, lastLine } of logicalLines(text, style)) {
    const column = whole.length - whole.trimStart().length + 1;
    const header = /^\s*\[([^\]]*)\]\s*$/.exec(whole)?.[1];
    if (header !== undefined) {
      sections.push({ name: { text: header, line: line.number, column }, entries: [], lastLine });
      continue;
    }
    const at = whole.indexOf('=');
    const section = sections.at(-1);
    if (at <= 0 || section === undefined || whole.slice(0, at).trim() === '') {
      strays.push(line);
      continue;
    }
    const after = whole.slice(at + 1);
    section.entries.push({
      key: { text: whole.slice(0, at).trim(), line: line.number, column },
      value: { text: after.trim(), line: line.number, column: at + 2 + after.length - after.trimStart().length },
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
