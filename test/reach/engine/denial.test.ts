/**
 * What is denied is decided alike whether all packets are followed or only those that the statement speaks of, on random
 * networks. `REACH_SEED` and `REACH_STATES` as in the other tests of sets.
 */
import { expect, it } from 'vitest';
import { deliver } from '../../../src/reach/engine/delivery.ts';
import { concerned, proveDenied, type Denial } from '../../../src/reach/engine/denial.ts';
import { buildWorld } from '../../../src/reach/engine/world.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { Chance } from '../chance.ts';
import { randomState } from '../random-state.ts';

const seed = Number(process.env['REACH_SEED'] ?? Date.now() % 1_000_000);
const states = Number(process.env['REACH_STATES'] ?? 25);

it(`follows no more than it is asked about, on ${states} networks from seed ${seed}`, { timeout: 7_200_000 }, () => {
  console.log(`seed ${seed}`);
  const counts = new Map<string, number>();
  for (let number = seed; number < seed + states; number += 1) {
    const state = randomState(number);
    const chance = new Chance(number + 3);
    const denials = [1, 2, 3].map((net): Denial => {
      const to = chance.is(0.5) ? `10.0.${net}.0/24` : `10.0.${net}.${1 + chance.below(4)}/32`;
      return {
        family: 4,
        senders: Object.keys(state.stacks),
        asked: {
          from: [{ outside: chance.is(0.5) ? [] : ['10.0.1.2/32'] }],
          to: [{ inside: [to], outside: [] }],
          ...(chance.is(0.6) ? { services: [{ protocol: 'tcp', port: chance.of([22, 80]) }] } : {}),
        },
        except: [],
        isAboutDelivery: chance.is(0.5),
      };
    });
    const prefixes = ['10.0.1.2/32', ...denials.flatMap(({ asked }) => asked.to.flatMap(({ inside = [] }) => inside))];
    const world = buildWorld(buildModel(state), { prefixes, ports: [22, 80] });
    const all = deliver(world);
    const some = deliver(world, concerned(world, denials));
    for (const denial of denials) {
      const [whole, part] = [proveDenied(all, denial).kind, proveDenied(some, denial).kind];
      counts.set(`${whole}: ${part}`, (counts.get(`${whole}: ${part}`) ?? 0) + 1);
      // Fewer packets take ways that are not followed.
      if (whole === 'open') expect({ number, denial, part }).not.toEqual({ number, denial, part: 'delivered' });
      else expect({ number, denial, part }).toEqual({ number, denial, part: whole });
    }
  }
  console.log(JSON.stringify(Object.fromEntries(counts)));
});
