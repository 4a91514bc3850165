/**
 * Prefixes (CIDR blocks, RFC 4632 and RFC 4291) as values, and the arithmetic that planning needs.
 */
import { bitsOf, ip, parseIp, printIp, type Family, type Ip } from './address.ts';

/** A block of addresses; `value` has no bits set beyond `length`. */
export interface Prefix {
  readonly family: Family;
  readonly value: bigint;
  readonly length: number;
}

const hostMask = (family: Family, length: number): bigint => (1n << BigInt(bitsOf(family) - length)) - 1n;

/** The block of `length` bits that holds `address`. */
export const prefixOf = (address: Ip, length: number): Prefix => ({
  family: address.family,
  value: address.value & ~hostMask(address.family, length),
  length,
});

/** An address with a prefix length, as in `192.0.2.5/24`; undefined when either part is wrong or missing. */
export const parseInterfaceAddress = (text: string): { address: Ip; length: number } | undefined => {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const address = match?.[1] === undefined ? undefined : parseIp(match[1]);
  const length = Number(match?.[2]);
  if (address === undefined || length > bitsOf(address.family)) return undefined;
  return { address, length };
};

/** A prefix as in `192.0.2.0/24`; undefined when it is malformed or has bits set beyond its length. */
export const parsePrefix = (text: string): Prefix | undefined => {
  const parsed = parseInterfaceAddress(text);
  if (parsed === undefined) return undefined;
  const prefix = prefixOf(parsed.address, parsed.length);
  return prefix.value === parsed.address.value ? prefix : undefined;
};

/** `parsePrefix` for text that was validated before; throws otherwise. */
export const prefix = (text: string): Prefix => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`not a prefix: ${text}`);
  return parsed;
};

export const printPrefix = (block: Prefix): string => `${printIp(block)}/${block.length}`;

export const firstOf = (block: Prefix): Ip => ({ family: block.family, value: block.value });

export const lastOf = (block: Prefix): Ip => ({
  family: block.family,
  value: block.value | hostMask(block.family, block.length),
});

export const containsIp = (block: Prefix, address: Ip): boolean =>
  block.family === address.family && prefixOf(address, block.length).value === block.value;

export const containsPrefix = (outer: Prefix, inner: Prefix): boolean =>
  outer.length <= inner.length && containsIp(outer, firstOf(inner));

export const overlaps = (a: Prefix, b: Prefix): boolean => containsPrefix(a, b) || containsPrefix(b, a);

/** How many addresses the block holds. */
export const sizeOf = (block: Prefix): bigint => 1n << BigInt(bitsOf(block.family) - block.length);

/** The address `offset` places into the block; undefined when that lies outside it. */
export const addressAt = (block: Prefix, offset: bigint): Ip | undefined =>
  offset < 0n || offset >= sizeOf(block) ? undefined : { family: block.family, value: block.value + offset };

/**
 * Host numbers that a machine may have: IPv4 leaves out the network and broadcast address, except in /31 (RFC 3021)
 * and /32; IPv6 leaves out the subnet-router anycast address (RFC 4291 section 2.6.1), except in /127 and /128.
 */
export const usableHosts = (block: Prefix): { first: bigint; last: bigint } => {
  const size = sizeOf(block);
  if (size <= 2n) return { first: 0n, last: size - 1n };
  return { first: 1n, last: block.family === 4 ? size - 2n : size - 1n };
};

export const comparePrefixes = (a: Prefix, b: Prefix): number =>
  a.family - b.family || (a.value < b.value ? -1 : a.value > b.value ? 1 : a.length - b.length);

/** The block that a text like `192.0.2.5/24` lies in. */
export const networkOf = (address: string, length: number): Prefix => prefixOf(ip(address), length);

/** An IPv4 prefix length as dotted text, as in `255.255.255.0`. */
export const netmaskOf = (length: number): string =>
  printIp({ family: 4, value: ((1n << BigInt(length)) - 1n) << BigInt(32 - length) });
