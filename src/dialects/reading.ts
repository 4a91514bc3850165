/** Readings with one stack in them or none, and interfaces as they are born. */
import { emptyStack } from '../state/empty-stack.ts';
import { type Interface, type NetworkState, type Stack } from '../state/network-state.ts';
import { type Origins, type Reading, type Remark, type StackPart } from './dialect.ts';

/** What texts say of one stack, and nothing else. */
export const readingOf = (
  stack: string,
  part: StackPart,
  remarks: readonly Remark[] = [],
  origins: Origins = {},
): Reading => ({ stacks: { [stack]: part }, cables: [], remarks, origins });

export const nothingRead = (remarks: readonly Remark[] = []): Reading => ({
  stacks: {},
  cables: [],
  remarks,
  origins: {},
});

/** A NIC that is brought up and has nothing else. */
export const plainNic: Interface = { kind: 'ethernet', mtuBytes: 1500, up: true, addresses: [] };

/** One stack of a state; without anything where the state has none of that name. */
export const stackIn = (state: NetworkState, name: string): Stack =>
  (Object.hasOwn(state.stacks, name) ? state.stacks[name] : undefined) ?? emptyStack;
