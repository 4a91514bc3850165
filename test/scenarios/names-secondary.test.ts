/**
 * A name server that copies its zones: what it serves is what its primary serves, after every change and without a new
 * start; whoever is not named gets no copy; and nothing of the inside is told outside.
 */
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleText, labOf, type LabRun, type VerifyReport } from './lab-run.ts';

interface Status {
  readonly services: readonly { readonly stack: string; readonly kind: string; readonly pid: number }[];
}

const primary = ['10.0.1.2', 'fd00:1::2'];
const secondary = ['10.0.1.3', 'fd00:1::3'];
const both = [...primary, ...secondary];
/** For a primary to be started again, and for copies that nobody waits for. */
const patience = { timeout: 20_000, interval: 250 };
const text = exampleText('names-secondary');
const withNewcomer = text.replace('\n  web:', '\n  newcomer: { number: 40, nics: [lan] }\n  web:');

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(text);
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
  expect(ran.stdout).not.toContain('no zone');
}, 120_000);
afterAll(() => lab.dispose(), 60_000);

const dig = async (machine: string, ...words: readonly string[]): Promise<readonly string[]> =>
  (await lab.exec(machine, 'dig', '+time=5', '+tries=2', ...words)).stdout.trim().split('\n');

const short = (machine: string, server: string, ...question: readonly string[]): Promise<readonly string[]> =>
  dig(machine, '+short', `@${server}`, ...question);

const serialOf = async (server: string, zone = 'office.example'): Promise<number> =>
  Number((await short('desk', server, zone, 'SOA'))[0]?.split(' ')[2]);

const pids = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await lab.json<Status>('status', lab.file)).services
      .filter(({ kind }) => kind === 'name-server')
      .map(({ stack, pid }) => [stack, pid]),
  );

const change = async (to: string): Promise<void> => {
  lab.rewrite(to);
  const up = await lab.run('up', lab.file);
  expect(up.status, up.stderr).toBe(0);
};

describe('two name servers', () => {
  it.each(both)('%s answers with authority, forward and reverse, and finds out the rest', async (server) => {
    expect(await short('desk', server, 'web.office.example', 'A')).toEqual(['10.0.1.4']);
    expect(await short('desk', server, 'www.office.example', 'AAAA')).toEqual(['fd00:1::4']);
    expect(await short('desk', server, '-x', '10.0.1.4')).toEqual(['web.office.example.']);
    expect(await short('desk', server, '-x', 'fd00:1::4')).toEqual(['web.office.example.']);
    expect(await short('desk', server, 'www.example.com', 'A')).toEqual(['198.51.100.1']);
    expect((await dig('desk', `@${server}`, 'web.office.example')).join('\n')).toMatch(/flags: qr aa rd ra;/);
    expect([...(await short('desk', server, 'office.example', 'NS'))].sort()).toEqual([
      'names1.office.example.',
      'names2.office.example.',
    ]);
  });

  it('are told of by DHCP and by router advertisements', async () => {
    const told = async (machine: string): Promise<readonly string[]> =>
      [...(await lab.exec(machine, 'cat', '/etc/resolv.conf')).stdout.matchAll(/^nameserver (.*)$/gm)].map(
        ([, address]) => address ?? '',
      );
    expect(await told('desk')).toEqual(['10.0.1.2', '10.0.1.3']);
    expect(await told('tablet')).toEqual(['fd00:1::2', 'fd00:1::3']);
    const { stdout } = await lab.exec('tablet', 'rdisc6', '-1', 'eth0');
    expect([...stdout.matchAll(/Recursive DNS server +: (\S+)/g)].map(([, address]) => address)).toEqual([
      'fd00:1::2',
      'fd00:1::3',
    ]);
  });

  it('reach each other as predicted', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    const asked = pairs.filter(({ port, expected }) => port === 53 && expected === 'yes');
    expect(asked.some(({ from, to, protocol }) => from === 'names2' && to === 'names1' && protocol === 'tcp')).toBe(
      true,
    );
    expect(asked.some(({ from, to, protocol }) => from === 'names1' && to === 'names2' && protocol === 'udp')).toBe(
      true,
    );
    expect(summary).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 60_000);
});

describe('a copy of a zone', () => {
  const refused = /status: REFUSED|Transfer failed/;
  const transfer = async (machine: string, ...words: readonly string[]): Promise<string> =>
    (await dig(machine, ...words, 'office.example', 'AXFR')).join('\n');

  it.each([...both.map((server) => ['desk', server]), ['names2', '10.0.1.2'], ['passer-by', '198.18.0.2']])(
    '%s is refused one by %s',
    async (machine, server) => {
      const said = await transfer(machine, `@${server}`);
      expect(said).toMatch(refused);
      expect(said).not.toContain('10.0.1.4');
    },
  );

  it('is for who has the key and the address', async () => {
    const conf = (await lab.exec('names2', 'cat', '/run/lanwright/name-server-names2/named.conf')).stdout;
    const secret = /key "lanwright-inside" .* secret "([^"]+)"/.exec(conf)?.[1] ?? '';
    expect(Buffer.from(secret, 'base64')).toHaveLength(32);
    const signed = ['-y', `hmac-sha256:lanwright-inside:${secret}`, '@10.0.1.2'];
    expect(await transfer('desk', ...signed)).toMatch(refused);
    expect(await transfer('names2', '-b', '10.0.1.3', ...signed)).toMatch(
      /web\.office\.example\.\s+60\s+IN\s+A\s+10\.0\.1\.4/,
    );
    const shown = [
      (await lab.run('state', lab.file)).stdout,
      (await lab.run('logs', '-f', lab.file, 'names1')).stdout,
      (await lab.run('status', lab.file, '--json')).stdout,
      readFileSync(lab.file.replace('.yaml', '.lock.yaml'), 'utf8'),
    ];
    for (const said of shown) expect(said).not.toContain(secret);
    expect((await lab.exec('names1', 'stat', '-c', '%a', '/run/lanwright/name-server-names1/named.conf')).stdout).toBe(
      '600\n',
    );
  });
});

describe('outside', () => {
  it.each(['198.18.0.2', '198.18.0.3'])('%s tells what leads there, and nothing else', async (server) => {
    expect(await short('passer-by', server, 'www.office.example')).toEqual(['198.18.0.2']);
    expect(await short('passer-by', server, 'names2.office.example')).toEqual(['198.18.0.3']);
    for (const hidden of [['web.office.example'], ['printer.office.example'], ['-x', '10.0.1.4'], ['www.example.com']])
      expect(await short('passer-by', server, ...hidden)).toEqual(['']);
  });
});

describe('a machine that is added or renamed while the lab runs', () => {
  it('is known to both servers, though none was started again', async () => {
    const before = await pids();
    const serial = await serialOf('10.0.1.3');
    await change(withNewcomer);
    for (const server of both) {
      expect(await short('desk', server, 'newcomer.office.example', 'A')).toEqual(['10.0.1.40']);
      expect(await short('desk', server, '-x', 'fd00:1::28')).toEqual(['newcomer.office.example.']);
    }
    expect(await serialOf('10.0.1.3')).toBe(serial + 1);
    await change(withNewcomer.replace('  newcomer:', '  renamed:'));
    for (const server of both) {
      const addresses = [
        ...(await short('desk', server, 'renamed.office.example', 'A')),
        ...(await short('desk', server, 'renamed.office.example', 'AAAA')),
      ];
      expect(addresses).toHaveLength(2);
      for (const address of addresses)
        expect(await short('desk', server, '-x', address)).toEqual(['renamed.office.example.']);
      expect(await short('desk', server, 'newcomer.office.example', 'A')).toEqual(['']);
      expect(await serialOf(server)).toBe(serial + 2);
    }
    const { stdout } = await lab.run('logs', '-f', lab.file, 'names2');
    expect(stdout).toMatch(/received notify for zone 'office.example': TSIG 'lanwright-inside'/);
    expect(stdout).toMatch(new RegExp(`office.example/IN/inside: transferred serial ${serial + 2}: TSIG`));
    expect(stdout).not.toContain('renamed.office.example');
    expect(await pids()).toEqual(before);
    expect((await lab.run('up', lab.file)).stdout).toContain('nothing to change');
  }, 120_000);

  it('does not lower a serial number, even where the lock file is lost', async () => {
    const serial = await serialOf('10.0.1.3');
    rmSync(lab.file.replace('.yaml', '.lock.yaml'));
    await change(text);
    for (const server of both) {
      expect(await short('desk', server, 'renamed.office.example', 'A')).toEqual(['']);
      expect(await serialOf(server)).toBeGreaterThan(serial);
    }
    expect((await lab.run('up', lab.file)).stdout).toContain('nothing to change');
  }, 120_000);
});

describe('a primary that is killed', () => {
  it('is started again with what it served, while the other one answers', async () => {
    const [before, serial] = [await pids(), await serialOf('10.0.1.2')];
    await lab.exec('names1', 'kill', '-KILL', String(before['names1']));
    expect(await short('desk', '10.0.1.3', 'web.office.example')).toEqual(['10.0.1.4']);
    expect((await lab.exec('desk', 'getent', 'ahostsv4', 'web')).stdout).toMatch(/^10\.0\.1\.4 /);
    await expect.poll(async () => (await pids())['names1'], patience).not.toBe(before['names1']);
    await expect.poll(() => serialOf('10.0.1.2'), patience).toBe(serial);
    await change(withNewcomer);
    await expect.poll(() => short('desk', '10.0.1.3', 'newcomer.office.example'), patience).toEqual(['10.0.1.40']);
    expect((await pids())['names2']).toBe(before['names2']);
  }, 120_000);

  it('may stay away: its secondary starts again by itself, and serves what it has', async () => {
    expect((await lab.run('stop', '-f', lab.file, 'names1')).status).toBe(0);
    const before = await pids();
    await lab.exec('names2', 'kill', '-KILL', String(before['names2']));
    await expect.poll(async () => (await pids())['names2'], patience).not.toBe(before['names2']);
    await expect.poll(() => short('desk', '10.0.1.3', 'web.office.example'), patience).toEqual(['10.0.1.4']);
    expect(await short('desk', '10.0.1.3', '-x', 'fd00:1::4')).toEqual(['web.office.example.']);
    expect((await lab.run('start', '-f', lab.file, 'names1')).status).toBe(0);
    await expect.poll(() => short('desk', '10.0.1.2', 'web.office.example'), patience).toEqual(['10.0.1.4']);
  }, 120_000);
});
