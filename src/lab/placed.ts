/** Machines with their addresses: what gateways, routes, policies and checks look things up in. */
import { ip, printIp, type Family, type Ip } from '../net/address.ts';
import { containsIp, prefixOf, type Prefix } from '../net/prefix.ts';
import { type Prefixes } from './context.ts';
import { type DhcpPlan } from './dhcp-servers.ts';
import { type Draft, type DraftMachine, type DraftNic } from './draft.ts';
import { type LabAddress, type LabBond } from './lab.ts';
import { leasesOf } from './leases.ts';
import { isLinkLocal } from './places.ts';
import { type SharedPlans } from './shared-addresses.ts';

export interface PlacedNic {
  readonly draft: DraftNic;
  readonly mac: string;
  readonly bond?: LabBond;
  readonly addresses: readonly LabAddress[];
  readonly dhcp: boolean;
  readonly lease?: LabAddress;
  readonly slaac: boolean;
  readonly dhcp6: boolean;
  readonly lease6?: LabAddress;
  /** The server that answers its DHCP requests. */
  readonly server?: DhcpPlan;
}

export interface PlacedMachine {
  readonly draft: DraftMachine;
  readonly number: number;
  readonly nics: readonly PlacedNic[];
}

export interface Placed {
  readonly draft: Draft;
  readonly prefixes: Prefixes;
  readonly machines: ReadonlyMap<string, PlacedMachine>;
  readonly shared: SharedPlans;
}

export const segmentOf = (draft: Draft, network: string): string => draft.networks.get(network)?.segment ?? network;

/** Addresses that a NIC will have for sure, lease included, primary first. */
export const addressesOf = (nic: PlacedNic, family: Family): readonly LabAddress[] =>
  [...nic.addresses, ...leasesOf(nic)].filter((address) => address.family === family);

/** The subnets that a NIC is on. */
export const subnetsOf = (nic: PlacedNic, family: Family): readonly Prefix[] =>
  addressesOf(nic, family).map((address) => prefixOf(ip(address.address), address.prefixLength));

export const isOnLink = (nic: PlacedNic, address: Ip): boolean =>
  (isLinkLocal(address) && address.family === 6) ||
  subnetsOf(nic, address.family).some((block) => containsIp(block, address));

/** The address that others on a wire reach a machine at, one in `preferred` first; link-local ones as a last resort. */
export const addressOnWire = (
  placed: Placed,
  machine: string,
  segment: string,
  family: Family,
  preferred: readonly Prefix[],
): Ip | undefined => {
  const nics = placed.machines.get(machine)?.nics ?? [];
  const all = nics
    .filter((nic) => segmentOf(placed.draft, nic.draft.network) === segment)
    .flatMap((nic) => addressesOf(nic, family))
    .map((address) => ip(address.address));
  const usable = all.filter((address) => !isLinkLocal(address));
  return usable.find((address) => preferred.some((block) => containsIp(block, address))) ?? usable[0] ?? all[0];
};

/** The machine that has a shared address by default. */
const sharerOf = ({ draft, shared, machines }: Placed, segment: string, address: Ip): PlacedMachine | undefined => {
  const onWire = [...shared].flatMap(([network, plans]) => (segmentOf(draft, network) === segment ? plans : []));
  const plan = onWire.find(({ addresses }) => addresses.some((one) => one.address === printIp(address)));
  return machines.get(plan?.members[0]?.machine ?? '');
};

/** The machine on a wire that has an address. */
export const ownerOf = (placed: Placed, segment: string, address: Ip): PlacedMachine | undefined =>
  sharerOf(placed, segment, address) ??
  [...placed.machines.values()].find((machine) =>
    machine.nics.some(
      (nic) =>
        segmentOf(placed.draft, nic.draft.network) === segment &&
        addressesOf(nic, address.family).some((one) => ip(one.address).value === address.value),
    ),
  );
