/**
 * Addresses that the file fixes: explicit ones, host numbers, `last`. Each must lie in its network, name a host, and
 * be nobody else's.
 */
import { printIp, type Family, type Ip } from '../net/address.ts';
import { addressAt, containsIp, prefixOf, printPrefix, usableHosts, type Prefix } from '../net/prefix.ts';
import { interfaceIdsOf, type Context } from './context.ts';
import { allNics, families, type DraftNic, type Wish } from './draft.ts';
import { type LabAddress } from './lab.ts';
import { lastHostOf } from './last-host.ts';
import { omitAbsent } from './omit-absent.ts';
import { isLinkLocal, type Places } from './places.ts';
import { isReservedHost } from './read-prefix.ts';

/** The fixed addresses, by the wish that fixed them. */
export type Written = ReadonlyMap<Wish, LabAddress>;

export const placeWritten = (context: Context, places: Places): Written => {
  const written = new Map<Wish, LabAddress>();
  for (const nic of allNics(context.draft))
    for (const family of families)
      for (const wish of nic.wishes[family]) {
        const found = resolve(context, places, nic, family, wish);
        if (found === undefined) continue;
        if (take(context, places, nic, wish, found.address))
          written.set(
            wish,
            omitAbsent({
              family,
              address: printIp(found.address),
              prefixLength: found.length,
              label: wish.kind === 'explicit' ? wish.label : undefined,
            }),
          );
      }
  return written;
};

interface Found {
  readonly address: Ip;
  readonly length: number;
}

const resolve = (context: Context, places: Places, nic: DraftNic, family: Family, wish: Wish): Found | undefined => {
  const block = places.prefixesOf(nic.network)[family];
  if (wish.kind === 'explicit') return explicit(context, nic, block, wish);
  if (block === undefined) return undefined;
  const inBlock = (address: Ip | undefined): Found | undefined =>
    address === undefined ? undefined : { address, length: block.length };
  if (wish.kind === 'last')
    return inBlock(lastHostOf(places.prefixesOf(nic.network), family, interfaceIdsOf(context.spec)));
  if (wish.kind === 'offset') return inBlock(addressAt(block, wish.offset));
  if (wish.kind !== 'number') return undefined;
  const address = places.address(nic.network, family, wish.number);
  if (address === undefined || isReservedHost(block, address)) {
    reportNumber(context, nic, wish, block);
    return undefined;
  }
  return inBlock(address);
};

const reportNumber = (context: Context, nic: DraftNic, wish: Wish & { kind: 'number' }, block: Prefix): void => {
  const { first, last } = usableHosts(block);
  context.findings.error(
    'address-outside-network',
    `\`${nic.machine}\` wants host number ${wish.number} in \`${nic.network}\` (${printPrefix(block)}), which has none`,
    wish.at,
    { help: block.family === 4 ? `choose a number from ${first} to ${last}` : undefined },
  );
};

const explicit = (
  context: Context,
  nic: DraftNic,
  block: Prefix | undefined,
  wish: Wish & { kind: 'explicit' },
): Found | undefined => {
  const text = printIp(wish.address);
  const isInside = block !== undefined && containsIp(block, wish.address);
  const length = wish.length ?? (isInside ? block.length : isLinkLocal(wish.address) ? 64 : undefined);
  if (length === undefined) {
    const where = block === undefined ? `which has no IPv${wish.address.family}` : `which is ${printPrefix(block)}`;
    context.findings.error(
      'address-outside-network',
      `\`${nic.machine}\` has ${text} on \`${nic.network}\`, ${where}`,
      wish.at,
      {
        help: `choose an address of that network, or write the length of another subnet on the same wire, as in ${text}/${text.includes(':') ? 64 : 24}`,
      },
    );
    return undefined;
  }
  const subnet = prefixOf(wish.address, length);
  if (isReservedHost(subnet, wish.address)) {
    const what =
      wish.address.family === 6
        ? 'the subnet-router anycast address'
        : wish.address.value === subnet.value
          ? 'the network address'
          : 'the broadcast address';
    const { first, last } = usableHosts(subnet);
    const [low, high] = [addressAt(subnet, first), addressAt(subnet, last)];
    context.findings.error(
      'address-is-not-a-host',
      `\`${nic.machine}\` has ${text}, which is ${what} of ${printPrefix(subnet)}`,
      wish.at,
      {
        help: low === undefined || high === undefined ? undefined : `its hosts are ${printIp(low)} to ${printIp(high)}`,
      },
    );
    return undefined;
  }
  return { address: wish.address, length };
};

const take = (context: Context, places: Places, nic: DraftNic, wish: Wish, address: Ip): boolean => {
  const holder = places.holderOf(nic.network, address);
  if (holder === undefined) {
    places.take(nic.network, address, { machine: nic.machine, nic: nic.name, at: wish.at, isKept: false });
    return true;
  }
  const who = holder.machine === nic.machine ? 'twice' : `and \`${holder.machine}\` both`;
  const free = firstFree(places, nic.network, address.family);
  const message =
    who === 'twice'
      ? `\`${nic.machine}\` has ${printIp(address)} twice`
      : `\`${nic.machine}\` ${who} have ${printIp(address)}`;
  context.findings.error('duplicate-address', message, wish.at, {
    notes: [{ message: `\`${holder.machine}\` has it here`, at: holder.at }],
    help: free === undefined ? undefined : `${printIp(free)} is free`,
  });
  return false;
};

const mostTried = 4096n;

/** A free address near the bottom of the network, to propose. */
export const firstFree = (places: Places, network: string, family: Family): Ip | undefined => {
  const range = places.range(network, families);
  if (range === undefined) return undefined;
  for (let number = range.first; number <= range.last && number < mostTried; number += 1n)
    if (places.isFree(network, number, families)) return places.address(network, family, number);
  return undefined;
};
