/** How a machine finds its routes, in the language: by OSPF, by BGP, or both. */
import * as z from 'zod';

const largestAs = 4294967295;

const bgp = z
  .strictObject({
    as: z.int().min(1).max(largestAs).describe('the number of the autonomous system (AS) that it is in'),
    neighbours: z
      .array(z.string())
      .optional()
      .describe(
        'routers of other ASes that it speaks to: machines, or networks of its own, on which it speaks to all; default: every one that it shares a network with',
      ),
    announce: z
      .array(z.string())
      .optional()
      .describe(
        'what it tells of: networks, prefixes, `default`; default: the networks that it is on, and those that OSPF finds',
      ),
    transit: z
      .boolean()
      .optional()
      .describe('whether it tells other ASes, too, what it heard from other ASes; default `true`'),
  })
  .describe('speaks BGP');

export const routing = z
  .union([
    z.enum(['ospf']),
    z.strictObject({
      bgp,
      ospf: z.boolean().optional().describe('finds routes inside its AS by OSPF, too; default `false`'),
    }),
  ])
  .describe('finds its routes together with other routers: `ospf`, or `{ bgp: … }`; implies `router`');

type Routing = z.infer<typeof routing>;
export type SpecBgp = z.infer<typeof bgp>;

export const bgpOf = (written: Routing | undefined): SpecBgp | undefined =>
  typeof written === 'object' ? written.bgp : undefined;

export const runsOspf = (written: Routing | undefined): boolean =>
  typeof written === 'object' ? written.ospf === true : written === 'ospf';
