/** What is left out of a state for one service makes no difference to that service. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { narrowedTo, type Service } from '../../src/reach/narrow.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { Chance } from './chance.ts';
import { randomFlow } from './random-questions.ts';
import { randomState } from './random-state.ts';

const seed = Number(process.env['REACH_SEED'] ?? Date.now() % 1_000_000);
const states = 40;
const services: readonly Service[] = [
  { protocol: 'icmp', port: null },
  { protocol: 'tcp', port: 80 },
  { protocol: 'udp', port: 53 },
];

describe('a state for one service', () => {
  it(`answers for it as the whole one does, on ${states} networks from seed ${seed}`, { timeout: 600_000 }, () => {
    console.log(`seed ${seed}`);
    let fewer = 0;
    for (let number = seed; number < seed + states; number += 1) {
      const state = randomState(number);
      const whole = buildModel(state);
      const chance = new Chance(number);
      for (const service of services) {
        const narrow = narrowedTo(state, service);
        if (JSON.stringify(narrow).length < JSON.stringify(state).length) fewer += 1;
        const model = buildModel(narrow);
        for (let index = 0; index < 20; index += 1) {
          const { sourcePort: _, ...flow } = { ...randomFlow(chance, state), ...service };
          const [was, is] = [whole, model].map((asked) => {
            const { verdict, clientSees, arrived, seenSource } = walk(asked, flow, { isTraced: false });
            return { verdict, clientSees, arrived, seenSource };
          });
          expect({ number, flow, ...is }).toEqual({ number, flow, ...was });
        }
      }
    }
    expect(fewer).toBeGreaterThan(0);
  });
});
