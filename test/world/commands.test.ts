/** The commands about running labs, as built: what they print, what they leave, and that an interrupt leaves nothing. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lanwright, scratchDirectory } from '../cli/lanwright.ts';

const directory = scratchDirectory();
const name = `cmd-${process.pid}`;
const program = resolve(import.meta.dirname, '../../dist/lanwright.js');
const run = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, ...args);

const lab = `lab: ${name}
networks: { lan: { mode: nat } }
machines:
  web: { nics: [lan] }
  db: { nics: [lan] }
expect:
  - { from: web, to: db, ping: true }
`;
writeFileSync(join(directory, 'lab.yaml'), lab);

afterAll(async () => {
  await run('down', '--lab', name);
});

interface Status {
  readonly running: boolean;
  readonly pid: number;
  readonly stacks: readonly string[];
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Processes whose command line names the lab. */
const processesOf = (labName: string): readonly string[] =>
  readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').includes(labName);
    } catch {
      return false;
    }
  });

describe('a lab from up to down', () => {
  it('builds nothing with --dry-run', async () => {
    const { status, stdout } = await run('up', '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toContain('Changes to an empty world');
    expect(await run('status', '-f', 'lab.yaml')).toMatchObject({ status: 1 });
  });

  it('comes up, and changes nothing the second time', async () => {
    const first = await run('up');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toContain(`\`${name}\` is up`);
    expect((await run('up')).stdout).toContain('nothing to change');
    expect((await run('plan')).stdout).toContain('Changes: none');
  });

  it('has a status, with the pid of its supervisor', async () => {
    const { status, stdout } = await run('status', '--lab', name, '--json');
    const found = JSON.parse(stdout) as Status;
    expect({ status, running: found.running }).toEqual({ status: 0, running: true });
    expect(found.stacks).toEqual(expect.arrayContaining(['db', 'web']));
    expect(isAlive(found.pid)).toBe(true);
    expect((await run('status')).stdout).toContain(name);
    expect((await run('complete-machines', '--lab', name)).stdout.split('\n')).toContain('web');
  });

  it('runs commands on machines and passes their status on', async () => {
    const shown = await run('exec', 'web', '--', 'ip', '-br', 'link');
    expect(shown).toMatchObject({ status: 0 });
    expect(shown.stdout).toMatch(/^eth0@/m);
    expect(await run('exec', '--lab', name, 'db', '--', 'sh', '-c', 'ls /sys/class/net; exit 9')).toMatchObject({
      status: 9,
      stdout: 'eth0\nlo\n',
    });
    const wrong = await run('exec', 'wbe', '--', 'true');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('did you mean `web`?');
  });

  it.each([
    ['SIGTERM', 143, '86391'],
    ['SIGHUP', 129, '86392'],
  ] as const)('ends what it runs on a machine when it is told to by %s', async (signal, status, seconds) => {
    const isRunning = async (): Promise<boolean> =>
      (await run('exec', 'web', '--', 'pgrep', '-x', '-f', `sleep ${seconds}`)).status === 0;
    const argv = [program, 'exec', 'web', '--', 'sleep', seconds];
    const child = spawn(process.execPath, argv, { cwd: directory, stdio: 'ignore' });
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    await expect.poll(isRunning, { timeout: 20_000 }).toBe(true);
    child.kill(signal);
    expect(await ended).toBe(status);
    expect(await isRunning()).toBe(false);
  });

  it('is measured, and an expectation that fails is the answer no', async () => {
    const met = await run('verify');
    expect(met.status).toBe(0);
    expect(met.stdout).toMatch(/expectations are met$/m);
    writeFileSync(join(directory, 'other.yaml'), lab.replace('ping: true', 'ping: false'));
    writeFileSync(join(directory, 'other.lock.yaml'), readFileSync(join(directory, 'lab.lock.yaml')));
    const failed = await run('verify', 'other.yaml');
    expect(failed.status).toBe(1);
    expect(failed.stdout).toContain('Not as expected');
    expect(failed.stdout).toContain('other.yaml:7');
  });

  it('is not measured by a file that names other machines', async () => {
    writeFileSync(join(directory, 'more.yaml'), lab.replace('  db:', '  more: { nics: [lan] }\n  db:'));
    const { status, stderr } = await run('verify', 'more.yaml');
    expect(status).toBe(3);
    expect(stderr).toContain('without `more`');
  });

  it('says what would end, and ends', async () => {
    expect((await run('down', '--dry-run')).stdout).toContain('would end');
    expect(await run('status', '--lab', name)).toMatchObject({ status: 0 });
    expect(await run('down')).toMatchObject({ status: 0, stderr: '' });
    expect(processesOf(name)).toEqual([]);
    expect(await run('status', '--lab', name)).toMatchObject({ status: 1 });
    expect(await run('down')).toMatchObject({ status: 0 });
  });
});

describe('an interrupt', () => {
  it.each([300, 700, 1200])('after %i ms of up leaves nothing, or all', async (waitMs) => {
    const big = `${name}-big`;
    writeFileSync(
      join(directory, 'big.yaml'),
      `lab: ${big}\nnetworks: { lan: { mode: nat } }\nmachines: { m: { count: 150, nics: [lan] } }\n`,
    );
    const child = spawn(process.execPath, [program, 'up', 'big.yaml'], { cwd: directory, stdio: 'ignore' });
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    await new Promise((done) => setTimeout(done, waitMs));
    child.kill('SIGINT');
    await ended;
    await new Promise((done) => setTimeout(done, 500));
    const isUp = (await run('status', '--lab', big)).status === 0;
    if (isUp) expect((await run('plan', 'big.yaml')).stdout).toContain('Changes: none');
    await run('down', '--lab', big);
    expect(processesOf(big)).toEqual([]);
  });
});
