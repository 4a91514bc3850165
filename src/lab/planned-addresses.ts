/**
 * Finds a place for every NIC that wants one: the kept place, else the machine's number, else the nearest free one.
 * Guests grow from the bottom of the network, hosts from the top, outside machines from below the top eighth; what DHCP
 * assigns is left to it where there is room elsewhere.
 */
import { compareIps, printIp, type Family, type Ip } from '../net/address.ts';
import { containsIp, printPrefix, sizeOf, usableHosts } from '../net/prefix.ts';
import { contradicts, lockedNic, type Context } from './context.ts';
import { dhcpFor, type DhcpPlans } from './dhcp-servers.ts';
import { allNics, families, nicKey, type DraftMachine, type DraftNic, type Role } from './draft.ts';
import { type Numbers, firstOfRow } from './machine-numbers.ts';
import { type Places } from './places.ts';

/** Host numbers by `nicKey`. */
export type HostNumbers = ReadonlyMap<string, bigint>;

/** The families in which a NIC wants an address found, and whose network has them. */
export const plannedFamilies = (
  context: Context,
  places: Places,
  dhcp: DhcpPlans,
  nic: DraftNic,
): readonly Family[] => {
  const network = addressNetwork(context, dhcp, nic);
  const isServed = dhcpFor(context, dhcp, nic) !== undefined;
  return families.filter(
    (family) =>
      places.prefixesOf(network)[family] !== undefined &&
      nic.wishes[family].some((wish) => wish.kind === 'auto' || (wish.kind === 'dhcp' && isServed)),
  );
};

/** The network whose prefix a NIC's planned address comes from: that of the DHCP server, where it asks one. */
export const addressNetwork = (context: Context, dhcp: DhcpPlans, nic: DraftNic): string => {
  const asks = nic.wishes[4].some((wish) => wish.kind === 'dhcp');
  return (asks ? dhcpFor(context, dhcp, nic)?.network : undefined) ?? nic.network;
};

/** Takes the kept places, those of machines that are gone, too: an address means the same machine for ever. */
export const takeKept = (context: Context, places: Places, dhcp: DhcpPlans): Map<string, bigint> => {
  const { lock, draft } = context;
  const hosts = new Map<string, bigint>();
  for (const nic of allNics(draft)) {
    const kept = lockedNic(lock, nic)?.host;
    const network = addressNetwork(context, dhcp, nic);
    if (kept === undefined) continue;
    const number = BigInt(kept);
    const wanted = plannedFamilies(context, places, dhcp, nic);
    const holder = { machine: nic.machine, nic: nic.name, at: nic.at, isKept: true };
    if (wanted.length === 0) reportIfMoved(context, places, nic, number);
    else if (places.isFree(network, number, wanted)) {
      places.takePlace(network, number, wanted, holder);
      hosts.set(nicKey(nic), number);
    } else reportTaken(context, places, nic, network, number, wanted);
  }
  const gone = Object.entries(lock?.machines ?? {}).filter(([name]) => !draft.machines.has(name));
  const nowhere = { start: 0, end: 0, file: context.spec.source.file };
  for (const [machine, { nics }] of gone)
    for (const [nic, { network, host }] of Object.entries(nics))
      if (host !== undefined)
        places.takePlace(network, BigInt(host), families, { machine, nic, at: nowhere, isKept: true });
  return hosts;
};

/** A NIC whose addresses are now all written: they must be the kept ones. */
const reportIfMoved = (context: Context, places: Places, nic: DraftNic, kept: bigint): void => {
  for (const family of families)
    for (const wish of nic.wishes[family]) {
      const address = places.address(nic.network, family, kept);
      if (wish.kind !== 'explicit' && wish.kind !== 'number') continue;
      if (address === undefined || places.holderOf(nic.network, address)?.machine === nic.machine) continue;
      const message = `\`${nic.machine}\` has a written address on \`${nic.network}\`, and ${printIp(address)} is kept for it`;
      contradicts(context, nic.machine, message, wish.at);
      return;
    }
};

const reportTaken = (
  context: Context,
  places: Places,
  nic: DraftNic,
  network: string,
  number: bigint,
  wanted: readonly Family[],
): void => {
  const addresses = wanted.flatMap((family) => places.address(network, family, number) ?? []);
  const taken = addresses.find((address) => places.holderOf(network, address) !== undefined);
  const holder = taken === undefined ? undefined : places.holderOf(network, taken);
  const block = places.prefixesOf(network)[wanted[0] ?? 4];
  if (taken !== undefined && holder !== undefined) {
    const message = `${printIp(taken)} is kept for \`${nic.machine}\`, and the file gives it to \`${holder.machine}\``;
    contradicts(context, nic.machine, message, holder.at);
  } else if (block !== undefined)
    contradicts(
      context,
      nic.machine,
      `\`${nic.machine}\` is kept as host ${number} of \`${network}\`, which ${printPrefix(block)} has not`,
      nic.at,
    );
};

/** Whether the number's place is free, or cannot be had at all, on each network where the machine wants one. */
export const suitsNumber = (
  context: Context,
  places: Places,
  dhcp: DhcpPlans,
  machine: DraftMachine,
  number: number,
): boolean =>
  machine.nics.every((nic) => {
    const network = addressNetwork(context, dhcp, nic);
    if (lockedNic(context.lock, nic)?.host !== undefined) return true;
    const wanted = plannedFamilies(context, places, dhcp, nic);
    const range = places.range(network, wanted);
    return range === undefined || BigInt(number) > range.last || places.isFree(network, BigInt(number), wanted);
  });

/** Finds the places that are left to find; a network that has too few is told once. */
export const planPlaces = (
  context: Context,
  places: Places,
  dhcp: DhcpPlans,
  numbers: Numbers,
  hosts: Map<string, bigint>,
): HostNumbers => {
  const wanting = new Map<string, DraftNic[]>();
  const { machines } = context.draft;
  for (const machine of machines.values())
    for (const nic of machine.nics) {
      const network = addressNetwork(context, dhcp, nic);
      if (hosts.has(nicKey(nic)) || plannedFamilies(context, places, dhcp, nic).length === 0) continue;
      wanting.set(network, [...(wanting.get(network) ?? []), nic]);
    }
  for (const [network, nics] of wanting) {
    const left = places.countFree(network, nics.length);
    if (places.prefixesOf(network)[4] !== undefined && left < nics.length)
      reportTooSmall(context, places, network, left, nics);
    const isPooled = poolTest(dhcp);
    const seek = seeker(places, network, isPooled);
    for (const nic of nics) {
      const machine = machines.get(nic.machine);
      const wanted = plannedFamilies(context, places, dhcp, nic);
      const number = machine === undefined ? undefined : seek(machine, numbers.get(machine.name) ?? 1, wanted, nic);
      if (number === undefined) continue;
      places.takePlace(network, number, wanted, { machine: nic.machine, nic: nic.name, at: nic.at, isKept: false });
      hosts.set(nicKey(nic), number);
    }
  }
  return hosts;
};

const poolTest =
  (dhcp: DhcpPlans) =>
  (address: Ip | undefined): boolean =>
    address !== undefined &&
    [...dhcp.values()].some((pool) => compareIps(pool.first, address) <= 0 && compareIps(address, pool.last) <= 0);

type Seek = (machine: DraftMachine, number: number, wanted: readonly Family[], nic: DraftNic) => bigint | undefined;

/** Remembers how far each direction has been searched, so that a thousand machines are not a million tries. */
const seeker = (places: Places, network: string, isPooled: (address: Ip | undefined) => boolean): Seek => {
  const cursors = new Map<string, bigint>();
  return (machine, number, wanted, nic) => {
    const range = places.range(network, wanted);
    if (range === undefined) return undefined;
    const block = places.prefixesOf(network)[wanted.includes(4) ? 4 : 6];
    if (block === undefined) return undefined;
    const mirrored = wanted.includes(4) ? undefined : writtenNumber(places, network, nic);
    const start =
      mirrored === undefined ? startOf(machine, number, range, sizeOf(block)) : { number: mirrored, step: 1n as const };
    const asks = nic.wishes[4].some((wish) => wish.kind === 'dhcp');
    for (const mayBePooled of asks ? [true] : [false, true]) {
      const suits = (candidate: bigint): boolean =>
        places.isFree(network, candidate, wanted) && (mayBePooled || !isPooled(places.address(network, 4, candidate)));
      if (start.number >= range.first && start.number <= range.last && suits(start.number)) return start.number;
      const key = `${start.step}/${mayBePooled}/${wanted.join()}`;
      const origin = start.step > 0n ? range.first : start.number;
      for (const from of [cursors.get(key) ?? origin, start.step > 0n ? range.first : range.last])
        for (let candidate = from; candidate >= range.first && candidate <= range.last; candidate += start.step)
          if (suits(candidate)) {
            cursors.set(key, candidate);
            return candidate;
          }
    }
    return undefined;
  };
};

/** The host number that the file gives the NIC in IPv4: its IPv6 address mirrors it. */
const writtenNumber = (places: Places, network: string, nic: DraftNic): bigint | undefined => {
  const block = places.prefixesOf(network)[4];
  if (block === undefined) return undefined;
  for (const wish of nic.wishes[4]) {
    if (wish.kind === 'number') return wish.number;
    if (wish.kind === 'last') return usableHosts(block).last;
    if (wish.kind === 'explicit' && containsIp(block, wish.address)) return wish.address.value - block.value;
  }
  return undefined;
};

const startOf = (
  machine: DraftMachine,
  number: number,
  range: { readonly first: bigint; readonly last: bigint },
  size: bigint,
): { number: bigint; step: 1n | -1n } => {
  const isFromTop = machine.role !== 'guest' && machine.number === undefined;
  if (!isFromTop || size > 1n << 32n) return { number: BigInt(number), step: 1n };
  const top: Partial<Record<Role, bigint>> = { outside: (size * 7n) / 8n - 1n };
  const highest = top[machine.role] ?? range.last;
  const place = highest - BigInt(firstOfRow[machine.role] - number);
  return { number: place < range.first ? range.last : place, step: -1n };
};

const reportTooSmall = (
  context: Context,
  places: Places,
  network: string,
  left: number,
  nics: readonly DraftNic[],
): void => {
  const block = places.prefixesOf(network)[4];
  const at = context.draft.networks.get(network)?.at ?? nics[0]?.at;
  if (at === undefined || block === undefined) return;
  context.findings.error(
    'subnet-too-small',
    `\`${network}\` has ${left} ${left === 1 ? 'address' : 'addresses'} left, ${nics.length} ${nics.length === 1 ? 'machine needs' : 'machines need'} one`,
    at,
    { help: `${printPrefix(block)} is all it has; give it a shorter prefix, or fewer machines` },
  );
};
