/** Texts as a typo, a lost line or a broken editor would leave them. */
import * as fc from 'fast-check';

const garbage = [
  '',
  '\n',
  '[',
  ']',
  '=',
  '"',
  "'",
  '\\',
  '\\\n',
  '#',
  '/',
  '999999999999',
  '-1',
  '\u0000',
  '\uFEFF',
  'é',
  ' '.repeat(50),
];

export const mutated = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...texts).chain((text) =>
    fc
      .array(
        fc.record({
          at: fc.nat(text.length),
          length: fc.nat(12),
          put: fc.oneof(fc.constantFrom(...garbage), fc.string({ maxLength: 6 })),
          from: fc.nat(text.length),
        }),
        { minLength: 1, maxLength: 6 },
      )
      .map((changes) =>
        changes.reduce(
          (now, { at, length, put, from }) =>
            now.slice(0, at) + (put === '' ? text.slice(from, from + length) : put) + now.slice(at + length),
          text,
        ),
      ),
  );

/** How many to try: many more where the run may take its time. */
export const mutations = process.env['LANWRIGHT_SOAK'] === '1' ? 100_000 : 1000;
