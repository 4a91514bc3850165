/**
 * Which addresses of a machine others use: those who ask a name server from some network, and those outside of the lab.
 */
import { ip, type Family } from '../net/address.ts';
import { prefixOf } from '../net/prefix.ts';
import { isPublic } from './internet.ts';
import { nicAddresses } from './known-addresses.ts';
import { type Lab, type LabMachine, type LabNic } from './lab.ts';
import { mainAddress } from './main-address.ts';
import { segmentOf } from './segments.ts';

const known = (lab: Lab, nic: LabNic, family: Family): readonly string[] =>
  nicAddresses(lab, nic, family).filter((address) => !address.startsWith('fe80:'));

/** The address by which the members of a network reach a machine: on their wire where it has one there. */
export const addressFrom = (lab: Lab, network: string, machine: string, family: Family): string | undefined => {
  const nics = lab.machines[machine]?.nics ?? [];
  const near = nics.filter((nic) => segmentOf(lab, nic.network) === segmentOf(lab, network));
  return (
    near.flatMap((nic) => known(lab, nic, family))[0] ??
    mainAddress(lab, machine, family) ??
    nics.flatMap((nic) => known(lab, nic, family))[0]
  );
};

const publishedAddresses = (lab: Lab, machine: string, family: Family): readonly string[] =>
  Object.values(lab.networks).flatMap(({ publish }) =>
    publish.filter((it) => it.machine === machine && it.family === family).map(({ outer }) => outer),
  );

const isOutside = (lab: Lab, nic: LabNic): boolean => {
  const { kind, uplink } = lab.networks[nic.network] ?? {};
  return kind === 'outside' || kind === 'internet' || uplink !== undefined;
};

const isRouted = (address: string): boolean => isPublic(prefixOf(ip(address), ip(address).family === 4 ? 32 : 128));

/** By which addresses those outside reach a machine: published ones, those on outside networks, and public ones. */
export const outsideAddresses = (lab: Lab, machine: LabMachine, family: Family): readonly string[] => {
  const published = publishedAddresses(lab, machine.name, family);
  const outer = machine.nics.filter((nic) => isOutside(lab, nic)).flatMap((nic) => known(lab, nic, family));
  const all = machine.nics.flatMap((nic) => known(lab, nic, family));
  const found = [published, outer, all.filter(isRouted)].find(({ length }) => length > 0) ?? [];
  return [...new Set(found)].slice(0, 1);
};
