/**
 * What is printed of a diagnostic: columns, cuts, marks, order, and nothing that a terminal would obey.
 */
import { describe, expect, it } from 'vitest';
import { type Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { positionOf } from '../../src/diagnostics/position.ts';
import { diagnosticsToJson } from '../../src/diagnostics/print-json.ts';
import { printDiagnostics } from '../../src/diagnostics/print-text.ts';

const file = 'lab.yaml';
const mark = (text: string, marked: string, more: Partial<Diagnostic> = {}): Diagnostic => {
  const start = text.indexOf(marked);
  return {
    code: 'some-code',
    severity: 'error',
    message: 'a fact',
    at: { file, start, end: start + marked.length },
    ...more,
  };
};
const print = (text: string, diagnostics: readonly Diagnostic[], options = { color: false, width: 80 }): string =>
  printDiagnostics(diagnostics, new Map([[file, text]]), options);

describe('the text', () => {
  it('shows place, frame, notes and help', () => {
    const text = 'lab: x\nnetworks:\n  core: 10.0.0.0/16\n  office: 10.0.1.0/24\n';
    const first = text.indexOf('10.0.0.0/16');
    const diagnostic = mark(text, '10.0.1.0/24', {
      notes: [
        { message: '`core` is given here', at: { file, start: first, end: first + 11 } },
        { message: 'and a fact' },
      ],
      help: 'give `office` a range of its own\nor take it away',
    });
    expect(print(text, [diagnostic])).toBe(
      [
        'lab.yaml:4:11: error[some-code]: a fact',
        '    4 |   office: 10.0.1.0/24',
        '      |           ^^^^^^^^^^^',
        '  note: lab.yaml:3:9: `core` is given here',
        '    3 |   core: 10.0.0.0/16',
        '      |         ^^^^^^^^^^^',
        '  note: and a fact',
        '  help: give `office` a range of its own',
        '        or take it away',
        '',
      ].join('\n'),
    );
  });

  it('counts columns in code points, and marks wide characters in their width', () => {
    const text = 'a: "機械😀" # x\n';
    const printed = print(text, [mark(text, '# x')]).split('\n');
    expect(printed[0]).toContain('lab.yaml:1:10:');
    expect(printed[2]).toBe('      |             ^^^');
  });

  it('shows a tab as one space', () => {
    const text = '\tb: 1\n';
    expect(
      print(text, [mark(text, 'b')])
        .split('\n')
        .slice(1, 3),
    ).toEqual(['    1 |  b: 1', '      |  ^']);
  });

  it.each([30, 40, 80])('cuts long lines to %d columns around the mark', (width) => {
    const text = `${'before '.repeat(40)}MARKED${' after'.repeat(40)}\n`;
    const [, line = '', carets = ''] = print(text, [mark(text, 'MARKED')], { color: false, width }).split('\n');
    expect(line.length).toBeLessThanOrEqual(width);
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('MARKED');
    expect(line).toMatch(/…before|… before|…\w* ?before/);
    expect(line.endsWith('…')).toBe(true);
  });

  it('marks a place longer than the line it is cut to', () => {
    const text = `key: ${'x'.repeat(300)}\n`;
    const [, line = '', carets = ''] = print(text, [mark(text, 'x'.repeat(300))], { color: false, width: 60 }).split(
      '\n',
    );
    expect(line.length).toBeLessThanOrEqual(60);
    expect(carets.length).toBeLessThanOrEqual(60);
  });

  it('marks a place of several lines on its first, and an empty one with one mark', () => {
    const text = 'a:\n  b: 1\n  c: 2\n';
    expect(print(text, [mark(text, 'b: 1\n  c: 2')]).split('\n')[2]).toBe('      |   ^^^^');
    const end = { file, start: text.length, end: text.length };
    expect(print(text, [{ ...mark(text, 'a'), at: end }])).toContain('lab.yaml:4:1:');
  });

  it('passes no control character on', () => {
    const text = 'a: \u001b[31mred\u202etxt\u0007\r\n';
    const printed = print(text, [mark(text, 'red', { message: 'the text `\u001b[2J`' })]);
    expect(printed).not.toMatch(/[\u001b\u0007\r\u202e]/);
    expect(printed).toContain('the text `\\u001b[2J`');
  });

  it('does without a place, and without the text of a file', () => {
    expect(print('', [{ code: 'c', severity: 'warning', message: 'm' }])).toBe('warning[c]: m\n');
    expect(print('', [{ code: 'c', severity: 'note', message: 'm', at: { file: 'other', start: 3, end: 4 } }])).toBe(
      'other: note[c]: m\n',
    );
  });

  it('colours only where asked', () => {
    const text = 'a: b\n';
    expect(print(text, [mark(text, 'b')], { color: true, width: 80 })).toContain(
      '\u001b[31merror[some-code]:\u001b[0m',
    );
  });

  it('goes by file, line, column and code, each once', () => {
    const text = 'a: b\nc: d\n';
    const all = [
      mark(text, 'd'),
      mark(text, 'b', { code: 'z' }),
      mark(text, 'b', { code: 'y' }),
      mark(text, 'd'),
      { code: 'n', severity: 'error', message: 'x' } as const,
    ];
    const heads = print(text, all)
      .split('\n')
      .filter((line) => line.includes('error['));
    expect(heads.map((line) => line.replace(/\]:.*/, ']'))).toEqual([
      'error[n]',
      'lab.yaml:1:4: error[y]',
      'lab.yaml:1:4: error[z]',
      'lab.yaml:2:4: error[some-code]',
    ]);
  });
});

describe('the data', () => {
  it('has every key always', () => {
    const text = 'a: b\nc: d\n';
    const [first, second] = diagnosticsToJson(
      [{ code: 'n', severity: 'note', message: 'x' }, mark(text, 'b\nc', { help: 'h', notes: [{ message: 'm' }] })],
      new Map([[file, text]]),
    );
    expect(first).toEqual({
      code: 'n',
      severity: 'note',
      message: 'x',
      file: null,
      line: null,
      column: null,
      endLine: null,
      endColumn: null,
      notes: [],
      help: null,
    });
    expect(second).toMatchObject({
      file,
      line: 1,
      column: 4,
      endLine: 2,
      endColumn: 2,
      help: 'h',
      notes: [{ message: 'm', file: null }],
    });
  });
});

describe('positions', () => {
  it('counts from one, and stays inside the text', () => {
    expect(positionOf('ab\ncd', 0)).toEqual({ line: 1, column: 1 });
    expect(positionOf('ab\ncd', 2)).toEqual({ line: 1, column: 3 });
    expect(positionOf('ab\ncd', 3)).toEqual({ line: 2, column: 1 });
    expect(positionOf('ab\ncd', 99)).toEqual({ line: 2, column: 3 });
    expect(positionOf('\n\n', 2)).toEqual({ line: 3, column: 1 });
    expect(positionOf('\uFEFFab', 1)).toEqual({ line: 1, column: 1 });
  });
});
