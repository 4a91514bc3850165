/**
 * Two address servers on one network, one of which is cut off while two hundred clients that no lab knows of ask: each
 * gets an address, and no address is given twice.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf } from './lab-run.ts';

const lab = labOf(`lab: dhcp-pair
networks: { lan: { mode: private, ipv4: 10.0.0.0/22, dhcp: { server: [first, second], range: [256, 900] } } }
machines:
  first: { nics: [lan] }
  second: { nics: [lan] }
  asks: { nics: [lan] }
  known: { nics: [{ network: lan, address: dhcp }] }
`);
const folder = mkdtempSync(join(tmpdir(), 'dhcp-pair-'));
const script = join(folder, 'told');

const clients = 200;
const atOnce = 20;

const udhcpc = `udhcpc -n -q -f -t 10 -T 1 -s ${script} -i`;

/** Clients with cards of their own, at the same time; what each was given. */
const askAll = async (first: number, count: number): Promise<readonly string[]> => {
  const numbers = `$(seq ${first} ${first + count - 1})`;
  const cards = `for n in ${numbers}; do ip link add link eth0 name c$n type macvlan mode bridge && ip link set c$n up; done`;
  const asking = `for n in ${numbers}; do ${udhcpc} c$n & done; wait`;
  return givenIn((await lab.exec('asks', 'sh', '-c', `${cards}; ${asking}`)).stdout);
};

const givenIn = (printed: string): readonly string[] =>
  [...printed.matchAll(/^given \S+ by \S+$/gm)].map(([line]) => line);

beforeAll(async () => {
  writeFileSync(script, '#!/bin/sh\n[ "$1" = bound ] && echo "given $ip by $serverid"\nexit 0\n', { mode: 0o755 });
  const up = await lab.run('up', lab.file);
  if (up.status !== 0) throw new Error(up.stderr);
}, 120_000);

afterAll(async () => {
  await lab.dispose();
  rmSync(folder, { recursive: true });
}, 60_000);

describe('two address servers', () => {
  it('give two hundred clients two hundred addresses, though one of them is cut off meanwhile', async () => {
    const given: string[] = [];
    for (let first = 0; first < clients; first += atOnce) {
      if (first === clients / 2) await lab.exec('first', 'ip', 'link', 'set', 'eth0', 'down');
      given.push(...(await askAll(first, atOnce)));
    }
    expect(given).toHaveLength(clients);
    expect(new Set(given.map((line) => line.split(' ')[1])).size).toBe(clients);
    expect(new Set(given.map((line) => line.split(' ')[3])).size).toBe(2);
  }, 180_000);

  it('give a machine of the lab its own address, whichever of them lives', async () => {
    const shown = (await lab.exec('known', 'ip', '-4', '-o', 'addr', 'show', 'eth0')).stdout;
    const own = / (10\.0\.0\.\d+)\/22 /.exec(shown)?.[1];
    const [again] = givenIn((await lab.exec('known', 'sh', '-c', `${udhcpc} eth0`)).stdout);
    const second = (await lab.exec('second', 'ip', '-4', '-o', 'addr', 'show', 'eth0')).stdout;
    expect(again).toBe(`given ${own} by ${/ (10\.0\.0\.\d+)\/22 /.exec(second)?.[1]}`);
  });
});
