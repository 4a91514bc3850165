/**
 * A loaded design against what runs: the changes between them, and the door to the running lab where there is one.
 */
import { planChanges } from '../plan/plan-changes.ts';
import { type Plan, type VirtualMachines } from '../plan/plan.ts';
import { type NetworkState } from '../state/network-state.ts';
import { worldOf, type World } from '../world/client.ts';
import { type WorldStatus } from '../world/protocol.ts';
import { type LoadedDesign } from './load-design.ts';
import { virtualMachines } from './virtual-machines.ts';

export interface PlannedLab {
  readonly plan: Plan;
  /** The running lab; the caller closes it. */
  readonly world: World | undefined;
  /** What runs. */
  readonly before: NetworkState | undefined;
}

const nothing: NetworkState = { version: 1, stacks: {}, cables: [] };

const runningMachines = (status: WorldStatus | undefined): VirtualMachines =>
  Object.fromEntries(
    (status?.machines ?? []).flatMap(({ machine, hardware }) => (hardware === null ? [] : [[machine, hardware]])),
  );

export const planLab = async ({ lab, lowered }: LoadedDesign): Promise<PlannedLab> => {
  const world = await worldOf(lab.name);
  const before = await world?.observe();
  const machines = { observed: runningMachines(await world?.status()), desired: virtualMachines(lab) };
  return { world, before, plan: planChanges(before ?? nothing, lowered.state, machines) };
};
