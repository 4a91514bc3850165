/** A matrix of who reaches whom as text. Rows and columns where nothing was asked are left out. */
import { nameGroup, type ReachMatrix, type Sign } from './reach-matrix.ts';
import { printTable, type TableOptions } from './table.ts';
import { type Paint } from './terminal.ts';

/** Up to here every machine has its own row. */
export const mostUngrouped = 12;

const legend: Readonly<Record<Exclude<Sign, ''>, string>> = {
  '✓': 'reaches',
  '✗': 'does not',
  '4': 'IPv4 only',
  '6': 'IPv6 only',
  '±': 'some of its addresses',
  '?': 'uncertain',
};

const paintSign = (paint: Paint, sign: Sign): string =>
  sign === '' ? '' : paint(sign === '✓' ? 'green' : sign === '✗' ? 'red' : 'yellow', sign);

const indicesOf = (lines: readonly (readonly Sign[])[]): readonly number[] =>
  lines.flatMap((line, index) => (line.some((sign) => sign !== '') ? [index] : []));

/** `inPart`: what ± says of rows and columns that are not machines. */
export const printMatrix = ({ groups, signs }: ReachMatrix, options: TableOptions, inPart = legend['±']): string => {
  const rows = indicesOf(signs);
  const columns = indicesOf(groups.map((_, at) => signs.map((row) => row[at] ?? '')));
  const used = new Set(signs.flat());
  const keys = (Object.keys(legend) as (keyof typeof legend)[]).filter((sign) => used.has(sign));
  const names = groups.map(nameGroup);
  // Numbers head the columns where names would make the matrix wider than the terminal.
  const widthNeeded = columns.reduce(
    (sum, at) => sum + (names[at]?.length ?? 0) + 2,
    Math.max(0, ...rows.map((at) => names[at]?.length ?? 0)),
  );
  const isNumbered = widthNeeded > options.width;
  const headings = columns.map((at) => (isNumbered ? String(at + 1) : (names[at] ?? '')));
  const cells = rows.map((index) => [
    ...(isNumbered ? [String(index + 1)] : []),
    names[index] ?? '',
    ...columns.map((at) => {
      const sign = signs[index]?.[at] ?? '';
      return at === index && sign === '' ? '·' : paintSign(options.paint, sign);
    }),
  ]);
  // A column that is told by its number has its name among the rows.
  const unnamed = isNumbered ? columns.filter((at) => !rows.includes(at)) : [];
  const table = printTable(
    [...(isNumbered ? [''] : []), 'FROM \\ TO', ...headings].map((heading) => ({ heading })),
    [...cells, ...unnamed.map((at) => [String(at + 1), names[at] ?? ''])],
    { ...options, width: Number.POSITIVE_INFINITY },
  );
  return `${table}\n${options.paint('dim', keys.map((sign) => `${sign} ${sign === '±' ? inPart : legend[sign]}`).join('   '))}`;
};
