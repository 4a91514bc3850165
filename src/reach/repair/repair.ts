/**
 * What mends a flow that does not get through: at most three ways, the best first, each proven by the walker on the
 * edited state. What no edit can mend is a finding (`findingOf`).
 */
import { type NetworkState } from '../../state/network-state.ts';
import { type Facts } from '../facts.ts';
import { buildModel } from '../model/build-model.ts';
import { type Model } from '../model/model.ts';
import { type Flow, type Walk } from '../walk.ts';
import { walk } from '../walker/walk.ts';
import { type Repair, type RepairOptions } from './contract.ts';
import { searchRepairs } from './search.ts';

export { applyEdit, applyEdits } from './apply-edit.ts';
export { type MustHold, type Owner, type Repair, type RepairOptions } from './contract.ts';
export { type Command, type Edit } from './edit.ts';

export const repairsIn = (model: Model, flow: Flow, options: RepairOptions = {}): readonly Repair[] => {
  if (!model.stacks.has(flow.from)) return [];
  const before = options.walk ?? walk(model, flow);
  return before.verdict === 'yes' ? [] : searchRepairs(model, flow, before, options);
};

export const repairsFor = (
  state: NetworkState,
  facts: Facts,
  flow: Flow,
  options: RepairOptions = {},
): readonly Repair[] => repairsIn(buildModel(state, facts), flow, options);

/** What is wrong where no edit of the network helps. */
export interface RepairFinding {
  readonly kind: 'no_listener';
  readonly machine: string;
  readonly text: string;
}

/** A request that arrives where nobody listens needs a program, not a repair. */
export const findingOf = ({ stop }: Walk, flow: Flow): RepairFinding | undefined =>
  stop?.reason === 'no_listener' && stop.direction === 'forward' && flow.protocol !== 'icmp'
    ? {
        kind: 'no_listener',
        machine: stop.stack,
        text: `${stop.because.text} of ${stop.stack}: start a program that does; the network is not what is missing`,
      }
    : undefined;
