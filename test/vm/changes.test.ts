/** Changes to a running virtual machine: which start it again, and a boot that fails leaves nothing. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type Ran, type VerifyReport } from '../scenarios/lab-run.ts';
import { isRunning, qemusNamed } from './processes.ts';

const machine = `guest-${process.pid}`;
const text = `lab: changes
networks: { lan: { mode: host-only, ipv4: 10.9.8.0/24 } }
machines:
  ${machine}: { kind: vm, nics: [lan] }
expect:
  - { from: host, to: ${machine}, ping: true }
`;
const lab = labOf(text);

interface Status {
  readonly machines: readonly { readonly machine: string; readonly pid: number; readonly state: string }[];
}
interface Planned {
  readonly steps: readonly { readonly text: string; readonly virtual: boolean }[];
}

const pidInside = async (): Promise<number | undefined> =>
  (await lab.json<Status>('status', lab.file)).machines.find((one) => one.machine === machine)?.pid;

const statesInside = async (): Promise<readonly string[]> =>
  (await lab.json<Status>('status', lab.file)).machines.map(({ state }) => state);

const verdict = async (): Promise<unknown> => (await lab.json<VerifyReport>('verify', lab.file)).summary;

afterAll(async () => lab.dispose(), 60_000);

describe('a boot that fails', () => {
  /** Kills QEMU so long after it was seen, and gives what `up` did. */
  const upKilledAfter = async (waitMs: number): Promise<{ readonly ran: Ran; readonly pid: number }> => {
    const up = lab.run('up', lab.file);
    const [pid = 0] = await expect
      .poll(() => qemusNamed(machine), { timeout: 60_000, interval: 3 })
      .toHaveLength(1)
      .then(() => qemusNamed(machine));
    await pause(waitMs);
    process.kill(pid, 'SIGKILL');
    return { ran: await up, pid };
  };

  const expectRefusal = async ({ status, stderr }: Ran): Promise<void> => {
    expect(status).toBe(3);
    expect(stderr).toContain(`\`${machine}\` `);
    expect(stderr).toMatch(/QEMU ended with SIGKILL|does not answer: its machine has ended/);
    expect(stderr).toContain('nothing of the lab is left');
    expect((await lab.run('status', lab.file)).status).toBe(1);
  };

  it('says so, and leaves neither the machine nor the lab', async () => {
    const { ran, pid } = await upKilledAfter(0);
    await expectRefusal(ran);
    expect(isRunning(pid)).toBe(false);
  }, 180_000);

  it.each([15, 40, 90, 200, 600])(
    'says so, or that the machine has ended, when it is killed %i ms later',
    async (ms) => {
      const { ran, pid } = await upKilledAfter(ms);
      if (ran.status !== 0) await expectRefusal(ran);
      else {
        // It had answered by then.
        await expect.poll(statesInside, { timeout: 10_000 }).toEqual(['ended']);
        expect((await lab.run('down', lab.file)).status).toBe(0);
      }
      expect(isRunning(pid)).toBe(false);
    },
    180_000,
  );
});

describe('a running virtual machine', () => {
  let before: number | undefined;

  beforeAll(async () => {
    const ran = await lab.run('up', lab.file);
    if (ran.status !== 0) throw new Error(ran.stderr);
    before = await pidInside();
  }, 180_000);

  it('goes on through a change of its settings', async () => {
    lab.rewrite(text.replace('nics: [lan]', 'nics: [{ network: lan, mtu: 1400 }]'));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    expect(await pidInside()).toBe(before);
    expect(await verdict()).toMatchObject({ disagree: 0, unexpected: 0 });
  });

  it('is started again, as planned, for a filter that its image does not carry', async () => {
    const more = `${text}policy:\n  - { deny: host, to: ${machine}, tcp: 22 }\n`;
    lab.rewrite(more);
    const { steps } = await lab.json<Planned>('plan', lab.file);
    expect(steps.filter(({ virtual }) => virtual).map((step) => step.text.slice(0, 1))).toEqual(['-', '+']);
    const ran = await lab.run('up', lab.file);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain(`stopping ${machine}`);
    expect(await pidInside()).not.toBe(before);
    expect(await verdict()).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 180_000);
});
