/**
 * The machines that are started again on the way from one state to another: those that become virtual or cease to be,
 * whose hardware changes, or that get or lose a NIC and have no slots for that. A NIC is what a cable of a virtual machine
 * ends at.
 */
import { type Cable, type NetworkState } from '../state/network-state.ts';
import { sameValue, spellingOf } from './compare.ts';
import { type VirtualMachine } from '../state/virtual-machine.ts';
import { type MachineChange } from './plan.ts';

const cablesOf = (cables: readonly Cable[], stack: string): readonly string[] =>
  cables
    .filter(({ a, b }) => a.stack === stack || b.stack === stack)
    .map(spellingOf)
    .sort();

const hasRoom = (machine: VirtualMachine | undefined, cards: number): boolean => cards <= (machine?.cardSlots ?? 0);

/** None where there are no virtual machines, which is the usual case. */
export const restartedMachines = (
  observed: NetworkState,
  desired: NetworkState,
  machines: MachineChange,
): ReadonlySet<string> => {
  const virtual = new Set([...Object.keys(machines.observed), ...Object.keys(machines.desired)]);
  const stays = (stack: string): boolean =>
    sameValue(machines.observed[stack], machines.desired[stack]) &&
    (hasRoom(machines.desired[stack], cablesOf(desired.cables, stack).length) ||
      sameValue(cablesOf(observed.cables, stack), cablesOf(desired.cables, stack)));
  return new Set([...virtual].filter((stack) => stack in observed.stacks && stack in desired.stacks && !stays(stack)));
};
