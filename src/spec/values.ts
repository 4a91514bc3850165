/**
 * The kinds of value that several keys of the language share, as zod schemas: names, addresses, prefixes, ports.
 * What a name or an address refers to is checked later, when the lab is built.
 */
import * as z from 'zod';

export const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}$/,
    'a name is 1 to 31 lower-case letters, digits and hyphens, and begins with a letter',
  );
export const interfaceName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/, 'an interface name is 1 to 15 letters, digits, `.`, `_` and `-`')
  .describe('name of an interface, at most 15 characters');
export const hostNumber = z.int().min(0).describe('a host number: the address that many places into the network');
export const addressText = z.string().min(1);

export const address = z
  .union([z.enum(['auto', 'dhcp', 'slaac', 'last', 'none']), hostNumber, addressText])
  .describe(
    '`auto` (planned and pinned), `dhcp`, `slaac`, `none`, `last`, a host number, or an address such as `192.0.2.5` or `192.0.2.5/24`',
  );
export const addresses = z.union([address, z.array(address).min(1)]);
export const prefixText = z.string().min(1).describe('a prefix such as `192.0.2.0/24` or `2001:db8::/64`');
export const plannedPrefix = z
  .union([z.enum(['auto', 'none']), prefixText])
  .describe('`auto` (planned and pinned), `none`, or a prefix');
export const port = z.int().min(1).max(65535);
export const ports = z.union([port, z.array(port).min(1)]).describe('a port, or a list of ports');
export const mtu = z.int().min(576).max(65535).describe('largest packet in bytes; default 1500');
export const accept = z
  .array(z.string())
  .describe('codes of findings that are meant here; they are told by `plan` but stop nothing');

export const gateway = z
  .union([z.enum(['none', 'last']), hostNumber, addressText])
  .describe('the default router: a machine, an address, a host number, `last`, or `none`');
