/**
 * A world that begins before its lab is understood: it serves the lab that the file turns out to be, whatever was
 * guessed, and nothing is left of it where it is not needed.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lanwright, scratchDirectory } from '../cli/lanwright.ts';
import { eventually, hasDoor } from './remains.ts';

const directory = scratchDirectory();
const name = `ahead-${process.pid}`;
const run = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, ...args);
const write = (text: string): void => writeFileSync(join(directory, 'lab.yaml'), text);
const rest = 'networks: { lan: { mode: nat } }\nmachines: { web: { nics: [lan] } }\n';

afterAll(async () => {
  await run('down', '--lab', name);
});

const isNamed = (entry: string): boolean => {
  try {
    return readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').includes(name);
  } catch {
    return false;
  }
};

const hasProcesses = (): boolean => readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && isNamed(entry));

describe('up', () => {
  it.each([
    ['a bare name', `lab: ${name}\n${rest}`],
    ['a quoted name and a comment', `lab: '${name}' # mine\n${rest}`],
    [
      'a name that only YAML finds',
      `{ lab: ${name}, networks: { lan: { mode: nat } }, machines: { web: { nics: [lan] } } }`,
    ],
  ])('brings a lab up by %s', async (_, text) => {
    write(text);
    expect(await run('up')).toMatchObject({ status: 0, stderr: '' });
    expect(hasDoor(name)).toBe(true);
    expect((await run('up')).stdout).toContain('nothing to change');
    expect(await run('down', '--lab', name)).toMatchObject({ status: 0 });
    expect(await eventually(() => !hasProcesses())).toBe(true);
  });

  it.each([
    ['is wrong', `lab: ${name}\nmachines: { web: { nics: [lan] } }\n`],
    ['cannot be read', `lab: ${name}\n  x: [\n`],
  ])('leaves nothing of a file that %s', async (_, text) => {
    write(text);
    expect((await run('up')).status).toBeGreaterThan(0);
    expect(await eventually(() => !hasProcesses())).toBe(true);
    expect(hasDoor(name)).toBe(false);
  });

  it('begins nothing with --dry-run', async () => {
    write(`lab: ${name}\n${rest}`);
    expect(await run('up', '--dry-run')).toMatchObject({ status: 0 });
    expect(hasProcesses()).toBe(false);
  });
});

describe('a supervisor that is started by hand', () => {
  it('refuses before it mounts anything', async () => {
    const supervisor = resolve(import.meta.dirname, '../../dist/supervisor.js');
    // In namespaces all the same, so that nothing is harmed where this fails.
    const argv = ['--user', '--map-root-user', '--net', '--mount', process.execPath, supervisor, name];
    const { code, stderr } = await new Promise<{ readonly code: unknown; readonly stderr: string }>((done) => {
      const child = execFile('unshare', argv, { timeout: 20_000 }, (error, _, words) =>
        done({ code: error?.code, stderr: words }),
      );
      child.stdin?.end();
    });
    expect(code).toBe(1);
    expect(stderr).toContain('the first process of namespaces of its own');
  });
});
