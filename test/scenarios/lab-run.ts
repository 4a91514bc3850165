/**
 * Runs an example through the built command line in a directory of its own: up, verify, exec, down.
 * The copy gets a name of its own, so that tests disturb neither each other nor a lab that is already up.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const program = join(root, 'dist/lanwright.js');
const timeLimitMs = 120_000;

/** What a command did. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of `verify --json`. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly family: 4 | 6;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number | null;
  readonly predicted: 'yes' | 'no' | 'uncertain';
  readonly measured: 'yes' | 'no';
  readonly agree: boolean;
  readonly expected: string | null;
  readonly unexpected: boolean;
  readonly predictedSource: string | null;
  readonly reason: string | null;
  readonly source?: string | null;
  readonly detail?: string | null;
}

export interface VerifyReport {
  readonly pairs: readonly Pair[];
  readonly summary: {
    readonly pairs: number;
    readonly disagree: number;
    readonly unexpected: number;
    readonly repeated: number;
  };
}

/** A copy of a lab file with its name and place. */
export interface LabRun {
  readonly name: string;
  readonly directory: string;
  readonly file: string;
  readonly run: (...args: readonly string[]) => Promise<Ran>;
  readonly exec: (machine: string, ...argv: readonly string[]) => Promise<Ran>;
  readonly json: <T>(...args: readonly string[]) => Promise<T>;
  readonly rewrite: (text: string) => void;
  readonly text: () => string;
  /** Takes the lab down if it is up and removes the directory. */
  readonly dispose: () => Promise<void>;
}

const runWithin = (limitMs: number, args: readonly string[]): Promise<Ran> =>
  new Promise((done) => {
    execFile(
      process.execPath,
      [program, ...args],
      { timeout: limitMs, maxBuffer: 256 * 1024 * 1024, env: { ...process.env, NO_COLOR: '1' } },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 128;
        done({ status, stdout, stderr });
      },
    );
  });

/** Runs the built `lanwright` with these arguments. */
export const lanwright = (...args: readonly string[]): Promise<Ran> => runWithin(timeLimitMs, args);

/** The text of an example. */
export const exampleText = (example: string): string => readFileSync(join(root, 'examples', `${example}.yaml`), 'utf8');

let copies = 0;

/** A lab of this text under a name that nobody else uses; `limitMs` is what one command may take. */
export const labOf = (text: string, limitMs = timeLimitMs): LabRun => {
  copies += 1;
  const name = `t-${process.pid.toString(36)}-${copies.toString(36)}`;
  const directory = mkdtempSync(join(tmpdir(), 'lanwright-test-'));
  const file = join(directory, 'lab.yaml');
  const rewrite = (next: string): void => writeFileSync(file, next.replace(/^lab: .*$/m, `lab: ${name}`));
  const run: LabRun['run'] = (...args) => runWithin(limitMs, args);
  rewrite(text);
  return {
    name,
    directory,
    file,
    run,
    rewrite,
    exec: (machine, ...argv) => run('exec', '-f', file, machine, '--', ...argv),
    json: async <T>(...args: readonly string[]): Promise<T> => {
      const ran = await run(...args, '--json');
      try {
        return JSON.parse(ran.stdout) as T;
      } catch {
        throw new Error(
          `lanwright ${args.join(' ')} --json (exit ${ran.status}) printed no JSON:\n${ran.stdout}${ran.stderr}`,
        );
      }
    },
    text: () => readFileSync(file, 'utf8'),
    dispose: async () => {
      await run('down', '-f', file);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
