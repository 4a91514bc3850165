/**
 * What a network tells its members beside addresses, by DHCP and by router advertisements: ways by another router, which of
 * several routers to prefer, domains and the MTU. Each client installs what it was told, and what it then reaches is as
 * predicted; machines that nobody tells have the same ways configured.
 */
import { describe, expect, it } from 'vitest';
import { labOf, type VerifyReport } from './lab-run.ts';
import { toldScript } from './told-script.ts';
import { upForAll } from './up-for-all.ts';

const text = `lab: told-routes
networks:
  desks:
    mode: private
    ipv4: 10.0.1.0/24
    ipv6: fd00:1::/64
    gateway: gate
    dhcp: gate
    ra: [gate, spare]
    routes: [{ to: branch, via: side }, { to: 203.0.113.0/24, via: side }]
    search: [desks.office.example, office.example]
    mtu: 1400
  phones:
    mode: private
    ipv4: 10.0.4.0/24
    gateway: gate
    dhcp: { server: cable, program: kea }
    routes: [{ to: branch, via: cable }]
  branch: { mode: private, ipv4: 10.0.2.0/24, ipv6: fd00:2::/64, gateway: side }
  upper: { mode: private, ipv4: 10.0.3.0/24, ipv6: fd00:3::/64, gateway: gate }
machines:
  gate: { nics: [desks, upper, phones], services: [router] }
  spare: { nics: [desks], services: [router] }
  side: { nics: [desks, branch], services: [router] }
  cable: { nics: [phones, { network: branch, gateway: none }], services: [router] }
  names: { start: first, nics: [upper] }
  anna: { nics: [{ network: desks, ipv4: dhcp, ipv6: slaac }] }
  bela: { nics: [desks] }
  both: { nics: [{ network: desks, ipv4: dhcp, ipv6: slaac }, { network: branch, gateway: none }] }
  closed: { nics: [{ network: desks, ipv4: dhcp, ipv6: slaac, gateway: none }] }
  tablet: { nics: [{ network: desks, ipv4: none, ipv6: slaac }] }
  phone: { nics: [{ network: phones, address: dhcp }] }
  far: { nics: [branch] }
dns: { zone: office.example, servers: names }
`;
const lab = labOf(text);
const script = toldScript('told $staticroutes');

const routes = async (machine: string, family: 4 | 6): Promise<readonly string[]> =>
  (await lab.exec(machine, 'ip', `-${family}`, 'route')).stdout
    .split('\n')
    .map((line) => line.replace(/ expires \d+sec| hoplimit \d+/g, '').trim());

const asPredicted = async (): Promise<VerifyReport> => {
  const report = await lab.json<VerifyReport>('verify', lab.file);
  expect(report.pairs.filter(({ agree }) => !agree)).toEqual([]);
  expect(report.summary.disagree).toBe(0);
  return report;
};

const answered = ({ pairs }: VerifyReport, from: string, to: string): readonly string[] =>
  pairs
    .filter((pair) => pair.from === from && pair.address === to && pair.protocol === 'icmp')
    .map(({ measured }) => measured);

upForAll(lab, script.dispose);

describe('ways that a network tells', () => {
  it('are taken by who asks by DHCP, of dnsmasq and of Kea', async () => {
    expect(await routes('anna', 4)).toEqual([
      'default via 10.0.1.1 dev eth0 proto dhcp',
      expect.stringContaining('10.0.1.0/24 dev eth0 proto kernel'),
      '10.0.2.0/24 via 10.0.1.3 dev eth0 proto dhcp metric 50',
      '203.0.113.0/24 via 10.0.1.3 dev eth0 proto dhcp metric 50',
      '',
    ]);
    expect(await routes('phone', 4)).toEqual([
      'default via 10.0.4.1 dev eth0 proto dhcp',
      '10.0.2.0/24 via 10.0.4.4 dev eth0 proto dhcp metric 50',
      expect.stringContaining('10.0.4.0/24 dev eth0 proto kernel'),
      '',
    ]);
  });

  it.each(['anna', 'phone'])('name the default route among them, for clients such as %s', async (machine) => {
    const asked = await lab.exec(
      machine,
      'udhcpc',
      '-n',
      '-q',
      '-f',
      '-O',
      'staticroutes',
      '-s',
      script.path,
      '-i',
      'eth0',
    );
    expect(asked.stdout).toMatch(/^told .*\b0\.0\.0\.0\/0 10\.0\.[14]\.1\b/m);
  });

  it('are taken of router advertisements, by who listens to them', async () => {
    const side = 'fd00:2::/64 via fe80::5054:ff:fe00:300 dev eth0 proto ra metric 1024 pref medium';
    expect(await routes('anna', 6)).toContain(side);
    expect(await routes('tablet', 6)).toContain(side);
    expect(await routes('closed', 6)).toContain(side);
  });

  it('are configured on who is told by nobody', async () => {
    expect(await routes('bela', 4)).toContain('10.0.2.0/24 via 10.0.1.3 dev eth0 proto static');
    expect(await routes('bela', 6)).toContain(
      'fd00:2::/64 via fd00:1::3 dev eth0 proto static metric 1024 pref medium',
    );
    expect(await routes('gate', 4)).toContain('203.0.113.0/24 via 10.0.1.3 dev eth0 proto static');
  });

  it('come after the links of a machine itself', async () => {
    const kept = (await routes('both', 4)).filter((line) => line.startsWith('10.0.2.0/24'));
    expect(kept[0]).toContain('dev eth1 proto kernel');
    expect(kept).toHaveLength(2);
  });

  it('are none of the default routes that a machine does without', async () => {
    const all = [...(await routes('closed', 4)), ...(await routes('closed', 6))];
    expect(all.filter((line) => line.startsWith('default'))).toEqual([]);
    expect(await routes('closed', 4)).toContain('10.0.2.0/24 via 10.0.1.3 dev eth0 proto dhcp metric 50');
  });

  it('lead where the prediction says, and nowhere else', async () => {
    const report = await asPredicted();
    expect(answered(report, 'anna', '10.0.2.12')).toEqual(['yes']);
    expect(answered(report, 'tablet', 'fd00:2::c')).toEqual(['yes']);
    expect(answered(report, 'phone', '10.0.2.12')).toEqual(['yes']);
    const explained = await lab.run('explain', '-f', lab.file, 'tablet', 'fd00:2::c');
    expect(explained.stdout).toContain('by the router advertisements of side');
  }, 60_000);
});

describe('of two routers that advertise', () => {
  it('the first is preferred', async () => {
    const defaults = (await routes('anna', 6)).filter((line) => line.startsWith('default'));
    // The kernel lists them in the order in which it heard of them.
    expect(defaults.sort()).toEqual([
      'default via fe80::5054:ff:fe00:100 dev eth0 proto ra metric 1024 pref high',
      'default via fe80::5054:ff:fe00:200 dev eth0 proto ra metric 1024 pref medium',
    ]);
    const taken = await lab.exec('anna', 'ip', '-6', 'route', 'get', '2001:db8::1');
    expect(taken.stdout).toContain('via fe80::5054:ff:fe00:100');
  });
});

describe('what else members are told', () => {
  const resolver = async (machine: string): Promise<string> =>
    (await lab.exec(machine, 'cat', '/etc/resolv.conf')).stdout;

  it.each(['anna', 'bela', 'tablet'])('are domains of their own: %s', async (machine) => {
    expect(await resolver(machine)).toMatch(/^search desks\.office\.example office\.example$/m);
  });

  it('are the domains of the lab where a network names none', async () => {
    expect(await resolver('far')).toMatch(/^search office\.example$/m);
    expect((await lab.exec('anna', 'getent', 'ahostsv4', 'far')).stdout).toMatch(/^10\.0\.2\.12 /);
  });

  it('is the MTU', async () => {
    const { stdout } = await lab.exec('tablet', 'rdisc6', '-1', 'eth0');
    expect(stdout).toMatch(/^ MTU +: +1400 bytes/m);
  });
});

describe('a way that is taken out of the file', () => {
  it('is gone from who was told of it', async () => {
    lab.rewrite(text.replace(', { to: 203.0.113.0/24, via: side }', ''));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    expect((await routes('anna', 4)).filter((line) => line.includes('metric 50'))).toEqual([
      '10.0.2.0/24 via 10.0.1.3 dev eth0 proto dhcp metric 50',
    ]);
    lab.rewrite(text.replace(/ {4}routes: .*\n/g, ''));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    expect((await routes('anna', 4)).filter((line) => line.includes('metric 50'))).toEqual([]);
    await expect
      .poll(async () => (await routes('tablet', 6)).filter((line) => line.startsWith('fd00:2')), { timeout: 20_000 })
      .toEqual([]);
    await asPredicted();
  }, 120_000);
});
