/**
 * A server that gives out addresses of a network it is not on, through the router there, in both families: to a machine of
 * the lab its own address, to a stranger one of the range, with what both are told.
 */
import { describe, expect, it } from 'vitest';
import { exampleText, labOf, type VerifyReport } from './lab-run.ts';
import { toldScript } from './told-script.ts';
import { upForAll } from './up-for-all.ts';

const lab = labOf(exampleText('dhcp-relay'));
const script = toldScript('$ip by $serverid, time $ntpsrv, router $router');

interface Listed {
  readonly address: string;
  readonly holder: string;
  readonly machine: string | null;
  readonly server: string;
}

upForAll(lab, script.dispose);

describe('a server behind a relay', () => {
  it('keeps the addresses of machines, which are predicted', async () => {
    const { summary, pairs } = await lab.json<VerifyReport>('verify', lab.file);
    expect(summary.disagree + summary.unexpected).toBe(0);
    const answered = pairs.filter(
      ({ from, to, measured }) => from === 'desk' && to === 'directory' && measured === 'yes',
    );
    expect(new Set(answered.map(({ family }) => family))).toEqual(new Set([4, 6]));
    const { stdout } = await lab.exec('desk', 'ip', '-o', 'addr', 'show', 'dev', 'eth0', 'scope', 'global');
    expect(stdout).toContain(' 10.20.2.20/24 ');
    expect(stdout).toContain(' 2001:db8:20:2::14/128 ');
  }, 60_000);

  it('gives a stranger an address of the network that it asks on, and tells it whom to ask for the time', async () => {
    const stranger =
      'ip link add link eth0 name s address 52:54:99:00:00:01 type macvlan mode bridge && ip link set s up';
    const { stdout } = await lab.exec(
      'desk',
      'sh',
      '-c',
      `${stranger}; udhcpc -n -q -f -t 10 -T 1 -O ntpsrv -s ${script.path} -i s`,
    );
    expect(stdout).toMatch(/^10\.20\.2\.1[2-9]\d by 10\.20\.1\.2, time 10\.20\.1\.2, router 10\.20\.2\.1$/m);
  }, 60_000);

  it('lists them as leases of that server', async () => {
    const all = await lab.json<readonly Listed[]>('leases', lab.file);
    expect(all.map(({ holder, machine, server }) => [holder, machine, server])).toEqual([
      ['machine', 'desk', 'directory'],
      ['foreign', null, 'directory'],
      ['machine', 'desk', 'directory'],
    ]);
  });
});
