/**
 * What machines serve, as guests: a Debian system with all roles, and one that lives in memory. Mail goes through the lab by
 * SMTP, files by SMB, from a namespace and from outside; who dies is started again.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as bed from '../images/bed.ts';
import { labOf, type Ran, type VerifyReport } from '../scenarios/lab-run.ts';
import { servicePid } from '../scenarios/service-pid.ts';

bed.dataHome();
const longMs = 900_000;

const lab = labOf(
  `lab: roles
outside:
  machines:
    provider: { nics: { eth0: { network: internet, ipv4: 20, ipv6: none } } }
networks:
  lan: { mode: nat, ipv4: 10.9.8.0/24, ipv6: 'fd00:9::/64', publish: [{ to: server, tcp: 25 }] }
machines:
  server:
    number: 4
    kind: vm
    image: debian
    nics: [lan]
    services: [web, time, { mail: { domain: office.example, relay: provider } }, { files: { share: scans } }]
  small: { number: 5, kind: vm, nics: [lan], services: [web, time] }
  desk: { number: 9, nics: [lan] }
policy:
  - { deny: any, to: internet, tcp: 25, except: server }
expect:
  - { from: desk, to: server, tcp: [80, 25, 445], udp: 123 }
  - { from: desk, to: small, tcp: 80, udp: 123 }
  - { from: server, to: provider, tcp: 25, family: 4 }
  - { from: desk, to: provider, tcp: 25, answer: timeout, family: 4 }
`,
  longMs,
);

const fine = ({ status, stdout, stderr }: Ran): string => {
  if (status !== 0) throw new Error(`ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};

beforeAll(async () => {
  fine(await lab.run('up', lab.file));
}, longMs);
afterAll(() => lab.dispose(), 180_000);

const guest = async (machine: string, line: string): Promise<string> =>
  fine(await lab.exec(machine, 'sh', '-c', line)).trim();

/** Says these lines to a mail server, each after the answer to the one before; the first line of each answer. */
const speak = async (from: string, to: string, ...lines: readonly string[]): Promise<readonly string[]> => {
  const program = `
const [to, ...lines] = process.argv.slice(1);
const socket = require('node:net').connect(25, to);
let text = '';
socket.setTimeout(60000, () => socket.destroy());
socket.on('error', (error) => console.log(error.code));
socket.on('data', (data) => {
  text += data;
  if (!/^\\d{3} .*\\r\\n$/m.test(text)) return;
  console.log(text.split('\\r\\n')[0]);
  text = '';
  const next = lines.shift();
  if (next === undefined) socket.end(); else socket.write(next.replaceAll('|', '\\r\\n') + '\\r\\n');
});`;
  return fine(await lab.exec(from, process.execPath, '-e', program, to, ...lines))
    .trim()
    .split('\n');
};

const letter = (to: string): readonly string[] => [
  'EHLO desk',
  'MAIL FROM:<me@office.example>',
  `RCPT TO:<${to}>`,
  'DATA',
  'Subject: a letter||Good day.|.',
  'QUIT',
];

describe('what each of them serves', () => {
  it('is measured as predicted', async () => {
    const { pairs } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
  }, 120_000);

  it.each(['server', 'small'])('%s says its name on the web', async (machine) => {
    const { stdout } = await lab.exec(
      'desk', process.execPath, '-e', 'fetch(process.argv[1]).then(async (r) => console.log(await r.text()))',
      `http://10.9.8.${machine === 'server' ? 4 : 5}/`,
    ); // prettier-ignore
    expect(stdout).toContain(`This is ${machine}.`);
  });

  it.each(['10.9.8.4', 'fd00:9::5'])(
    '%s tells the time',
    async (server) => {
      const { stdout, stderr } = await lab.exec(
      'desk', 'timeout', '60', 'chronyd', '-Q', '-u', 'root', `server ${server} iburst`, 'pidfile /run/client.pid', 'cmdport 0', 'bindcmdaddress /',
    ); // prettier-ignore
      expect(stdout + stderr).toContain('System clock wrong by');
    },
    120_000,
  );
});

describe('mail', () => {
  it('is set up as postfix itself wants it', async () => {
    expect(await guest('server', 'postfix check 2>&1 && echo fine')).toBe('fine');
  }, 120_000);

  it('is taken for the domain, from inside and from outside', async () => {
    for (const [from, to] of [
      ['desk', '10.9.8.4'],
      ['provider', '203.0.113.254'],
    ] as const) {
      const said = await speak(from, to, ...letter(`anybody@office.example`));
      expect(
        said.map((line) => line.slice(0, 3)),
        from,
      ).toEqual(['220', '250', '250', '250', '354', '250', '221']);
    }
    await expect
      .poll(() => guest('server', 'grep -c "^Good day" /var/mail/root || true'), { timeout: 60_000 })
      .toBe('2');
  }, 240_000);

  it('is taken for others from inside alone, and goes out by the relay', async () => {
    const refused = await speak('provider', '203.0.113.254', ...letter('somebody@example.com').slice(0, 3));
    expect(refused.at(-1)).toMatch(/^554 .*Relay access denied/);
    const sink = `
require('node:net').createServer((socket) => {
  let text = '', inData = false;
  socket.write('220 sink\\r\\n');
  socket.on('data', (data) => {
    text += data;
    for (let end; (end = text.indexOf('\\r\\n')) >= 0;) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      console.log(line);
      if (inData && line !== '.') continue;
      inData = line === 'DATA';
      socket.write(inData ? '354 go on\\r\\n' : line === 'QUIT' ? '221 bye\\r\\n' : '250 fine\\r\\n');
      if (line === 'QUIT') { socket.end(); process.exit(0); }
    }
  });
}).listen(25);
setTimeout(() => process.exit(1), 120000);`;
    const heard = lab.exec('provider', process.execPath, '-e', sink);
    const said = await speak('desk', 'fd00:9::4', ...letter('somebody@example.com'));
    expect(said.map((line) => line.slice(0, 3))).toEqual(['220', '250', '250', '250', '354', '250', '221']);
    const { stdout } = await heard;
    expect(stdout).toContain('RCPT TO:<somebody@example.com>');
    expect(stdout).toContain('Good day.');
  }, 240_000);
});

describe('files', () => {
  const share = (server: string, commands: string): Promise<Ran> =>
    lab.exec('desk', 'smbclient', '--no-pass', '--configfile=/dev/null', `//${server}/scans`, '-c', commands);

  it('are put, listed and fetched from another machine', async () => {
    fine(await share('10.9.8.4', `put ${import.meta.filename} here.txt`));
    expect(fine(await share('fd00:9::4', 'ls'))).toMatch(/^ +here\.txt +/m);
    expect(await guest('server', 'stat -c %U /srv/files/here.txt')).toBe('nobody');
  }, 240_000);
});

describe('who dies', () => {
  const pidOf = (kind: string): Promise<number> => servicePid(lab, 'server', kind);

  it.each([
    ['mail-server', 25],
    ['file-server', 445],
  ])(
    '%s is started again',
    async (kind, port) => {
      const before = await pidOf(kind);
      await guest('server', `kill -KILL ${before}`);
      await expect.poll(() => pidOf(kind), { timeout: 120_000, interval: 1000 }).not.toBe(before);
      const listens = `ss -Hltn "sport = :${port}" | wc -l`;
      await expect.poll(() => guest('server', listens), { timeout: 120_000, interval: 1000 }).toBe('2');
      await new Promise((resolve) => setTimeout(resolve, 5000));
      expect(await guest('server', listens)).toBe('2');
    },
    300_000,
  );
});
