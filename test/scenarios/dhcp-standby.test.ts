/**
 * Two servers of Kea in hot standby, one of which is killed while two hundred clients ask that no lab knows of: each gets an
 * address, no address is given twice, and both know all leases. Then the first is cut off, and the second serves alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf } from './lab-run.ts';

const lab = labOf(`lab: dhcp-standby
networks:
  lan:
    mode: private
    ipv4: 10.0.0.0/22
    ipv6: 2001:db8:1::/64
    dhcp: { server: [first, second], range: [256, 900], standby: hot }
    dhcp6: { server: [first, second], standby: hot }
machines:
  first: { nics: [lan] }
  second: { nics: [lan] }
  asks: { nics: [lan] }
  known: { nics: [{ network: lan, address: dhcp }] }
`);
const folder = mkdtempSync(join(tmpdir(), 'dhcp-standby-'));
const script = join(folder, 'told');

const clients = 200;
const atOnce = 20;

const udhcpc = `udhcpc -n -q -f -t 25 -T 1 -s ${script} -i`;

interface Listed {
  readonly address: string;
  readonly holder: string;
  readonly machine: string | null;
  readonly server: string;
}

interface Status {
  readonly services: readonly { readonly stack: string; readonly kind: string; readonly pid: number }[];
}

/** Clients with cards of their own, at the same time; what each was given. */
const askAll = async (first: number, count: number): Promise<readonly string[]> => {
  const numbers = `$(seq ${first} ${first + count - 1})`;
  const cards = `for n in ${numbers}; do ip link add link eth0 name c$n type macvlan mode bridge && ip link set c$n up; done`;
  const asking = `for n in ${numbers}; do ${udhcpc} c$n & done; wait`;
  return givenIn((await lab.exec('asks', 'sh', '-c', `${cards}; ${asking}`)).stdout);
};

const givenIn = (printed: string): readonly string[] =>
  [...printed.matchAll(/^given \S+ by \S+$/gm)].map(([line]) => line);

const kill = async (machine: string): Promise<void> => {
  const { services } = await lab.json<Status>('status', '-f', lab.file);
  const pid = services.find(({ stack, kind }) => stack === machine && kind === 'dhcp-server')?.pid ?? 0;
  expect((await lab.exec(machine, 'kill', '-9', String(pid))).status).toBe(0);
};

beforeAll(async () => {
  writeFileSync(script, '#!/bin/sh\n[ "$1" = bound ] && echo "given $ip by $serverid"\nexit 0\n', { mode: 0o755 });
  const up = await lab.run('up', lab.file);
  if (up.status !== 0) throw new Error(up.stderr);
}, 120_000);

afterAll(async () => {
  await lab.dispose();
  rmSync(folder, { recursive: true });
}, 60_000);

describe('two servers in hot standby', () => {
  it('give machines of the lab their own addresses, in both families', async () => {
    const all = await lab.json<readonly Listed[]>('leases', lab.file);
    expect(all.map(({ address, machine, server }) => [address, machine, server])).toEqual([
      ['10.0.0.4', 'known', 'first'],
      ['2001:db8:1::4', 'known', 'first'],
      ['10.0.0.4', 'known', 'second'],
      ['2001:db8:1::4', 'known', 'second'],
    ]);
  });

  it('give two hundred clients two hundred addresses, though the one that serves is killed meanwhile', async () => {
    const given: string[] = [];
    for (let first = 0; first < clients; first += atOnce) {
      if (first === clients / 2) await kill('first');
      given.push(...(await askAll(first, atOnce)));
    }
    expect(given).toHaveLength(clients);
    expect(new Set(given.map((line) => line.split(' ')[1])).size).toBe(clients);
    const strangers = (await lab.json<readonly Listed[]>('leases', lab.file)).filter(
      ({ holder }) => holder === 'foreign',
    );
    const known = (server: string): number => strangers.filter((lease) => lease.server === server).length;
    expect([known('first'), known('second')]).toEqual([clients, clients]);
  }, 240_000);

  it('serve on when the first is cut off, with what it had given', async () => {
    const before = givenIn((await lab.exec('known', 'sh', '-c', `${udhcpc} eth0`)).stdout);
    expect(before).toEqual(['given 10.0.0.4 by 10.0.0.1']);
    await lab.exec('first', 'ip', 'link', 'set', 'eth0', 'down');
    const after = givenIn((await lab.exec('known', 'sh', '-c', `${udhcpc} eth0`)).stdout);
    expect(after).toEqual(['given 10.0.0.4 by 10.0.0.2']);
  }, 120_000);
});
