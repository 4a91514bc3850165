/** What the members of a network are told beside addresses: who advertises, further routes, and the domains to look in. */
import * as z from 'zod';
import { domainName } from './names.ts';

/** RFC 4191 section 2.1 tells three preferences apart. */
const mostAdvertisers = 3;

export const advertisers = z.union([z.boolean(), z.string(), z.array(z.string()).min(1).max(mostAdvertisers)]);

export const networkRoutes = z
  .array(
    z.strictObject({
      to: z.string().describe('a prefix, an address, or a network'),
      via: z.string().describe('the router: a machine or an address on this network'),
    }),
  )
  .describe(
    'ways that its members have beside the default one: who asks by DHCP or hears advertisements is told of them (option 121, RFC 4191), the others are configured',
  );

export const searchDomains = z
  .union([domainName, z.array(domainName).min(1)])
  .describe('the domains that its members look names up in; default: `zone` of `dns` (options 15 and 119, DNSSL)');
