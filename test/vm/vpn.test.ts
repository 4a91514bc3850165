/**
 * A VPN (WireGuard) between virtual machines: who is behind a translator elsewhere reaches the inside through it, and nobody
 * without it; keys stay where they belong; ends that die or change come back.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataHome } from '../images/bed.ts';
import { exampleText, labOf, type LabRun, type VerifyReport } from '../scenarios/lab-run.ts';

const data = dataHome();
const web = '10.0.1.4';

let lab: LabRun;
const said: string[] = [];

const ran = async (...args: readonly string[]): Promise<string> => {
  const { status, stdout, stderr } = await lab.run(...args);
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  said.push(stdout, stderr);
  return stdout;
};

/** For the tests around it. */
const bringsUp = (example: string): void => {
  beforeAll(async () => {
    lab = labOf(exampleText(example), 300_000);
    await ran('up', lab.file);
  }, 320_000);
  afterAll(() => lab.dispose(), 60_000);
};

const pings = async (machine: string, address: string): Promise<boolean> =>
  (await lab.exec(machine, 'ping', '-c', '1', '-W', '3', address)).status === 0;

const agrees = async (): Promise<void> => {
  const text = await ran('verify', lab.file, '--json');
  const { pairs, summary } = JSON.parse(text) as VerifyReport;
  expect(pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
  expect(summary.pairs).toBeGreaterThan(30);
};

const keyFile = (): string => join(data, 'lanwright/keys', `${lab.name}.json`);
const privateKeys = (): readonly string[] =>
  Object.values(
    (JSON.parse(readFileSync(keyFile(), 'utf8')) as { readonly keys: Readonly<Record<string, string>> }).keys,
  );

describe('guide-vpn', () => {
  bringsUp('guide-vpn');

  describe('a VPN', () => {
    it('is measured as predicted, pair by pair, and fulfils what the file expects', agrees);

    it('is needed: without it nobody from outside reaches the inside', async () => {
      expect(await pings('laptop', web)).toBe(true);
      expect(await pings('stranger', web)).toBe(false);
      await lab.exec('laptop', 'ip', 'link', 'set', 'wg0', 'down');
      expect(await pings('laptop', web)).toBe(false);
      await ran('up', lab.file);
      expect(await pings('laptop', web)).toBe(true);
    });

    it('needs no changes when it is brought up again', async () => {
      expect(await ran('up', lab.file)).toContain('nothing to change');
    });

    it('is explained by the peer that a packet is enciphered for', async () => {
      expect(await ran('explain', '-f', lab.file, 'laptop', 'web')).toMatch(
        /wg0 enciphers it for peer \S{43}= at 203\.0\.113\.254:51820/,
      );
    });
  });

  describe('an end', () => {
    it('that changes keeps its sessions', async () => {
      lab.rewrite(lab.text().replace('behind: services', 'behind: [services, 10.99.0.0/24]'));
      const told = await ran('up', lab.file);
      expect(told).toContain('set 1 end of WireGuard');
      expect(told).not.toContain('link');
      expect(await pings('web', '10.8.0.222')).toBe(true);
    });

    it('that is killed comes back with its key, and is found again', async () => {
      const { machines } = await lab.json<{ machines: readonly { machine: string; pid: number }[] }>(
        'status',
        lab.file,
      );
      const gate = machines.find(({ machine }) => machine === 'gate');
      if (gate === undefined) throw new Error('the gate does not run');
      process.kill(gate.pid, 'SIGKILL');
      await expect.poll(() => pings('laptop', web), { timeout: 20_000 }).toBe(false);
      await ran('up', lab.file);
      // Who sent and heard nothing for fifteen seconds begins anew (KEEPALIVE_TIMEOUT and REKEY_TIMEOUT).
      await expect.poll(() => pings('laptop', web), { timeout: 60_000 }).toBe(true);
      await agrees();
    });
  });

  describe('private keys', () => {
    it('stay what they are when a plan without them is only looked at, through a stop and a start', async () => {
      const before = privateKeys();
      await ran('plan', lab.file, '--forget', 'gate');
      expect(privateKeys()).toEqual(before);
      await ran('stop', '-f', lab.file, 'gate');
      await ran('start', '-f', lab.file, 'gate');
      await expect.poll(() => pings('laptop', web), { timeout: 60_000 }).toBe(true);
    });

    it('are made anew where they are forgotten, and both ends have them', async () => {
      const before = privateKeys();
      await ran('up', lab.file, '--forget', 'gate');
      expect(privateKeys().filter((key) => before.includes(key))).toHaveLength(1);
      await expect.poll(() => pings('laptop', web), { timeout: 60_000 }).toBe(true);
    });

    it('are in files of their own, which nobody else can read', async () => {
      expect(privateKeys()).toHaveLength(2);
      expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(keyFile())).mode & 0o777).toBe(0o700);
      const inGuest = await lab.exec('gate', 'stat', '-c', '%a %U', '/etc/wireguard/wg0.key');
      expect(inGuest.stdout.trim()).toBe('600 root');
      expect(privateKeys()).toContain((await lab.exec('gate', 'cat', '/etc/wireguard/wg0.key')).stdout.trim());
    });

    it('are told nowhere', async () => {
      await ran('state', lab.file);
      await ran('state', lab.file, '--observed');
      await ran('plan', lab.file, '--json');
      await ran('status', lab.file, '--json');
      await ran('render', lab.file, '--host', 'gate', '--to', 'networkd');
      const files = readdirSync(lab.directory).map((name) => readFileSync(join(lab.directory, name), 'utf8'));
      for (const key of privateKeys()) for (const text of [...said, ...files]) expect(text).not.toContain(key);
    });
  });
});

describe('guide-vpn-sites', () => {
  bringsUp('guide-vpn-sites');

  it('is one network of two, IPv4 and IPv6 over IPv6, as predicted', agrees);

  it('is begun by either side', async () => {
    expect(await pings('web', 'fd00:20::de')).toBe(true);
    expect((await lab.exec('gate', 'cat', '/proc/net/dev')).stdout).toMatch(/wg0: *[1-9]/);
  });
});
