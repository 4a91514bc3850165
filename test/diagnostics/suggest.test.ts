/**
 * Which known word a misspelt one stands for.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggest } from '../../src/diagnostics/suggest.ts';

const modes = ['bridged', 'nat', 'routed', 'proxied', 'host-only', 'private'];

describe('a suggestion', () => {
  it.each([
    ['bridgd', 'bridged'],
    ['brdiged', 'bridged'],
    ['Private', 'private'],
    ['hostonly', 'host-only'],
    ['host_only', 'host-only'],
    ['nta', 'nat'],
    ['router', 'routed'],
  ])('for %s is %s', (word, meant) => {
    expect(suggest(word, modes)).toBe(meant);
  });

  it.each(['wormhole', '', 'x', 'vm', 'overlay', 'x'.repeat(1000)])('for %s there is none', (word) => {
    expect(suggest(word, modes)).toBeUndefined();
  });

  it('is the word itself when that is known', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ minLength: 1, maxLength: 20 }).filter((word) => /^[a-z]+$/.test(word) || word.length > 3),
          { minLength: 1 },
        ),
        (words) => {
          const [word = ''] = words;
          const plain = word.replaceAll(/[-_ ]/g, '');
          if (plain === '') return;
          expect(suggest(word, words)?.toLowerCase().replaceAll(/[-_ ]/g, '')).toBe(plain.toLowerCase());
        },
      ),
    );
  });
});
