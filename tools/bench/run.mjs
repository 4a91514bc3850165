/** Starts programs for the bench and takes their time. Every program has a time limit and is waited for. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const program = resolve(import.meta.dirname, '../../dist/lanwright.js');

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

export const isInstalled = (name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0;

/** Runs a program to its end: { status, stdout, stderr, ms }. */
export const run = (argv, { input, timeoutMs = 300_000 } = {}) =>
  new Promise((done) => {
    const [command, ...args] = argv;
    const began = performance.now();
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (error) => done({ status: 127, stdout, stderr: String(error), ms: performance.now() - began }));
    child.on('close', (status) => done({ status: status ?? 128, stdout, stderr, ms: performance.now() - began }));
  });

/** Runs a program until it prints a line that says `ready`, then ends it: { ms } up to that line, not to its end. */
export const runUntilReady = (argv, { timeoutMs = 300_000 } = {}) =>
  new Promise((done, fail) => {
    const [command, ...args] = argv;
    const began = performance.now();
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    let ms;
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (text) => {
      stdout += text;
      if (ms === undefined && /^ready/m.test(stdout)) {
        ms = performance.now() - began;
        child.stdin.end();
      }
    });
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', fail);
    child.on('close', (status) =>
      ms === undefined ? fail(new Error(`${command} ended with ${status}:\n${stderr}`)) : done({ ms, stdout, stderr }),
    );
  });

export const lanwright = async (...args) => {
  const ran = await run([process.execPath, program, ...args]);
  if (ran.status > 1)
    throw new Error(`lanwright ${args.join(' ')} ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
  return ran;
};

/** The world of the hand-written scripts: everything in it ends with it. */
export const inPrivateNamespaces = (argv) => ['unshare', '-Urnmpf', '--mount-proc', '--kill-child', ...argv];

export const withDirectory = async (use) => {
  const directory = mkdtempSync(join(tmpdir(), 'lanwright-bench-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
