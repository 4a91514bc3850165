/**
 * The one door to other programs: an argv array in, status and captured output out. Never a shell.
 * The child leads its own process group, so that nothing it started outlives a timeout or an abort.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { searchPath } from './search-path.ts';

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly signal?: AbortSignal;
  /** Output beyond this many bytes ends the program; default 256 MiB. */
  readonly outputLimitBytes?: number;
}

export interface RunResult {
  readonly argv: readonly string[];
  /** `missing`: there is no such program. `stopped`: by us, on a timeout, an abort or too much output. */
  readonly outcome: 'exited' | 'signalled' | 'missing' | 'stopped';
  /** The exit status; 127 where the program is missing, 128 + n for signals, as in sh(1). */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why the program was stopped or could not be started. */
  readonly reason?: string;
}

const defaultTimeoutMs = 60_000;
const defaultOutputLimitBytes = 256 * 1024 * 1024;
const signalNumbers: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Kills a process and all that are in its group; no error where they are gone. */
export const killGroup = (pid: number): void => {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Already gone, which is what was wanted.
    }
  }
};

const statusOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signalNumbers[signal ?? 'SIGKILL'] ?? 9);

/** Starts the program; rejects never: what cannot be started is a result too. */
export const runProgram = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> => {
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error('an empty command');
  return new Promise((resolve) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    let reason: string | undefined;
    const finish = (outcome: RunResult['outcome'], status: number): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8');
      const base = { argv, outcome, status, stdout: text(out), stderr: text(err) };
      resolve(reason === undefined ? base : { ...base, reason });
    };
    const child: ChildProcessWithoutNullStreams = spawn(program, rest, {
      detached: true,
      stdio: 'pipe',
      env: { ...process.env, PATH: searchPath(), LC_ALL: 'C', ...options.environment },
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
    });
    const stop = (why: string): void => {
      reason ??= why;
      if (child.pid !== undefined) killGroup(child.pid);
      // A grandchild in a group of its own may still hold the pipes; do not wait for it.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const abort = (): void => stop('interrupted');
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const timer = setTimeout(() => stop(`no end after ${timeoutMs / 1000} s`), timeoutMs);
    if (options.signal?.aborted === true) abort();
    options.signal?.addEventListener('abort', abort);

    const limit = options.outputLimitBytes ?? defaultOutputLimitBytes;
    const keep =
      (into: Buffer[]) =>
      (chunk: Buffer): void => {
        size += chunk.length;
        if (size > limit) stop(`more than ${limit} bytes of output`);
        else into.push(chunk);
      };
    child.stdout.on('data', keep(out));
    child.stderr.on('data', keep(err));
    // A program may end before it has read its input; its status says all there is to say.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);

    child.once('error', (error: NodeJS.ErrnoException) => {
      reason ??= error.message;
      if (child.pid === undefined) finish(error.code === 'ENOENT' ? 'missing' : 'stopped', 127);
    });
    child.once('close', (code, signal) => {
      if (child.pid === undefined) return;
      if (reason !== undefined) finish('stopped', statusOf(code, signal));
      else finish(code === null ? 'signalled' : 'exited', statusOf(code, signal));
    });
  });
};

/** A command as a person would type it. */
export const printCommand = (argv: readonly string[]): string =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(' ');

/** What to tell about a command that failed: the command, its status and what it said. */
export const describeFailure = (result: RunResult): string => {
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-8).join('\n');
  const end = result.reason === undefined ? `exit status ${result.status}` : `${result.outcome}: ${result.reason}`;
  return `${printCommand(result.argv)} (${end})${said === '' ? '' : `\n${said}`}`;
};
