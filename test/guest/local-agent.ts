/** The agent without a guest: in namespaces of its own on this machine, behind a unix socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const agent = new URL('../../guest/agent.pl', import.meta.url).pathname;

export interface LocalAgent {
  readonly path: string;
  readonly child: ChildProcess;
  readonly words: () => string;
  readonly end: () => void;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Private network, mounts and processes; `/proc` and `/run` of its own. */
const enter = [
  'unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--',
  'sh', '-c', 'mount -t tmpfs run /run && ip link set lo up && exec perl "$0" "listen:$1"',
] as const; // prettier-ignore

export const startLocalAgent = async (): Promise<LocalAgent> => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-agent-'));
  const path = join(folder, 'agent');
  const [program, ...rest] = enter;
  const child = spawn(program, [...rest, agent, path], { stdio: ['ignore', 'ignore', 'pipe'] });
  const words: string[] = [];
  child.stderr.on('data', (text: Buffer) => words.push(text.toString('utf8')));
  for (let tries = 0; tries < 500 && !existsSync(path); tries += 1) await pause(20);
  return {
    path,
    child,
    words: () => words.join(''),
    end: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
