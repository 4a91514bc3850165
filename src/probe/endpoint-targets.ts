/**
 * Who the ends of a policy or an expectation are, as machines that can send and addresses that can be asked.
 */
import { knownAddresses, nicAddresses } from '../lab/known-addresses.ts';
import { type Lab, type LabEndpoint, type LabMachine } from '../lab/lab.ts';
import { hearsRouters } from '../lab/leases.ts';
import { mainAddress } from '../lab/main-address.ts';
import { ip, type Family } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';

export interface Target {
  /** A machine, or the text of an address that nobody has. */
  readonly to: string;
  /** The stack that has the address. */
  readonly toStack?: string;
  readonly family: Family;
  readonly address: string;
  /** The address by which the end is known in its family. */
  readonly isMain: boolean;
  /** The file gives this very address. */
  readonly isGiven: boolean;
}

const linkOnly = [prefix('fe80::/10'), prefix('169.254.0.0/16')];
export const families = [4, 6] as const;

/** The addresses of a machine that are good beyond its links. */
export const globalAddresses = (lab: Lab, machine: LabMachine, family: Family): readonly string[] =>
  knownAddresses(lab, machine, family).filter((address) => !linkOnly.some((block) => containsIp(block, ip(address))));

/** Whether a machine will have any address of a family to send from. */
export const speaks = (lab: Lab, machine: LabMachine, family: Family): boolean =>
  globalAddresses(lab, machine, family).length > 0 ||
  machine.nics.some((nic) => (family === 4 ? nic.dhcp : hearsRouters(nic)));

export const targetsOf = (lab: Lab, machine: LabMachine): readonly Target[] =>
  families.flatMap((family) => {
    const addresses = globalAddresses(lab, machine, family);
    const main = mainAddress(lab, machine.name, family) ?? addresses[0];
    return addresses.map((address) => ({
      to: machine.name,
      toStack: machine.name,
      family,
      address,
      isMain: address === main,
      isGiven: false,
    }));
  });

/** Networks of whose subnet a NIC on `network` is a member: its own, and the one that it is bridged or proxied to. */
const isOn = (lab: Lab, network: string, wanted: string): boolean => {
  const own = lab.networks[network];
  const shares = own?.mode === 'bridged' || own?.mode === 'proxied';
  return network === wanted || (shares && own.uplink?.network === wanted);
};

/** The machines on a network, without the host that makes it, whose address there is that of the network's own router. */
const members = (lab: Lab, network: string): readonly LabMachine[] =>
  Object.values(lab.machines).filter((machine) =>
    machine.nics.some((nic) => nic.attachment === 'cable' && isOn(lab, nic.network, network)),
  );

/** A member of a network is asked at its addresses there, the first of which it is known by. */
const memberTargets = (lab: Lab, network: string): readonly Target[] =>
  members(lab, network).flatMap((machine) => {
    const nics = machine.nics.filter((nic) => nic.attachment === 'cable' && isOn(lab, nic.network, network));
    const there = new Set(families.flatMap((family) => nics.flatMap((nic) => nicAddresses(lab, nic, family))));
    const targets = targetsOf(lab, machine).filter(({ address }) => there.has(address));
    return targets.map((target) => ({
      ...target,
      isMain: targets.find(({ family }) => family === target.family)?.address === target.address,
    }));
  });

const internetMachines = (lab: Lab): readonly LabMachine[] =>
  Object.values(lab.machines).filter(({ role }) => role === 'internet');

const addressTargets = (lab: Lab, family: Family, address: string): readonly Target[] => {
  const owners = Object.values(lab.machines).filter((machine) =>
    knownAddresses(lab, machine, family).includes(address),
  );
  if (owners.length === 0) return [{ to: address, family, address, isMain: true, isGiven: true }];
  return owners
    .slice(0, 1)
    .map(({ name }) => ({ to: name, toStack: name, family, address, isMain: true, isGiven: true }));
};

/** The machines that an end names as senders. */
export const senders = (lab: Lab, endpoint: LabEndpoint): readonly LabMachine[] => {
  const all = Object.values(lab.machines);
  switch (endpoint.kind) {
    case 'any':
      return all;
    case 'internet':
      return internetMachines(lab);
    case 'machine':
      return all.filter(({ name }) => name === endpoint.name);
    case 'network':
      return members(lab, endpoint.name);
    case 'address':
      return all.filter((machine) => knownAddresses(lab, machine, endpoint.family).includes(endpoint.address));
    case 'prefix':
      return all.filter((machine) =>
        knownAddresses(lab, machine, endpoint.family).some((it) => containsIp(prefix(endpoint.prefix), ip(it))),
      );
  }
};

/** The addresses that an end names as destinations. */
export const destinations = (lab: Lab, endpoint: LabEndpoint): readonly Target[] => {
  const all = Object.values(lab.machines);
  switch (endpoint.kind) {
    case 'any':
      return all.flatMap((machine) => targetsOf(lab, machine));
    case 'internet':
      return internetMachines(lab).flatMap((machine) => targetsOf(lab, machine));
    case 'machine':
      return all.filter(({ name }) => name === endpoint.name).flatMap((machine) => targetsOf(lab, machine));
    case 'network':
      return memberTargets(lab, endpoint.name);
    case 'address':
      return addressTargets(lab, endpoint.family, endpoint.address);
    case 'prefix': {
      const block = prefix(endpoint.prefix);
      return all
        .flatMap((machine) => targetsOf(lab, machine))
        .filter(({ address }) => containsIp(block, ip(address)))
        .map((target) => ({ ...target, isMain: true }));
    }
  }
};
