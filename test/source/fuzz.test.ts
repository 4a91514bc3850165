/**
 * Any damage to a valid file either leaves a valid file or is told, with places inside the file; nothing is thrown,
 * and nothing takes long.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasErrors, type Diagnostic, type Span } from '../../src/diagnostics/diagnostic.ts';
import { diagnosticsToJson } from '../../src/diagnostics/print-json.ts';
import { printDiagnostics } from '../../src/diagnostics/print-text.ts';
import { parseYaml } from '../../src/source/parse-yaml.ts';
import { readSpec } from '../../src/spec/read-spec.ts';

const examples = join(dirname(fileURLToPath(import.meta.url)), '../../examples');
const texts = readdirSync(examples)
  .filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'))
  .map((name) => readFileSync(join(examples, name), 'utf8'));

const scrap = fc.oneof(
  fc.constantFrom(
    '\t',
    '\n',
    '  ',
    ': ',
    ':',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '!x ',
    '%',
    '---\n',
    '<<: ',
    '? ',
    '|',
    '>',
    '@',
    '`',
    ',',
    '.20',
    '010',
    '1e3',
    'null',
    'true',
    '__proto__: ',
    'constructor: ',
    '\u0000',
    '\u{1F600}',
    '\r',
    '名',
  ),
  fc.string({ maxLength: 4 }),
);

interface Damage {
  /** Where, as a share of the length. */
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(80)),
  insert: scrap,
});

const damaged = (text: string, damages: readonly Damage[]): string =>
  damages.reduce((current, { at, remove, insert }) => {
    const start = Math.floor(at * current.length);
    return current.slice(0, start) + insert + current.slice(start + remove);
  }, text);

const read = (text: string): { found: readonly Diagnostic[]; isValid: boolean } => {
  const parsed = parseYaml('lab.yaml', text);
  if (parsed.value === undefined) return { found: parsed.diagnostics, isValid: false };
  const spec = readSpec(parsed.value);
  return { found: [...parsed.diagnostics, ...spec.diagnostics], isValid: spec.value !== undefined };
};

const spansOf = ({ at, notes }: Diagnostic): readonly Span[] =>
  [at, ...(notes ?? []).map((note) => note.at)].filter((span) => span !== undefined);

const holds = (text: string): void => {
  const { found, isValid } = read(text);
  expect(isValid).toBe(!hasErrors(found));
  for (const { start: from, end } of found.flatMap(spansOf)) {
    expect(from >= 0 && from <= end && end <= text.length).toBe(true);
  }
  for (const { message, help } of found)
    expect(`${message}${help ?? ''}`).not.toMatch(/Invalid input|undefined|\[object/);
  const files = new Map([['lab.yaml', text]]);
  const printed = printDiagnostics(found, files, { color: false, width: 80 });
  expect(printed).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  expect(diagnosticsToJson(found, files).length > 0).toBe(found.length > 0);
};

describe('damaged files', () => {
  it('the examples are valid before', () => {
    for (const text of texts) expect(read(text)).toEqual({ found: [], isValid: true });
  });

  it('are told of, whatever the damage', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(damage, { minLength: 1, maxLength: 4 }), (text, damages) => {
        holds(damaged(text, damages));
      }),
      { numRuns: 200 },
    );
  });

  it('are told of when nothing of them is right', () => {
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 40 }), (parts) => {
        holds(parts.join(''));
      }),
      { numRuns: 100 },
    );
  });

  const key = fc.constantFrom(
    'lab',
    'networks',
    'machines',
    'nics',
    'address',
    'mode',
    'services',
    'policy',
    'dhcp',
    'Web',
    'x',
  );
  const leaf = fc.oneof(
    fc.constantFrom<unknown>('auto', 'nat', 'router', '', null, true, -1, 0.5, 7, 1e21),
    fc.string(),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }));

  it('are told of when every value is of another kind', () => {
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 6 }), (value) => {
        holds(JSON.stringify(value, null, 1));
      }),
      { numRuns: 100 },
    );
  });
});
