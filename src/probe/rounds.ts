/**
 * Splits probes into rounds so that no round fills the kernel's neighbour tables, which are shared by all namespaces
 * of a machine. Each pair of machines on one link costs two entries (each learns the other), whatever the direction.
 */
import { type ProbeRequest } from './measurement.ts';

const pairOf = (probe: ProbeRequest): readonly [string, string] => {
  const target = probe.toStack ?? probe.address;
  return probe.from < target ? [probe.from, target] : [target, probe.from];
};

const entriesOf = (probe: ProbeRequest): readonly string[] => [
  `${probe.from}\n${probe.address}`,
  `${probe.toStack ?? ''}\n${probe.from}`,
];

export const roundsOf = (probes: readonly ProbeRequest[], budget: number): readonly (readonly ProbeRequest[])[] => {
  const keyed = probes.map((probe) => ({ probe, key: pairOf(probe).join('\n') }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.probe.id - b.probe.id));
  const rounds: ProbeRequest[][] = [];
  let current: ProbeRequest[] = [];
  let entries = { 4: new Set<string>(), 6: new Set<string>() };
  for (const { probe } of keyed) {
    for (const entry of entriesOf(probe)) entries[probe.family].add(entry);
    current.push(probe);
    if (Math.max(entries[4].size, entries[6].size) >= budget) {
      rounds.push(current);
      current = [];
      entries = { 4: new Set(), 6: new Set() };
    }
  }
  if (current.length > 0) rounds.push(current);
  return rounds;
};
