/** The runner: what it captures, and that nothing it started outlives it. */
import { describe, expect, it } from 'vitest';
import { describeFailure, printCommand, runProgram } from '../../src/run/run-program.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const untilGone = async (pid: number): Promise<boolean> => {
  for (let tries = 0; tries < 100 && isAlive(pid); tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  return !isAlive(pid);
};

describe('runProgram', () => {
  it('captures output and status, and hands over input', async () => {
    const result = await runProgram(['sh', '-c', 'cat; echo said >&2; exit 3'], { input: 'given' });
    expect(result).toMatchObject({ outcome: 'exited', status: 3, stdout: 'given', stderr: 'said\n' });
  });

  it('takes arguments as they are', async () => {
    expect((await runProgram(['printf', '%s', '$(id) "; rm'])).stdout).toBe('$(id) "; rm');
  });

  it('says that a program is missing', async () => {
    expect(await runProgram(['no-such-program-here'])).toMatchObject({ outcome: 'missing', status: 127 });
  });

  it('tells a signal from an exit', async () => {
    expect(await runProgram(['sh', '-c', 'kill -9 $$'])).toMatchObject({ outcome: 'signalled', status: 137 });
  });

  it('ends the whole group on a timeout', async () => {
    const result = await runProgram(['sh', '-c', 'sleep 60 & echo $!; wait'], { timeoutMs: 300 });
    expect(result).toMatchObject({ outcome: 'stopped', reason: 'no end after 0.3 s' });
    const pid = Number(result.stdout);
    expect(pid).toBeGreaterThan(1);
    expect(await untilGone(pid)).toBe(true);
  });

  it('ends on an abort, and at once where that came before', async () => {
    const signal = AbortSignal.abort();
    expect(await runProgram(['sleep', '60'], { signal })).toMatchObject({ outcome: 'stopped', reason: 'interrupted' });
  });

  it('ends a program that floods it', async () => {
    const result = await runProgram(['yes'], { outputLimitBytes: 100_000 });
    expect(result).toMatchObject({ outcome: 'stopped', reason: 'more than 100000 bytes of output' });
    expect(result.stdout.length).toBeLessThanOrEqual(100_000);
  });

  it('does not mind a program that reads no input', async () => {
    expect(await runProgram(['true'], { input: 'x'.repeat(1_000_000) })).toMatchObject({ status: 0 });
  });
});

describe('what is said about a command', () => {
  it('quotes what a shell would read otherwise', () => {
    expect(printCommand(['ip', 'link', 'add', "it's", ''])).toBe(String.raw`ip link add 'it'\''s' ''`);
  });

  it('names the command, its status and its last words', async () => {
    const result = await runProgram(['sh', '-c', 'echo no >&2; exit 2']);
    expect(describeFailure(result)).toBe("sh -c 'echo no >&2; exit 2' (exit status 2)\nno");
  });
});
