/**
 * Machines check in with one that watches: of one that is cut off one alert is raised, none while it is open, and it is
 * over when the machine is heard of again. Nothing here depends on how fast that happens, but for what is a promise.
 */
import { describe, expect, it } from 'vitest';
import { exampleText, labOf, type LabRun } from './lab-run.ts';
import { reaches, scenario, tcp } from './scenario.ts';
import { upForAll } from './up-for-all.ts';

interface Status {
  readonly alerts: readonly { readonly machine: string; readonly by: string; readonly silentSince: string }[];
  readonly services: readonly { readonly stack: string; readonly kind: string; readonly pid: number }[];
}

interface Notice {
  readonly event: 'opened' | 'closed';
  readonly machine: string;
  readonly by: string;
  readonly silent_since: string;
  readonly at: string;
}

const patience = { timeout: 60_000, interval: 500 };
/** Of the example. */
const silenceMs = 6000;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const status = (lab: LabRun): Promise<Status> => lab.json<Status>('status', lab.file);

const openAlerts = async (lab: LabRun): Promise<readonly string[]> =>
  (await status(lab)).alerts.map(({ machine }) => machine);

const noticesIn = (text: string): readonly Notice[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Notice);

/** What the command was told so far. */
const told = async (lab: LabRun): Promise<readonly string[]> =>
  noticesIn((await lab.exec('watch', 'cat', '/run/alerts')).stdout).map(({ event, machine }) => `${event} ${machine}`);

const watcherPid = async (lab: LabRun): Promise<number> =>
  (await status(lab)).services.find(({ kind }) => kind === 'watcher')?.pid ?? 0;

scenario(
  'guide-alerts',
  [
    tcp('web', '10.0.1.10', 8008, 'yes'),
    tcp('files', '10.0.1.10', 8008, 'yes'),
    tcp('desk', '10.0.1.10', 8008, 'yes'),
    reaches('web', '10.0.1.10'),
  ],
  (lab) => {
    it('raises nothing while all machines check in', async () => {
      await pause(2 * silenceMs);
      expect(await openAlerts(lab())).toEqual([]);
      expect(await told(lab())).toEqual([]);
    }, 60_000);

    it('raises one alert for a machine that is cut off, which status shows', async () => {
      const before = Date.now();
      await lab().exec('web', 'ip', 'link', 'set', 'eth0', 'down');
      await expect.poll(() => openAlerts(lab()), patience).toEqual(['web']);
      expect(Date.now() - before).toBeGreaterThan(silenceMs - 2000);
      await expect.poll(() => told(lab()), patience).toEqual(['opened web']);
      const shown = await lab().run('status', lab().file);
      expect(shown.stdout).toMatch(/ALERT +SILENT SINCE +WATCHED BY\nweb +20\S+Z +watch\n/);
      expect(shown.status).toBe(1);
    }, 90_000);

    it('raises no second one while it is open, whatever dies meanwhile', async () => {
      await pause(2 * silenceMs);
      const killed = await watcherPid(lab());
      await lab().exec('watch', 'kill', '-KILL', String(killed));
      await expect.poll(() => watcherPid(lab()), patience).not.toBe(killed);
      await pause(2 * silenceMs);
      expect(await openAlerts(lab())).toEqual(['web']);
      expect(await told(lab())).toEqual(['opened web']);
    }, 120_000);

    it('closes it when the machine is heard of again', async () => {
      await lab().exec('web', 'ip', 'link', 'set', 'eth0', 'up');
      await expect.poll(() => openAlerts(lab()), patience).toEqual([]);
      await expect.poll(() => told(lab()), patience).toEqual(['opened web', 'closed web']);
      const { stdout } = await lab().run('logs', '-f', lab().file, 'watch', 'watcher');
      expect(stdout).toMatch(/Z web is heard of again, after \d+ s: the alert is over\n/);
    }, 90_000);

    it('does the same for a machine that is stopped, and tells of it once', async () => {
      expect((await lab().run('stop', '-f', lab().file, 'desk')).status).toBe(0);
      await expect.poll(() => openAlerts(lab()), patience).toEqual(['desk']);
      expect((await lab().run('start', '-f', lab().file, 'desk')).status).toBe(0);
      await expect.poll(() => openAlerts(lab()), patience).toEqual([]);
      await expect.poll(async () => (await told(lab())).slice(2), patience).toEqual(['opened desk', 'closed desk']);
    }, 120_000);
  },
);

describe('a webhook', () => {
  const text = exampleText('guide-alerts').replace(
    /alert: \{.*/,
    "alert: { webhook: 'http://files:8080/alerts?of=lab' }",
  );
  const server = `
    require('http').createServer((request, response) => {
      let body = '';
      request.on('data', (data) => (body += data));
      request.on('end', () => {
        console.log(request.method, request.url, request.headers.host, request.headers['content-type']);
        console.log(body);
        response.writeHead(204).end();
        if (body.includes('closed')) process.exit(0);
      });
    }).listen(8080, '0.0.0.0');
  `;
  const lab = labOf(text);
  upForAll(lab);

  it('gets a document when an alert is raised, and one when it is over', async () => {
    const listening = lab.exec('files', process.execPath, '-e', server);
    await lab.exec('web', 'ip', 'link', 'set', 'eth0', 'down');
    await expect.poll(() => openAlerts(lab), patience).toEqual(['web']);
    await lab.exec('web', 'ip', 'link', 'set', 'eth0', 'up');
    await expect.poll(() => openAlerts(lab), patience).toEqual([]);
    const { stdout } = await listening;
    expect(stdout.match(/^POST .*/gm)).toEqual(
      Array.from({ length: 2 }, () => 'POST /alerts?of=lab files:8080 application/json'),
    );
    const [opened, closed] = noticesIn(stdout);
    expect(opened).toMatchObject({ event: 'opened', machine: 'web', by: 'watch' });
    expect(closed).toMatchObject({ event: 'closed', machine: 'web', silent_since: opened?.silent_since });
  }, 150_000);
});
