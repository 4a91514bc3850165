/** The guide's pair of firewall machines: an address on either side that the one in charge has (VRRP). */
import { describe, expect, it } from 'vitest';
import { type LabRun, type VerifyReport } from './lab-run.ts';
import { lookUp } from './ask-names.ts';
import { servicePid } from './service-pid.ts';
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
    describe('a machine that looks up a name', () => {
      const finds = async (asker: string): Promise<void> => {
        expect(await lookUp(lab(), asker, 'files', 'ahostsv4')).toBe('10.0.1.5 STREAM files.guide.example');
      };

      it.each(['web', 'files'])('gives each server a second: %s', async (asker) => {
        const { stdout } = await lab().exec(asker, 'cat', '/etc/resolv.conf');
        expect(stdout).toMatch(/^nameserver 10\.0\.1\.7\nnameserver 10\.0\.1\.8\n/m);
        // It asks all of them twice, and then gives up (resolv.conf(5), `attempts`): what it finds, it found before that.
        expect(stdout).toMatch(/^options timeout:1$/m);
      });

      it.each(['names1', 'names2'])(
        'finds it without %s, whose cable is out',
        async (machine) => {
          await lab().exec(machine, 'ip', 'link', 'set', 'eth0', 'down');
          for (const asker of ['web', 'files']) await finds(asker);
          expect((await lab().run('up', lab().file)).status).toBe(0);
        },
        60_000,
      );

      it.each(['names1', 'names2'])('finds it where the server of %s hangs, or was killed', async (machine) => {
        const pid = String(await servicePid(lab(), machine, 'name-server'));
        for (const signal of ['-STOP', '-KILL']) {
          expect((await lab().exec(machine, 'kill', signal, pid)).status).toBe(0);
          for (const asker of ['web', 'files']) await finds(asker);
        }
      });
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
