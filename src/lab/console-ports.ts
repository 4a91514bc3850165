/**
 * Gives every machine a pair of ports, console and monitor, from the free range: guests from its bottom, outside
 * machines from its top, hosts from three quarters up; so the pair follows from the number where the range allows.
 */
import { lockedMachine, type Context } from './context.ts';
import { type DraftMachine } from './draft.ts';
import { firstOfRow, type Numbers } from './machine-numbers.ts';

/** The console port; the monitor has the next one. */
export type ConsolePorts = ReadonlyMap<string, number>;

const defaultRange: readonly [number, number] = [20000, 29999];

export const planPorts = (context: Context, numbers: Numbers): ConsolePorts => {
  const { spec, draft, lock, findings } = context;
  const [low, high] = spec.data.addressing?.ports ?? defaultRange;
  const slots = Math.max(0, Math.floor((high - low + 1) / 2));
  const ports = new Map<string, number>();
  const taken = new Set<number>();
  const give = (machine: DraftMachine, port: number): void => {
    ports.set(machine.name, port);
    taken.add(port);
  };
  const machines = [...draft.machines.values()];
  if (slots < machines.length) {
    findings.error(
      'ports-exhausted',
      `the range ${low} to ${high} has ports for ${slots} machines, ${machines.length} need two each`,
      spec.source.spanOf(['addressing', 'ports']),
      { help: `widen it: \`addressing: { ports: [${low}, ${Math.min(65535, low + 4 * machines.length)}] }\`` },
    );
    return ports;
  }
  for (const [name, kept] of Object.entries(lock?.machines ?? {}))
    if (!draft.machines.has(name)) taken.add(kept.console);
  for (const machine of machines) {
    const kept = lockedMachine(lock, machine.name)?.console;
    const isInRange = kept !== undefined && kept >= low && kept + 1 <= high;
    // Any two pairs are told apart by their first port only if all begin at the same parity as the range.
    if (isInRange && (kept - low) % 2 === 0 && !taken.has(kept)) give(machine, kept);
  }
  for (const machine of machines) {
    if (ports.has(machine.name)) continue;
    const wanted = slotOf(machine, numbers.get(machine.name) ?? 1, slots);
    let slot = wanted;
    if (taken.has(low + 2 * slot)) {
      slot = Math.floor(slots / 2);
      for (let tried = 0; tried < slots && taken.has(low + 2 * slot); tried += 1) slot = (slot + 1) % slots;
    }
    give(machine, low + 2 * slot);
  }
  return ports;
};

const slotOf = (machine: DraftMachine, number: number, slots: number): number => {
  const isWritten = machine.number !== undefined || machine.role === 'guest';
  if (isWritten) return (number - 1) % slots;
  const below = firstOfRow[machine.role] - number;
  const top =
    machine.role === 'host' ? Math.floor((slots * 3) / 4) : machine.role === 'outside' ? slots - 2 : slots - 1;
  return (((top - below) % slots) + slots) % slots;
};
