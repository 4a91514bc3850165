/**
 * Which NICs want an address found for them, and the places that earlier runs found: those are taken first, and a
 * number suits a machine only if its places are free.
 */
import { printIp, type Family } from '../net/address.ts';
import { printPrefix } from '../net/prefix.ts';
import { contradicts, lockedNic, type Context } from './context.ts';
import { askedFamilies, dhcpFor, type DhcpPlans } from './dhcp-servers.ts';
import { allNics, families, nicKey, type DraftMachine, type DraftNic } from './draft.ts';
import { type Places } from './places.ts';

/** A NIC's host number in each family where it was found; the same in both wherever that is free. */
export type Place = Readonly<Partial<Record<Family, bigint>>>;

/** Places by `nicKey`. */
export type NicPlaces = ReadonlyMap<string, Place>;

/** The families in which a NIC wants an address found, and whose network has them. */
export const plannedFamilies = (
  context: Context,
  places: Places,
  dhcp: DhcpPlans,
  nic: DraftNic,
): readonly Family[] => {
  const network = addressNetwork(context, dhcp, nic);
  const isServed = (family: Family): boolean => dhcpFor(context, dhcp, nic, family) !== undefined;
  return families.filter(
    (family) =>
      places.prefixesOf(network)[family] !== undefined &&
      nic.wishes[family].some((wish) => wish.kind === 'auto' || (wish.kind === 'dhcp' && isServed(family))),
  );
};

/** The network whose prefix a NIC's planned address comes from: that of the DHCP server, where it asks one. */
export const addressNetwork = (context: Context, dhcp: DhcpPlans, nic: DraftNic): string => {
  const served = askedFamilies(context, dhcp, nic).map((family) => dhcpFor(context, dhcp, nic, family)?.network);
  return served.find((network) => network !== undefined) ?? nic.network;
};

/** Takes the kept places, those of machines that are gone, too: an address means the same machine for ever. */
export const takeKept = (context: Context, places: Places, dhcp: DhcpPlans): NicPlaces => {
  const found = new Map<string, Place>();
  for (const nic of allNics(context.draft)) {
    const kept = lockedNic(context.lock, nic);
    const wanted = plannedFamilies(context, places, dhcp, nic);
    for (const family of families) {
      const host = kept?.[`host${family}`];
      if (host === undefined) continue;
      const spot = { network: addressNetwork(context, dhcp, nic), family, host: BigInt(host) };
      if (!wanted.includes(family)) reportIfWritten(context, places, nic, spot);
      else if (places.isFree(spot.network, spot.host, [family])) {
        places.takePlace(spot.network, spot.host, [family], {
          network: spot.network,
          machine: nic.machine,
          nic: nic.name,
          at: nic.at,
          isKept: true,
        });
        found.set(nicKey(nic), { ...found.get(nicKey(nic)), [family]: spot.host });
      } else reportTaken(context, places, nic, spot);
    }
  }
  takeGone(context, places);
  return found;
};

/** Places of machines and interfaces that are no longer in the file. */
const takeGone = ({ draft, lock, spec }: Context, places: Places): void => {
  const nowhere = { start: 0, end: 0, file: spec.source.file };
  for (const [machine, { nics }] of Object.entries(lock?.machines ?? {}))
    for (const [nic, kept] of Object.entries(nics)) {
      const isThere = draft.machines.get(machine)?.nics.some((one) => one.name === nic && one.network === kept.network);
      if (isThere === true) continue;
      for (const family of families) {
        const host = kept[`host${family}`];
        const holder = { network: kept.network, machine, nic, at: nowhere, isKept: true };
        if (host !== undefined) places.takePlace(kept.network, BigInt(host), [family], holder);
      }
    }
};

interface Spot {
  readonly network: string;
  readonly family: Family;
  readonly host: bigint;
}

/** Where the file now gives an address, it must be the kept one. */
const reportIfWritten = (context: Context, places: Places, nic: DraftNic, { network, family, host }: Spot): void => {
  const address = places.address(network, family, host);
  const written = nic.wishes[family].find(
    (wish) => wish.kind === 'explicit' || wish.kind === 'number' || wish.kind === 'last',
  );
  if (address === undefined || written === undefined || places.holderOf(network, address)?.machine === nic.machine)
    return;
  const message = `\`${nic.machine}\` has a written address on \`${nic.network}\`, and ${printIp(address)} is kept for it`;
  contradicts(context, nic.machine, message, written.at);
};

const reportTaken = (context: Context, places: Places, nic: DraftNic, { network, family, host }: Spot): void => {
  const address = places.address(network, family, host);
  const holder = address === undefined ? undefined : places.holderOf(network, address);
  const block = places.prefixesOf(network)[family];
  if (address !== undefined && holder !== undefined) {
    const message = `${printIp(address)} is kept for \`${nic.machine}\`, and the file gives it to \`${holder.machine}\``;
    contradicts(context, nic.machine, message, holder.at);
  } else if (block !== undefined) {
    const message = `\`${nic.machine}\` is kept as host ${host} of \`${network}\`, and ${printPrefix(block)} has none`;
    contradicts(context, nic.machine, message, nic.at);
  }
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
    const kept = lockedNic(context.lock, nic);
    if (kept?.host4 !== undefined || kept?.host6 !== undefined) return true;
    const wanted = plannedFamilies(context, places, dhcp, nic);
    const range = places.range(network, wanted);
    return range === undefined || BigInt(number) > range.last || places.isFree(network, BigInt(number), wanted);
  });
