/** Programs that run while others do. They end with us: who breaks off a run leaves nothing behind. */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { environment, root } from './prepare.mjs';

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

const start = (program, argv, options) => {
  const child = spawn(program, argv, { cwd: root, ...options });
  running.add(child);
  const ended = new Promise((resolve) => {
    const end = (status) => {
      running.delete(child);
      resolve(status ?? 1);
    };
    child.on('close', end);
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      end(1);
    });
  });
  return { child, ended };
};

/** Runs a program on our own terminal; its exit status. */
export const runBeside = (program, argv, extra = {}) =>
  start(program, argv, { stdio: 'inherit', env: { ...environment, ...extra } }).ended;

const lowPriority = 10;

/** Runs a program on time that others leave; its exit status and all that it printed. */
export const runBehind = async (program, argv) => {
  const { child, ended } = start(program, argv, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  if (child.pid !== undefined) setPriority(child.pid, lowPriority);
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => printed.push(data));
  const status = await ended;
  return { status, output: Buffer.concat(printed).toString() };
};
