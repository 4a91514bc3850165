/**
 * IPv4 addresses inside of IPv6 ones: what 6to4 (RFC 3056) and 6rd (RFC 5969) find the far end of a tunnel by. The 32 bits
 * follow the prefix: 2002::/16 for 6to4, a provider's own for 6rd.
 */
import { type Ip } from './address.ts';
import { prefix, type Prefix } from './prefix.ts';

export const sixToFourPrefix: Prefix = prefix('2002::/16');

const shiftOf = (block: Prefix): bigint => BigInt(128 - block.length - 32);

/** The first address of the prefix that belongs to `ipv4`: that of 192.0.2.1 in 2002::/16 is 2002:c000:201::1. */
export const embedIpv4 = (block: Prefix, ipv4: Ip): Ip => ({
  family: 6,
  value: block.value | (ipv4.value << shiftOf(block)) | 1n,
});

/** The IPv4 address that stands in an address of the prefix. */
export const embeddedIpv4 = (block: Prefix, address: Ip): Ip => ({
  family: 4,
  value: (address.value >> shiftOf(block)) & 0xffffffffn,
});
