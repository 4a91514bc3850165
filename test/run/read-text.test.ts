/** Reading a file: its text, or a sentence about what stands in the way. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readText } from '../../src/run/read-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'lanwright-read-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, contents: string | Uint8Array): string => {
  const file = join(folder, name);
  writeFileSync(file, contents);
  return file;
};

const codeOf = async (file: string): Promise<string | undefined> => (await readText(file)).diagnostics[0]?.code;

describe('readText', () => {
  it('gives the text', async () => {
    expect(await readText(write('a.yaml', 'lab: ä\n'))).toEqual({ value: 'lab: ä\n', diagnostics: [] });
  });

  it('drops a byte order mark', async () => {
    expect((await readText(write('b.yaml', '\uFEFFlab: b\n'))).value).toBe('lab: b\n');
  });

  it('says what is not a lab file', async () => {
    const huge = write('huge.yaml', '');
    truncateSync(huge, 10 * 1024 * 1024);
    expect(await codeOf(join(folder, 'none.yaml'))).toBe('no-file');
    expect(await codeOf(join(folder, 'a.yaml', 'b.yaml'))).toBe('no-file');
    expect(await codeOf(folder)).toBe('not-a-file');
    expect(await codeOf(huge)).toBe('file-too-large');
    expect(await codeOf(write('image.yaml', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1)))).toBe('not-text');
    expect(await codeOf(write('latin.yaml', Uint8Array.of(0x6c, 0xe4, 0x0a)))).toBe('not-text');
  });
});
