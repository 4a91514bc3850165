/** Files as a typo, a lost line or a broken editor would leave them: readers take them all, and point into them. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type ConfigText, type Dialect, type Place } from '../../src/dialects/dialect.ts';
import { mergeReadings } from '../../src/dialects/merge-readings.ts';

/** How many to try: many more where the run may take its time. */
export const mutations = process.env['LANWRIGHT_SOAK'] === '1' ? 100_000 : 1000;

/** A test of so many; a reader that hangs ends by it. */
export const patienceMs = 30_000 + mutations * 15;

const pieces = [
  '\n', '\r\n', '{', '}', '[', ']', '(', ')', '<', '>', '"', "'", '`', '\\', '\\\n', '=', ':', ';', ',', '.', '-', '/', '#',
  '!', '@', '$x', '*', '%', '&', '|', ' ', ' '.repeat(50), '\t', '\u0000', '\uFEFF', 'é', '::', '/33', '999', '-1',
  '999999999999', '0x', '__proto__', 'constructor',
]; // prettier-ignore

/** What is done at one place, to so many characters; places wrap around the end of the text. */
interface Change {
  readonly kind: 'cut' | 'double' | 'reverse' | 'put' | 'replace' | 'copy';
  readonly at: number;
  readonly length: number;
  readonly piece: string;
  /** Where `copy` takes it from. */
  readonly from: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('cut', 'double', 'reverse', 'put', 'replace', 'copy'),
  at: fc.nat(100_000),
  length: fc.nat(40),
  piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 6 })),
  from: fc.nat(100_000),
});

const changed = (text: string, { kind, at, length, piece, from }: Change): string => {
  const place = (where: number): number => where % (text.length + 1);
  const [before, part, after] = [
    text.slice(0, place(at)),
    text.slice(place(at), place(at) + length),
    text.slice(place(at) + length),
  ];
  switch (kind) {
    case 'cut':
      return before + after;
    case 'double':
      return before + part + part + after;
    case 'reverse':
      return before + Array.from(part).toReversed().join('') + after;
    case 'put':
      return before + piece + part + after;
    case 'replace':
      return before + piece + after;
    case 'copy':
      return before + text.slice(place(from), place(from) + length) + part + after;
  }
};

const changes = fc.array(change, { minLength: 1, maxLength: 5 });

/** One of `texts`, changed in one to five places. */
export const mutated = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...texts), changes).map(([text, list]) => list.reduce(changed, text));

/** One of `files` with one of its texts mutated. */
export const mutatedFiles = (files: readonly (readonly ConfigText[])[]): fc.Arbitrary<readonly ConfigText[]> =>
  fc.tuple(fc.constantFrom(...files), fc.nat(), changes).map(([texts, which, list]) =>
    texts.map(({ path, text }, index) => ({
      path,
      text: index === which % texts.length ? list.reduce(changed, text) : text,
    })),
  );

/** Reads `count` mutated forms of `files`: each remark and each origin lies within its text, and what was read
 * has a normal form. */
export const survivesMutations = (
  dialect: Dialect,
  files: readonly (readonly ConfigText[])[],
  count = mutations,
): void => {
  fc.assert(
    fc.property(mutatedFiles(files), (texts) => {
      const reading = dialect.read(texts, { stack: 'm' });
      const lines = new Map(texts.map(({ path, text }) => [path, text.split('\n')]));
      const expectWithin = ({ path, line, column }: Place, of: string): void => {
        const own = lines.get(path)?.[line - 1];
        expect(own, `${of} at ${path}:${line}:${column}`).toBeDefined();
        expect(column, of).toBeGreaterThanOrEqual(1);
        expect(column, of).toBeLessThanOrEqual((own ?? '').length + 1);
      };
      for (const { at, message } of reading.remarks) expectWithin(at, message);
      for (const [key, at] of Object.entries(reading.origins)) expectWithin(at, key);
      mergeReadings([{ dialect: dialect.name, reading }]);
      for (const { text } of texts) dialect.resembles(text);
    }),
    { numRuns: count, includeErrorInReport: true },
  );
};
