/**
 * A state as stages on the way to it: virtual machines of a lower start position are there, configured and settled,
 * before those of a higher one are started. Namespaces are there from the first stage on.
 */
import { type MachineWishes } from '../machines/guests-of.ts';
import { partOfState } from '../plan/part-of-state.ts';
import { type NetworkState } from '../state/network-state.ts';

/** `running`: machines that are there already, whatever their position. */
export const startStages = (
  desired: NetworkState,
  wishes: MachineWishes,
  running: { readonly has: (name: string) => boolean },
): readonly NetworkState[] => {
  const awaited = Object.entries(wishes).filter(([name]) => name in desired.stacks && !running.has(name));
  const positions = [...new Set(awaited.map(([, { start }]) => start))].sort((a, b) => a - b);
  const later = (name: string, position: number): boolean =>
    !running.has(name) && (wishes[name]?.start ?? position) > position;
  return [...positions.slice(0, -1).map((position) => partOfState(desired, (name) => !later(name, position))), desired];
};
