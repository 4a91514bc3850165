/**
 * A machine that finds its routes together with others (OSPF): on networks where there are others of its kind it speaks to
 * them, of the rest it tells. It says nothing on `internet`, in tunnels and on interfaces without an address.
 */
import { type Lab, type LabMachine, type LabNic } from '../lab/lab.ts';
import { segmentOf } from '../lab/segments.ts';
import { type RoutedInterface, type RoutingDaemon } from '../state/routing-daemon.ts';
import { interfaceOf } from './names.ts';

/** How many interfaces of machines that find routes are on the segment of a NIC. */
const speakersOn = (lab: Lab, { network }: LabNic): number => {
  const segment = segmentOf(lab, network);
  return Object.values(lab.machines).reduce(
    (count, { routing, nics }) =>
      routing === undefined ? count : count + nics.filter((nic) => segmentOf(lab, nic.network) === segment).length,
    0,
  );
};

const linkOf = (lab: Lab, nic: LabNic): RoutedInterface['link'] => {
  if (nic.tunnel !== undefined) return 'stub';
  const count = speakersOn(lab, nic);
  return count < 2 ? 'stub' : count === 2 ? 'point-to-point' : 'broadcast';
};

const hasAddress = ({ addresses, dhcp, dhcp6, slaac }: LabNic): boolean =>
  addresses.length > 0 || dhcp || dhcp6 || slaac;

/** Numbers of machines differ, and have 16 bits. */
const routerIdOf = ({ number }: LabMachine): string => `0.0.${number >> 8}.${number & 255}`;

export const routingDaemon = (lab: Lab, machine: LabMachine): readonly RoutingDaemon[] => {
  if (machine.routing === undefined) return [];
  const interfaces = machine.nics.flatMap((nic): readonly RoutedInterface[] =>
    nic.cost === undefined || lab.networks[nic.network]?.kind === 'internet' || !hasAddress(nic)
      ? []
      : [{ name: interfaceOf(lab, machine.name, nic.name), cost: nic.cost, link: linkOf(lab, nic) }],
  );
  return [{ kind: 'routing-daemon', routerId: routerIdOf(machine), interfaces }];
};
