/** Runs the built command line in a directory of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';

const program = resolve(import.meta.dirname, '../../dist/lanwright.js');

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory that is gone after the tests of the file. */
export const scratchDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'lanwright-cli-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

export interface RunSettings {
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

export const lanwright = (settings: RunSettings, ...args: readonly string[]): Promise<Ran> =>
  new Promise((done) => {
    execFile(
      process.execPath,
      [program, ...args],
      {
        cwd: settings.directory,
        timeout: 30_000,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, NO_COLOR: '', ...settings.environment },
        ...(settings.uid === undefined ? {} : { uid: settings.uid, gid: settings.uid }),
      },
      (error, stdout, stderr) =>
        done({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
