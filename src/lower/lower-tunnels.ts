/**
 * The routing of a machine's tunnels: all packets of 6to4 and 6rd by one gateway, where that leads them back to its own
 * link, too. One that translates or filters does not; those behind it have no ends elsewhere that could answer them.
 */
import { type Lab, type LabMachine, type LabNic } from '../lab/lab.ts';
import { type Route, type Stack } from '../state/network-state.ts';
import { tunnelRouting, type TunnelRouting } from '../state/tunnel-routing.ts';
import { interfaceOf, networkOf } from './names.ts';

/** What DHCP gives is no configuration, but where it will lead is known. */
const learnedGateway = (lab: Lab, { dhcp, network, ignoresRouters }: LabNic): string | undefined =>
  dhcp && ignoresRouters?.includes(4) !== true ? networkOf(lab, network).gateway4 : undefined;

const gatewayMachine = (lab: Lab, nic: LabNic): LabMachine | undefined => {
  const gateway = nic.gateway4 ?? learnedGateway(lab, nic);
  return Object.values(lab.machines).find(({ nics }) =>
    nics.some(({ addresses }) => addresses.some(({ address }) => address === gateway)),
  );
};

const leadsBack = (lab: Lab, nic: LabNic): boolean => {
  const gateway = gatewayMachine(lab, nic);
  return (
    networkOf(lab, nic.network).mode !== 'nat' &&
    gateway?.nat === undefined &&
    (gateway?.firewall?.forward ?? 'allow') === 'allow'
  );
};

/** The tunnels' own table has it before there is an address: `onlink`. */
const learnedDefaults = (lab: Lab, machine: LabMachine): readonly Route[] =>
  machine.nics.flatMap((nic): readonly Route[] => {
    const via = learnedGateway(lab, nic);
    const dev = interfaceOf(lab, machine.name, nic.name);
    if (via === undefined) return [];
    return [{ family: 4, to: '0.0.0.0/0', type: 'unicast', via, onlink: true, dev, metric: nic.metric, table: 254 }];
  });

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
  const all = [...routes, ...learnedDefaults(lab, machine)];
  return tunnelRouting(
    interfaces,
    all.filter(({ family, dev }) => family === 6 || dev === undefined || !blind.has(dev)),
  );
};
