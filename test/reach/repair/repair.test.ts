/** Every template of a repair: a network that is broken in one place is mended, and the walker says so. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { applyEdits, repairsFor, type Repair } from '../../../src/reach/repair/repair.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { brokenLinks } from './broken-links.ts';
import { brokenRoutes } from './broken-routes.ts';
import { wordsOf } from './words-of.ts';

describe.each([...brokenRoutes, ...brokenLinks])('$title', ({ state, flow, wanted, fixed = [] }) => {
  const repairs = repairsFor(state, {}, flow, { fixed });

  it('is broken, and repaired as it should be', () => {
    expect(walk(buildModel(state), flow).verdict).toBe('no');
    expect(repairs.map(wordsOf)).toContainEqual(wanted);
  });

  it('answers after each repair that is offered', () => {
    const after = repairs.map(({ edits }: Repair) => walk(buildModel(applyEdits(state, edits)), flow).verdict);
    expect(after).toEqual(repairs.map(() => 'yes'));
    expect(repairs.length).toBeLessThanOrEqual(3);
  });

  it('is said in one sentence', () => {
    for (const { change, machine, sideEffects } of repairs) {
      expect(change).not.toMatch(/\.$|undefined|\n/);
      expect(change).toContain(machine);
      for (const effect of sideEffects) expect(effect).not.toMatch(/undefined|\.$/);
    }
  });
});
