/**
 * Machines start by their positions and stop in the reverse; one that ignores the request is stopped by force after its
 * limit; and whatever is killed, nothing is left running.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type Ran, type VerifyReport } from '../scenarios/lab-run.ts';
import { isRunning, qemusBelow } from './processes.ts';

const lab = labOf(`lab: order
networks: { lan: { mode: private, ipv4: 10.9.8.0/24 } }
machines:
  fw: { kind: vm, nics: [lan], start: first, stop: 20 }
  dhcp: { kind: vm, nics: [{ network: lan, address: 2 }], services: [{ dhcp: { network: lan } }], start: 10, stop: 20 }
  web: { kind: vm, nics: [{ network: lan, address: dhcp }], stop: 20 }
  probe: { kind: netns, nics: [lan] }
expect:
  - { from: probe, to: web, ping: true }
  - { from: web, to: fw, ping: true }
`);

interface Status {
  readonly pid: number;
  readonly stacks: readonly string[];
  readonly stopped: readonly string[];
  readonly machines: readonly { readonly machine: string; readonly state: string; readonly pid: number }[];
}

const statusOf = (): Promise<Status> => lab.json<Status>('status', lab.file);

const fine = (ran: Ran): Ran => {
  if (ran.status !== 0) throw new Error(`ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
  return ran;
};

let supervisor = 0;

const qemus = (...machines: readonly string[]): readonly number[] => qemusBelow(supervisor, ...machines);

const linesOf = ({ stderr }: Ran): readonly string[] =>
  stderr.split('\n').filter((line) => /^(booting|stopping) |answers$|by force$/.test(line));

let up: Ran;

beforeAll(async () => {
  up = fine(await lab.run('up', lab.file));
  supervisor = (await statusOf()).pid;
}, 400_000);

afterAll(async () => lab.dispose(), 60_000);

describe('a lab of namespaces and virtual machines', () => {
  it('starts each position when the one before answers', () => {
    expect(linesOf(up)).toEqual([
      'booting fw',
      'fw answers',
      'booting dhcp',
      'dhcp answers',
      'booting web',
      'web answers',
    ]);
  });

  it('mixes both kinds, and a guest serves its lease to another one', async () => {
    const report = await lab.json<VerifyReport>('verify', lab.file);
    expect(report.pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    const address = await lab.exec('web', 'ip', '-4', 'addr', 'show', 'eth0');
    expect(address.stdout).toContain('10.9.8.');
  });

  it('runs programs in guests as in namespaces, with their exit status', async () => {
    const ran = await lab.exec('web', 'sh', '-c', 'uname -s; exit 5');
    expect(ran).toMatchObject({ status: 5, stdout: 'Linux\n' });
    expect((await lab.exec('web', 'no-such-program')).status).toBe(127);
  });

  it('stops and starts one machine, and leaves the others alone', async () => {
    const before = await statusOf();
    fine(await lab.run('stop', '-f', lab.file, 'web'));
    const between = await statusOf();
    expect(between.stopped).toEqual(['web']);
    expect(between.machines.map(({ machine }) => machine).sort()).toEqual(['dhcp', 'fw']);
    fine(await lab.run('start', '-f', lab.file, 'web'));
    const after = await statusOf();
    const pidsOf = ({ machines }: Status): unknown =>
      machines.filter(({ machine }) => machine !== 'web').map(({ machine, pid }) => [machine, pid]);
    expect(pidsOf(after)).toEqual(pidsOf(before));
    expect((await lab.exec('probe', 'ip', 'addr')).status).toBe(0);
    const report = await lab.json<VerifyReport>('verify', lab.file);
    expect(report.summary).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 300_000);

  it('tells of a machine that was killed, and starts it again', async () => {
    const [pid = 0] = qemus('web');
    expect(pid).toBeGreaterThan(0);
    expect((await statusOf()).machines.find(({ machine }) => machine === 'web')?.pid).toBe(pid);
    process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const status = await statusOf();
    expect(status.machines.find(({ machine }) => machine === 'web')).toMatchObject({ state: 'ended', pid: 0 });
    fine(await lab.run('up', lab.file));
    const report = await lab.json<VerifyReport>('verify', lab.file);
    expect(report.summary).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 300_000);

  it('stops in the reverse order, by force what ignores it, and leaves nothing', async () => {
    // The agent of `dhcp` no longer acts, and its kernel has no power button that anybody hears.
    const stopAgent = 'for p in /proc/[0-9]*; do grep -q "agent.p[l]" $p/cmdline && kill -STOP ${p#/proc/}; done';
    fine(await lab.exec('dhcp', 'sh', '-c', `(sleep 1; ${stopAgent}) >/dev/null 2>&1 </dev/null &`));
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const down = await lab.run('down', '-f', lab.file);
    expect(linesOf(down)).toEqual([
      'stopping web',
      'stopping dhcp',
      'dhcp did not power down within 20 s, and was stopped by force',
      'stopping fw',
    ]);
    expect(qemus('fw', 'dhcp', 'web')).toEqual([]);
  }, 120_000);
});

describe('a supervisor that is killed', () => {
  it('takes its virtual machines along', async () => {
    fine(await lab.run('up', lab.file));
    supervisor = (await statusOf()).pid;
    expect(qemus('fw', 'dhcp', 'web')).toHaveLength(3);
    const all = qemus('fw', 'dhcp', 'web');
    process.kill(supervisor, 'SIGKILL');
    await expect.poll(() => all.filter(isRunning), { timeout: 10_000 }).toEqual([]);
  }, 300_000);
});
