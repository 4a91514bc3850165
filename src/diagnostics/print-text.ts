/**
 * Diagnostics to the text a person reads: `lab.yaml:14:18: error[code]: message`, a code frame for every place that is
 * involved, `note:` and `help:`. Whatever the file holds, no control character of it reaches the terminal.
 */
import stringWidth from 'string-width';
import { type Diagnostic, type Note, type Severity, type Span } from './diagnostic.ts';
import { inReadingOrder, lineAt, positionOf } from './position.ts';

export interface PrintOptions {
  readonly color: boolean;
  /** Columns of the terminal; lines of a code frame are cut to it, around the marked place. */
  readonly width: number;
}

type Files = ReadonlyMap<string, string>;

const gutterWidth = 8;
const narrowestFrame = 20;
const colors: Readonly<Record<Severity | 'help' | 'bold', string>> = {
  error: '31',
  warning: '33',
  note: '36',
  help: '32',
  bold: '1',
};

const paint = (text: string, color: keyof typeof colors, options: PrintOptions): string =>
  options.color ? `\u001b[${colors[color]}m${text}\u001b[0m` : text;

// Control characters, and the direction marks that make a line read as something else (CVE-2021-42574).
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

const escaped = (character: string): string => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** A message with unprintable characters spelt out; line ends stay, as in the output of a command. */
const spelt = (text: string): string => text.replaceAll('\t', ' ').replaceAll(unprintable, escaped);

/** A line of the file in which every character that cannot be shown is one space, so that columns stay true. */
const shown = (text: string): string => text.replace('\uFEFF', '').replaceAll('\t', ' ').replaceAll(unprintable, ' ');

interface Frame {
  readonly line: string;
  readonly padding: number;
  readonly carets: number;
}

/** Takes whole code points from `points` for at most `columns` terminal columns. */
const fitting = (points: readonly string[], columns: number): number => {
  let used = 0;
  for (const [count, point] of points.entries()) {
    used += stringWidth(point);
    if (used > columns) return count;
  }
  return points.length;
};

/** Cuts a long line around the marked place, with `…` where something is left out. */
const cut = (before: string, marked: string, after: string, columns: number): Frame => {
  const head = Array.from(before);
  const tail = Array.from(marked + after);
  const markedWidth = Math.max(1, stringWidth(marked));
  const whole = stringWidth(before) + stringWidth(marked + after);
  if (whole <= columns) return { line: before + marked + after, padding: stringWidth(before), carets: markedWidth };
  const headRoom = Math.max(0, Math.floor((columns - Math.min(markedWidth, columns)) / 2));
  const kept = stringWidth(before) <= headRoom ? head.length : fitting([...head].reverse(), Math.max(0, headRoom - 1));
  const lead = (kept < head.length ? '…' : '') + head.slice(head.length - kept).join('');
  const room = columns - stringWidth(lead);
  const fits = stringWidth(marked + after) <= room;
  const rest = fits ? tail : [...tail.slice(0, fitting(tail, room - 1)), '…'];
  const restWidth = stringWidth(rest.join(''));
  return {
    line: lead + rest.join(''),
    padding: stringWidth(lead),
    carets: Math.max(1, Math.min(markedWidth, restWidth)),
  };
};

/** The line of the file with the place underlined; a place of several lines is marked to the end of its first. */
const codeFrame = (span: Span, text: string, severity: Severity, options: PrintOptions): readonly string[] => {
  const { start, content } = lineAt(text, span.start);
  const from = Math.min(span.start - start, content.length);
  const to = Math.max(from, Math.min(span.end - start, content.length));
  const columns = Math.max(narrowestFrame, options.width - gutterWidth);
  const [before, marked, after] = [content.slice(0, from), content.slice(from, to), content.slice(to)];
  const frame = cut(shown(before), shown(marked), shown(after), columns);
  const number = String(positionOf(text, span.start).line).padStart(5);
  return [
    `${number} | ${frame.line}`.trimEnd(),
    `${' '.repeat(number.length)} | ${' '.repeat(frame.padding)}${paint('^'.repeat(frame.carets), severity, options)}`,
  ];
};

const place = (span: Span, files: Files): string => {
  const text = files.get(span.file);
  if (text === undefined) return spelt(span.file);
  const { line, column } = positionOf(text, span.start);
  return `${spelt(span.file)}:${line}:${column}`;
};

const frameOf = (
  span: Span | undefined,
  files: Files,
  severity: Severity,
  options: PrintOptions,
): readonly string[] => {
  const text = span === undefined ? undefined : files.get(span.file);
  return span === undefined || text === undefined ? [] : codeFrame(span, text, severity, options);
};

const indented = (label: string, text: string): string => text.split('\n').join(`\n  ${' '.repeat(label.length + 1)}`);

const printNote = (note: Note, files: Files, options: PrintOptions): readonly string[] => {
  const where = note.at === undefined ? '' : `${place(note.at, files)}: `;
  return [
    `  ${paint('note:', 'note', options)} ${where}${indented('note:', spelt(note.message))}`,
    ...frameOf(note.at, files, 'note', options),
  ];
};

const printOne = (diagnostic: Diagnostic, files: Files, options: PrintOptions): string => {
  const where = diagnostic.at === undefined ? '' : `${paint(place(diagnostic.at, files), 'bold', options)}: `;
  const label = paint(`${diagnostic.severity}[${diagnostic.code}]:`, diagnostic.severity, options);
  const help =
    diagnostic.help === undefined
      ? []
      : [`  ${paint('help:', 'help', options)} ${indented('help:', spelt(diagnostic.help))}`];
  return [
    `${where}${label} ${spelt(diagnostic.message)}`,
    ...frameOf(diagnostic.at, files, diagnostic.severity, options),
    ...(diagnostic.notes ?? []).flatMap((note) => printNote(note, files, options)),
    ...help,
    '',
  ].join('\n');
};

/** The text of all diagnostics in reading order, each once; `files` holds the text of every file that is spoken of. */
export const printDiagnostics = (diagnostics: readonly Diagnostic[], files: Files, options: PrintOptions): string =>
  inReadingOrder(diagnostics)
    .map((diagnostic) => printOne(diagnostic, files, options))
    .join('');
