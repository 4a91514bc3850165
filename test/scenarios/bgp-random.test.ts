/**
 * Random networks of routers that speak BGP, and OSPF inside their ASes: what BIRD settles on, in the kernels, is what is
 * predicted, at rest and after an interface went down. BGP_SEED repeats a network.
 */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { labOf } from './lab-run.ts';
import { randomSystems } from './random-systems.ts';
import { lowered, predicted, untilAsPredicted, withInterfaceDown } from './routed.ts';

const given = process.env['BGP_SEED'];
const seeds = given === undefined ? Array.from({ length: 2 }, () => randomInt(2 ** 31)) : [Number(given)];

it.each(seeds)(
  'network %i settles as predicted',
  async (seed) => {
    const { text, routers } = randomSystems(seed);
    try {
      const state = lowered(text);
      const lab = labOf(text);
      try {
        const up = await lab.run('up', lab.file);
        expect(up.status, up.stderr).toBe(0);
        await untilAsPredicted(lab, state, routers);
        const router = routers[seed % routers.length] ?? '';
        const names = Object.keys(state.stacks[router]?.interfaces ?? {}).filter((name) => name !== 'lo');
        const name = names[seed % names.length] ?? '';
        await lab.exec(router, 'ip', 'link', 'set', name, 'down');
        await untilAsPredicted(lab, withInterfaceDown(state, router, name), routers);
      } finally {
        await lab.dispose();
      }
      expect(routers.flatMap((router) => predicted(state, router)).length).toBeGreaterThan(5);
    } catch (error) {
      (error as Error).message = `BGP_SEED=${seed}\n${text}\n${(error as Error).message}`;
      throw error;
    }
  },
  150_000,
);
