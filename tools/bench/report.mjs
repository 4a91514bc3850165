/** The bench's numbers as text. A row is { what, value, ratio?, limit?, ok? } or { what, skipped }. */

export const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

export const milliseconds = (ms) => `${ms.toFixed(0)} ms`;

export const ratioRow = (what, ms, floorMs, limit) => ({
  what,
  value: ms < 1000 ? milliseconds(ms) : seconds(ms),
  ratio: `${(ms / floorMs).toFixed(2)}×`,
  ...(limit === undefined ? {} : { limit: `≤ ${limit}×`, ok: ms / floorMs <= limit }),
});

const verdict = ({ skipped, ok }) => (skipped !== undefined ? '' : ok === undefined ? '' : ok ? 'holds' : 'MISSED');

export const printTable = (rows) => {
  const lines = [
    ['what', 'measured', 'ratio', 'limit', ''],
    ...rows.map((row) => [
      row.what,
      row.skipped === undefined ? row.value : `left out: ${row.skipped}`,
      row.ratio ?? '',
      row.limit ?? '',
      verdict(row),
    ]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
};
