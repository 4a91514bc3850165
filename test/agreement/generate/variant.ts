/** One variant from one seed: a network and the questions to ask of it. */
import { type Flow } from '../../../src/reach/walk.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { address } from './addressing.ts';
import { chanceOf } from './chance.ts';
import { finished, type Draft } from './draft.ts';
import { type Feature } from './features.ts';
import { filter } from './filtering.ts';
import { askFlows } from './flows.ts';
import { addPolicies } from './policies.ts';
import { route } from './routing.ts';
import { set } from './settings.ts';
import { wire } from './wiring.ts';

export interface Variant {
  readonly seed: number;
  readonly features: ReadonlySet<Feature>;
  readonly state: NetworkState;
  readonly flows: readonly Flow[];
}

const sizes = [2, 3, 3, 3, 4, 4, 4, 5, 5, 6, 8] as const;

/** Addresses differ from those of the 200 variants before. */
const universes = 200;

export const variantOf = (seed: number, features: ReadonlySet<Feature>): Variant => {
  const chance = chanceOf(seed);
  const draft: Draft = {
    chance,
    has: (feature) => features.has(feature),
    universe: 1 + (seed % universes),
    stacks: [],
    cables: [],
    segments: [],
    others: [],
  };
  wire(draft, chance.pick(sizes));
  address(draft);
  route(draft);
  addPolicies(draft);
  set(draft);
  filter(draft);
  return { seed, features, flows: askFlows(draft), state: finished(draft) };
};
