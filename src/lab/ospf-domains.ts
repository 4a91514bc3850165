/** Where OSPF is spoken: on segments with two machines that have it at least, unless these are of different ASes. */
import { type Lab, type LabMachine, type LabNic } from './lab.ts';
import { oncePerLab } from './once-per-lab.ts';
import { segmentOf } from './segments.ts';

type Machines = Pick<Lab, 'networks' | 'machines' | 'bgp'>;

const hasAddress = ({ addresses, dhcp, dhcp6, slaac }: LabNic): boolean =>
  addresses.length > 0 || dhcp || dhcp6 || slaac;

/** Whether a machine's routing daemon tells of what is on a NIC: of none on `internet`, and of none without an address. */
export const isToldByOspf = ({ networks }: Pick<Lab, 'networks'>, nic: LabNic): boolean =>
  nic.cost !== undefined && networks[nic.network]?.kind !== 'internet' && hasAddress(nic);

/** Whether it would hear others there, too: in tunnels nobody speaks. */
export const speaksOspf = (lab: Pick<Lab, 'networks'>, nic: LabNic): boolean =>
  isToldByOspf(lab, nic) && nic.tunnel === undefined && nic.wireguard === undefined;

/** Who speaks on a segment, once for each interface. */
type Speakers = readonly LabMachine[];

const speakersBySegment = oncePerLab((lab: Machines): ReadonlyMap<string, Speakers> => {
  const bySegment = new Map<string, LabMachine[]>();
  for (const machine of Object.values(lab.machines))
    for (const nic of machine.nics) {
      if (!speaksOspf(lab, nic)) continue;
      const segment = segmentOf(lab, nic.network);
      const there = bySegment.get(segment);
      if (there === undefined) bySegment.set(segment, [machine]);
      else there.push(machine);
    }
  const isSpoken = (there: Speakers): boolean => {
    const systems = new Set(there.flatMap(({ name }) => lab.bgp?.[name]?.asNumber ?? []));
    return there.length > 1 && systems.size < 2;
  };
  return new Map([...bySegment].filter(([, there]) => isSpoken(there)));
});

/** How many interfaces of machines that have OSPF are on a segment and speak there; 0 or at least two. */
export const speakersOn = (lab: Machines, segment: string): number => speakersBySegment(lab).get(segment)?.length ?? 0;

/** By the name of a machine those that it hears by OSPF, over others or not, itself among them; each of them has the same list. */
const domains = oncePerLab((lab: Machines): ReadonlyMap<string, Speakers> => {
  const bySegment = speakersBySegment(lab);
  const found = new Map<string, Speakers>();
  for (const first of Object.values(lab.machines)) {
    if (first.routing === undefined || found.has(first.name)) continue;
    const heard = new Set([first]);
    for (const { nics } of heard)
      for (const nic of nics.filter((each) => speaksOspf(lab, each)))
        for (const next of bySegment.get(segmentOf(lab, nic.network)) ?? []) heard.add(next);
    const domain = [...heard];
    for (const { name } of domain) found.set(name, domain);
  }
  return found;
});

/** The machines that hear each other by OSPF, over others or not: the one that is asked about among them. */
export const ospfDomain = (lab: Machines, { name }: LabMachine): Speakers => domains(lab).get(name) ?? [];

export const isInOneDomain = (lab: Machines, one: LabMachine, other: LabMachine): boolean => {
  const domain = domains(lab).get(one.name);
  return domain !== undefined && domain === domains(lab).get(other.name);
};
