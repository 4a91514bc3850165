/** The links that two machines could speak BGP over: a segment that both are on, with addresses of a family in one subnet. */
import { ip, isLinkLocal6, type Family } from '../net/address.ts';
import { prefix, prefixOf, printPrefix } from '../net/prefix.ts';
import { families } from './draft.ts';
import { type Lab, type LabMachine, type LabNic } from './lab.ts';
import { nicAddresses } from './known-addresses.ts';
import { oncePerLab } from './once-per-lab.ts';
import { isInOneDomain, speakersOn, speaksOspf } from './ospf-domains.ts';
import { segmentOf } from './segments.ts';

export interface BgpLink {
  readonly family: Family;
  readonly from: { readonly network: string; readonly address: string };
  readonly to: { readonly network: string; readonly address: string };
  /** Other routers are between. */
  readonly isMultihop?: true;
}

const isGlobal = (family: Family, address: string): boolean => family === 4 || !isLinkLocal6(ip(address).value);

/** Addresses of a NIC beyond the link, each with its subnet. */
const placesOf = (lab: Lab, nic: LabNic, family: Family): readonly (readonly [address: string, subnet: string])[] => {
  const { ipv4, ipv6 } = lab.networks[nic.network] ?? {};
  const usual = family === 4 ? ipv4 : ipv6;
  return nicAddresses(lab, nic, family)
    .filter((address) => isGlobal(family, address))
    .flatMap((address) => {
      const length = nic.addresses.find((own) => own.address === address)?.prefixLength;
      // Addresses of DHCPv6 are 128 bits long, and their subnet is none of the interface's.
      if (length === undefined && (usual === undefined || nic.lease6?.address === address)) return [];
      const subnet = prefixOf(ip(address), length ?? prefix(usual ?? '').length);
      return [[address, printPrefix(subnet)] as const];
    });
};

const linkedNics = (lab: Lab, { nics }: LabMachine): readonly LabNic[] =>
  nics.filter(({ network }) => lab.networks[network]?.kind !== 'internet');

/** The subnets that a machine has on its links, those of `internet` left out. */
export const subnetsOf = (lab: Lab, machine: LabMachine): readonly string[] => [
  ...new Set(
    linkedNics(lab, machine).flatMap((nic) =>
      families.flatMap((family) => placesOf(lab, nic, family).map(([, subnet]) => subnet)),
    ),
  ),
];

const linkBetween = (lab: Lab, family: Family, from: LabNic, to: LabNic): BgpLink | undefined => {
  const theirs = placesOf(lab, to, family);
  for (const [address, subnet] of placesOf(lab, from, family)) {
    const [far] = theirs.find(([, other]) => other === subnet) ?? [];
    if (far !== undefined)
      return { family, from: { network: from.network, address }, to: { network: to.network, address: far } };
  }
  return undefined;
};

/** The segments over which a machine could speak BGP: not `internet`. */
export const bgpSegments = (lab: Lab, machine: LabMachine): readonly string[] => [
  ...new Set(linkedNics(lab, machine).map(({ network }) => segmentOf(lab, network))),
];

/** One of a family for each pair of NICs on one segment; none on `internet`. */
export const bgpLinks = (lab: Lab, from: LabMachine, to: LabMachine): readonly BgpLink[] =>
  linkedNics(lab, from).flatMap((near) =>
    linkedNics(lab, to)
      .filter((far) => segmentOf(lab, far.network) === segmentOf(lab, near.network))
      .flatMap((far) => families.flatMap((family) => linkBetween(lab, family, near, far) ?? [])),
  );

/** The address by which others inside an AS know a router: on a network where OSPF is spoken, if it can be. */
const findInside = (lab: Lab, { nics }: LabMachine, family: Family): BgpLink['from'] | undefined => {
  const told = nics.filter(({ cost, network }) => cost !== undefined && lab.networks[network]?.kind !== 'internet');
  const isSpoken = (nic: LabNic): boolean => speaksOspf(lab, nic) && speakersOn(lab, segmentOf(lab, nic.network)) > 0;
  for (const nic of [...told.filter(isSpoken), ...told]) {
    const [address] = placesOf(lab, nic, family)[0] ?? [];
    if (address !== undefined) return { network: nic.network, address };
  }
  return undefined;
};

/** By the name of a machine. */
const insideAddresses = oncePerLab(() => new Map<string, readonly (BgpLink['from'] | undefined)[]>());

const addressesInside = (lab: Lab, machine: LabMachine): readonly (BgpLink['from'] | undefined)[] => {
  const known = insideAddresses(lab);
  const found = known.get(machine.name) ?? families.map((family) => findInside(lab, machine, family));
  known.set(machine.name, found);
  return found;
};

/** Between two routers of one AS that find each other by OSPF: one of each family. */
export const bgpAcross = (lab: Lab, from: LabMachine, to: LabMachine): readonly BgpLink[] =>
  !isInOneDomain(lab, from, to)
    ? []
    : families.flatMap((family, index): readonly BgpLink[] => {
        const [near, far] = [addressesInside(lab, from)[index], addressesInside(lab, to)[index]];
        return near === undefined || far === undefined ? [] : [{ family, from: near, to: far, isMultihop: true }];
      });
