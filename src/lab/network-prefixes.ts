/**
 * Decides the prefix of every network: as given, as kept, as that of the uplink, or carved from the pool so that it
 * overlaps nothing that the file mentions.
 */
import { type Family, type Ip } from '../net/address.ts';
import { containsPrefix, parsePrefix, prefix, prefixOf, printPrefix, type Prefix } from '../net/prefix.ts';
import { allNics, families, type DraftNetwork } from './draft.ts';
import { carve, wantedLengths } from './carve.ts';
import { contradicts, lockedNetwork, type Context, type NetworkPrefixes, type Prefixes } from './context.ts';
import { omitAbsent } from './omit-absent.ts';
import { hostPrefix, readPrefix } from './read-prefix.ts';

const defaultPool = '10.64.0.0/12';

export interface PlannedPrefixes {
  readonly prefixes: Prefixes;
  /** The RFC 4193 prefix, once it was needed. */
  readonly ula?: string;
}

export const planPrefixes = (context: Context, random: (bytes: number) => Uint8Array): PlannedPrefixes => {
  const { draft, lock } = context;
  const chosen = new Map<string, NetworkPrefixes>();
  const choose = (network: DraftNetwork, family: Family, value: Prefix | undefined): void => {
    chosen.set(network.name, { ...chosen.get(network.name), [family]: value });
  };
  const networks = [...draft.networks.values()];
  for (const network of networks) chosen.set(network.name, {});
  for (const network of networks)
    for (const family of families) choose(network, family, decided(context, network, family));
  for (const network of networks)
    for (const family of families)
      if (network.prefixes[family].kind === 'inherit') choose(network, family, chosen.get(network.segment)?.[family]);

  const taken = mentioned(context);
  for (const blocks of chosen.values()) taken.push(...families.flatMap((family) => blocks[family] ?? []));
  let ula = lock?.ula;
  for (const network of networks)
    for (const family of families) {
      if (network.prefixes[family].kind !== 'auto' || chosen.get(network.name)?.[family] !== undefined) continue;
      if (family === 6 && givenPool(context, 6) === undefined) ula ??= drawUla(random);
      const pool = givenPool(context, family) ?? prefix(family === 4 ? defaultPool : (ula ?? ''));
      const block = carveFor(context, network, pool, taken);
      if (block !== undefined) taken.push(block);
      choose(network, family, block);
    }
  return omitAbsent({ prefixes: chosen, ula });
};

/** What needs no search: the prefix given in the file, or kept in the lock. */
const decided = (context: Context, network: DraftNetwork, family: Family): Prefix | undefined => {
  const wish = network.prefixes[family];
  const kept = lockedNetwork(context.lock, network.name)?.[`ipv${family}`];
  if (wish.kind === 'given') {
    const text = printPrefix(wish.prefix);
    if (kept !== undefined && kept !== text)
      contradicts(
        context,
        network.name,
        `\`${network.name}\` is ${text} in the file, and ${kept} is kept for it`,
        wish.at,
      );
    return wish.prefix;
  }
  return wish.kind === 'auto' && kept !== undefined ? parsePrefix(kept) : undefined;
};

const givenPool = ({ spec, findings }: Context, family: Family): Prefix | undefined => {
  const key = `ipv${family}-pool` as const;
  const written = spec.data.addressing?.[key];
  if (written === undefined || written === 'ula') return undefined;
  return readPrefix(written, family, spec.source.spanOf(['addressing', key]), findings);
};

/** RFC 4193 section 3.2: fd, then 40 random bits, make a /48. */
const drawUla = (random: (bytes: number) => Uint8Array): string => {
  const globalId = [...random(5)].reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const address: Ip = { family: 6, value: (0xfdn << 120n) | (globalId << 80n) };
  return printPrefix(prefixOf(address, 48));
};

const carveFor = (
  context: Context,
  network: DraftNetwork,
  pool: Prefix,
  taken: readonly Prefix[],
): Prefix | undefined => {
  const machines = allNics(context.draft).filter(
    (nic) => nic.network === network.name && nic.wishes[4].length > 0,
  ).length;
  const lengths = pool.family === 6 ? [64] : wantedLengths(pool, machines);
  for (const length of lengths) {
    const block = carve(pool, length, taken);
    if (block !== undefined) return block;
  }
  const key = `ipv${pool.family}`;
  const message = `\`${network.name}\` finds no room for ${machines} machines in the pool ${printPrefix(pool)}`;
  context.findings.error('pool-exhausted', message, network.at, {
    help: `give \`${network.name}\` an \`${key}:\` of its own, or enlarge \`addressing: { ${key}-pool: … }\``,
  });
  return undefined;
};

/** Every prefix that the file or the lock mentions and that a carved one must stay away from. */
const mentioned = ({ spec, draft, lock }: Context): Prefix[] => {
  const wishes = allNics(draft).flatMap((nic) => families.flatMap((family) => nic.wishes[family]));
  const addresses = wishes.flatMap((wish) => {
    if (wish.kind !== 'explicit') return [];
    return [wish.length === undefined ? hostPrefix(wish.address) : prefixOf(wish.address, wish.length)];
  });
  const routes = [...draft.machines.values()].flatMap((machine) =>
    (machine.spec.routes ?? []).flatMap((route) => parsePrefix(route.to) ?? []),
  );
  const pools = [spec.data.addressing?.['ipv4-pool'] ?? defaultPool, spec.data.addressing?.['ipv6-pool'] ?? ''];
  // A route to the whole pool or more says nothing about which part of it is in use.
  const isWithinPool = (block: Prefix): boolean =>
    !pools.some((text) => {
      const pool = parsePrefix(text);
      return pool !== undefined && containsPrefix(block, pool);
    });
  const kept = Object.values(lock?.networks ?? {}).flatMap((network) => [network.ipv4, network.ipv6]);
  return [
    ...addresses,
    ...routes.filter((block) => isWithinPool(block) && block.length > 0),
    ...kept.flatMap((text) => (text === undefined ? [] : [prefix(text)])),
  ];
};
