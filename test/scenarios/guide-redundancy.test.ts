/** The guide's pair of firewall machines: an address on either side that the one in charge has (VRRP). */
import { describe, expect, it } from 'vitest';
import { type LabRun, type VerifyReport } from './lab-run.ts';
import { lookUp } from './ask-names.ts';
import { longestGapSeconds } from './longest-gap.ts';
import { internet4, reaches, scenario } from './scenario.ts';

const [outer, inner, inner6] = ['10.0.0.6', '10.0.1.62', 'fd00:0:0:1::3e'] as const;

/** Who has an address, seen from inside the machines. */
const holdersOf = async (lab: LabRun, address: string): Promise<readonly string[]> => {
  const machines = ['fw1', 'fw2'];
  const seen = await Promise.all(machines.map((machine) => lab.exec(machine, 'ip', '-o', 'addr')));
  return machines.filter((_, index) => seen[index]?.stdout.includes(` ${address}/`) === true);
};

const untilHeldBy = (lab: LabRun, machine: string): Promise<void> =>
  expect
    .poll(() => Promise.all([outer, inner, inner6].map((address) => holdersOf(lab, address))), { timeout: 15_000 })
    .toEqual([[machine], [machine], [machine]]);

scenario(
  'guide-redundancy',
  [
    reaches('web', inner),
    reaches('web', inner6),
    reaches('metal', outer),
    reaches('web', internet4, '203.0.113.254'),
    reaches('metal', '10.0.1.4'),
  ],
  (lab) => {
    describe('when a name server is cut off', () => {
      it.each(['names1', 'names2'])(
        'names are found within five seconds without %s',
        async (machine) => {
          await lab().exec(machine, 'ip', 'link', 'set', 'eth0', 'down');
          for (const asker of ['web', 'files']) {
            const began = performance.now();
            expect(await lookUp(lab(), asker, 'files', 'ahostsv4')).toBe('10.0.1.5 STREAM files.guide.example');
            expect(performance.now() - began).toBeLessThan(5000);
          }
          expect((await lab().run('up', lab().file)).status).toBe(0);
        },
        60_000,
      );
    });

    describe('when the one in charge is cut off', () => {
      it('is replaced by the other one within five seconds, on both sides, and takes over again', async () => {
        await untilHeldBy(lab(), 'fw1');
        const pinging = lab().exec('web', 'ping', '-D', '-i', '0.1', '-c', '110', '-W', '1', internet4);
        const cutAt = Date.now() / 1000;
        await lab().exec('fw1', 'ip', 'link', 'set', 'services', 'down');
        await untilHeldBy(lab(), 'fw2');
        const { stdout } = await pinging;
        expect(longestGapSeconds(stdout, cutAt)).toBeLessThan(5);
        await lab().exec('fw1', 'ip', 'link', 'set', 'services', 'up');
        await untilHeldBy(lab(), 'fw1');
        const up = await lab().run('up', lab().file);
        expect(up.status, up.stderr).toBe(0);
        const after = await lab().json<VerifyReport>('verify', lab().file);
        expect(after.summary).toMatchObject({ disagree: 0, unexpected: 0 });
      }, 60_000);
    });
  },
);
