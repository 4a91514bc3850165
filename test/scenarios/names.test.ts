/** Names in a world: who is told whom to ask, what is answered inside and outside, and what a change or a death does to it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, lookUp } from './ask-names.ts';
import { exampleText, labOf, type LabRun, type VerifyReport } from './lab-run.ts';
import { servicePid } from './service-pid.ts';

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(exampleText('names'));
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 120_000);
afterAll(() => lab.dispose(), 60_000);

const resolverOf = async (machine: string): Promise<readonly string[]> =>
  (await lab.exec(machine, 'cat', '/etc/resolv.conf')).stdout.trim().split('\n');

describe('whom a machine asks', () => {
  const search = 'search office.example';
  const soon = 'options timeout:1';
  it.each([
    ['desk', 'by DHCP', [search, 'nameserver 10.0.1.2', 'nameserver 10.0.2.3', soon]],
    ['tablet', 'by router advertisements', [search, 'nameserver fd00:1::2', 'nameserver fd00:2::3', soon]],
    ['web', 'by configuration', [search, 'nameserver 10.0.1.2', 'nameserver 10.0.2.3', 'nameserver fd00:1::2', soon]],
    ['both', 'by its first interface', [search, 'nameserver 10.0.2.3', 'nameserver fd00:2::3', soon]],
  ])('%s is told %s', async (machine, _how, expected) => {
    expect(await resolverOf(machine)).toEqual(expected);
  });

  it('is decided with the default route, by one of two interfaces', async () => {
    const { stdout } = await lab.exec('both', 'ip', '-4', 'route', 'show', 'default');
    expect(stdout.trim()).toMatch(/^default via 10\.0\.2\.62 dev eth0/);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect((await lab.exec('both', 'ip', '-4', '-br', 'addr', 'show', 'eth1')).stdout).toContain('10.0.1.7/24');
  });
});

describe('inside', () => {
  it.each(['desk', 'tablet', 'both', 'names1', 'names2'])('%s finds all, forward and reverse', async (machine) => {
    expect(await lookUp(lab, machine, 'web', 'ahostsv6')).toBe('fd00:1::4 STREAM web.office.example');
    expect(await lookUp(lab, machine, '10.0.1.1')).toBe('10.0.1.1 desk.office.example');
    expect(await lookUp(lab, machine, 'fd00:2::7')).toBe('fd00:2::7 both.office.example');
    expect(await lookUp(lab, machine, '10.0.1.7')).toBe('10.0.1.7 eth1.both.office.example');
    expect(await lookUp(lab, machine, 'www.example.com', 'ahosts')).toMatch(
      /^(198\.51\.100\.1|2001:db8:fffe::1) STREAM/,
    );
    expect(await lookUp(lab, machine, 'nobody')).toBe('');
  });

  it.each(['10.0.1.2', '10.0.2.3', 'fd00:1::2', 'fd00:2::3'])('%s answers in full', async (server) => {
    const questions = ['www.office.example', 'office.example/MX', '10.0.1.60/PTR', 'nobody.office.example'];
    expect(await ask(lab, 'desk', server, ...questions)).toEqual([
      '["10.0.1.4"]',
      '[{"exchange":"mail.office.example","priority":10}]',
      '["printer.office.example"]',
      'ENOTFOUND',
    ]);
  });
});

describe('outside', () => {
  it('is told what leads there, and nothing else', async () => {
    const questions = [
      'www.office.example',
      'office.example/MX',
      'desk.office.example',
      'www.example.com',
      '10.0.1.1/PTR',
    ];
    expect(await ask(lab, 'passer-by', '198.18.0.2', ...questions)).toEqual([
      '["198.18.0.2"]',
      '[{"exchange":"mail.office.example","priority":10}]',
      'ENOTFOUND',
      // A refusal has no question in it, which is not to this client's liking.
      expect.stringMatching(/EREFUSED|EBADRESP/),
      'ENOTFOUND',
    ]);
  });

  it('is sent there by the root', async () => {
    expect(await ask(lab, 'provider', '198.51.100.1', 'www.example.net', 'office.example/NS')).toEqual([
      '["198.51.100.1"]',
      'ENODATA',
    ]);
  });
});

describe('what is measured', () => {
  it('is what was predicted, TCP and UDP port 53 included', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    expect(summary).toMatchObject({ disagree: 0, unexpected: 0 });
    const asked = pairs.filter(({ port, measured }) => port === 53 && measured === 'yes');
    expect(new Set(asked.map(({ protocol }) => protocol))).toEqual(new Set(['tcp', 'udp']));
  }, 60_000);
});

describe('a machine that is added or renamed while the lab runs', () => {
  it('is known, though no name server and no client was started again', async () => {
    const before = [await servicePid(lab, 'names1', 'name-server'), await servicePid(lab, 'desk', 'dhcp-client')];
    const added = exampleText('names').replace(
      '\nmachines:\n',
      '\nmachines:\n  newcomer: { number: 40, nics: [{ network: lan, ipv4: dhcp }] }\n',
    );
    lab.rewrite(added);
    const up = await lab.run('up', lab.file);
    expect(up.status, up.stderr).toBe(0);
    expect(await lookUp(lab, 'desk', 'newcomer', 'ahostsv4')).toBe('10.0.1.40 STREAM newcomer.office.example');
    expect(await lookUp(lab, 'tablet', '10.0.1.40')).toBe('10.0.1.40 newcomer.office.example');
    lab.rewrite(added.replace('  newcomer:', '  renamed:'));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    const [address = ''] = (await lookUp(lab, 'desk', 'renamed', 'ahostsv4')).split(' ');
    expect(await lookUp(lab, 'desk', address)).toBe(`${address} renamed.office.example`);
    expect((await lab.exec('renamed', 'ip', '-4', '-br', 'addr', 'show', 'eth0')).stdout).toContain(`${address}/24`);
    expect(await lookUp(lab, 'desk', 'newcomer')).toBe('');
    expect(await lookUp(lab, 'renamed', 'web', 'ahostsv4')).toMatch(/^10\.0\.1\.4 /);
    expect([await servicePid(lab, 'names1', 'name-server'), await servicePid(lab, 'desk', 'dhcp-client')]).toEqual(
      before,
    );
    expect((await lab.run('up', lab.file)).stdout).toContain('nothing to change');
  }, 120_000);
});

describe('a name server that is killed', () => {
  it('is started again by itself, while the other one answers', async () => {
    const before = await servicePid(lab, 'names1', 'name-server');
    await lab.exec('names1', 'kill', '-KILL', String(before));
    expect(await lookUp(lab, 'desk', 'web', 'ahostsv4')).toMatch(/^10\.0\.1\.4 /);
    await expect.poll(() => servicePid(lab, 'names1', 'name-server'), { timeout: 10_000 }).not.toBe(before);
    await expect
      .poll(() => ask(lab, 'desk', '10.0.1.2', 'web.office.example'), { timeout: 10_000 })
      .toEqual(['["10.0.1.4"]']);
    const { stdout } = await lab.run('logs', '-f', lab.file, 'names1', 'name-server');
    expect(stdout).toMatch(/Z ended with SIGKILL\n.*Z it is started again\n.*start of service/s);
  }, 60_000);
});

describe('logs', () => {
  it('tells each service apart, and names those there are', async () => {
    const { stdout } = await lab.run('logs', '-f', lab.file, 'gw');
    expect(stdout).toMatch(/Z dhcp-server lan: /);
    expect(stdout).toMatch(/Z router-advertiser servers: /);
    const wrong = await lab.run('logs', '-f', lab.file, 'gw', 'name-sever');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('its services are dhcp-server, router-advertiser');
    const entries = await lab.json<readonly { readonly service: string; readonly at: string }[]>(
      'logs',
      '-f',
      lab.file,
      'names2',
    );
    expect(entries.every(({ service, at }) => service === 'name-server' && !Number.isNaN(Date.parse(at)))).toBe(true);
  });
});
