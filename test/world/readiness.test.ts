/** Each stage of becoming ready, broken in a running lab, and what is said of it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientStanding } from '../../src/world/readiness.ts';
import { labOf } from '../scenarios/lab-run.ts';

const lab = labOf(`lab: readiness
networks: { lan: { mode: private, ipv4: 10.9.6.0/24 } }
machines:
  server: { nics: [{ network: lan, address: 2 }], services: [{ dhcp: { network: lan } }] }
  web: { nics: [{ network: lan, address: dhcp }] }
`);

interface Status {
  readonly services: readonly { readonly kind: string; readonly pid: number; readonly state: string }[];
  readonly shortfalls: readonly { readonly stack: string; readonly stage: string; readonly detail: string }[];
}

const statusOf = (): Promise<Status> => lab.json<Status>('status', lab.file);
/** Of both machines; the host's ends of their cables have no link either where theirs have none. */
const stages = async (): Promise<readonly string[]> =>
  (await statusOf()).shortfalls.filter(({ stack }) => stack !== 'host').map(({ stack, stage }) => `${stack} ${stage}`);
const configuration = '/run/lanwright/dhcp-server-server-eth0.conf';
const serverPid = async (): Promise<string> =>
  String((await statusOf()).services.find(({ kind }) => kind === 'dhcp-server')?.pid);

/** Starts `web` again; what is said of it. */
const restart = async (): Promise<string> => {
  expect((await lab.run('stop', '-f', lab.file, 'web')).status).toBe(0);
  const { stdout, stderr } = await lab.run('start', '-f', lab.file, 'web');
  return stdout + stderr;
};

/** A server that offers 10.9.6.77 to everybody and acknowledges nothing (RFC 2131 section 2). */
const offering = `
const { createSocket } = require('node:dgram');
const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (request) => {
  if (request[0] !== 1 || request.subarray(240, 243).toString('hex') !== '350101') return;
  const reply = Buffer.alloc(300);
  request.copy(reply, 0, 0, 240);
  reply[0] = 2;
  Buffer.from([10, 9, 6, 77]).copy(reply, 16);
  Buffer.from([53, 1, 2, 54, 4, 10, 9, 6, 2, 51, 4, 0, 0, 2, 88, 1, 4, 255, 255, 255, 0, 255]).copy(reply, 240);
  socket.send(reply, 68, '10.9.6.255');
});
socket.bind(67, () => socket.setBroadcast(true));
`;

const program = resolve(import.meta.dirname, '../../dist/lanwright.js');
const started: ChildProcess[] = [];

/** Runs a script of Node in a machine until the test ends. */
const runIn = (machine: string, name: string, script: string): ChildProcess => {
  const path = join(lab.directory, name);
  writeFileSync(path, script);
  const argv = [program, 'exec', '-f', lab.file, machine, '--', process.execPath, path];
  const child = spawn(process.execPath, argv, { stdio: 'ignore' });
  started.push(child);
  return child;
};

beforeAll(async () => {
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 120_000);
afterAll(async () => {
  for (const child of started) child.kill();
  await lab.dispose();
}, 60_000);

describe('a lab in which all is ready', () => {
  it('has no shortfalls', async () => {
    expect(await stages()).toEqual([]);
  });
});

describe('what is not ready is told with its stage', () => {
  it('no link', async () => {
    await lab.exec('web', 'ip', 'link', 'set', 'eth0', 'down');
    await lab.exec('server', 'ip', 'link', 'set', 'eth0', 'down');
    expect(await stages()).toEqual(['server link', 'web link']);
    expect((await lab.run('up', lab.file)).status).toBe(0);
    await restart();
    expect(await stages()).toEqual([]);
  });

  it('no address, whether it was configured or leased', async () => {
    await lab.exec('server', 'ip', 'address', 'flush', 'dev', 'eth0', 'scope', 'global');
    await lab.exec('web', 'ip', 'address', 'flush', 'dev', 'eth0', 'scope', 'global');
    expect(await stages()).toEqual(['server address', 'web address']);
    expect((await lab.run('up', lab.file)).status).toBe(0);
    expect(await restart()).not.toContain('but eth0');
    expect(await stages()).toEqual([]);
  });

  it('no offer, and no acknowledgement where there was an offer', async () => {
    const pid = await serverPid();
    await lab.exec('server', 'kill', '-STOP', pid);
    expect(await restart()).toContain('web: it answers, but eth0 has no offer: no DHCP server has made it an offer');
    const rogue = runIn('server', 'offering.cjs', offering);
    await pause(500);
    const said = await restart();
    expect(said).toContain('no acknowledgement: 10.9.6.2 offered it 10.9.6.77, and has not acknowledged its request');
    rogue.kill();
    // What ends is the command; what it runs in the machine ends after it.
    const lookForIt = async (): Promise<number> => (await lab.exec('server', 'pgrep', '-f', 'offering[.]cjs')).status;
    await expect.poll(lookForIt, { timeout: 20_000 }).toBe(1);
    await lab.exec('server', 'kill', '-CONT', pid);
    expect(await restart()).not.toContain('but eth0');
    expect(await stages()).toEqual([]);
  }, 120_000);

  it('no port, where a server that ended cannot be started again', async () => {
    await lab.exec('server', 'rm', configuration);
    await lab.exec('server', 'kill', '-KILL', await serverPid());
    await expect.poll(stages, { timeout: 10_000 }).toEqual(['server port']);
    expect((await lab.run('up', lab.file)).status).toBe(0);
    await expect.poll(stages, { timeout: 10_000 }).toEqual([]);
  });
});

describe('a server that ends', () => {
  it('is started again by itself', async () => {
    const before = await serverPid();
    await lab.exec('server', 'kill', '-KILL', before);
    await expect.poll(serverPid, { timeout: 10_000 }).not.toBe(before);
    await expect.poll(stages, { timeout: 10_000 }).toEqual([]);
  });

  it('gets all that it needs from `up`, though it runs again for the moment', async () => {
    const isWhole = async (): Promise<boolean> => {
      const before = await serverPid();
      await lab.exec('server', 'kill', '-KILL', before);
      await expect.poll(serverPid, { timeout: 10_000 }).not.toBe(before);
      await lab.exec('server', 'rm', configuration);
      expect((await lab.run('up', lab.file)).status).toBe(0);
      return (await lab.exec('server', 'test', '-e', configuration)).status === 0;
    };
    // Who has run for five seconds by then is taken for one that stays: on a slow machine that may be.
    for (let tries = 1; !(await isWhole()) && tries < 5; tries += 1) {
      expect((await lab.run('stop', '-f', lab.file, 'server')).status).toBe(0);
      expect((await lab.run('start', '-f', lab.file, 'server')).status).toBe(0);
    }
    expect((await lab.exec('server', 'test', '-e', configuration)).status).toBe(0);
    await expect.poll(stages, { timeout: 10_000 }).toEqual([]);
  }, 300_000);
});

describe('a DHCP client stands', () => {
  const signs = { hasLink: true, words: [], lease: undefined, addresses: [] };
  const discover = 'udhcpc: broadcasting discover';
  const select = 'udhcpc: broadcasting select for 10.0.0.3, server 10.0.0.1';
  it.each([
    ['before its link', { hasLink: false, words: [discover, select] }, 'link'],
    ['before the first offer', { words: [discover, discover] }, 'offer'],
    ['before the acknowledgement', { words: [discover, select, select, discover] }, 'acknowledgement'],
    ['before an offer again, when who offered is gone', { words: [discover, select, discover, discover] }, 'offer'],
    ['before its address', { lease: '10.0.0.3/24 for 600 s from 10.0.0.1' }, 'address'],
  ])('%s', (_name, seen, stage) => {
    expect(clientStanding({ ...signs, ...seen })?.stage).toBe(stage);
  });

  it('nowhere once the address is there', () => {
    const lease = '10.0.0.3/24 for 600 s from 10.0.0.1';
    expect(clientStanding({ ...signs, lease, addresses: ['10.0.0.3'] })).toBeUndefined();
  });
});
