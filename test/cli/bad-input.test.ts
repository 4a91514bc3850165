/** Everything that is no lab file, and everything that is no command line: one sentence, exit status 2, no trace. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const run = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, ...args);
const path = (name: string): string => join(directory, name);
const nobody = 65534;

mkdirSync(path('folder.yaml'));
writeFileSync(path('empty.yaml'), '');
writeFileSync(path('binary.yaml'), Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0, 1));
writeFileSync(path('huge.yaml'), 'lab: huge\n'.repeat(1024 * 1024));
writeFileSync(path('secret.yaml'), 'lab: secret\n');
writeFileSync(path('lock.yaml'), 'lab: lock\nmachines: { a: {} }\n');
chmodSync(path('secret.yaml'), 0o600);
chmodSync(directory, 0o755);

const fileCommands = ['check', 'plan', 'up', 'verify', 'predict', 'prove', 'state'] as const;

describe('files that are none', () => {
  it.each(fileCommands)('%s names the file that does not exist', async (command) => {
    const { status, stdout, stderr } = await run(command, 'nowhere.yaml');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('error[no-file]: `nowhere.yaml` does not exist');
  });

  it.each([
    ['folder.yaml', 'not-a-file'],
    ['binary.yaml', 'not-text'],
    ['huge.yaml', 'file-too-large'],
  ])('%s is refused as %s', async (file, code) => {
    const { status, stdout, stderr } = await run('plan', file);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`error[${code}]: \`${file}\``);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('says that an empty file is one', async () => {
    const { status, stderr } = await run('check', 'empty.yaml');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^empty\.yaml/);
  });

  it.runIf(process.getuid?.() === 0)('says that a file may not be read', async () => {
    const { status, stderr } = await lanwright({ directory, uid: nobody }, 'check', 'secret.yaml');
    expect(status).toBe(2);
    expect(stderr).toContain('error[no-permission]: `secret.yaml` may not be read by this user');
  });

  it.runIf(process.getuid?.() === 0)('says that the lock file cannot be written', async () => {
    const { status, stderr } = await lanwright({ directory, uid: nobody }, 'plan', 'lock.yaml');
    expect(status).toBe(3);
    expect(stderr).toContain('lock.lock.yaml');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('keeps to JSON when asked', async () => {
    const { status, stdout } = await run('plan', 'nowhere.yaml', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject([{ code: 'no-file', severity: 'error', file: null }]);
  });
});

describe('command lines that are none', () => {
  it.each([
    [['plann'], 'plan'],
    [['plan', '--jsn'], '--json'],
    [['plan', 'a.yaml', 'b.yaml'], 'too many arguments'],
    [['exec'], 'machine'],
    [['completion', 'tcsh'], 'bash'],
    [[], 'Usage'],
  ])('%j', async (args, word) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(word);
  });

  it('helps on standard output', async () => {
    const { status, stdout, stderr } = await run('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toContain('complete-machines');
    for (const command of fileCommands) expect(stdout).toContain(`  ${command} `);
  });
});

describe('labs that do not run', () => {
  it('tells them from those that do, with what would help', async () => {
    const name = `cli-absent-${process.pid}`;
    expect(await run('down', '--lab', name)).toMatchObject({ status: 0, stderr: '' });
    expect(await run('status', '--lab', name)).toMatchObject({ status: 1, stderr: '' });
    const { status, stderr } = await run('exec', '--lab', name, 'web', '--', 'true');
    expect(status).toBe(3);
    expect(stderr).toContain(`\`${name}\` is not running`);
  });
});
