/** One network interface in the language: what it is on, its addresses, what it is made of. */
import * as z from 'zod';
import { resolver } from './names.ts';
import { addresses, addressText, gateway, interfaceName, mtu, port } from './values.ts';

const bondMembers = z.array(interfaceName).min(1).describe('the interfaces that act as one');
export const bond = z
  .union([
    bondMembers,
    z.strictObject({
      members: bondMembers,
      mode: z
        .enum(['active-backup', 'balance-xor', '802.3ad', 'balance-rr', 'balance-tlb', 'balance-alb', 'broadcast'])
        .optional()
        .describe('how frames are spread over them; default `active-backup`, which asks nothing of the switch'),
      primary: interfaceName.optional().describe('active-backup: the member that is used whenever it can be'),
    }),
  ])
  .describe('makes the interface a bond of these, each with a cable of its own');

const behind = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .describe('of WireGuard: networks and prefixes that the others reach through this end; implies `router`');

export const nicBody = z
  .strictObject({
    network: z.string().describe('the network this interface is on; `internet` is built in'),
    address: addresses.optional().describe('one or several addresses, of either family'),
    ipv4: addresses.optional().describe('overrides `address` for IPv4'),
    ipv6: addresses.optional().describe('overrides `address` for IPv6'),
    aliases: z
      .record(z.string().regex(/^[a-zA-Z0-9]{1,8}$/, 'a label is 1 to 8 letters and digits'), addressText)
      .optional()
      .describe('labelled further IPv4 addresses: `{ 0: 192.0.2.9/24 }` is `eth0:0`'),
    mac: z.string().optional().describe('default: 52:54:00, the machine number and the interface'),
    gateway: gateway.optional().describe('overrides the default router of the network'),
    gateway6: gateway.optional().describe('the same for IPv6'),
    resolver: resolver.optional(),
    mtu: mtu.optional().describe('largest packet in bytes; default: that of the network'),
    cost: z
      .int()
      .min(1)
      .max(65535)
      .optional()
      .describe('of a machine that finds routes by OSPF: what it costs to send by this interface; default 10'),
    bond: bond.optional(),
    local: addressText
      .optional()
      .describe(
        'of a tunnel: the IPv4 address of the machine that its outer packets come from; default: the one nearest to the other end; of an end of WireGuard with a `port`: the address, of either family, that others find it at',
      ),
    remote: addressText
      .optional()
      .describe(
        'of a tunnel: the IPv4 address that they go to; default: the `local` one of the other end; of WireGuard: of either family, the one that this end finds the server at',
      ),
    port: port
      .optional()
      .describe('of WireGuard: the UDP port that it can be found at, usually 51820; the others find it, and it them'),
    behind: behind.optional(),
    keepalive: z
      .int()
      .min(1)
      .max(65535)
      .optional()
      .describe(
        'of WireGuard: seconds between packets to those that have a `port`, so that translators on the way let them answer; default 25 without a `port`, else none',
      ),
  })
  .describe('one network interface');
export const nic = z.union([z.string(), nicBody]).describe('the name of a network, or the interface in full');
