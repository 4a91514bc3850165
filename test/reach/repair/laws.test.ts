/** What holds for whatever is offered, on random networks: the flow is answered, and what must hold still does. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { applyEdits, repairsFor, type MustHold, type Repair } from '../../../src/reach/repair/repair.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { type Flow, type Verdict } from '../../../src/reach/walk.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { Chance } from '../chance.ts';
import { randomFlow } from '../random-questions.ts';
import { randomState } from '../random-state.ts';

interface Case {
  readonly seed: number;
  readonly state: NetworkState;
  readonly flow: Flow;
  /** Answers as they are: they are to stay. */
  readonly mustHold: readonly MustHold[];
  readonly repairs: readonly Repair[];
}

const verdictOf = (state: NetworkState, flow: Flow): Verdict =>
  walk(buildModel(state), flow, { isTraced: false }).verdict;

const isOwned = (state: NetworkState, wanted: string): boolean =>
  Object.values(state.stacks).some(({ interfaces }) =>
    Object.values(interfaces).some(({ addresses }) => addresses.some(({ address }) => address === wanted)),
  );

const caseOf = (seed: number): Case | undefined => {
  const state = randomState(seed);
  const chance = new Chance(seed ^ 0x5eed);
  const flow = randomFlow(chance, state);
  if (verdictOf(state, flow) === 'yes') return undefined;
  const mustHold = Array.from({ length: 6 }, () => randomFlow(chance, state)).flatMap((other): MustHold[] => {
    const answer = verdictOf(state, other);
    return answer === 'yes' || answer === 'no' ? [{ flow: other, answer }] : [];
  });
  const kept = mustHold.filter((must) => JSON.stringify(must.flow) !== JSON.stringify(flow));
  return {
    seed,
    state,
    flow,
    mustHold: kept,
    repairs: repairsFor(state, {}, flow, { mustHold: kept, mostWalks: 120 }),
  };
};

const cases = Array.from({ length: 320 }, (_, index) => caseOf(index + 1)).filter((one) => one !== undefined);

describe('repairs of random networks', () => {
  it('are found for many of them', () => {
    expect(cases.length).toBeGreaterThan(60);
    // Nothing makes an address answer that nobody has.
    const owned = cases.filter(({ state, flow }) => isOwned(state, flow.destination));
    expect(owned.filter(({ repairs }) => repairs.length > 0).length).toBeGreaterThan(owned.length / 3);
  });

  it('make the flow get its answer', () => {
    const wrong = cases.flatMap(({ seed, state, flow, repairs }) =>
      repairs
        .filter(({ edits }) => verdictOf(applyEdits(state, edits), flow) !== 'yes')
        .map(({ change }) => [seed, change]),
    );
    expect(wrong).toEqual([]);
  });

  it('keep what must hold', () => {
    const wrong = cases.flatMap(({ seed, state, mustHold, repairs }) =>
      repairs.flatMap(({ edits, change }) => {
        const after = applyEdits(state, edits);
        return mustHold.filter(({ flow, answer }) => verdictOf(after, flow) !== answer).map(() => [seed, change]);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('are three at most, the best first, each other than the others', () => {
    for (const { repairs } of cases) {
      expect(repairs.length).toBeLessThanOrEqual(3);
      const costs = repairs.map(({ cost }) => cost);
      expect(costs).toEqual(costs.toSorted((a, b) => a - b));
      expect(new Set(repairs.map(({ commands }) => JSON.stringify(commands))).size).toBe(repairs.length);
    }
  });

  it('come with commands and a sentence', () => {
    for (const { repairs } of cases)
      for (const { change, commands, edits, machine } of repairs) {
        expect(commands.length).toBeGreaterThanOrEqual(edits.length);
        expect(change).toContain(machine);
        expect(change).not.toMatch(/undefined|\n|\.$/);
        for (const { argv } of commands) for (const word of argv) expect(word).not.toMatch(/undefined|^$/);
      }
  });
});
