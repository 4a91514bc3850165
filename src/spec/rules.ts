/**
 * The parts of the language that speak of traffic, as zod schemas: packet filters of one machine, the policy between
 * machines, and what is expected of a measurement.
 */
import * as z from 'zod';
import { ports } from './values.ts';

export const firewallItem = z
  .union([
    z.enum(['ping', 'ssh', 'dns', 'http', 'https', 'smtp', 'dhcp', 'ntp', 'smb']),
    z.strictObject({
      tcp: ports.optional(),
      udp: ports.optional(),
      from: z
        .union([z.string(), z.array(z.string())])
        .optional()
        .describe('only from these machines, networks, addresses or prefixes; default: from everywhere'),
    }),
  ])
  .describe('`ping`, a service by its name, or `{ tcp, udp, from }`');
export const firewall = z
  .strictObject({
    incoming: z
      .enum(['allow', 'deny', 'reject'])
      .optional()
      .describe('what happens to connections to this machine; default `deny`'),
    forward: z.enum(['allow', 'deny', 'reject']).optional().describe('and to those through it; default `allow`'),
    allow: z.array(firewallItem).optional().describe('what is let in although `incoming` says otherwise'),
    reject: z.array(firewallItem).optional().describe('what is refused, and the sender is told'),
    deny: z.array(firewallItem).optional().describe('what is dropped without a word'),
  })
  .describe('a packet filter on this machine; exceptions are read in the order deny, reject, allow');
const endpoints = z
  .union([z.string(), z.array(z.string()).min(1)])
  .describe('`any`, `internet`, a machine, host, group, network, address or prefix; or a list of them');
export const policy = z
  .strictObject({
    allow: endpoints.optional().describe('who may'),
    deny: endpoints.optional().describe('who may not'),
    to: endpoints,
    except: endpoints.optional().describe('for whom the line does not hold, among those in `allow` or `deny`'),
    tcp: ports.optional(),
    udp: ports.optional(),
    ping: z.literal(true).optional().describe('ping only'),
  })
  .describe('`{ allow | deny: from, to: … }`; without tcp, udp or ping: everything');
export const expectation = z
  .strictObject({
    from: endpoints,
    to: endpoints,
    family: z
      .union([z.literal(4), z.literal(6)])
      .optional()
      .describe('4 or 6; default: every family that both ends have'),
    ping: z.boolean().optional().describe('whether a ping is answered'),
    any: z.boolean().optional().describe('whether anything is: ping, TCP and UDP alike'),
    tcp: ports.optional(),
    udp: ports.optional(),
    answer: z
      .union([z.boolean(), z.enum(['refused', 'timeout', 'unreachable'])])
      .optional()
      .describe('for tcp and udp: whether, or how, it is answered; default `true`'),
    source: z.string().optional().describe('the source address (or machine) that the far end sees'),
  })
  .describe('`{ from, to }` and what is measured between them');
