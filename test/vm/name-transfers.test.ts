/** A virtual machine that copies zones from a name server in a namespace: at its start, and after a change of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type LabRun, type VerifyReport } from '../scenarios/lab-run.ts';
import { servicePid } from '../scenarios/service-pid.ts';

const text = `
lab: transfers
networks:
  lan: { mode: nat, ipv4: 10.0.1.0/24, ipv6: 'fd00:1::/64' }
machines:
  ns: { number: 2, start: first, nics: [lan] }
  copy: { kind: vm, number: 3, nics: [lan] }
  desk: { number: 9, nics: [lan] }
dns: { servers: ns, secondaries: copy, zone: office.example, names: { www: ns } }
expect:
  - { from: desk, to: copy, udp: 53, tcp: 53 }
`;

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(text, 300_000);
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 320_000);
afterAll(() => lab.dispose(), 60_000);

const copyPid = (): Promise<number> => servicePid(lab, 'copy', 'name-server');

const asked = async (...question: readonly string[]): Promise<readonly string[]> =>
  (await lab.exec('desk', 'dig', '+short', '@10.0.1.3', ...question)).stdout.trim().split('\n');

describe('a secondary in a virtual machine', () => {
  it('serves what its primary serves, forward and reverse', async () => {
    expect(await asked('www.office.example', 'AAAA')).toEqual(['fd00:1::2']);
    expect(await asked('-x', 'fd00:1::9')).toEqual(['desk.office.example.']);
  });

  it('is reached as predicted', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    expect(summary.pairs).toBeGreaterThan(0);
  }, 60_000);

  it('follows a change while it runs', async () => {
    const before = await copyPid();
    lab.rewrite(text.replace('www: ns', 'www: desk'));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    await expect.poll(() => asked('www.office.example', 'AAAA'), { timeout: 20_000 }).toEqual(['fd00:1::9']);
    expect(await copyPid()).toBe(before);
    expect(before).toBeGreaterThan(0);
  }, 120_000);
});
