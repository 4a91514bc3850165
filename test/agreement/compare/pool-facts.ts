/** What is known of the stacks of a pool beyond their state: all have had policy rules before (`panel/pool.ts`). */
import { type Facts } from '../../../src/reach/facts.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';

export const poolFacts = ({ stacks }: NetworkState): Facts => ({ hadPolicyRules: Object.keys(stacks) });
