/** The model of an edited state: stacks that the edit does not concern are taken from the model before. */
import { type NetworkState } from '../../state/network-state.ts';
import { type Facts } from '../facts.ts';
import { buildModel, buildStack, modelOf, refilteredStack } from './build-model.ts';
import { surroundingsOf } from './interfaces.ts';
import { type Model, type StackModel } from './model.ts';
import { isSameValue } from './same-value.ts';

/** The same as `buildModel(state, facts)`; edits of interfaces and cables, which other stacks see, build all anew. */
export const rebuildModel = (before: Model, state: NetworkState, facts: Facts = before.facts): Model => {
  const old = before.state;
  const names = Object.keys(state.stacks);
  const isSame =
    isSameValue(facts, before.facts) &&
    isSameValue(state.cables, old.cables) &&
    isSameValue(names, Object.keys(old.stacks)) &&
    names.every((name) => isSameValue(state.stacks[name]!.interfaces, old.stacks[name]!.interfaces));
  if (!isSame) return buildModel(state, facts);
  const stacks = new Map<string, StackModel>(before.stacks);
  const otherwise: string[] = [];
  for (const name of names) {
    const stack = state.stacks[name]!;
    if (stack === old.stacks[name]) continue;
    const { filter: _before, ...others } = old.stacks[name]!;
    const { filter: _after, ...now } = stack;
    if (isSameValue(others, now)) stacks.set(name, refilteredStack(before.stacks.get(name)!, stack));
    else otherwise.push(name);
  }
  if (otherwise.length === 0) return { state, facts, stacks, vocalMacs: before.vocalMacs };
  const around = surroundingsOf(state, facts);
  for (const name of otherwise) stacks.set(name, buildStack(around, name, state.stacks[name]!));
  return modelOf(state, facts, stacks);
};
