/**
 * Two address servers on one network, one of which is cut off while two hundred clients that no lab knows of ask: each
 * gets an address, and no address is given twice.
 */
import { describe, expect, it } from 'vitest';
import { dhcpClientsOf, type Given } from './dhcp-clients.ts';
import { labOf } from './lab-run.ts';
import { upForAll } from './up-for-all.ts';

const lab = labOf(`lab: dhcp-pair
networks: { lan: { mode: private, ipv4: 10.0.0.0/22, dhcp: { server: [first, second], range: [256, 900] } } }
machines:
  first: { nics: [lan] }
  second: { nics: [lan] }
  asks: { nics: [lan] }
  known: { nics: [{ network: lan, address: dhcp }] }
`);
const clients = dhcpClientsOf(lab, 10);

const strangers = 200;
const atOnce = 20;

upForAll(lab, clients.dispose);

describe('two address servers', () => {
  it('give two hundred clients two hundred addresses, though one of them is cut off meanwhile', async () => {
    const given: Given[] = [];
    for (let first = 0; first < strangers; first += atOnce) {
      if (first === strangers / 2) await lab.exec('first', 'ip', 'link', 'set', 'eth0', 'down');
      given.push(...(await clients.ask('asks', first, atOnce)));
    }
    expect(given).toHaveLength(strangers);
    expect(new Set(given.map(({ address }) => address)).size).toBe(strangers);
    expect(new Set(given.map(({ by }) => by)).size).toBe(2);
  }, 180_000);

  it('give a machine of the lab its own address, whichever of them lives', async () => {
    const shown = (await lab.exec('known', 'ip', '-4', '-o', 'addr', 'show', 'eth0')).stdout;
    const own = / (10\.0\.0\.\d+)\/22 /.exec(shown)?.[1];
    const second = (await lab.exec('second', 'ip', '-4', '-o', 'addr', 'show', 'eth0')).stdout;
    expect(await clients.askAgain('known')).toEqual({ address: own, by: / (10\.0\.0\.\d+)\/22 /.exec(second)?.[1] });
  });
});
