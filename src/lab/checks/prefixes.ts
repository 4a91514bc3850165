/** Prefixes of networks: none that has a meaning of its own, no two that share addresses. */
import { type Span } from '../../diagnostics/diagnostic.ts';
import { ip, type Family } from '../../net/address.ts';
import { containsPrefix, overlaps, prefix, printPrefix, type Prefix } from '../../net/prefix.ts';
import { carve } from '../carve.ts';
import { type Context, type Prefixes } from '../context.ts';
import { families, type DraftNetwork } from '../draft.ts';
import { isAutomatic } from '../draft-tunnels.ts';
import { internetName, serverAddresses } from '../internet.ts';
import { hostPrefix } from '../read-prefix.ts';

/** What the standards keep from being a network (RFC 6890, RFC 4291). */
const reserved: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', '“this network” (RFC 791)'],
  ['127.0.0.0/8', 'loopback (RFC 1122)'],
  ['169.254.0.0/16', 'link-local (RFC 3927)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['240.0.0.0/4', 'kept for the future (RFC 1112)'],
  ['::/96', 'loopback and old IPv4-compatible addresses (RFC 4291)'],
  ['::ffff:0:0/96', 'IPv4-mapped (RFC 4291)'],
  ['fe80::/10', 'link-local (RFC 4291)'],
  ['ff00::/8', 'multicast (RFC 4291)'],
];

interface Placed {
  readonly network: DraftNetwork;
  readonly block: Prefix;
  readonly at: Span;
}

export const checkPrefixes = (context: Context, prefixes: Prefixes): void => {
  const all = [...context.draft.networks.values()].flatMap((network): Placed[] =>
    families.flatMap((family) => {
      const block = prefixes.get(network.name)?.[family];
      const wish = network.prefixes[family];
      if (block === undefined || wish.kind === 'inherit') return [];
      return [{ network, block, at: wish.kind === 'given' ? wish.at : network.at }];
    }),
  );
  for (const one of all) checkReserved(context, one, all);
  all.forEach((one, index) => {
    const other = all.slice(0, index).find((earlier) => isClash(earlier, one));
    if (other !== undefined) reportOverlap(context, other, one, all);
  });
};

const checkReserved = (context: Context, { network, block, at }: Placed, all: readonly Placed[]): void => {
  const meaning = reserved.find(([text]) => overlaps(prefix(text), block));
  const hasServers = overlaps(serverPrefix(block.family), block);
  const free = proposal(block, all);
  const help = free === undefined ? undefined : `${printPrefix(free)} is free`;
  if (meaning !== undefined)
    context.findings.error(
      'reserved-prefix',
      `\`${network.name}\` is ${printPrefix(block)}, which is ${meaning[1]}`,
      at,
      { help },
    );
  else if (hasServers && context.draft.networks.has(internetName))
    context.findings.error(
      'reserved-prefix',
      `\`${network.name}\` is ${printPrefix(block)}, where the servers of the built-in \`internet\` are`,
      at,
      { help },
    );
};

/** The networks of the members of 6to4 and 6rd lie inside of its prefix. */
const isInside = (outer: Placed, inner: Placed): boolean =>
  isAutomatic(outer.network.tunnel) &&
  !isAutomatic(inner.network.tunnel) &&
  containsPrefix(outer.block, inner.block) &&
  inner.block.length >= outer.block.length + 32;

/** A bridged network may repeat the prefix of its wire. */
const isClash = (a: Placed, b: Placed): boolean =>
  overlaps(a.block, b.block) &&
  !isInside(a, b) &&
  !isInside(b, a) &&
  !(a.network.segment === b.network.segment && printPrefix(a.block) === printPrefix(b.block));

const reportOverlap = (context: Context, first: Placed, second: Placed, all: readonly Placed[]): void => {
  const [a, b] = [printPrefix(first.block), printPrefix(second.block)];
  const how = containsPrefix(first.block, second.block)
    ? 'lies inside'
    : containsPrefix(second.block, first.block)
      ? 'contains'
      : 'overlaps';
  const relation = a === b ? 'which is also' : `which ${how}`;
  const free = proposal(second.block, all);
  context.findings.error(
    'overlapping-prefixes',
    `\`${second.network.name}\` is ${b}, ${relation} ${a === b ? `that of \`${first.network.name}\`` : `\`${first.network.name}\` (${a})`}`,
    second.at,
    {
      notes: [{ message: `\`${first.network.name}\` is ${a} here`, at: first.at }],
      help: free === undefined ? undefined : `${printPrefix(free)} is free`,
    },
  );
};

const serverPrefix = (family: Family): Prefix => hostPrefix(ip(serverAddresses[family]));

const pools: Readonly<Record<Family, readonly string[]>> = { 4: ['10.0.0.0/8', '192.168.0.0/16'], 6: ['fd00::/16'] };

/** A prefix of the same length that overlaps none of the lab. */
const proposal = (block: Prefix, all: readonly Placed[]): Prefix | undefined => {
  const taken = all.map((one) => one.block).concat(families.map(serverPrefix));
  for (const pool of pools[block.family]) {
    const free = carve(prefix(pool), block.length, taken);
    if (free !== undefined) return free;
  }
  return undefined;
};
