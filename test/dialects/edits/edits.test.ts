/** A file that is edited says what is wanted; lines that are not about the change stay, byte by byte and in their order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { dialects } from '../../../src/dialects/dialects.ts';
import { changedState, handWrittenState, stack } from './changed-state.ts';
import { handWrittenFilters } from './hand-written-filters.ts';
import { type HandWritten } from './hand-written-file.ts';
import { handWrittenInterfaces } from './hand-written-interfaces.ts';
import { handWrittenSmall } from './hand-written-small.ts';
import { handWrittenUfw } from './hand-written-ufw.ts';
import { changedLines } from './kept-lines.ts';

/** Of each change: more than 20,000 in all where the run may take its time. */
const runs = process.env['LANWRIGHT_SOAK'] === '1' ? 300 : 20;

const handWritten = [...handWrittenSmall, ...handWrittenFilters, handWrittenUfw, ...handWrittenInterfaces];

/** Noise behind some lines, a last line that does not end, and ends of lines as other systems have them. */
interface Ugliness {
  readonly noise: readonly { readonly behind: number; readonly line: string }[];
  readonly hasEnd: boolean;
  readonly isCrlf: boolean;
}

const ugly = ({ noise, hasEnd, isCrlf }: Ugliness, texts: readonly ConfigText[]): readonly ConfigText[] =>
  texts.map(({ path, text }) => {
    const lines = text.split('\n');
    for (const { behind, line } of noise) lines.splice(behind % lines.length, 0, line);
    const whole = lines.join(isCrlf ? '\r\n' : '\n');
    return { path, text: hasEnd ? whole : whole.replace(/(?:\r?\n)+$/, '') };
  });

const lastLine = (text: string): string | undefined =>
  text
    .replace(/\r?\n$/, '')
    .split('\n')
    .at(-1);

const anyUgliness = ({ noise }: HandWritten): fc.Arbitrary<Ugliness> =>
  fc.record({
    noise: fc.array(fc.record({ behind: fc.nat(1000), line: fc.constantFrom(...noise) }), { maxLength: 6 }),
    hasEnd: fc.boolean(),
    isCrlf: fc.boolean(),
  });

const cases = handWritten.flatMap((owner) =>
  owner.changes.map((change) => [owner.dialect.name, change.name, owner, change] as const),
);

describe('editing files as people leave them', () => {
  it('is looked at for each dialect that edits lines in place', () => {
    expect(new Set(handWritten.map(({ dialect }) => dialect.name))).toEqual(
      new Set(dialects.filter(({ edit }) => edit !== undefined).map(({ name }) => name)),
    );
  });

  it.each(cases)('%s: %s', { timeout: 5000 + runs * 1000 }, (_, __, owner, { from, to, about }) => {
    const plain = handWrittenState(owner, owner.files);
    expect(changedState(plain, from, to), `${from} in ${JSON.stringify(plain)}`).toBeDefined();
    fc.assert(
      fc.property(anyUgliness(owner), (ugliness) => {
        const texts = ugly(ugliness, owner.files);
        const before = handWrittenState(owner, texts);
        // Programs that take a CR for a part of the word say something else by it.
        fc.pre(!ugliness.isCrlf || JSON.stringify(before) === JSON.stringify(plain));
        expect(owner.dialect.edit?.(texts, before, stack, owner.known).files).toEqual(texts);
        const wanted = changedState(before, from, to);
        if (wanted === undefined) throw new Error(`${from} is not in ${JSON.stringify(before)}`);
        const edited = owner.dialect.edit?.(texts, wanted, stack, owner.known);
        expect(edited?.omissions).toEqual([]);
        const after = edited?.files ?? [];
        expect(after.map(({ path }) => path)).toEqual(texts.map(({ path }) => path));
        expect(handWrittenState(owner, after)).toEqual(wanted);
        for (const [index, { text }] of after.entries()) {
          const old = texts[index]?.text ?? '';
          const { gone, come } = changedLines(old, text);
          expect(
            [...gone, ...come].filter((line) => !about.test(line)),
            `${old}\n=====\n${text}`,
          ).toEqual([]);
          expect(text.replaceAll(ugliness.isCrlf ? '\r\n' : /(?<!\r)\n/g, '')).not.toMatch(/[\r\n]/);
          if (lastLine(text) === lastLine(old)) expect(text.endsWith('\n')).toBe(old.endsWith('\n'));
          if (come.length === 0 && gone.length === 0) expect(text).toBe(old);
        }
      }),
      { numRuns: runs, includeErrorInReport: true },
    );
  });
});
