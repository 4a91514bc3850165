/** The lock file on disk: whole or not at all, one change at a time, nothing left behind. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  lstatSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { readLock, withLockFile, writeLock } from '../../src/run/lock-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'lanwright-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the lock file', () => {
  it('is written whole and read back', async () => {
    const path = join(folder, 'a.lock.yaml');
    expect(await readLock(path)).toEqual({ diagnostics: [] });
    expect(await writeLock(path, 'one')).toEqual([]);
    expect(await writeLock(path, 'two')).toEqual([]);
    expect((await readLock(path)).value).toBe('two');
    expect(readdirSync(folder)).toEqual(['a.lock.yaml']);
  });
  it('stays a link where it is one', async () => {
    const target = join(folder, 'target.yaml');
    const path = join(folder, 'link.lock.yaml');
    writeFileSync(target, 'old');
    symlinkSync(target, path);
    expect(await writeLock(path, 'new')).toEqual([]);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('new');
  });
  it('that cannot be written is told', async () => {
    const path = join(folder, 'missing', 'x.lock.yaml');
    expect((await writeLock(path, 'x')).map(({ code }) => code)).toEqual(['lock-unwritable']);
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o555);
    if (process.getuid?.() !== 0) expect(await writeLock(join(closed, 'x'), 'x')).toHaveLength(1);
    expect((await readLock(folder)).diagnostics.map(({ code }) => code)).toEqual(['lock-unreadable']);
  });
});

describe('the turn', () => {
  it('goes round one by one, also after a failure', async () => {
    const path = join(folder, 'turn.lock.yaml');
    let inside = 0;
    let most = 0;
    const act = async (fails: boolean): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await pause(5);
      inside -= 1;
      if (fails) throw new Error('as asked');
    };
    const all = await Promise.allSettled([1, 2, 3, 4].map((each) => withLockFile(path, () => act(each % 2 === 0))));
    expect(most).toBe(1);
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(2);
  });
  it('comes back from a process that is killed', async () => {
    const path = join(folder, 'killed.lock.yaml');
    const module = join(import.meta.dirname, '../../src/run/lock-store.ts');
    const { build } = await import('esbuild');
    const script = join(folder, 'hold.mjs');
    await build({
      entryPoints: [module],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
      logLevel: 'error',
    });
    const hold = `import { withLockFile } from '${script}';
      await withLockFile(process.argv[1], async () => { console.log('held'); await new Promise((r) => setTimeout(r, 60000)); });`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', hold, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    let waited = true;
    const turn = withLockFile(path, () => Promise.resolve(waited));
    await pause(100);
    waited = false;
    holder.kill('SIGKILL');
    expect(await turn).toBe(false);
  });
});
