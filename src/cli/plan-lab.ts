/**
 * A loaded design against what runs: the changes between them, and the door to the running lab where there is one.
 */
import { planChanges } from '../plan/plan-changes.ts';
import { type Plan } from '../plan/plan.ts';
import { type NetworkState } from '../state/network-state.ts';
import { worldOf, type World } from '../world/client.ts';
import { type LoadedDesign } from './load-design.ts';
import { runningMachines, virtualMachines } from './virtual-machines.ts';

export interface PlannedLab {
  readonly plan: Plan;
  /** The running lab; the caller closes it. */
  readonly world: World | undefined;
  /** What runs. */
  readonly before: NetworkState | undefined;
}

const nothing: NetworkState = { version: 1, stacks: {}, cables: [] };

export const planLab = async (loaded: LoadedDesign): Promise<PlannedLab> => {
  const { lab, lowered } = loaded;
  const world = await worldOf(lab.name);
  const before = await world?.observe();
  const observed = runningMachines(await world?.status());
  const machines = { observed, desired: virtualMachines(loaded, observed) };
  return { world, before, plan: planChanges(before ?? nothing, lowered.state, machines) };
};
