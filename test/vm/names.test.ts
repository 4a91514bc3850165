/** A name server and one who asks it, each a virtual machine: as between namespaces, and after a change and a death. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type LabRun, type VerifyReport } from '../scenarios/lab-run.ts';
import { servicePid } from '../scenarios/service-pid.ts';

const text = `
lab: names
networks:
  lan: { mode: nat, ipv4: 10.0.1.0/24, ipv6: 'fd00:1::/64', dhcp: true, ra: true }
machines:
  ns: { kind: vm, number: 2, start: first, nics: [lan] }
  tablet: { kind: vm, nics: [{ network: lan, ipv4: none, ipv6: slaac }] }
  desk: { number: 9, nics: [{ network: lan, ipv4: dhcp }] }
dns: { servers: ns, zone: office.example, names: { www: ns } }
expect:
  - { from: [desk, tablet], to: ns, udp: 53, tcp: 53 }
`;

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(text, 300_000);
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 320_000);
afterAll(() => lab.dispose(), 60_000);

const serverPid = (): Promise<number> => servicePid(lab, 'ns', 'name-server');

/** What a guest's nslookup finds of its own accord. */
const found = async (name: string): Promise<readonly string[]> =>
  [...(await lab.exec('tablet', 'nslookup', name)).stdout.matchAll(/^Address: (\S+)$/gm)].map(
    ([, address]) => address ?? '',
  );

describe('names among virtual machines', () => {
  it('are told by router advertisements, and found in both families', async () => {
    expect((await lab.exec('tablet', 'cat', '/etc/resolv.conf')).stdout).toBe(
      'search office.example\nnameserver fd00:1::2\n',
    );
    expect(await found('desk.office.example')).toEqual(['10.0.1.9', 'fd00:1::9']);
    expect((await lab.exec('desk', 'getent', 'ahostsv4', 'www')).stdout).toMatch(
      /^10\.0\.1\.2 +STREAM www\.office\.example/,
    );
  });

  it('are measured as predicted', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    expect(summary.pairs).toBeGreaterThan(0);
  }, 60_000);

  it('follow a change while the server runs', async () => {
    const before = await serverPid();
    lab.rewrite(text.replace('www: ns', 'www: desk'));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    expect(await found('www.office.example')).toEqual(['10.0.1.9', 'fd00:1::9']);
    expect(await serverPid()).toBe(before);
  }, 120_000);

  it('are there again when the server was killed', async () => {
    const before = await serverPid();
    await lab.exec('ns', 'kill', '-KILL', String(before));
    await expect.poll(serverPid, { timeout: 20_000 }).not.toBe(before);
    await expect.poll(() => found('desk.office.example'), { timeout: 20_000 }).toContain('10.0.1.9');
  }, 60_000);
});
