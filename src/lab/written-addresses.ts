/**
 * Addresses that the file fixes: explicit ones, host numbers, `last`. Each must lie in its network, name a host, and
 * be nobody else's.
 */
import { printIp, type Family, type Ip } from '../net/address.ts';
import { addressAt, containsIp, overlaps, prefixOf, printPrefix, usableHosts, type Prefix } from '../net/prefix.ts';
import { interfaceIdsOf, type Context } from './context.ts';
import { allNics, families, type DraftNic, type Wish } from './draft.ts';
import { type LabAddress } from './lab.ts';
import { lastHostOf } from './last-host.ts';
import { omitAbsent } from './omit-absent.ts';
import { isLinkLocal, type Holder, type Places } from './places.ts';
import { isReservedHost } from './read-prefix.ts';

/** The fixed addresses, by the wish that fixed them. */
export type Written = ReadonlyMap<Wish, LabAddress>;

export const placeWritten = (context: Context, places: Places): Written => {
  const written = new Map<Wish, LabAddress>();
  const duplicates: Duplicate[] = [];
  for (const nic of allNics(context.draft))
    for (const family of families)
      for (const wish of nic.wishes[family]) {
        const found = resolve(context, places, nic, family, wish);
        if (found === undefined) continue;
        const holder = take(places, nic, wish, found.address);
        if (holder !== undefined) duplicates.push({ nic, wish, address: found.address, holder });
        else {
          const label = wish.kind === 'explicit' ? wish.label : undefined;
          const address = printIp(found.address);
          written.set(wish, omitAbsent({ family, address, prefixLength: found.length, label }));
        }
      }
  for (const duplicate of duplicates) reportDuplicate(context, places, duplicate);
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

/** Takes the address, unless somebody has it. */
const take = (places: Places, nic: DraftNic, wish: Wish, address: Ip): Holder | undefined => {
  const holder = places.holderOf(nic.network, address);
  if (holder === undefined)
    places.take(nic.network, address, {
      network: nic.network,
      machine: nic.machine,
      nic: nic.name,
      at: wish.at,
      isKept: false,
    });
  return holder;
};

interface Duplicate {
  readonly nic: DraftNic;
  readonly wish: Wish;
  readonly address: Ip;
  readonly holder: Holder;
}

/** Told when all written addresses are known, so that what is proposed is free. */
const reportDuplicate = (context: Context, places: Places, { nic, wish, address, holder }: Duplicate): void => {
  // Networks that overlap have an error of their own.
  const segments = [nic.network, holder.network].map((network) => context.draft.networks.get(network)?.segment);
  const [here, there] = [nic.network, holder.network].map((network) => places.prefixesOf(network)[address.family]);
  if (segments[0] !== segments[1] && here !== undefined && there !== undefined && overlaps(here, there)) return;
  const free = firstFree(places, nic.network, address.family);
  const text = printIp(address);
  const isOwn = holder.machine === nic.machine;
  const message = isOwn
    ? `\`${nic.machine}\` has ${text} twice`
    : `\`${nic.machine}\` and \`${holder.machine}\` both have ${text}`;
  context.findings.error('duplicate-address', message, wish.at, {
    notes: [{ message: `\`${holder.machine}\` has it here`, at: holder.at }],
    help: free === undefined ? undefined : `${printIp(free)} is free`,
  });
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
