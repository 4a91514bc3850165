/** Where DHCP servers and relays stand: the NIC and the address by which they are asked. */
import { ip, type Family } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { type Lab, type LabDhcp, type LabMachine, type LabNetwork } from './lab.ts';
import { segmentOf } from './segments.ts';

export interface DhcpEnd {
  readonly nic: string;
  readonly address: string;
}

export const dhcpOf = (network: LabNetwork, family: Family): LabDhcp | undefined =>
  family === 4 ? network.dhcp : network.dhcp6;

interface Fixed extends DhcpEnd {
  readonly wire: string;
}

/** Addresses that a machine has by itself, beyond the link. */
const fixedAddresses = (lab: Lab, machine: LabMachine, family: Family): readonly Fixed[] =>
  machine.nics.flatMap((nic) =>
    nic.addresses
      .filter((one) => one.family === family && !one.address.startsWith('fe80:'))
      .map(({ address }) => ({ nic: nic.name, address, wire: segmentOf(lab, nic.network) })),
  );

/** Where a machine is asked by the members of a network themselves. */
export const endOn = (lab: Lab, network: LabNetwork, machine: string, family: Family): DhcpEnd | undefined => {
  const block = family === 4 ? network.ipv4 : network.ipv6;
  const found = lab.machines[machine];
  if (found === undefined || block === undefined) return undefined;
  return fixedAddresses(lab, found, family).find(
    ({ address, wire }) => wire === segmentOf(lab, network.name) && containsIp(prefix(block), ip(address)),
  );
};

/** Where a relay asks a server: on a network that both are on, else at the first address of the server. */
const endBeyond = (
  lab: Lab,
  network: LabNetwork,
  relay: string,
  server: string,
  family: Family,
): DhcpEnd | undefined => {
  const [asking, asked] = [lab.machines[relay], lab.machines[server]];
  if (asked === undefined) return undefined;
  const near = new Set(asking?.nics.map((nic) => segmentOf(lab, nic.network)));
  const all = fixedAddresses(lab, asked, family).filter(({ wire }) => wire !== segmentOf(lab, network.name));
  return all.find(({ wire }) => near.has(wire)) ?? all[0];
};

/** Where the questions of a network come to one of its servers. */
export const serverEnd = (lab: Lab, network: LabNetwork, server: string, family: Family): DhcpEnd | undefined => {
  const [relay] = dhcpOf(network, family)?.relays ?? [];
  return relay === undefined ? endOn(lab, network, server, family) : endBeyond(lab, network, relay, server, family);
};
