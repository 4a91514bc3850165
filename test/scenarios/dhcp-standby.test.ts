/**
 * Two servers of Kea in hot standby, one of which is killed while two hundred clients ask that no lab knows of: each gets an
 * address, no address is given twice, and both know all leases. Then the first is cut off, and the second serves alone.
 */
import { describe, expect, it } from 'vitest';
import { dhcpClientsOf, type Given } from './dhcp-clients.ts';
import { labOf } from './lab-run.ts';
import { servicePid } from './service-pid.ts';
import { upForAll } from './up-for-all.ts';

const lab = labOf(`lab: dhcp-standby
networks:
  lan:
    mode: private
    ipv4: 10.0.0.0/22
    ipv6: 2001:db8:1::/64
    dhcp: { server: [first, second], range: [256, 900], standby: hot }
    dhcp6: { server: [first, second], standby: hot }
machines:
  first: { nics: [lan] }
  second: { nics: [lan] }
  asks: { nics: [lan] }
  known: { nics: [{ network: lan, address: dhcp }] }
`);
const clients = dhcpClientsOf(lab, 25);

const strangers = 200;
const atOnce = 20;

interface Listed {
  readonly address: string;
  readonly holder: string;
  readonly machine: string | null;
  readonly server: string;
}

const kill = async (machine: string): Promise<void> => {
  const pid = await servicePid(lab, machine, 'dhcp-server');
  expect((await lab.exec(machine, 'kill', '-9', String(pid))).status).toBe(0);
};

upForAll(lab, clients.dispose);

describe('two servers in hot standby', () => {
  it('give machines of the lab their own addresses, in both families', async () => {
    const all = await lab.json<readonly Listed[]>('leases', lab.file);
    expect(all.map(({ address, machine, server }) => [address, machine, server])).toEqual([
      ['10.0.0.4', 'known', 'first'],
      ['2001:db8:1::4', 'known', 'first'],
      ['10.0.0.4', 'known', 'second'],
      ['2001:db8:1::4', 'known', 'second'],
    ]);
  });

  it('give two hundred clients two hundred addresses, though the one that serves is killed meanwhile', async () => {
    const given: Given[] = [];
    for (let first = 0; first < strangers; first += atOnce) {
      if (first === strangers / 2) await kill('first');
      given.push(...(await clients.ask('asks', first, atOnce)));
    }
    expect(given).toHaveLength(strangers);
    expect(new Set(given.map(({ address }) => address)).size).toBe(strangers);
    const foreign = (await lab.json<readonly Listed[]>('leases', lab.file)).filter(
      ({ holder }) => holder === 'foreign',
    );
    const known = (server: string): number => foreign.filter((lease) => lease.server === server).length;
    expect([known('first'), known('second')]).toEqual([strangers, strangers]);
  }, 240_000);

  it('serve on when the first is cut off, with what it had given', async () => {
    expect(await clients.askAgain('known')).toEqual({ address: '10.0.0.4', by: '10.0.0.1' });
    await lab.exec('first', 'ip', 'link', 'set', 'eth0', 'down');
    expect(await clients.askAgain('known')).toEqual({ address: '10.0.0.4', by: '10.0.0.2' });
  }, 120_000);
});
