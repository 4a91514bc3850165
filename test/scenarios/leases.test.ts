/** What servers have given out: to a machine of the lab, to one that it had, and to a stranger on the wire, who is told the MTU. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf } from './lab-run.ts';
import { toldScript } from './told-script.ts';

const gone = '  gone: { number: 5, nics: [{ network: lan, ipv4: dhcp, ipv6: none }] }\n';
const text = `lab: leases
networks: { lan: { mode: private, ipv4: 10.0.0.0/24, ipv6: 2001:db8:1::/64, dhcp: srv, dhcp6: srv, mtu: 1400 } }
machines:
  srv: { number: 2, nics: [lan] }
  web: { number: 4, nics: [{ network: lan, address: dhcp }] }
${gone}`;
const lab = labOf(text);
const script = toldScript('told an MTU of $mtu');

/** What the stranger was told. */
let asked = { stdout: '' };

interface Listed {
  readonly address: string;
  readonly holder: string;
  readonly machine: string | null;
  readonly nic: string | null;
  readonly mac: string | null;
  readonly client: string;
  readonly name: string | null;
  readonly expires: string | null;
  readonly server: string;
  readonly interface: string;
}

beforeAll(async () => {
  const up = await lab.run('up', lab.file);
  if (up.status !== 0) throw new Error(up.stderr);
  const stranger =
    'ip link add link eth0 name s address 52:54:99:00:00:01 type macvlan mode bridge && ip link set s up';
  asked = await lab.exec(
    'web',
    'sh',
    '-c',
    `${stranger}; udhcpc -n -q -f -t 10 -T 1 -O mtu -x hostname:guest -s ${script.path} -i s`,
  );
  writeFileSync(lab.file, readFileSync(lab.file, 'utf8').replace(gone, ''));
  const less = await lab.run('up', lab.file);
  if (less.status !== 0) throw new Error(less.stderr);
}, 120_000);

afterAll(async () => {
  await lab.dispose();
  script.dispose();
}, 60_000);

describe('leases', () => {
  it('tells machines of the lab, machines that are gone, and strangers apart', async () => {
    const all = await lab.json<readonly Listed[]>('leases', lab.file);
    expect(all.map(({ holder, machine, nic, mac }) => [holder, machine, nic, mac])).toEqual([
      ['machine', 'web', 'eth0', '52:54:00:00:04:00'],
      ['stale', 'gone', 'eth0', '52:54:00:00:05:00'],
      ['foreign', null, null, '52:54:99:00:00:01'],
      ['machine', 'web', 'eth0', '52:54:00:00:04:00'],
    ]);
    expect(all.map(({ address }) => address)).toEqual([
      '10.0.0.4',
      '10.0.0.5',
      expect.stringMatching(/^10\.0\.0\.1[2-9]\d$/),
      '2001:db8:1::4',
    ]);
    expect(all.every(({ server, interface: dev }) => `${server} ${dev}` === 'srv eth0')).toBe(true);
    expect(Object.keys(all[0] ?? {})).toEqual(
      ['address', 'holder', 'machine', 'nic', 'mac', 'client', 'name', 'expires', 'server', 'interface'], // prettier-ignore
    );
    const hour = 3_600_000;
    for (const { expires } of all) {
      const left = Date.parse(expires ?? '') - Date.now();
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(hour + 1000);
    }
  });

  it('come with the MTU of the network, where it says one', () => {
    expect(asked.stdout).toContain('told an MTU of 1400');
  });

  it('shows them as a table', async () => {
    const { stdout, status } = await lab.run('leases', lab.file);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^10\.0\.0\.5 +gone \(gone\) +eth0 +52:54:00:00:05:00 /m);
    expect(stdout).toMatch(/^10\.0\.0\.1\d\d +foreign \(guest\) +52:54:99:00:00:01 /m);
  });
});
