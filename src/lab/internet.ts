/** The built-in `internet`: documentation prefixes (RFC 5737, RFC 3849), so that nothing real is ever meant. */
import { type Family } from '../net/address.ts';
import { overlaps, prefix, type Prefix } from '../net/prefix.ts';

export const internetName = 'internet';

/** The wire that machines with a NIC on `internet` share. */
export const internetPrefixes: Readonly<Record<Family, string>> = { 4: '203.0.113.0/24', 6: '2001:db8:ffff::/64' };

/** What the built-in machine serves on, beyond that wire. */
export const serverAddresses: Readonly<Record<Family, string>> = { 4: '198.51.100.1', 6: '2001:db8:fffe::1' };

/** Host number of the built-in machine on its wire. */
export const internetHost = 1n;

const notRouted: Readonly<Record<Family, readonly string[]>> = {
  4: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'],
  6: ['fc00::/7', 'fe80::/10'],
};

/** Whether the internet would carry packets to it. Documentation prefixes count as public here. */
export const isPublic = (block: Prefix): boolean =>
  !notRouted[block.family].some((text) => overlaps(prefix(text), block));
