/** Directories and those above them, where they can be made and where not. */
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/run/make-folder.ts';
import { writeFiles } from '../../src/run/write-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanwright-folder-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('makeFolder', () => {
  it('makes those above, each with the mode', async () => {
    const path = join(folder, 'a/b/c');
    await makeFolder(path, 0o700);
    for (const one of ['a', 'a/b', 'a/b/c']) expect(statSync(join(folder, one)).mode & 0o777).toBe(0o700);
    await makeFolder(path);
  });

  it('takes a directory behind a link, and no file', async () => {
    symlinkSync(folder, join(folder, 'link'));
    await makeFolder(join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    await expect(makeFolder(join(folder, 'file'))).rejects.toThrow('EEXIST');
    await expect(makeFolder(join(folder, 'file/below'))).rejects.toThrow('ENOTDIR');
  });

  it('comes to an end where no directory can be made', async () => {
    await expect(makeFolder('/proc/lanwright/below')).rejects.toThrow(/ENOENT|EACCES|EPERM/);
    const told = await writeFiles('/proc/lanwright', [{ path: 'file', text: '' }], { force: false });
    expect(told.map(({ code }) => code)).toEqual(['unwritable']);
  });
});
