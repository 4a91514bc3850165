/**
 * Routers that find their routes by BGP, with OSPF inside an AS: what BIRD gives to the kernels is what is predicted, route by
 * route, at rest, after a line is cut, and after a router is gone; and packets go the other way.
 */
import { expect, it } from 'vitest';
import { type LabRun, type VerifyReport } from './lab-run.ts';
import { given, lowered, untilAsPredicted, withInterfaceDown } from './routed.ts';
import { internet4, internet6, misses, reaches, scenario, tcp } from './scenario.ts';

const routers = ['core', 'border-1', 'border-2', 'north', 'south', 'shop-router'];

const isReached = async (lab: LabRun, from: string, addresses: readonly string[]): Promise<void> => {
  for (const address of addresses)
    expect((await lab.exec(from, 'ping', '-c', '1', '-W', '5', address)).status, `${from} → ${address}`).toBe(0);
};

scenario(
  'bgp-two-providers',
  [
    reaches('anna', '10.2.0.22'),
    reaches('till', '10.1.0.21'),
    reaches('anna', 'fd00:2::16'),
    reaches('anna', internet4, '203.0.113.11'),
    reaches('till', internet6),
    tcp('till', internet4, 443, 'yes', '203.0.113.11'),
    ...misses('internet', '10.1.0.21'),
  ],
  (lab) => {
    it('gives every router the routes that are predicted', async () => {
      await untilAsPredicted(lab(), lowered(lab().text()), routers);
    }, 120_000);

    it('says in an explanation which way was chosen', async () => {
      const told = await lab().run('explain', '-f', lab().file, 'till', 'anna');
      expect(told.stdout).toContain(
        'shop-router has its route to 10.1.0.0/24 by BGP from south, over AS 65002, AS 65010',
      );
    }, 60_000);

    it('goes by the other provider when a line is cut, and back when it is mended', async () => {
      const state = lowered(lab().text());
      await lab().exec('border-1', 'ip', 'link', 'set', 'north', 'down');
      await untilAsPredicted(lab(), withInterfaceDown(state, 'border-1', 'north'), routers);
      await isReached(lab(), 'anna', [internet4, internet6, '10.2.0.22']);
      expect((await lab().run('up', lab().file)).status).toBe(0);
      await untilAsPredicted(lab(), state, routers);
      const after = await lab().json<VerifyReport>('verify', lab().file);
      expect(after.summary).toMatchObject({ disagree: 0, unexpected: 0 });
    }, 240_000);

    it('takes the routes of a router that stops out of the kernels of all', async () => {
      const lines = lab().text().split('\n');
      const stop = lines.findIndex((line) => line.startsWith('  border-1:'));
      const text = lines
        .map((line, index) => (index === stop + 3 ? '    services: [router]' : line))
        .join('\n')
        .replace('neighbours: [north], ', '');
      lab().rewrite(text);
      expect((await lab().run('up', lab().file)).status).toBe(0);
      expect(await given(lab(), 'border-1')).toEqual([]);
      await untilAsPredicted(lab(), lowered(text), routers);
      await isReached(lab(), 'anna', ['10.2.0.22', internet4]);
    }, 240_000);
  },
);
