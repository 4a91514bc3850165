/** The part of the language that says who watches whether the machines are there, and what is done when one is not. */
import * as z from 'zod';
import { port } from './values.ts';

const seconds = z.int().min(1).max(86400);

/** A path is printable ASCII (RFC 3986 says less); the host is a name of the lab or an address. */
const webhook = z
  .string()
  .regex(
    /^http:\/\/(?:[a-z][a-z0-9-]*|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:\/[!-~]*)?$/,
    'a webhook is `http://HOST:PORT/PATH`, where the host is a machine of the lab or an address',
  );

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';

/** RFC 5321 section 4.1.2, without quoted texts and addresses in brackets. */
const mailbox = z
  .string()
  .regex(
    new RegExp(`^(?=.{1,254}$)(?=.{1,64}@)${atom}(?:\\.${atom})*@${label}(?:\\.${label})*$`),
    'a mail address is `NAME@DOMAIN`',
  );

const alert = z
  .union([
    z.strictObject({
      command: z
        .array(z.string().min(1))
        .min(1)
        .describe('a program and its arguments, run on the watching machine without a shell'),
    }),
    z.strictObject({ webhook: webhook.describe('a URL that the watching machine sends a JSON document to (POST)') }),
    z.strictObject({
      mail: z.union([mailbox, z.array(mailbox).min(1).max(50)]).describe('who gets a mail from the watching machine'),
      via: z
        .string()
        .optional()
        .describe(
          'the machine or address that takes the mail (SMTP); default: the `mail` of `dns`, or the first machine with the service `mail`',
        ),
      from: mailbox.optional().describe('the sender; default `lanwright@` and the name of the watching machine'),
    }),
  ])
  .describe(
    'whom to tell: `{ command: [PROGRAM, …] }`, `{ webhook: URL }` or `{ mail: NAME@DOMAIN }`; default: alerts are shown by `status` only',
  );

export const watch = z
  .strictObject({
    by: z.string().describe('the machine that hears of the others'),
    machines: z
      .union([z.string(), z.array(z.string()).min(1)])
      .optional()
      .describe('who is to check in; default: all virtual machines but the one that watches'),
    every: seconds.optional().describe('seconds between two check-ins of a machine; default 5'),
    silence: seconds.optional().describe('a machine not heard of for so many seconds raises an alert; default 15'),
    port: port.optional().describe('the TCP port that check-ins come to; default 8008'),
    alert: alert.optional(),
  })
  .describe('machines check in with one that watches; of one that falls silent it raises an alert');
