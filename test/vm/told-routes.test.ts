/** Virtual machines take the ways that they are told of, by DHCP and by router advertisements, and lose those that are gone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type LabRun, type VerifyReport } from '../scenarios/lab-run.ts';

const text = `
lab: told-routes
networks:
  desks:
    mode: private
    ipv4: 10.0.1.0/24
    ipv6: 'fd00:1::/64'
    gateway: gate
    dhcp: gate
    ra: gate
    routes: [{ to: branch, via: side }]
    mtu: 1400
  branch: { mode: private, ipv4: 10.0.2.0/24, ipv6: 'fd00:2::/64', gateway: side }
machines:
  gate: { nics: [desks], services: [router] }
  side: { nics: [desks, branch], services: [router] }
  desk: { kind: vm, nics: [{ network: desks, ipv4: dhcp, ipv6: slaac }] }
  far: { nics: [branch] }
expect:
  - { from: desk, to: far, ping: true }
`;

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(text, 300_000);
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 320_000);
afterAll(() => lab.dispose(), 60_000);

/** Of the network that is reached by another router. */
const ways = async (): Promise<readonly string[]> => {
  const all = await Promise.all(['-4', '-6'].map((family) => lab.exec('desk', 'ip', family, 'route')));
  return all.flatMap(({ stdout }) => stdout.split('\n').filter((line) => /^(?:10\.0\.2|fd00:2)/.test(line)));
};

const asPredicted = async (): Promise<void> => {
  const { pairs } = await lab.json<VerifyReport>('verify', lab.file);
  expect(pairs.filter(({ agree }) => !agree)).toEqual([]);
};

describe('a virtual machine', () => {
  it('takes ways by another router, and the MTU', async () => {
    expect(await ways()).toEqual([
      expect.stringMatching(/^10\.0\.2\.0\/24 via 10\.0\.1\.2 .*metric 50/),
      expect.stringMatching(/^fd00:2::\/64 via fe80::5054:ff:fe00:200 .*metric 1024/),
    ]);
    expect((await lab.exec('desk', 'cat', '/proc/sys/net/ipv6/conf/eth0/mtu')).stdout).toBe('1400\n');
    await asPredicted();
  }, 60_000);

  it('loses them where they are told no more', async () => {
    lab.rewrite(text.replace(/ {4}routes: .*\n/, ''));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    expect(await ways()).toEqual([]);
    await asPredicted();
  }, 120_000);
});
