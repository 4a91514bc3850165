/** What a command loads before it knows what it is asked: the words of the command line, and no more. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const dist = new URL('../../dist/', import.meta.url);

/** The files that come with one: all that it imports by statements, those of its imports too. */
const loadedWith = (file: string, found: Map<string, number> = new Map()): ReadonlyMap<string, number> => {
  const text = readFileSync(new URL(file, dist), 'utf8');
  found.set(file, text.length);
  for (const [, name] of text.matchAll(/require\("\.\/([^"]+)"\)/g))
    if (name !== undefined && !found.has(name)) loadedWith(name, found);
  return found;
};

it('loads no command but the one that is asked for', () => {
  const [first] = /piece-lanwright-\w+\.cjs/.exec(readFileSync(new URL('lanwright.js', dist), 'utf8')) ?? [];
  if (first === undefined) throw new Error('lanwright.js names no piece');
  const files = loadedWith(first);
  expect(files.size).toBeGreaterThan(1);
  const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
  expect(bytes, [...files.keys()].join(' ')).toBeLessThan(120_000);
});
