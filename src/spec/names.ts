/**
 * The part of the language that speaks of names (DNS), as a zod schema: the zone of the lab's machines, who serves it,
 * and what the outside may know of it.
 */
import * as z from 'zod';
import { addressText } from './values.ts';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** 180 characters leave room for the names of interfaces and machines in front of it (RFC 1035 section 2.3.4: 255 octets). */
export const domainName = z
  .string()
  .regex(
    new RegExp(`^(?=.{1,180}$)${label}(?:\\.${label})*$`),
    'a domain name is labels of lower-case letters, digits and hyphens with dots between them, at most 180 characters',
  );
const zone = domainName.describe('the domain that the names of the machines are in; default `LAB.internal`');
const hostName = z
  .string()
  .regex(
    new RegExp(`^${label}$`),
    'a host name is 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end',
  );
const servers = z.union([z.string(), z.array(z.string()).min(1)]);

export const dns = z
  .strictObject({
    zone: zone.optional(),
    servers: servers.describe(
      'the machines that answer: each is given all zones, finds out all other names, and stands in for the others',
    ),
    secondaries: servers
      .optional()
      .describe('further machines that answer, and copy the zones from `servers` by zone transfer'),
    names: z
      .record(hostName, z.string())
      .optional()
      .describe('further names in the zone, as in `{ www: web, printer: 10.0.1.60 }`'),
    mail: z.string().optional().describe('the machine that takes mail for the zone (its MX record)'),
    outside: z
      .union([z.array(z.string()).min(1), z.record(hostName, z.string())])
      .optional()
      .describe(
        'the names that others than the members of the networks are told, with the addresses that they reach: machines, or a map of names and machines; default: others are refused',
      ),
    forward: z
      .union([addressText, z.array(addressText).min(1)])
      .optional()
      .describe('addresses that are asked for all other names; default: they are found out from the root on'),
  })
  .describe('names of the machines, and who answers for them');

export const networkDns = z
  .union([z.boolean(), z.string(), z.array(z.string()).min(1)])
  .describe(
    'whether its members are told whom to ask for names, or which of the name servers; default `true` for what Lanwright makes, and `false` outside',
  );

export const resolver = z
  .boolean()
  .describe(
    'whether this interface decides whom the machine asks for names; default: the first one that brings a default route does',
  );
