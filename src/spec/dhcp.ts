/** Who gives out addresses on a network, in either family, and whom its members are told to ask for the time. */
import * as z from 'zod';
import { hostNumber } from './values.ts';

const dhcpServers = z.union([z.string(), z.array(z.string()).min(1)]);

const serving = {
  relay: z
    .union([z.literal(true), z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe(
      'where the server is on another network: the machine on this one that passes on what is asked, or several; `true`: the router',
    ),
  program: z
    .enum(['dnsmasq', 'kea'])
    .optional()
    .describe('the program that serves; default `dnsmasq`, or `kea` for a pair in hot standby'),
  standby: z
    .enum(['hot'])
    .optional()
    .describe(
      'of two servers: `hot` has the first answer for the whole range, and tell the second, which answers when the first is gone',
    ),
};

export const dhcp = z
  .union([
    z.boolean(),
    dhcpServers,
    z.strictObject({
      server: dhcpServers
        .optional()
        .describe('the machine that serves, or several that share the range; default: the gateway, or the host'),
      range: z.tuple([hostNumber, hostNumber]).optional().describe('first and last host number that it gives out'),
      ...serving,
    }),
  ])
  .describe(
    'who gives out IPv4 addresses: `true` (the gateway, or the host), the machine that serves, a list of them, or `{ server, range: [first, last] }` in host numbers',
  );

export const dhcp6 = z
  .union([
    z.boolean(),
    dhcpServers,
    z.strictObject({
      server: dhcpServers
        .optional()
        .describe('the machine that serves, or several that share the range; default: the router'),
      range: z
        .tuple([hostNumber, hostNumber])
        .optional()
        .describe('first and last address that it gives out, counted from the beginning of the network'),
      ...serving,
    }),
  ])
  .describe(
    'who gives out IPv6 addresses by DHCPv6, written like `dhcp`; the router then advertises what is on the link, and with `ra` lets machines make addresses of their own, too',
  );

export const timeServers = z
  .union([z.string(), z.array(z.string()).min(1)])
  .describe(
    'machines or addresses that members are told by DHCP to ask for the time (options 42, and 31 and 56 of DHCPv6)',
  );
