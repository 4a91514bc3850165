/** Tables: alignment by what a terminal shows, and blocks where they do not fit. */
import { describe, expect, it } from 'vitest';
import { printTable } from '../../src/cli/table.ts';
import { printJson } from '../../src/cli/json.ts';

const plain = (_: string, text: string): string => text;
const columns = [{ heading: 'NAME' }, { heading: 'ADDRESS' }, { heading: 'NO', align: 'right' }] as const;
const rows = [
  ['web', ['10.0.0.1', 'fd00::1'], '1'],
  ['名前', '10.0.0.20', '20'],
];

describe('printTable', () => {
  it('aligns wide characters and cells of several lines', () => {
    expect(printTable(columns, rows, { width: 80, paint: plain })).toBe(
      ['NAME  ADDRESS    NO', 'web   10.0.0.1    1', '      fd00::1', '名前  10.0.0.20  20'].join('\n'),
    );
  });

  it('becomes blocks on a narrow terminal', () => {
    expect(printTable(columns, rows, { width: 18, paint: plain })).toBe(
      [
        'NAME     web',
        'ADDRESS  10.0.0.1',
        '         fd00::1',
        'NO       1',
        '',
        'NAME     名前',
        'ADDRESS  10.0.0.20',
        'NO       20',
      ].join('\n'),
    );
  });

  it('leaves out columns without content, and is empty without rows', () => {
    expect(printTable(columns, [['a', '', '1']], { width: 80, paint: plain })).toBe('NAME  NO\na      1');
    expect(printTable(columns, [], { width: 80, paint: plain })).toBe('');
  });
});

describe('printJson', () => {
  it('puts each element of a list on a line, and is JSON', () => {
    const value = { lab: 'x', machines: [{ a: [1, 2] }, { b: null }], notes: [] };
    const text = printJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text.split('\n')).toContain('    {"a":[1,2]},');
  });
});
