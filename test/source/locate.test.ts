/**
 * Key paths to places, and what a file that reads well becomes.
 */
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/source/parse-yaml.ts';
import { type SourceFile } from '../../src/source/source-file.ts';

const text = `lab: places
machines:
  web:
    nics:
      - lan
      - { network: dmz, address: [dhcp, 7] }
  mail: {}
  idle:
groups: &g { all: [web] }
again: *g
`;

const read = (): SourceFile => {
  const { value } = parseYaml('lab.yaml', text);
  if (value === undefined) throw new Error('the text of this test is wrong');
  return value;
};

const at = (span: { readonly start: number; readonly end: number }): string => text.slice(span.start, span.end);

describe('the place of a value', () => {
  it.each([
    [['lab'], 'places'],
    [['machines', 'web', 'nics', 0], 'lan'],
    [['machines', 'web', 'nics', 1], '{ network: dmz, address: [dhcp, 7] }'],
    [['machines', 'web', 'nics', 1, 'address', 1], '7'],
    [['machines', 'mail'], '{}'],
    [['groups', 'all', 0], 'web'],
    [['again', 'all', 0], 'web'],
  ] as const)('at %j', (path, words) => {
    expect(at(read().spanOf(path))).toBe(words);
  });

  it('is the whole block for a map of several lines, without the line after it', () => {
    const words = at(read().spanOf(['machines', 'web']));
    expect(words.startsWith('nics:')).toBe(true);
    expect(words.endsWith('[dhcp, 7] }')).toBe(true);
  });
});

describe('where nothing stands', () => {
  it.each([
    ['a key without a value', ['machines', 'idle'], 'idle'],
    ['a missing key', ['machines', 'web', 'number'], 'web'],
    ['a missing key far below', ['machines', 'mail', 'nics', 0, 'network'], 'mail'],
    [
      'a missing key in an item of a list',
      ['machines', 'web', 'nics', 1, 'mac'],
      '{ network: dmz, address: [dhcp, 7] }',
    ],
    ['a missing key of the file', ['networks'], 'lab'],
    ['the file', [], 'lab'],
  ] as const)('%s has the nearest key above it', (_, path, words) => {
    const span = path.length === 0 ? read().keySpanOf(path) : read().spanOf(path);
    expect(at(span)).toBe(words);
  });
});

describe('the place of a key', () => {
  it.each([
    [['machines', 'web', 'nics'], 'nics'],
    [['machines', 'web', 'nics', 1, 'network'], 'network'],
    [['machines', 'web', 'nics', 0], 'lan'],
    [['machines', 'web', 'nothing'], 'web'],
  ] as const)('at %j', (path, words) => {
    expect(at(read().keySpanOf(path))).toBe(words);
  });
});

describe('values', () => {
  it('has keys as they are written', () => {
    const { value } = parseYaml('lab.yaml', 'aliases: { 0: a, 010: b, true: c, 1.50: d, ~: e, "x y": f }');
    expect(value?.value).toEqual({ aliases: { 0: 'a', '010': 'b', true: 'c', '1.50': 'd', '~': 'e', 'x y': 'f' } });
  });

  it('reads words of older YAML as text, and MAC addresses too', () => {
    const { value } = parseYaml(
      'lab.yaml',
      'a: yes\nb: off\nc: 1:30\nd: 52:54:00:12:34:56\ne: 2001:db8::1\nf: 1_000\n',
    );
    expect(value?.value).toEqual({
      a: 'yes',
      b: 'off',
      c: '1:30',
      d: '52:54:00:12:34:56',
      e: '2001:db8::1',
      f: '1_000',
    });
  });

  it('takes a byte order mark and both kinds of line ends', () => {
    const { value, diagnostics } = parseYaml('lab.yaml', '\uFEFFlab: x\r\nmachines:\r\n  web: {}\r\n');
    expect(diagnostics).toEqual([]);
    expect(value?.value).toEqual({ lab: 'x', machines: { web: {} } });
  });
});

describe('what is refused at once', () => {
  const codesOf = (content: string): readonly string[] =>
    parseYaml('lab.yaml', content).diagnostics.map(({ code }) => code);

  it.each([
    ['ten megabytes', 'lab: x\n'.repeat(1_500_000), 'file-too-large'],
    ['brackets without end', '['.repeat(1_000_000), 'yaml-nesting'],
    ['maps without end', '{ a: '.repeat(100_000), 'yaml-nesting'],
    ['lists without end', '- '.repeat(400_000), 'yaml-nesting'],
    ['an image', `\u0000${'x'.repeat(100_000)}`, 'file-not-text'],
  ])('%s', (_, content, code) => {
    expect(codesOf(content)).toEqual([code]);
  });

  it('a thousand million laughs', () => {
    const list = (name: string): string => `[${Array.from({ length: 10 }, () => name).join(', ')}]`;
    const lines = Array.from(
      { length: 9 },
      (_, index) => `a${index}: &a${index} ${list(index === 0 ? 'x' : `*a${index - 1}`)}`,
    );
    expect(codesOf(lines.join('\n'))).toEqual(['yaml-alias']);
  });
});
