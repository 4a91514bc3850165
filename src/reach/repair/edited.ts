/** A model with edits made. Stacks that the edits leave alone are not built again, unless links change. */
import { buildModel, modelOf } from '../model/build-model.ts';
import { type Model } from '../model/model.ts';
import { settledFacts } from '../settled.ts';
import { type Facts } from '../facts.ts';
import { type NetworkState } from '../../state/network-state.ts';
import { applyEdits } from './apply-edit.ts';
import { type Edit } from './edit.ts';

/** What other stacks see of a stack: links and who answers on them. */
const changesLinks = ({ kind }: Edit): boolean => kind === 'bring-up' || kind === 'plug-into-bridge';

/** Whether router advertisements are taken hangs on forwarding. */
const changesLearning = (edit: Edit): boolean =>
  changesLinks(edit) || (edit.kind === 'set-sysctl' && /accept_ra$|ipv6\/conf\/all\/forwarding$/.test(edit.key));

/** Only those cables' far ends and the stacks themselves are needed to build some stacks. */
const around = (state: NetworkState, names: ReadonlySet<string>): NetworkState => {
  const needed = new Set(names);
  const cables = state.cables.filter(({ a, b }) => names.has(a.stack) || names.has(b.stack));
  for (const { a, b } of cables) needed.add(a.stack).add(b.stack);
  const stacks = Object.fromEntries(Object.entries(state.stacks).filter(([name]) => needed.has(name)));
  return { ...state, stacks, cables };
};

/** What services give, as far as the facts say no more than that. */
const learnedAgain = (model: Model, state: NetworkState): Facts => {
  const { facts } = model;
  const before = settledFacts(model.state);
  const isSettled =
    JSON.stringify([facts.addresses ?? [], facts.routes ?? []]) ===
    JSON.stringify([before.addresses ?? [], before.routes ?? []]);
  if (!isSettled) return facts;
  const { addresses: _addresses, routes: _routes, ...others } = facts;
  return { ...others, ...settledFacts(state) };
};

export const editedModel = (model: Model, edits: readonly Edit[]): Model => {
  const state = applyEdits(model.state, edits);
  if (edits.some(changesLearning)) return buildModel(state, learnedAgain(model, state));
  const names = new Set(edits.map(({ stack }) => stack));
  const rebuilt = buildModel(around(state, names), model.facts).stacks;
  const stacks = new Map(model.stacks);
  for (const name of names) {
    const stack = rebuilt.get(name);
    if (stack !== undefined) stacks.set(name, stack);
  }
  return modelOf(state, model.facts, stacks);
};
