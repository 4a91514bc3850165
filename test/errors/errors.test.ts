/**
 * Every message as a user reads it: `<code>/<case>.yaml` is a file with faults, `<case>.txt` the exact text that comes
 * of it; `<case>.lock.yaml` is the lock file beside it, where there is one. `UPDATE=1` writes the texts anew.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasErrors, type Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { printDiagnostics } from '../../src/diagnostics/print-text.ts';
import { readThrough } from './stages.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));

const codes = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

const casesOf = (code: string): readonly string[] =>
  readdirSync(join(here, code))
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();

const textOf = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** What the case says, with the files it speaks of named as a user names them. */
const readCase = (path: string): { found: readonly Diagnostic[]; files: ReadonlyMap<string, string> } => {
  const text = textOf(`${path}.yaml`) ?? '';
  const lock = textOf(`${path}.lock.yaml`);
  const files = new Map([['lab.yaml', text], ...(lock === undefined ? [] : [['lab.lock.yaml', lock] as const])]);
  return { found: readThrough({ file: 'lab.yaml', text }, lock), files };
};

const placesOf = ({ at, notes }: Diagnostic): readonly (typeof at)[] => [at, ...(notes ?? []).map((note) => note.at)];

describe.each(codes)('%s', (code) => {
  it.each(casesOf(code))('%s', (name) => {
    const path = join(here, code, name);
    const { found, files } = readCase(path);
    const printed = printDiagnostics(found, files, { color: false, width: 100 });
    if (process.env['UPDATE'] !== undefined) writeFileSync(`${path}.txt`, printed);
    expect(printed).toBe(textOf(`${path}.txt`));
    expect(found.map((diagnostic) => diagnostic.code)).toContain(code);
    for (const place of found.flatMap(placesOf)) {
      if (place === undefined) continue;
      const length = files.get(place.file)?.length ?? 0;
      expect(place.start).toBeGreaterThanOrEqual(0);
      expect(place.end).toBeGreaterThanOrEqual(place.start);
      expect(place.end).toBeLessThanOrEqual(length);
    }
  });
});

describe('the codes', () => {
  const pattern = /(?:\b(?:fault|error|tell|refuse)\(\s*|\bcode: )'([a-z][a-z0-9-]*)'/g;
  const used = ['source', 'spec'].flatMap((folder) =>
    readdirSync(join(root, 'src', folder)).flatMap((name) =>
      [...readFileSync(join(root, 'src', folder, name), 'utf8').matchAll(pattern)].map((match) => match[1] ?? ''),
    ),
  );

  // A case of a megabyte is made by a test of its own, in test/source.
  it('of reading a file each have a case here', () => {
    expect([...new Set(used)].filter((code) => code !== 'file-too-large' && !codes.includes(code))).toEqual([]);
  });

  it('tell of errors, but for the spelling of a number', () => {
    const warned = codes.filter((code) =>
      casesOf(code).some((name) => !hasErrors(readCase(join(here, code, name)).found)),
    );
    expect(warned.filter((code) => used.includes(code))).toEqual(['number-spelling']);
  });
});
