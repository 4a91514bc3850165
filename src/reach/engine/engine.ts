/**
 * One network kept ready for questions while it is edited. What an edit does not concern is taken from before: packet
 * sets stay the same numbers as long as new constants find room on the axes, so most of the work is only looked up.
 */
import { type Facts } from '../facts.ts';
import { buildModel } from '../model/build-model.ts';
import { type Model } from '../model/model.ts';
import { type NetworkState } from '../../state/network-state.ts';
import { predict, predictTouched, type Prediction } from './prediction.ts';
import { refilteredStacks, touchedBy } from './refilter.ts';
import { buildWorld, rebuildWorld, refilteredWorld, type EngineOptions } from './world.ts';

/** Beyond so many nodes the sets are made anew: what was forgotten is never freed otherwise. */
const mostNodes = 30_000_000;

export const predictState = (state: NetworkState, facts: Facts = {}, options: EngineOptions = {}): Prediction =>
  predict(buildWorld(buildModel(state, facts), options));

/** The same as a prediction from scratch, in less time. */
export const predictAgain = (before: Prediction, model: Model): Prediction => {
  const { world } = before;
  const names = world.space.bdd.size > mostNodes ? undefined : refilteredStacks(world.model, model);
  const refiltered = names && refilteredWorld(world, model, names);
  if (names !== undefined && refiltered !== undefined)
    return predictTouched(before, refiltered, touchedBy(world, before.readings, refiltered, names));
  const next = world.space.bdd.size > mostNodes ? undefined : rebuildWorld(world, model);
  return predict(next ?? buildWorld(model, world.options));
};

/** Requests that are answered before an edit or after it, but not both; by sets of one space. */
export interface Difference {
  readonly before: Prediction;
  readonly after: Prediction;
  readonly opened: number;
  readonly closed: number;
}

/** What an edit opens and closes. Both predictions are of one space, so that sets can be compared. */
export const differ = (before: Prediction, model: Model): Difference => {
  const again = rebuildWorld(before.world, model);
  const bothKnown = again ?? buildWorld(model, before.world.options, [before.world.model]);
  const first = again === undefined ? predict(rebuildWorld(bothKnown, before.world.model) ?? bothKnown) : before;
  const after = predict(bothKnown);
  const { bdd } = bothKnown.space;
  return {
    before: first,
    after,
    opened: bdd.minus(after.answered, first.answered),
    closed: bdd.minus(first.answered, after.answered),
  };
};
