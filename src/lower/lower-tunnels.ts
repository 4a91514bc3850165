/**
 * The routing of a machine's tunnels: all packets of 6to4 and 6rd by one gateway, where that leads them back to its own
 * link, too. One that translates or filters does not; those behind it have no ends elsewhere that could answer them.
 */
import { type Lab, type LabMachine, type LabNic } from '../lab/lab.ts';
import { type Route, type Stack } from '../state/network-state.ts';
import { tunnelRouting, type TunnelRouting } from '../state/tunnel-routing.ts';
import { interfaceOf, networkOf } from './names.ts';

const gatewayMachine = (lab: Lab, { gateway4 }: LabNic): LabMachine | undefined =>
  Object.values(lab.machines).find(({ nics }) =>
    nics.some(({ addresses }) => addresses.some(({ address }) => address === gateway4)),
  );

const leadsBack = (lab: Lab, nic: LabNic): boolean => {
  const gateway = gatewayMachine(lab, nic);
  return (
    networkOf(lab, nic.network).mode !== 'nat' &&
    gateway?.nat === undefined &&
    (gateway?.firewall?.forward ?? 'allow') === 'allow'
  );
};

/** `routes`: those that the machine has without its tunnels. */
export const lowerTunnels = (
  lab: Lab,
  machine: LabMachine,
  interfaces: Stack['interfaces'],
  routes: readonly Route[],
): TunnelRouting => {
  const blind = new Set(
    machine.nics.filter((nic) => !leadsBack(lab, nic)).map((nic) => interfaceOf(lab, machine.name, nic.name)),
  );
  return tunnelRouting(
    interfaces,
    routes.filter(({ family, dev }) => family === 6 || dev === undefined || !blind.has(dev)),
  );
};
