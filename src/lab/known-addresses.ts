/** The addresses that a NIC has or will give itself, as far as the plan knows them: static, leased, self-assigned. */
import { printIp, type Family } from '../net/address.ts';
import { eui64 } from '../net/mac.ts';
import { prefix } from '../net/prefix.ts';
import { type Lab, type LabMachine, type LabNic } from './lab.ts';
import { leasesOf } from './leases.ts';

/** RFC 4862 with the identifier that the MAC gives. */
const selfAssigned = (lab: Lab, nic: LabNic): readonly string[] => {
  const ipv6 = lab.networks[nic.network]?.ipv6;
  return nic.slaac && ipv6 !== undefined ? [printIp(eui64(nic.mac, prefix(ipv6).value))] : [];
};

export const nicAddresses = (lab: Lab, nic: LabNic, family: Family): readonly string[] => [
  ...nic.addresses.filter((it) => it.family === family).map((it) => it.address),
  ...leasesOf(nic).flatMap((it) => (it.family === family ? [it.address] : [])),
  ...(family === 6 ? selfAssigned(lab, nic) : []),
];

/** In the order of the NICs, each once. */
export const knownAddresses = (lab: Lab, machine: LabMachine, family: Family): readonly string[] => [
  ...new Set(machine.nics.flatMap((nic) => nicAddresses(lab, nic, family))),
];
