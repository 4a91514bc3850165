/**
 * Alerts by mail, handed to an SMTP server that runs on a machine of the lab: one for a machine that falls silent, none
 * while its alert is open, one when it is heard of again. What the server refuses for good is not sent again.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labOf, type VerifyReport } from './lab-run.ts';
import { upForAll } from './up-for-all.ts';

const text = `lab: mail-alerts
networks:
  services: { mode: routed, ipv4: 192.0.2.0/26 }
machines:
  watch: { number: 10, start: first, nics: [services] }
  mail: { number: 4, nics: [services] }
  web: { number: 5, nics: [services] }
watch:
  by: watch
  machines: web
  every: 1
  silence: 5
  alert: { mail: [admin@office.example, second.admin@office.example], via: mail }
policy:
  - { allow: mail, to: internet, tcp: 25 }
  - { deny: any, to: internet, tcp: 25 }
`;

/** A server that knows nobody called \`nobody\`, else keeps what it gets in a Maildir. */
const handler = `from aiosmtpd.handlers import Mailbox

class Keeper(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith('nobody'):
            return '550 5.1.1 no such user'
        envelope.rcpt_tos.append(address)
        return '250 OK'
`;

const patience = { timeout: 60_000, interval: 500 };

const lab = labOf(text);
upForAll(lab);

const box = (): string => join(lab.directory, 'box');

const startServer = async (): Promise<void> => {
  mkdirSync(lab.directory, { recursive: true });
  writeFileSync(join(lab.directory, 'keeper.py'), handler);
  const line = `cd ${lab.directory} && PYTHONPATH=. setsid aiosmtpd -n -l 0.0.0.0:25 -c keeper.Keeper ${box()} >/dev/null 2>&1 &`;
  expect((await lab.exec('mail', 'sh', '-c', line)).status).toBe(0);
};

/** Those that were delivered so far, in the order in which they were sent. */
const mails = (): readonly string[] => {
  const folder = join(box(), 'new');
  try {
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .sort(
        (a, b) =>
          (header(a, 'Message-ID').startsWith('<opened') ? -1 : 1) -
          (header(b, 'Message-ID').startsWith('<opened') ? -1 : 1),
      );
  } catch {
    return [];
  }
};

const header = (mail: string, name: string): string =>
  new RegExp(`^${name}: (.*)$`, 'm').exec(mail.split('\n\n')[0] ?? '')?.[1] ?? '';

const openAlerts = async (): Promise<readonly string[]> =>
  (await lab.json<{ readonly alerts: readonly { readonly machine: string }[] }>('status', lab.file)).alerts.map(
    ({ machine }) => machine,
  );

const setLink = async (state: 'up' | 'down'): Promise<void> => {
  await lab.exec('web', 'ip', 'link', 'set', 'eth0', state);
};

const logOfWatcher = async (): Promise<string> => (await lab.run('logs', '-f', lab.file, 'watch', 'watcher')).stdout;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('an alert by mail', () => {
  it('is measured on its way, and leaves mail to the internet to the mail host', async () => {
    const { pairs, summary } = await lab.json<VerifyReport>('verify', lab.file);
    expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    expect(summary).toMatchObject({ disagree: 0, unexpected: 0 });
    const smtp = pairs.filter(({ port }) => port === 25);
    expect(smtp.find(({ from, to }) => from === 'watch' && to === 'mail')?.measured).toBe('yes');
    expect(smtp.find(({ from, to }) => from === 'watch' && to === 'internet')?.measured).toBe('no');
    expect(smtp.find(({ from, to }) => from === 'mail' && to === 'internet')?.measured).toBe('yes');
  }, 60_000);

  it('is sent when a machine falls silent, again until the mail host takes it', async () => {
    await setLink('down');
    await expect.poll(openAlerts, patience).toEqual(['web']);
    await expect.poll(logOfWatcher, patience).toMatch(/mail, try 1 of 5: Connection refused\n/);
    expect(mails()).toEqual([]);
    await startServer();
    await expect.poll(mails, patience).toHaveLength(1);
    const [mail = ''] = mails();
    expect(header(mail, 'From')).toBe('lanwright@watch.mail-alerts.internal'.replace('mail-alerts', lab.name));
    expect(header(mail, 'To')).toBe('admin@office.example, second.admin@office.example');
    expect(header(mail, 'X-RcptTo')).toBe('admin@office.example, second.admin@office.example');
    expect(header(mail, 'X-Peer')).toContain('192.0.2.10');
    expect(header(mail, 'Subject')).toMatch(/^web is silent since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(header(mail, 'Message-ID')).toMatch(/^<opened\.web\.\d+@watch\.\S+>$/);
    expect(header(mail, 'Auto-Submitted')).toBe('auto-generated');
    expect(Math.abs(Date.parse(header(mail, 'Date')) - Date.now())).toBeLessThan(300_000);
    expect(mail).toMatch(/^\{"event":"opened","machine":"web","by":"watch",/m);
  }, 150_000);

  it('is one while it is open, and is answered when it is over', async () => {
    await pause(12_000);
    expect(mails()).toHaveLength(1);
    await setLink('up');
    await expect.poll(openAlerts, patience).toEqual([]);
    await expect.poll(mails, patience).toHaveLength(2);
    const [opened = '', closed = ''] = mails();
    expect(header(closed, 'Subject')).toBe('web is heard of again');
    expect(header(closed, 'In-Reply-To')).toBe(header(opened, 'Message-ID'));
    expect(closed).toMatch(/^web is heard of again, after \d+ s\.$/m);
    expect(await logOfWatcher()).toMatch(/mail to admin@office\.example second\.admin@office\.example: 250 /);
  }, 150_000);

  it('is not sent again where it is refused for good', async () => {
    lab.rewrite(text.replace(/mail: \[.*\], via/, 'mail: nobody@office.example, via'));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    await setLink('down');
    const refusal =
      /mail, try (\d) of 5: refused for good at RCPT TO:<nobody@office\.example>: 550 5\.1\.1 no such user\n/g;
    await expect.poll(async () => [...(await logOfWatcher()).matchAll(refusal)].length, patience).toBe(1);
    await pause(6000);
    expect([...(await logOfWatcher()).matchAll(refusal)].map(([, attempt]) => attempt)).toEqual(['1']);
    expect(mails()).toHaveLength(2);
  }, 150_000);
});
