/** Several labs at once, by name; and a lab of a user without any privilege. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exampleText, labOf, type VerifyReport } from '../scenarios/lab-run.ts';
import { hasDoor } from './remains.ts';

describe('several labs', () => {
  it('come up together, do not see each other, and end one by one', async () => {
    const labs = [labOf(exampleText('xen-nat')), labOf(exampleText('xen-nat')), labOf(exampleText('xen-bridge'))];
    onTestFinished(async () => {
      for (const lab of labs) await lab.dispose();
    }, 60_000);
    const ups = await Promise.all(labs.map((lab) => lab.run('up', lab.file)));
    expect(ups.map(({ status }) => status)).toEqual([0, 0, 0]);
    for (const lab of labs) {
      const report = await lab.json<VerifyReport>('verify', lab.file);
      expect(report.summary.unexpected).toBe(0);
    }
    const [first, ...others] = labs;
    await first?.dispose();
    for (const lab of others) expect((await lab.run('status', '-f', lab.file)).status).toBe(0);
    for (const lab of others) await lab.run('down', lab.file);
    expect(labs.filter((lab) => hasDoor(lab.name))).toEqual([]);
  }, 120_000);
});

/** As root, become nobody; anybody else is unprivileged already. */
const asNobody = (argv: readonly string[]): readonly string[] =>
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...argv] : argv;

/** The program where anybody may read it: the checkout may lie in a folder that is its owner's alone. */
const readableCopy = (directory: string): string => {
  const root = resolve(import.meta.dirname, '../..');
  for (const part of ['package.json', 'dist', 'node_modules/koffi', 'node_modules/@koromix'])
    cpSync(join(root, part), join(directory, 'program', part), { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', directory]);
  return join(directory, 'program', 'dist', 'lanwright.js');
};

describe('a user without privilege', () => {
  it('builds, measures and ends a lab', () => {
    const lab = labOf(exampleText('quickstart'));
    const program = readableCopy(lab.directory);
    chmodSync(lab.directory, 0o777);
    const run = (...args: readonly string[]): string => {
      const [command = '', ...rest] = asNobody([process.execPath, program, ...args]);
      return execFileSync(command, rest, {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: lab.directory },
        timeout: 90_000,
      });
    };
    // It is that user's lab: only that user can end it.
    onTestFinished(async () => {
      if (hasDoor(lab.name)) run('down', lab.file);
      await lab.dispose();
    }, 30_000);
    run('up', lab.file);
    const report = JSON.parse(run('verify', lab.file, '--json')) as VerifyReport;
    expect(report.summary.unexpected).toBe(0);
    run('down', lab.file);
    expect(hasDoor(lab.name)).toBe(false);
  }, 120_000);
});
