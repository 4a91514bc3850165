/**
 * The part of the language that speaks of what a machine does for others beside its network, as zod schemas. Each role is
 * a well-known program, configured from the lab; its word alone is enough.
 */
import * as z from 'zod';
import { domainName } from './names.ts';
import { ports } from './values.ts';

/** In configuration files of every program a word of its own, whatever quotes they know. */
const folder = z
  .string()
  .regex(
    /^\/[A-Za-z0-9._+@/-]{0,200}$/,
    'a folder is written from `/` on, in letters, digits and `.`, `_`, `+`, `@`, `-`, at most 200 characters',
  );

const web = z
  .strictObject({
    port: ports.optional().describe('the TCP port that it serves on, or several; default 80'),
    folder: folder
      .optional()
      .describe('what it serves, as the machine sees it; default: a page that says the name of the machine'),
  })
  .describe('a web server (nginx)');

const time = z
  .strictObject({
    from: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe('machines or addresses that it asks for the time itself; default: it goes by its own clock'),
  })
  .describe('a time server (chrony, NTP)');

const mail = z
  .strictObject({
    domain: domainName
      .optional()
      .describe('the domain that it takes mail for; default: `zone` of `dns`, or `LAB.internal`'),
    relay: z
      .string()
      .min(1)
      .optional()
      .describe('a machine or an address that is handed all mail for others; default: their own mail servers are'),
  })
  .describe('a mail server (postfix); in a virtual machine with Debian only');

const files = z
  .strictObject({
    share: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, 'a share name is 1 to 31 lower-case letters, digits and hyphens, a letter first')
      .optional()
      .describe('by what name others find it; default `files`'),
    folder: folder.optional().describe('what it shares; default `/srv/files`'),
    write: z.boolean().optional().describe('whether others may write there; default `true`'),
  })
  .describe('a file server (samba, SMB); in a virtual machine with Debian only');

export const roleWords = ['web', 'time', 'mail', 'files'] as const;
export const roleMaps = [
  z.strictObject({ web }),
  z.strictObject({ time }),
  z.strictObject({ mail }),
  z.strictObject({ files }),
] as const;
