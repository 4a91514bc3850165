/**
 * Routers that find their routes by OSPF: what BIRD gives to the kernels is what is predicted, route by route, at rest and
 * after a cable is cut; and packets go round the other way.
 */
import { describe, expect, it } from 'vitest';
import { labOf, type VerifyReport } from './lab-run.ts';
import { given, lowered, predicted, untilAsPredicted, withInterfaceDown } from './routed.ts';
import { internet4, internet6, misses, reaches, scenario, tcp } from './scenario.ts';
import { upForAll } from './up-for-all.ts';

const ring = ['edge', 'r2', 'r3'];

scenario(
  'ospf-ring',
  [
    reaches('anna', '10.3.0.13'),
    reaches('cleo', '10.1.0.11'),
    reaches('bela', 'fd00:3::d'),
    reaches('cleo', internet4, '203.0.113.2'),
    reaches('cleo', internet6),
    tcp('cleo', internet4, 443, 'yes', '203.0.113.2'),
    ...misses('internet', '10.3.0.13'),
  ],
  (lab) => {
    it('gives every router the routes that are predicted', async () => {
      const state = lowered(lab().text());
      await untilAsPredicted(lab(), state, ring);
    }, 120_000);

    it('says in an explanation that a route was found', async () => {
      const told = await lab().run('explain', '-f', lab().file, 'cleo', 'internet');
      expect(told.stdout).toContain('r3 has its default route by OSPF from edge, at a cost of 20');
    }, 60_000);

    it('goes the other way round when a cable is cut, and back when it is mended', async () => {
      const state = lowered(lab().text());
      await lab().exec('edge', 'ip', 'link', 'set', 'to2', 'down');
      await untilAsPredicted(lab(), withInterfaceDown(state, 'edge', 'to2'), ring);
      for (const address of ['10.1.0.11', internet4, internet6])
        expect((await lab().exec('bela', 'ping', '-c', '1', '-W', '5', address)).status, address).toBe(0);
      expect((await lab().run('up', lab().file)).status).toBe(0);
      await untilAsPredicted(lab(), state, ring);
      const after = await lab().json<VerifyReport>('verify', lab().file);
      expect(after.summary).toMatchObject({ disagree: 0, unexpected: 0 });
    }, 240_000);

    it('takes the routes out of the kernel with the daemon', async () => {
      const lines = lab().text().split('\n');
      const without = (line: string): string =>
        line.replace('{ network: r3-edge, cost: 50 }', 'r3-edge').replace('routing: ospf', 'services: [router]');
      lab().rewrite(lines.map((line) => (line.startsWith('  r3: ') ? without(line) : line)).join('\n'));
      expect((await lab().run('up', lab().file)).status).toBe(0);
      expect(await given(lab(), 'r3')).toEqual([]);
      await untilAsPredicted(lab(), lowered(lab().text()), ring);
    }, 120_000);
  },
);

/** One wire with three routers, one of them behind a firewall; two that lead to the internet; a cost that differs by direction. */
const wide = `lab: wide
networks:
  hall: { mode: private, ipv4: 10.0.0.0/24, ipv6: 'fd00:10::/64' }
  stairs: { mode: private, ipv4: 10.0.1.0/24, ipv6: 'fd00:11::/64' }
  attic: { mode: private, ipv4: 10.2.0.0/24, ipv6: 'fd00:12::/64', gateway: r4 }
machines:
  r1: { number: 1, nics: { hall: hall, wan: internet }, routing: ospf, nat: true }
  r2: { number: 2, nics: { hall: { network: hall, cost: 5 }, stairs: stairs }, routing: ospf, services: [{ firewall: { incoming: deny, allow: [ping] } }] }
  r3: { number: 3, nics: { hall: hall, stairs: { network: stairs, cost: 3 } }, routing: ospf }
  r4: { number: 4, nics: { stairs: stairs, attic: attic, wan: { network: internet, gateway: none } }, routing: ospf }
  guest: { number: 9, nics: [attic] }
`;

describe('four routers on two wires', () => {
  const lab = labOf(wide);
  upForAll(lab);

  it('have the routes that are predicted', async () => {
    const state = lowered(lab.text());
    await untilAsPredicted(lab, state, ['r1', 'r2', 'r3', 'r4']);
    expect(predicted(state, 'r4')).toContain('default via 10.0.1.2 dev stairs');
  }, 120_000);

  it('and are reached as is predicted', async () => {
    const report = await lab.json<VerifyReport>('verify', lab.file);
    expect(report.pairs.filter(({ agree }) => !agree)).toEqual([]);
    expect(report.summary.pairs).toBeGreaterThan(40);
  }, 120_000);
});
