/** Draft machines to placed ones: each wish becomes the address that was written or found for it. */
import { printIp, type Family } from '../net/address.ts';
import { advertiserFor, type Advertisers } from './advertisers.ts';
import { planPorts, type ConsolePorts } from './console-ports.ts';
import { acceptedAt, type Context, type Prefixes } from './context.ts';
import { dhcpFor, type DhcpPlans } from './dhcp-servers.ts';
import { families, nicKey, type DraftNic, type Wish } from './draft.ts';
import { findPlaces } from './find-places.ts';
import { type LabAddress, type LabBond } from './lab.ts';
import { planMacs, type Macs } from './mac-addresses.ts';
import { planNumbers, type Numbers } from './machine-numbers.ts';
import { omitAbsent } from './omit-absent.ts';
import { type Placed, type PlacedMachine, type PlacedNic } from './placed.ts';
import { Places } from './places.ts';
import { addressNetwork, suitsNumber, takeKept, type NicPlaces } from './planned-addresses.ts';
import { placeShared } from './shared-addresses.ts';
import { placeWritten, type Written } from './written-addresses.ts';

export interface Placement {
  readonly placed: Placed;
  readonly numbers: Numbers;
  readonly ports: ConsolePorts;
  readonly found: NicPlaces;
  readonly macs: Macs;
}

interface Decided {
  readonly context: Context;
  readonly places: Places;
  readonly written: Written;
  readonly found: NicPlaces;
  readonly dhcp: DhcpPlans;
  readonly advertisers: Advertisers;
  readonly macs: Macs;
}

export const placeMachines = (
  context: Context,
  prefixes: Prefixes,
  dhcp: DhcpPlans,
  advertisers: Advertisers,
): Placement => {
  const places = new Places(context, prefixes);
  const written = placeWritten(context, places);
  const shared = placeShared(context, places);
  const kept = takeKept(context, places, dhcp);
  const numbers = planNumbers(context, (machine, number) => suitsNumber(context, places, dhcp, machine, number));
  const found = findPlaces(context, places, dhcp, numbers, kept);
  const macs = planMacs(context, numbers);
  const decided = { context, places, written, found, dhcp, advertisers, macs };
  const machines = new Map<string, PlacedMachine>();
  for (const machine of context.draft.machines.values())
    machines.set(machine.name, {
      draft: machine,
      number: numbers.get(machine.name) ?? 0,
      nics: machine.nics.map((nic) => placeNic(decided, nic)),
    });
  const ports = planPorts(context, numbers);
  return { placed: { draft: context.draft, prefixes, machines, shared }, numbers, ports, found, macs };
};

const placeNic = (decided: Decided, nic: DraftNic): PlacedNic => {
  const { context, dhcp, advertisers } = decided;
  const asks = nic.wishes[4].find((wish) => wish.kind === 'dhcp');
  const server = asks === undefined ? undefined : dhcpFor(context, dhcp, nic);
  if (asks !== undefined && server === undefined)
    context.findings.warning(
      'dhcp-without-server',
      `\`${nic.machine}\` asks for an address on \`${nic.network}\`, and no DHCP server of the lab answers there`,
      asks.at,
      {
        accept: acceptedAt(context.draft, nic),
        help: `give \`${nic.network}\` a server with \`dhcp:\`, or \`${nic.machine}\` a written address`,
      },
    );
  const isAdvertised = advertiserFor(context, advertisers, nic) !== undefined;
  return omitAbsent({
    draft: nic,
    mac: decided.macs.get(nicKey(nic)) ?? '',
    bond: nic.bond && { ...nic.bond, members: membersWithMacs(decided, nic) },
    addresses: families.flatMap((family) =>
      nic.wishes[family].flatMap((wish) => addressFor(decided, nic, family, wish) ?? []),
    ),
    dhcp: asks !== undefined,
    lease: server === undefined ? undefined : planned(decided, nic, 4),
    slaac: nic.wishes[6].some((wish) => wish.kind === 'slaac' && (isAdvertised || !wish.onlyWhereAdvertised)),
    server,
  });
};

const membersWithMacs = ({ macs }: Decided, { machine, bond }: DraftNic): LabBond['members'] =>
  (bond?.members ?? []).map((name) => ({ name, mac: macs.get(nicKey({ machine, name })) ?? '' }));

const addressFor = (decided: Decided, nic: DraftNic, family: Family, wish: Wish): LabAddress | undefined =>
  wish.kind === 'auto' && !(family === 4 && nic.wishes[4].some((other) => other.kind === 'dhcp'))
    ? planned(decided, nic, family)
    : decided.written.get(wish);

const planned = (decided: Decided, nic: DraftNic, family: Family): LabAddress | undefined => {
  const { context, dhcp, places } = decided;
  const host = decided.found.get(nicKey(nic))?.[family];
  const network = addressNetwork(context, dhcp, nic);
  if (host === undefined) return undefined;
  const block = places.prefixesOf(network)[family];
  const address = places.address(network, family, host);
  if (block === undefined || address === undefined) return undefined;
  return { family, address: printIp(address), prefixLength: block.length };
};
