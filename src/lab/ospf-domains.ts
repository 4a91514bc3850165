/** Where OSPF is spoken: on segments with two machines that have it at least, unless these are of different ASes. */
import { type Lab, type LabMachine } from './lab.ts';
import { segmentOf } from './segments.ts';

type Machines = Pick<Lab, 'networks' | 'machines' | 'bgp'>;

/** How many interfaces of machines that have OSPF are on a segment and speak there; 0 or at least two. */
export const speakersOn = (lab: Machines, segment: string): number => {
  const there = Object.values(lab.machines).flatMap(({ name, routing, nics }) =>
    routing === undefined
      ? []
      : nics.filter(({ network }) => segmentOf(lab, network) === segment).map(() => lab.bgp?.[name]?.asNumber),
  );
  const systems = new Set(there.filter((asNumber) => asNumber !== undefined));
  return there.length < 2 || systems.size > 1 ? 0 : there.length;
};

/** The machines that hear each other by OSPF, over others or not: the one that is asked about among them. */
export const ospfDomain = (lab: Machines, { name, routing }: LabMachine): readonly LabMachine[] => {
  if (routing === undefined) return [];
  const bySegment = new Map<string, string[]>();
  const segmentsOf = (machine: LabMachine): readonly string[] =>
    machine.nics.filter(({ tunnel }) => tunnel === undefined).map(({ network }) => segmentOf(lab, network));
  for (const machine of Object.values(lab.machines))
    if (machine.routing !== undefined)
      for (const segment of new Set(segmentsOf(machine))) {
        const there = bySegment.get(segment) ?? [];
        there.push(machine.name);
        bySegment.set(segment, there);
      }
  const found = new Set([name]);
  for (const each of found) {
    const machine = lab.machines[each];
    for (const segment of machine === undefined ? [] : segmentsOf(machine))
      if (speakersOn(lab, segment) > 0) for (const next of bySegment.get(segment) ?? []) found.add(next);
  }
  return [...found].flatMap((each) => lab.machines[each] ?? []);
};
