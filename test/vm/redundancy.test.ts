/** The guide's pairs as virtual machines: as predicted, and when the one in charge dies the other takes over. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleText, labOf, type LabRun, type VerifyReport } from '../scenarios/lab-run.ts';
import { longestGapSeconds } from '../scenarios/longest-gap.ts';
import { qemusBelow } from './processes.ts';

interface Status {
  readonly pid: number;
  readonly machines: readonly { readonly machine: string; readonly state: string }[];
  readonly services: readonly { readonly stack: string; readonly state: string }[];
}

/** Files and web are asked for from outside: both ways lead through whichever firewall is in charge. */
const web = '10.0.1.4';

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(exampleText('guide-redundancy'), 300_000);
  const ran = await lab.run('up', lab.file, '--machines', 'vm');
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 320_000);
afterAll(() => lab.dispose(), 60_000);

const kill = async (machine: string): Promise<void> => {
  const { pid: supervisor } = await lab.json<Status>('status', lab.file);
  const [pid] = qemusBelow(supervisor, machine);
  if (pid === undefined) throw new Error(`no process of ${machine}`);
  process.kill(pid, 'SIGKILL');
};

describe('pairs of virtual machines', () => {
  it('are measured as predicted', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    expect(summary.pairs).toBeGreaterThan(0);
  }, 60_000);

  it('find names when one name server is killed', async () => {
    await kill('names1');
    const { stdout, stderr } = await lab.exec('web', 'nslookup', 'files.guide.example');
    expect(stdout, stderr).toContain('Address: 10.0.1.5\n');
  }, 60_000);

  it('go on forwarding within five seconds when the firewall in charge is killed', async () => {
    await expect
      .poll(async () => (await lab.exec('fw1', 'ip', '-o', 'addr')).stdout, { timeout: 20_000 })
      .toMatch(/ 10\.0\.0\.6\/[^]* 10\.0\.1\.62\//);
    const pinging = lab.exec('metal', 'ping', '-D', '-i', '0.1', '-c', '120', '-W', '1', web);
    const killedAt = Date.now() / 1000;
    await kill('fw1');
    const { stdout } = await pinging;
    expect(longestGapSeconds(stdout, killedAt)).toBeLessThan(5);
    const { machines, services } = await lab.json<Status>('status', lab.file);
    expect(machines.find(({ machine }) => machine === 'fw1')?.state).not.toBe('running');
    expect(services.filter(({ stack, state }) => stack === 'fw1' && state === 'running')).toEqual([]);
    expect(services.filter(({ stack, state }) => stack === 'fw2' && state === 'running')).toHaveLength(3);
  }, 60_000);
});
