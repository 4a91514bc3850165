/** The one that watches and one that is watched, each a virtual machine; of one that is killed an alert is raised. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type LabRun, type VerifyReport } from '../scenarios/lab-run.ts';

const text = `
lab: watching
networks:
  lan: { mode: routed, ipv4: 10.0.1.0/24 }
machines:
  monitor: { kind: vm, number: 2, start: first, nics: [lan] }
  web: { kind: vm, number: 3, nics: [lan] }
  desk: { number: 9, nics: [lan] }
watch:
  by: monitor
  every: 1
  silence: 10
  alert: { command: [sh, -c, 'cat >>/run/alerts'] }
`;

interface Status {
  readonly alerts: readonly { readonly machine: string; readonly by: string }[];
  readonly machines: readonly { readonly machine: string; readonly pid: number }[];
}

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(text, 300_000);
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 320_000);
afterAll(() => lab.dispose(), 60_000);

const patience = { timeout: 100_000, interval: 1000 };
const status = (): Promise<Status> => lab.json<Status>('status', lab.file);
const openAlerts = async (): Promise<readonly string[]> => (await status()).alerts.map(({ machine }) => machine);
const told = async (): Promise<readonly string[]> =>
  [...(await lab.exec('monitor', 'cat', '/run/alerts')).stdout.matchAll(/"event":"(\w+)","machine":"(\w+)"/g)].map(
    ([, event, machine]) => `${event} ${machine}`,
  );

describe('watching among virtual machines', () => {
  it('is measured as predicted', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    const checkIns = pairs.filter(({ port, measured }) => port === 8008 && measured === 'yes');
    expect(new Set(checkIns.map(({ from }) => from))).toEqual(new Set(['web', 'desk']));
    expect(summary).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 120_000);

  it('raises one alert for a machine that dies, and closes it when it is there again', async () => {
    expect(await openAlerts()).toEqual([]);
    const { pid } = (await status()).machines.find(({ machine }) => machine === 'web') ?? { pid: 0 };
    expect(pid).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
    await expect.poll(openAlerts, patience).toEqual(['web']);
    await expect.poll(told, patience).toEqual(['opened web']);
    expect((await lab.run('up', lab.file)).status).toBe(0);
    await expect.poll(openAlerts, patience).toEqual([]);
    await expect.poll(told, patience).toEqual(['opened web', 'closed web']);
  }, 600_000);
});
