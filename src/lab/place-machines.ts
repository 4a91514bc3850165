/** Draft machines to placed ones: each wish becomes the address that was written or found for it. */
import { printIp, type Family } from '../net/address.ts';
import { advertiserFor, type Advertisers } from './advertisers.ts';
import { planPorts, type ConsolePorts } from './console-ports.ts';
import { acceptedAt, type Context, type Prefixes } from './context.ts';
import { askedFamilies, dhcpFor, type DhcpPlan, type DhcpPlans } from './dhcp-servers.ts';
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
  const asked = askedFamilies(context, dhcp, nic);
  const serverIn = (family: Family): DhcpPlan | undefined =>
    asked.includes(family) ? dhcpFor(context, dhcp, nic, family) : undefined;
  const [server, server6] = [serverIn(4), serverIn(6)];
  for (const family of asked) if (serverIn(family) === undefined) tellUnserved(context, nic, family);
  const advertiser = advertiserFor(context, advertisers, nic);
  if (advertiser?.isOnLinkOnly === true) tellNotAutonomous(context, nic);
  const isAdvertised = advertiser?.isOnLinkOnly === false;
  return omitAbsent({
    draft: nic,
    mac: decided.macs.get(nicKey(nic)) ?? '',
    bond: nic.bond && { ...nic.bond, members: membersWithMacs(decided, nic) },
    addresses: families.flatMap((family) =>
      nic.wishes[family].flatMap((wish) => addressFor(decided, nic, family, wish) ?? []),
    ),
    dhcp: asked.includes(4),
    lease: server === undefined ? undefined : planned(decided, nic, 4),
    dhcp6: asked.includes(6),
    lease6: server6 === undefined ? undefined : planned(decided, nic, 6),
    // `address: dhcp` has one way to an IPv6 address: who is given one makes none.
    slaac: nic.wishes[6].some(
      (wish) => wish.kind === 'slaac' && (wish.onlyWhereAdvertised ? isAdvertised && !asked.includes(6) : true),
    ),
    server,
  });
};

const tellNotAutonomous = (context: Context, nic: DraftNic): void => {
  const wish = nic.wishes[6].find((one) => one.kind === 'slaac' && !one.onlyWhereAdvertised);
  if (wish === undefined) return;
  const message = `\`${nic.machine}\` is to make an address of its own on \`${nic.network}\`, where DHCPv6 gives them out`;
  context.findings.error('slaac-not-offered', message, wish.at, {
    help: `write \`ipv6: dhcp\`, or \`ra: true\` beside \`dhcp6\` for both`,
  });
};

const tellUnserved = (context: Context, nic: DraftNic, family: Family): void => {
  const asks = nic.wishes[family].find((wish) => wish.kind === 'dhcp');
  const [protocol, key] = family === 4 ? (['DHCP', 'dhcp'] as const) : (['DHCPv6', 'dhcp6'] as const);
  context.findings.warning(
    'dhcp-without-server',
    `\`${nic.machine}\` asks for an address on \`${nic.network}\`, and no ${protocol} server of the lab answers there`,
    asks?.at ?? nic.at,
    {
      accept: acceptedAt(context.draft, nic),
      help: `give \`${nic.network}\` a server with \`${key}:\`, or \`${nic.machine}\` a written address`,
    },
  );
};

const membersWithMacs = ({ macs }: Decided, { machine, bond }: DraftNic): LabBond['members'] =>
  (bond?.members ?? []).map((name) => ({ name, mac: macs.get(nicKey({ machine, name })) ?? '' }));

const addressFor = (decided: Decided, nic: DraftNic, family: Family, wish: Wish): LabAddress | undefined =>
  wish.kind === 'auto' && !askedFamilies(decided.context, decided.dhcp, nic).includes(family)
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
