/** Files with something cut out, doubled, swapped or put in: readers take them all, and point into them. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type ConfigText, type Dialect } from '../../src/dialects/dialect.ts';
import { mergeReadings } from '../../src/dialects/merge-readings.ts';
import { mutations } from './mutate.ts';

const pieces = [
  '{',
  '}',
  '"',
  "'",
  '\\',
  '\n',
  '=',
  ':',
  ',',
  '-',
  '/',
  '#',
  '!',
  '\u0000',
  'é',
  '::',
  '999',
  '@',
  '$x',
  '*',
  ' ',
];

type Cut = readonly [kind: number, at: number, length: number, piece: number];

const cut: fc.Arbitrary<Cut> = fc.tuple(fc.nat(3), fc.nat(100_000), fc.nat(40), fc.nat(pieces.length - 1));

const mutated = (text: string, cuts: readonly Cut[]): string => {
  let result = text;
  for (const [kind, where, length, piece] of cuts) {
    const at = result.length === 0 ? 0 : where % (result.length + 1);
    const [before, part, after] = [result.slice(0, at), result.slice(at, at + length), result.slice(at + length)];
    if (kind === 0) result = before + after;
    else if (kind === 1) result = before + part + part + after;
    else if (kind === 2) result = before + (pieces[piece] ?? '') + part + after;
    else result = before + Array.from(part, (_, index) => part.at(-1 - index) ?? '').join('') + after;
  }
  return result;
};

/** Reads `mutations` mutated forms of one of `files`; each remark lies within the text. */
export const survivesMutations = (dialect: Dialect, files: readonly (readonly ConfigText[])[]): void => {
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(cut, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      (texts, cuts, which) => {
        const changed = texts.map((it, index) =>
          index === which % texts.length ? { path: it.path, text: mutated(it.text, cuts) } : it,
        );
        const reading = dialect.read(changed, { stack: 'm' });
        for (const { at, message } of reading.remarks) {
          const text = changed.find(({ path }) => path === at.path)?.text;
          expect(text, at.path).toBeDefined();
          const line = (text ?? '').split('\n')[at.line - 1];
          expect(line, `${message} at ${at.line}:${at.column}`).toBeDefined();
          expect(at.column).toBeGreaterThanOrEqual(1);
          expect(at.column).toBeLessThanOrEqual((line ?? '').length + 1);
        }
        // What was read has a normal form.
        mergeReadings([{ dialect: dialect.name, reading }]);
        for (const text of changed) dialect.resembles(text.text);
      },
    ),
    { numRuns: mutations },
  );
};
