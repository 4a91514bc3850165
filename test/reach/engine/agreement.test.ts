/**
 * The engine says what the walker says, on random networks and random questions; its matrix too; and after an edit it
 * says what it says from scratch. `REACH_STATES`, `REACH_PACKETS` and `REACH_EDITS` make the run longer.
 */
import { describe, expect, it } from 'vitest';
import { ask } from '../../../src/reach/engine/ask.ts';
import { predictAgain, predictState } from '../../../src/reach/engine/engine.ts';
import { cellOf, predictMatrix } from '../../../src/reach/engine/matrix.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { rebuildModel } from '../../../src/reach/model/rebuild-model.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { Chance } from '../chance.ts';
import { randomEdit, randomFlow } from '../random-questions.ts';
import { randomState } from '../random-state.ts';

const seed = Number(process.env['REACH_SEED'] ?? Date.now() % 1_000_000);
const states = Number(process.env['REACH_STATES'] ?? 25);
const packets = Number(process.env['REACH_PACKETS'] ?? 40);
const edits = Number(process.env['REACH_EDITS'] ?? 15);
const timeout = 7_200_000;

const isOpen = (verdict: string | undefined): boolean => verdict === 'sometimes' || verdict === 'unknown';
const services = [
  { protocol: 'icmp', port: null },
  { protocol: 'tcp', port: 80 },
] as const;

describe('sets of packets', () => {
  it(`fare as the walker says, on ${states} networks from seed ${seed}`, { timeout }, () => {
    console.log(`seed ${seed}`);
    const counts = new Map<string, number>();
    const wrong: unknown[] = [];
    for (let number = seed; number < seed + states && wrong.length < 3; number += 1) {
      const state = randomState(number);
      const model = buildModel(state);
      const prediction = predictState(state, {}, { tellsMembers: number % 2 === 0 });
      const chance = new Chance(number + 7);
      for (let index = 0; index < packets; index += 1) {
        const flow = randomFlow(chance, state);
        const said = ask(prediction, flow);
        const walked = walk(model, flow, { isTraced: false });
        const outcome = `${said ?? 'left to the walker'}: ${walked.verdict}`;
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        if (said === undefined || said === walked.verdict || (isOpen(said) && isOpen(walked.verdict))) continue;
        wrong.push({ state: number, flow, said, walked: walked.verdict, stop: walked.stop });
        break;
      }
    }
    console.log(JSON.stringify(Object.fromEntries(counts)));
    expect(wrong).toEqual([]);
  });

  it('fill a matrix with what the walker says of each cell', { timeout }, () => {
    for (let number = seed; number < seed + Math.ceil(states / 10); number += 1) {
      const state = randomState(number);
      const model = buildModel(state);
      const matrix = predictMatrix(predictState(state, {}, { services, tellsMembers: false }), { family: 4, services });
      const chance = new Chance(number);
      for (let index = 0; index < packets; index += 1) {
        const service = chance.below(services.length);
        const from = chance.below(matrix.from.length);
        const target = chance.below(matrix.targets.length);
        const flow = {
          from: matrix.from[from]!,
          family: 4 as const,
          destination: matrix.targets[target]!.address,
          ...services[service]!,
        };
        const walked = walk(model, flow, { isTraced: false }).verdict;
        const cell = cellOf(matrix, service, from, target);
        expect({ number, flow, cell }).toEqual({ number, flow, cell: isOpen(walked) ? 'perhaps' : walked });
      }
    }
  });

  it('are after an edit what they are from scratch', { timeout }, () => {
    const chance = new Chance(seed);
    let state = randomState(seed);
    const options = { tellsMembers: chance.is(0.5) };
    let prediction = predictState(state, {}, options);
    for (let number = 0; number < edits; number += 1) {
      if (number % 50 === 49) {
        state = randomState(seed + number);
        prediction = predictState(state, {}, options);
      }
      state = randomEdit(chance, state);
      prediction = predictAgain(prediction, rebuildModel(prediction.world.model, state));
      const fresh = predictState(state);
      for (let index = 0; index < packets; index += 1) {
        const flow = randomFlow(chance, state);
        expect({ seed, number, flow, said: ask(prediction, flow) }).toEqual({
          seed,
          number,
          flow,
          said: ask(fresh, flow),
        });
      }
    }
  });
});
