/** A machine that waits for a router's advertisement, and what is said of it: the router falls silent and speaks again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf } from '../scenarios/lab-run.ts';

const lab = labOf(`lab: advertisement
networks: { lan: { mode: private, ipv6: 'fd00:9:6::/64', ra: router } }
machines:
  router: { nics: [{ network: lan, address: 1 }] }
  web: { nics: [{ network: lan, address: slaac }] }
`);

interface Status {
  readonly services: readonly { readonly kind: string; readonly pid: number }[];
  readonly shortfalls: readonly { readonly stack: string; readonly stage: string; readonly detail: string }[];
}

const statusOf = (): Promise<Status> => lab.json<Status>('status', lab.file);
const shortfalls = async (): Promise<readonly string[]> =>
  (await statusOf()).shortfalls.map(({ stack, stage, detail }) => `${stack} ${stage}: ${detail}`);
const advertiserPid = async (): Promise<string> =>
  String((await statusOf()).services.find(({ kind }) => kind === 'router-advertiser')?.pid);

const silence = 'web advertisement: it has not heard all that routers are to advertise';

beforeAll(async () => {
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 120_000);
afterAll(async () => lab.dispose(), 60_000);

describe('a machine that gives itself an address from an advertised prefix', () => {
  it('lacks nothing while the router advertises', async () => {
    expect(await shortfalls()).toEqual([]);
  });

  it('lacks an advertisement once its address is gone and the router is silent, and nothing when it is heard again', async () => {
    const pid = await advertiserPid();
    await lab.exec('router', 'kill', '-STOP', pid);
    await lab.exec('web', 'ip', '-6', 'address', 'flush', 'dev', 'eth0', 'scope', 'global');
    expect(await shortfalls()).toEqual([silence]);
    await lab.exec('router', 'kill', '-CONT', pid);
    await expect.poll(shortfalls, { timeout: 20_000, interval: 500 }).toEqual([]);
  }, 60_000);

  it('is told of by `up` when the router does not answer its solicitation', async () => {
    const pid = await advertiserPid();
    await lab.exec('router', 'kill', '-STOP', pid);
    expect((await lab.run('stop', '-f', lab.file, 'web')).status).toBe(0);
    const { stdout, stderr } = await lab.run('start', '-f', lab.file, 'web');
    expect(stdout + stderr).toContain('advertisement');
    expect(await shortfalls()).toEqual([silence]);
    await lab.exec('router', 'kill', '-CONT', pid);
    await expect.poll(shortfalls, { timeout: 20_000, interval: 500 }).toEqual([]);
  }, 90_000);
});
