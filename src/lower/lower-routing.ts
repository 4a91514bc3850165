/**
 * A machine that finds its routes together with others (OSPF): on networks where there are others of its kind it speaks to
 * them, of the rest it tells. It says nothing on `internet`, in tunnels and on interfaces without an address. By BGP it
 * speaks with those that the lab says.
 */
import { type LabBgp } from '../lab/lab-bgp.ts';
import { type Lab, type LabMachine, type LabNic } from '../lab/lab.ts';
import { segmentOf } from '../lab/segments.ts';
import { isToldByOspf, speakersOn, speaksOspf } from '../lab/ospf-domains.ts';
import { type BgpSpeaker } from '../state/bgp-speaker.ts';
import { type RoutedInterface, type RoutingDaemon } from '../state/routing-daemon.ts';
import { interfaceOf } from './names.ts';

const linkOf = (lab: Lab, nic: LabNic): RoutedInterface['link'] => {
  if (!speaksOspf(lab, nic)) return 'stub';
  const count = speakersOn(lab, segmentOf(lab, nic.network));
  return count < 2 ? 'stub' : count === 2 ? 'point-to-point' : 'broadcast';
};

/** Numbers of machines differ, and have 16 bits. */
const routerIdOf = ({ number }: LabMachine): string => `0.0.${number >> 8}.${number & 255}`;

const bgpSpeaker = ({ asNumber, announced, aggregates, isTransit, sessions }: LabBgp): BgpSpeaker => ({
  ...{ asNumber, announced, aggregates },
  ...(isTransit ? {} : { isStub: true }),
  sessions: sessions.map(({ with: _machine, ...session }) => session),
});

export const routingDaemon = (lab: Lab, machine: LabMachine): readonly RoutingDaemon[] => {
  const bgp = lab.bgp?.[machine.name];
  if (machine.routing === undefined && bgp === undefined) return [];
  const interfaces = machine.nics.flatMap((nic): readonly RoutedInterface[] =>
    nic.cost === undefined || !isToldByOspf(lab, nic)
      ? []
      : [{ name: interfaceOf(lab, machine.name, nic.name), cost: nic.cost, link: linkOf(lab, nic) }],
  );
  const speaker = bgp === undefined ? {} : { bgp: bgpSpeaker(bgp) };
  return [{ kind: 'routing-daemon', routerId: routerIdOf(machine), interfaces, ...speaker }];
};
