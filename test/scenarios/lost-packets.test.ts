/** Packets that are lost by chance: `verify` asks again before it says that somebody is not reached. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type LabRun, type VerifyReport } from './lab-run.ts';

const text = `
lab: lossy
networks: { lan: { mode: private, ipv4: 10.0.5.0/24 } }
machines:
  a: { number: 1, nics: [lan] }
  b: { number: 2, nics: [lan] }
`;

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(text);
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 60_000);
afterAll(() => lab.dispose(), 60_000);

/** Six echo requests are sent before one is given up; each is 36 bytes long. */
const losing = (bytes: number): string =>
  `table ip lossy { chain input { type filter hook input priority 0; icmp type echo-request quota until ${bytes} bytes drop; }; }`;

const lose = async (bytes: number): Promise<void> => {
  const ran = await lab.exec('b', 'nft', losing(bytes));
  expect(ran.status, ran.stderr).toBe(0);
};

const pingOf = ({ pairs }: VerifyReport): unknown =>
  pairs.find(({ from, to, protocol }) => from === 'a' && to === 'b' && protocol === 'icmp');

describe('an answer that fails to come', () => {
  it('is asked for again, and found', async () => {
    await lose(6 * 36 + 20);
    const report = await lab.json<VerifyReport>('verify', lab.file);
    expect(pingOf(report)).toMatchObject({ predicted: 'yes', measured: 'yes', agree: true });
    expect(report.summary).toMatchObject({ disagree: 0, repeated: 1 });
    await lab.exec('b', 'nft', 'delete table ip lossy');
  }, 60_000);

  it('is told as such when it fails to come twice', async () => {
    await lose(100_000);
    const report = await lab.json<VerifyReport>('verify', lab.file);
    expect(pingOf(report)).toMatchObject({ predicted: 'yes', measured: 'no', agree: false, detail: 'timeout' });
    expect(report.summary).toMatchObject({ disagree: 1, repeated: 1 });
    const { stdout, status } = await lab.run('verify', lab.file);
    expect(stdout).toContain('2 probes (1 asked twice), 1 not as predicted');
    expect(status).toBe(1);
  }, 60_000);
});
