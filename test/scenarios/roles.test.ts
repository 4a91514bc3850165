/** Web and time in a world: real requests from elsewhere, what is measured of them, published ports, changes and deaths. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type LabRun, type VerifyReport } from './lab-run.ts';

const text = `
lab: roles
networks:
  servers: { mode: routed, ipv4: 10.0.1.0/24, ipv6: 'fd00:1::/64' }
  office: { mode: nat, ipv4: 10.0.2.0/24, ipv6: 'fd00:2::/64', publish: [{ to: inner, tcp: 8088, port: 80 }] }
machines:
  web: { number: 4, nics: [servers], services: [{ web: { port: [80, 8080] } }] }
  pages: { number: 5, nics: [servers], services: [{ web: { folder: FOLDER } }] }
  clock: { number: 6, nics: [servers], services: [time, { firewall: { allow: [ntp] } }] }
  second: { number: 7, nics: [servers], services: [{ time: { from: clock } }] }
  inner: { number: 8, nics: [office], services: [web] }
  desk: { number: 9, nics: [office] }
expect:
  - { from: desk, to: [web, pages], tcp: 80 }
  - { from: desk, to: web, tcp: 8080 }
  - { from: desk, to: [clock, second], udp: 123 }
  - { from: desk, to: clock, tcp: 123, answer: timeout }
  - { from: internet, to: host, tcp: 8088, family: 4 }
`;

interface Status {
  readonly services: readonly { readonly stack: string; readonly pid: number; readonly state: string }[];
}

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(text);
  // The tests themselves are as good a folder as any.
  lab.rewrite(text.replace('FOLDER', import.meta.dirname));
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 120_000);
afterAll(() => lab.dispose(), 60_000);

const pidOf = async (stack: string): Promise<number> =>
  (await lab.json<Status>('status', lab.file)).services.find((one) => one.stack === stack)?.pid ?? 0;

/** Status and body of what a machine gets by HTTP. */
const get = async (from: string, url: string): Promise<string> => {
  const program =
    'fetch(process.argv[1]).then(async (r) => console.log(r.status, await r.text())).catch((e) => console.log(e.cause.code))';
  return (await lab.exec(from, process.execPath, '-e', program, url)).stdout.trim();
};

/** What a client of NTP finds, without setting anything. */
const askTime = async (from: string, server: string): Promise<string> => {
  const { stdout, stderr } = await lab.exec(
    from, 'timeout', '30', 'chronyd', '-Q', '-u', 'root', `server ${server} iburst`, 'pidfile /run/client.pid', 'cmdport 0', 'bindcmdaddress /',
  ); // prettier-ignore
  return stdout + stderr;
};

describe('a web server', () => {
  it.each(['10.0.1.4', '10.0.1.4:8080', '[fd00:1::4]', '[fd00:1::4]:8080'])('says its name at %s', async (place) => {
    expect(await get('desk', `http://${place}/`)).toBe('200 <!doctype html><title>web</title><p>This is web.</p>');
  });

  it('serves a folder', async () => {
    expect(await get('desk', 'http://10.0.1.5/roles.test.ts')).toContain('200 /** Web and time in a world');
    expect(await get('desk', 'http://10.0.1.5/')).toContain('<a href="scenario.ts">');
    expect(await get('desk', 'http://10.0.1.5/nothing')).toMatch(/^404 /);
  });

  it('is reached where its port is published', async () => {
    expect(await get('internet', 'http://203.0.113.254:8088/')).toContain('This is inner.');
  });

  it('says in its log who asked', async () => {
    const { stdout } = await lab.run('logs', '-f', lab.file, 'web', 'web-server');
    expect(stdout).toMatch(/Z 10\.0\.1\.254 "GET \/ HTTP\/1\.1" 200 \d+\n/);
  });
});

describe('a time server', () => {
  it.each(['10.0.1.6', 'fd00:1::6', '10.0.1.7'])(
    'tells the time at %s',
    async (server) => {
      const [, wrong = 'nothing'] =
        /System clock wrong by (\S+) seconds \(ignored\)/.exec(await askTime('desk', server)) ?? [];
      expect(Math.abs(Number(wrong))).toBeLessThan(5);
    },
    60_000,
  );
});

describe('what is measured', () => {
  it('is what was predicted, of their ports as well', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    expect(summary).toMatchObject({ disagree: 0, unexpected: 0 });
    const answered = pairs.filter(({ measured, port }) => measured === 'yes' && port !== null);
    expect(new Set(answered.map(({ protocol, port }) => `${protocol} ${port}`))).toEqual(
      new Set(['tcp 80', 'tcp 8080', 'udp 123', 'tcp 8088']),
    );
  }, 60_000);
});

describe('a role that changes or dies', () => {
  it.each(['web', 'clock'])(
    '%s is started again',
    async (machine) => {
      const before = await pidOf(machine);
      await lab.exec(machine, 'kill', '-KILL', String(before));
      await expect.poll(() => pidOf(machine), { timeout: 10_000 }).not.toBe(before);
      if (machine === 'web')
        await expect.poll(() => get('desk', 'http://10.0.1.4/'), { timeout: 10_000 }).toMatch(/^200 /);
      else expect(await askTime('desk', '10.0.1.6')).toContain('System clock wrong by');
    },
    60_000,
  );

  it('serves on another port when the lab says so, and the others stay', async () => {
    const before = await pidOf('pages');
    lab.rewrite(lab.text().replace('[80, 8080]', '8081'));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    expect(await get('desk', 'http://10.0.1.4:8081/')).toMatch(/^200 /);
    expect(await get('desk', 'http://10.0.1.4/')).toBe('ECONNREFUSED');
    expect(await pidOf('pages')).toBe(before);
  }, 60_000);
});
