/**
 * Finds a place for every NIC that has none yet: its machine's number, else the nearest free one. Guests grow from the
 * bottom of the network, hosts from the top, outside machines from below the top eighth; what DHCP assigns is left to
 * it where there is room elsewhere. In the order of the file, so that a newcomer at its end moves nobody.
 */
import { compareIps, type Family, type Ip } from '../net/address.ts';
import { containsIp, printPrefix, sizeOf, usableHosts } from '../net/prefix.ts';
import { type Context } from './context.ts';
import { type DhcpPlans } from './dhcp-servers.ts';
import { allNics, nicKey, type DraftMachine, type DraftNic, type Role } from './draft.ts';
import { firstOfRow, type Numbers } from './machine-numbers.ts';
import { addressNetwork, plannedFamilies, type NicPlaces, type Place } from './planned-addresses.ts';
import { type Places } from './places.ts';

interface Wanting {
  readonly nic: DraftNic;
  readonly network: string;
  readonly wanted: readonly Family[];
}

/** `kept` are the places that are found already. A network that has too few is told once. */
export const findPlaces = (
  context: Context,
  places: Places,
  dhcp: DhcpPlans,
  numbers: Numbers,
  kept: NicPlaces,
): NicPlaces => {
  const found = new Map(kept);
  const wanting = allNics(context.draft).flatMap((nic): Wanting[] => {
    const place = found.get(nicKey(nic));
    const wanted = plannedFamilies(context, places, dhcp, nic).filter((family) => place?.[family] === undefined);
    return wanted.length === 0 ? [] : [{ nic, network: addressNetwork(context, dhcp, nic), wanted }];
  });
  const needs = new Map<string, number>();
  for (const { network } of wanting) needs.set(network, (needs.get(network) ?? 0) + 1);
  const left = new Map([...needs].map(([network, need]) => [network, places.countFree(network, need)]));
  const failed = new Set<string>();
  const isPooled = poolTest(dhcp);
  const seekers = new Map([...needs.keys()].map((network) => [network, seeker(places, network, isPooled)]));
  for (const { nic, network, wanted } of wanting) {
    const machine = context.draft.machines.get(nic.machine);
    const seek = seekers.get(network);
    if (machine === undefined || seek === undefined) continue;
    const number = numbers.get(machine.name) ?? 1;
    const before = found.get(nicKey(nic));
    const place = placeFor((wish) => seek(machine, number, wish, nic, before), wanted);
    if (place === undefined) {
      failed.add(network);
      continue;
    }
    const holder = { network, machine: nic.machine, nic: nic.name, at: nic.at, isKept: false };
    for (const family of wanted) places.takePlace(network, place[family] ?? 0n, [family], holder);
    found.set(nicKey(nic), { ...before, ...place });
  }
  for (const network of failed)
    reportTooSmall(context, places, network, left.get(network) ?? 0, needs.get(network) ?? 0);
  return found;
};

/** One place for both families; where no number is free in both, one each. */
const placeFor = (
  seek: (families: readonly Family[]) => bigint | undefined,
  wanted: readonly Family[],
): Place | undefined => {
  const host = seek(wanted);
  if (host !== undefined) return Object.fromEntries(wanted.map((family) => [family, host]));
  if (wanted.length < 2) return undefined;
  const [host4, host6] = [seek([4]), seek([6])];
  return host4 === undefined || host6 === undefined ? undefined : { 4: host4, 6: host6 };
};

const poolTest =
  (dhcp: DhcpPlans) =>
  (address: Ip | undefined): boolean =>
    address !== undefined &&
    [...dhcp[4].values(), ...dhcp[6].values()].some(
      (pool) =>
        pool.first.family === address.family &&
        compareIps(pool.first, address) <= 0 &&
        compareIps(address, pool.last) <= 0,
    );

/** `before`: the place that the NIC has in the other family. */
type Seek = (
  machine: DraftMachine,
  number: number,
  wanted: readonly Family[],
  nic: DraftNic,
  before: Place | undefined,
) => bigint | undefined;

/** Remembers how far each direction has been searched, so that a thousand machines are not a million tries. */
const seeker = (places: Places, network: string, isPooled: (address: Ip | undefined) => boolean): Seek => {
  const cursors = new Map<string, bigint>();
  return (machine, number, wanted, nic, before) => {
    const range = places.range(network, wanted);
    if (range === undefined) return undefined;
    const block = places.prefixesOf(network)[wanted.includes(4) ? 4 : 6];
    if (block === undefined) return undefined;
    const mirrored =
      before?.[4] ?? before?.[6] ?? (wanted.includes(4) ? undefined : writtenNumber(places, network, nic));
    const start =
      mirrored === undefined ? startOf(machine, number, range, sizeOf(block)) : { number: mirrored, step: 1n as const };
    const asks = wanted.some((family) => nic.wishes[family].some((wish) => wish.kind === 'dhcp'));
    for (const mayBePooled of asks ? [true] : [false, true]) {
      const suits = (candidate: bigint): boolean =>
        places.isFree(network, candidate, wanted) &&
        (mayBePooled || wanted.every((family) => !isPooled(places.address(network, family, candidate))));
      if (start.number >= range.first && start.number <= range.last && suits(start.number)) return start.number;
      const key = `${start.step}/${mayBePooled}/${wanted.join()}`;
      const origin = start.step > 0n ? range.first : start.number;
      const rim = start.step > 0n ? range.first : range.last;
      const found = scan(cursors.get(key) ?? origin, range, start.step, suits) ?? scan(rim, range, start.step, suits);
      if (found === undefined) continue;
      cursors.set(key, found);
      return found;
    }
    return undefined;
  };
};

/** More places than this in a row are taken only where a DHCP pool is that large. */
const mostScanned = 1 << 17;

const scan = (
  from: bigint,
  range: { readonly first: bigint; readonly last: bigint },
  step: 1n | -1n,
  suits: (candidate: bigint) => boolean,
): bigint | undefined => {
  let candidate = from;
  for (let tried = 0; tried < mostScanned; tried += 1) {
    if (candidate < range.first || candidate > range.last) return undefined;
    if (suits(candidate)) return candidate;
    candidate += step;
  }
  return undefined;
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

const reportTooSmall = (context: Context, places: Places, network: string, left: number, need: number): void => {
  const blocks = places.prefixesOf(network);
  const block = blocks[4] ?? blocks[6];
  const found = context.draft.networks.get(network);
  if (found === undefined || block === undefined) return;
  const wish = found.prefixes[block.family];
  const message = `\`${network}\` has ${left} ${left === 1 ? 'address' : 'addresses'} left, ${need} ${need === 1 ? 'machine needs' : 'machines need'} one`;
  context.findings.error('subnet-too-small', message, wish.kind === 'given' ? wish.at : found.at, {
    help: `${printPrefix(block)} has room for ${sizeOf(block) <= 2n ? sizeOf(block) : sizeOf(block) - 2n} in all; give it a shorter prefix, or fewer machines`,
  });
};
