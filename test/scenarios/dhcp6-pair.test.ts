/** Two servers of DHCPv6 on one network: either is enough, and a client that is given another number asks as somebody new. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { labOf } from './lab-run.ts';
import { upForAll } from './up-for-all.ts';

const lab = labOf(`lab: dhcp6-pair
networks:
  lan: { mode: private, ipv6: 2001:db8:1::/64, dhcp6: { server: [first, second], range: [256, 511] } }
machines:
  first: { number: 2, nics: [lan] }
  second: { number: 3, nics: [lan] }
  web: { number: 4, nics: [{ network: lan, ipv6: dhcp }] }
`);

const addressOf = async (): Promise<string> =>
  (await lab.exec('web', 'ip', '-6', '-o', 'addr', 'show', 'dev', 'eth0', 'scope', 'global')).stdout;

upForAll(lab);

describe('two servers of DHCPv6', () => {
  it('have parts of the range, and both what belongs to the machines of the lab', async () => {
    interface Server {
      readonly kind: string;
      readonly first: string;
      readonly last: string;
      readonly reservations: readonly { readonly address: string }[];
    }
    const state = await lab.json<{
      readonly stacks: Readonly<Record<string, { readonly services: readonly Server[] }>>;
    }>('state', lab.file);
    const told = ['first', 'second'].map((name) => {
      const server = state.stacks[name]?.services.find(({ kind }) => kind === 'dhcp6-server');
      return [server?.first, server?.last, server?.reservations.map(({ address }) => address)];
    });
    expect(told).toEqual([
      ['2001:db8:1::100', '2001:db8:1::17f', ['2001:db8:1::4']],
      ['2001:db8:1::180', '2001:db8:1::1ff', ['2001:db8:1::4']],
    ]);
    expect(await addressOf()).toContain('inet6 2001:db8:1::4/128');
  });

  it('give a machine that has another number since the address of that one', async () => {
    writeFileSync(lab.file, readFileSync(lab.file, 'utf8').replace('number: 4', 'number: 9'));
    expect((await lab.run('up', lab.file)).status).toBe(0);
    const shown = await addressOf();
    expect(shown).toContain('inet6 2001:db8:1::9/128');
    expect(shown).not.toContain('2001:db8:1::4');
  }, 60_000);

  it('are one enough when the other is cut off', async () => {
    await lab.exec('first', 'ip', 'link', 'set', 'eth0', 'down');
    expect((await lab.run('stop', '-f', lab.file, 'web')).status).toBe(0);
    expect((await lab.run('start', '-f', lab.file, 'web')).status).toBe(0);
    expect(await addressOf()).toContain('inet6 2001:db8:1::9/128');
  }, 60_000);
});
