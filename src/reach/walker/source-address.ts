/** Which source address a stack gives a packet that has none (inet_select_addr; RFC 6724 section 5 for IPv6). */
import { isLinkLocal6, type Family } from '../../net/address.ts';
import {
  type AddressModel,
  type InterfaceModel,
  type NextHopModel,
  type RouteModel,
  type StackModel,
} from '../model/model.ts';
import { addressType4 } from './route-lookup.ts';

/**
 * Whether packets come from the address that a socket is bound to. Where that is a broadcast address, the socket hears
 * what is for it, and sends as if it were bound to none (__inet_bind, raw_bind).
 */
export const speaksAs = (stack: StackModel, family: Family, bound: bigint): boolean =>
  family === 6 || addressType4(stack, bound) !== 'broadcast';

const isInSubnet = ({ family, value, prefixLength }: AddressModel, other: bigint): boolean => {
  const bits = BigInt((family === 4 ? 32 : 128) - prefixLength);
  return value >> bits === other >> bits;
};

/**
 * The IPv4 address of `dev` in the subnet of `towards`, else its first primary one, else the first of any other
 * interface; undefined where there is none at all.
 */
export const selectAddress4 = (
  stack: StackModel,
  dev: string,
  towards: bigint | undefined,
  isLinkEnough = false,
): bigint | undefined => {
  const own = stack.interfaces
    .get(dev)
    ?.addresses.filter(
      ({ family, isSecondary, scope }) =>
        family === 4 && !isSecondary && (scope === 'global' || (isLinkEnough && scope === 'link')),
    );
  const best = own?.find((address) => towards !== undefined && isInSubnet(address, towards)) ?? own?.[0];
  if (best !== undefined) return best.value;
  for (const other of stack.interfaces.values()) {
    const found = other.addresses.find(
      ({ family, isSecondary, scope }) => family === 4 && !isSecondary && scope === 'global',
    );
    if (found !== undefined) return found.value;
  }
  return undefined;
};

/** RFC 6724 section 2.1, the default policy table: prefix, bits that do not count, label. */
const labels: readonly (readonly [value: bigint, length: number, label: number])[] = [
  [1n, 128, 0],
  [0xffffn << 32n, 96, 4],
  [0n, 96, 3],
  [0x20010000n << 96n, 32, 5],
  [0x2001001n << 100n, 28, 7],
  [0x2002n << 112n, 16, 2],
  [0x3ffen << 112n, 16, 12],
  [0xfec0n << 112n, 10, 11],
  [0xfcn << 120n, 7, 5 + 8],
  [0n, 0, 1],
];

const labelOf = (address: bigint): number => {
  for (const [value, length, label] of labels)
    if (address >> BigInt(128 - length) === value >> BigInt(128 - length)) return label;
  return 1;
};

/** Loopback counts as link-local (__ipv6_addr_type). */
const scopeRank = { host: 2, link: 2, global: 14 } as const;

/** Scope of a destination as RFC 6724 section 3.1 numbers it. */
export const scopeOf6 = (value: bigint): number => (value === 1n || isLinkLocal6(value) ? 2 : 14);

const commonBits = (a: bigint, b: bigint, most: number): number => {
  let length = 0;
  while (length < most && a >> BigInt(127 - length) === b >> BigInt(127 - length)) length += 1;
  return length;
};

interface Candidate {
  readonly it: InterfaceModel;
  readonly address: AddressModel;
}

/** Negative: `a` is better. */
const compare = (a: Candidate, b: Candidate, destination: bigint, dev: string | undefined): number => {
  const isSame = (c: Candidate): number => (c.address.value === destination ? 0 : 1);
  if (isSame(a) !== isSame(b)) return isSame(a) - isSame(b);
  const wanted = scopeOf6(destination);
  const [scopeA, scopeB] = [scopeRank[a.address.scope], scopeRank[b.address.scope]];
  if (scopeA !== scopeB) {
    if (scopeA < scopeB) return scopeA < wanted ? 1 : -1;
    return scopeB < wanted ? -1 : 1;
  }
  if (a.address.isDeprecated !== b.address.isDeprecated) return a.address.isDeprecated ? 1 : -1;
  const isOut = (c: Candidate): number => (c.it.name === dev ? 0 : 1);
  if (isOut(a) !== isOut(b)) return isOut(a) - isOut(b);
  const label = labelOf(destination);
  const isLabelled = (c: Candidate): number => (labelOf(c.address.value) === label ? 0 : 1);
  if (isLabelled(a) !== isLabelled(b)) return isLabelled(a) - isLabelled(b);
  const common = (c: Candidate): number => commonBits(c.address.value, destination, c.address.prefixLength);
  return common(b) - common(a);
};

/** `dev`: where it leaves; absent where there is no route yet. */
export const selectAddress6 = (stack: StackModel, dev: string | undefined, destination: bigint): bigint | undefined => {
  const isLinkLocal = isLinkLocal6(destination);
  const candidates: Candidate[] = [];
  for (const it of stack.interfaces.values()) {
    if (isLinkLocal && dev !== undefined && it.name !== dev) continue;
    for (const address of it.addresses)
      if (address.family === 6 && !address.isUnusable) candidates.push({ it, address });
  }
  let best: Candidate | undefined;
  for (const candidate of candidates)
    if (best === undefined || compare(candidate, best, destination, dev) < 0) best = candidate;
  return best?.address.value;
};

/** The source of a packet that leaves by a route (fib_result_prefsrc, ip6_route_get_saddr). */
export const sourceFor = (
  stack: StackModel,
  family: Family,
  route: RouteModel,
  hop: NextHopModel,
  destination: bigint,
): bigint | undefined => {
  if (route.source !== undefined) return route.source;
  if (family === 6) {
    const isOwn = route.type === 'local' || route.type === 'anycast';
    const ownDev = isLinkLocal6(destination) ? route.nexthops[0]?.dev : 'lo';
    return selectAddress6(stack, isOwn ? ownDev : hop.dev, destination);
  }
  if (route.type === 'local') return destination;
  return selectAddress4(stack, hop.dev, hop.via ?? hop.towards, route.scope !== 'global');
};
