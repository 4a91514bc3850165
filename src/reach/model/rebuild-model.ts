/** The model of an edited state: stacks that the edit does not concern are taken from the model before. */
import { type NetworkState } from '../../state/network-state.ts';
import { type Facts } from '../facts.ts';
import { buildModel, buildStack, modelOf, refilteredStack } from './build-model.ts';
import { surroundingsOf } from './interfaces.ts';
import { stackOf, type Model, type StackModel } from './model.ts';
import { isSameValue } from './same-value.ts';

/** The stacks that an edit concerns; undefined where other stacks see it, or where there are others now. */
const editedStacks = (before: Model, state: NetworkState): readonly string[] | undefined => {
  const names = Object.keys(state.stacks);
  if (names.length !== before.stacks.size || !isSameValue(state.cables, before.state.cables)) return undefined;
  const edited: string[] = [];
  let place = 0;
  // Almost all are the same objects: each is touched once.
  for (const { name, stack } of before.stacks.values()) {
    if (names[place++] !== name) return undefined;
    const now = state.stacks[name]!;
    if (now === stack) continue;
    if (!isSameValue(now.interfaces, stack.interfaces)) return undefined;
    edited.push(name);
  }
  return edited;
};

/** The same as `buildModel(state, facts)`; edits of interfaces and cables, which other stacks see, build all anew. */
export const rebuildModel = (before: Model, state: NetworkState, facts: Facts = before.facts): Model => {
  const edited = isSameValue(facts, before.facts) ? editedStacks(before, state) : undefined;
  if (edited === undefined) return buildModel(state, facts);
  const stacks = new Map<string, StackModel>(before.stacks);
  const otherwise: string[] = [];
  for (const name of edited) {
    const stack = state.stacks[name]!;
    const old = stackOf(before, name);
    const { filter: _before, ...others } = old.stack;
    const { filter: _after, ...now } = stack;
    if (isSameValue(others, now)) stacks.set(name, refilteredStack(old, stack));
    else otherwise.push(name);
  }
  if (otherwise.length === 0)
    return { state, facts, stacks, vocalMacs: before.vocalMacs, refiltered: { of: before.stacks, names: edited } };
  const around = surroundingsOf(state, facts);
  for (const name of otherwise) stacks.set(name, buildStack(around, name, state.stacks[name]!));
  return modelOf(state, facts, stacks);
};
