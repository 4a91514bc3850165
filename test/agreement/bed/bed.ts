/**
 * A bed: a process of its own in new user, network, mount, PID, IPC and UTS namespaces, where networks can be built that
 * touch nothing outside. It runs a bundle of one entry file that calls `serveBed`; the two speak one line of JSON a
 * question and one an answer. What it builds goes when it ends, and it ends when this process does.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bedWord, type BedAnswer } from './bed-words.ts';

export interface Bed<Question, Answer> {
  /** Questions are answered one after the other. */
  readonly ask: (question: Question) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** Inside the project, so that what is left out of a bundle (koffi) is found from there. */
const bundleFolder = fileURLToPath(new URL('../../../node_modules/.cache/agreement/', import.meta.url));

const namespaces = [
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child',
];

/** One file with all that `entry` needs but koffi, named after it and this process. */
export const bundle = async (entry: URL): Promise<string> => {
  // Only here: a bundle that holds this file runs where there is no esbuild.
  const { build } = await import('esbuild');
  mkdirSync(bundleFolder, { recursive: true });
  const outfile = join(bundleFolder, `${basename(entry.pathname, '.ts')}-${process.pid}.mjs`);
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['koffi', 'esbuild'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
};

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const listenTo = <Answer>(child: ChildProcess, waiting: Waiting<Answer>[]): Promise<void> => {
  if (child.stdout === null) throw new Error('the bed has no output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as BedAnswer<Answer>;
    const next = waiting.shift();
    if ('value' in answer) next?.resolve(answer.value);
    else next?.reject(new Error(answer.failure));
  });
  return new Promise((resolve) => {
    child.once('error', (error) => waiting.splice(0).forEach(({ reject }) => reject(error)));
    child.once('close', (code) => {
      waiting.splice(0).forEach(({ reject }) => reject(new Error(`the bed ended (${code})`)));
      resolve();
    });
  });
};

/** Starts a bed that runs `entry`, a file with a call of `serveBed`. */
export const openBed = async <Question, Answer>(entry: URL): Promise<Bed<Question, Answer>> => {
  const program = await bundle(entry);
  const child = spawn('unshare', [...namespaces, '--', process.execPath, '--enable-source-maps', program, bedWord], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: Waiting<Answer>[] = [];
  const ended = listenTo(child, waiting);
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(question)}\n`);
      }),
    close: async () => {
      child.stdin.end();
      await ended;
      rmSync(program, { force: true });
    },
  };
};
