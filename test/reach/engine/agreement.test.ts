/** The engine says what the walker says, on random networks and random questions. */
import { describe, expect, it } from 'vitest';
import { ask } from '../../../src/reach/engine/ask.ts';
import { predict } from '../../../src/reach/engine/prediction.ts';
import { buildWorld } from '../../../src/reach/engine/world.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { Chance, randomFlow, randomState } from '../random-state.ts';

const seed = Number(process.env['REACH_SEED'] ?? Date.now() % 1_000_000);
const states = Number(process.env['REACH_STATES'] ?? 100);
const packets = Number(process.env['REACH_PACKETS'] ?? 50);

describe('sets of packets', () => {
  it(`fare as the walker says, on ${states} networks from seed ${seed}`, { timeout: 3_600_000 }, () => {
    console.log(`seed ${seed}`);
    const counts: Record<string, number> = {};
    const wrong: unknown[] = [];
    for (let number = seed; number < seed + states && wrong.length < 3; number += 1) {
      const state = randomState(number);
      const model = buildModel(state);
      const prediction = predict(buildWorld(model));
      const chance = new Chance(number + 7);
      for (let index = 0; index < packets; index += 1) {
        const flow = randomFlow(chance, state);
        const said = ask(prediction, flow);
        const walked = walk(model, flow, { isTraced: false });
        counts[`${said ?? 'left to the walker'} ${walked.verdict}`] =
          (counts[`${said ?? 'left to the walker'} ${walked.verdict}`] ?? 0) + 1;
        const isOpen = (verdict: string): boolean => verdict === 'sometimes' || verdict === 'unknown';
        if (said === undefined || said === walked.verdict || (isOpen(said) && isOpen(walked.verdict))) continue;
        wrong.push({ state: number, flow, said, walked: walked.verdict, stop: walked.stop });
        break;
      }
    }
    console.log(JSON.stringify(counts));
    expect(wrong).toEqual([]);
  });
});
