/**
 * Rows to an aligned table. A cell may hold several lines. Where the table is wider than the terminal, each row
 * becomes a block of `heading value` lines instead, so that nothing is cut and nothing wraps out of its column.
 */
import stringWidth from 'string-width';
import { type Paint } from './terminal.ts';

/** The lines of one cell. */
export type Cell = string | readonly string[];

export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

export interface TableOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly indent?: string;
}

/** Plain text and the signs of a matrix take a column each; only of the rest the width has to be found out. */
const widthOf = (text: string): number => (/^[\x20-\x7e✓✗±·…→]*$/.test(text) ? text.length : stringWidth(text));

const gap = '  ';
const linesOf = (cell: Cell | undefined): readonly string[] =>
  cell === undefined ? [''] : typeof cell === 'string' ? [cell] : cell.length === 0 ? [''] : cell;

const pad = (text: string, width: number, align: Column['align']): string => {
  const blank = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? blank + text : text + blank;
};

const widthsOf = (columns: readonly Column[], rows: readonly (readonly Cell[])[]): readonly number[] =>
  columns.map((column, index) =>
    rows.reduce(
      (widest, row) => linesOf(row[index]).reduce((most, line) => Math.max(most, widthOf(line)), widest),
      widthOf(column.heading),
    ),
  );

const printWide = (
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  widths: readonly number[],
  { paint, indent = '' }: TableOptions,
): string => {
  const line = (cells: readonly string[]): string =>
    (
      indent + columns.map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align)).join(gap)
    ).trimEnd();
  const body = rows.flatMap((row) => {
    const height = Math.max(...columns.map((_, index) => linesOf(row[index]).length));
    return Array.from({ length: height }, (_, at) => line(columns.map((_, index) => linesOf(row[index])[at] ?? '')));
  });
  return [paint('bold', line(columns.map(({ heading }) => heading))), ...body].join('\n');
};

const printNarrow = (
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { paint, indent = '' }: TableOptions,
): string => {
  const widest = Math.max(...columns.map(({ heading }) => widthOf(heading)));
  const block = (row: readonly Cell[]): string =>
    columns
      .flatMap(({ heading }, index) =>
        linesOf(row[index])
          .filter((line) => line !== '')
          .map((line, at) => `${indent}${paint('bold', pad(at === 0 ? heading : '', widest, 'left'))}${gap}${line}`),
      )
      .join('\n');
  return rows.map(block).join('\n\n');
};

/** The table as text without a last line break; empty text where there are no rows. Columns that are empty throughout are left out. */
export const printTable = (
  allColumns: readonly Column[],
  allRows: readonly (readonly Cell[])[],
  options: TableOptions,
): string => {
  if (allRows.length === 0) return '';
  const used = allColumns.map((_, index) => allRows.some((row) => linesOf(row[index]).some((line) => line !== '')));
  const columns = allColumns.filter((_, index) => used[index]);
  const rows = allRows.map((row) => row.filter((_, index) => used[index]));
  const widths = widthsOf(columns, rows);
  const total = (options.indent ?? '').length + widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
  return total <= options.width ? printWide(columns, rows, widths, options) : printNarrow(columns, rows, options);
};
