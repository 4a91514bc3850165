/**
 * Turns a time server into the configuration of chronyd(8), chrony.conf(5). It is started with `-x`, which leaves the
 * clock alone: the clock of a namespace is that of the machine around it.
 */
import { type TimeServer } from '../state/role.ts';

/** What it says of its clock where nobody tells it the time: a last resort (RFC 5905 section 3). */
const ownStratum = 10;

/** `pidFile`: where it says that it runs. */
export const chronyConfig = ({ clients, sources }: TimeServer, pidFile: string): string =>
  [
    '# The time',
    ...sources.map((address) => `server ${address} iburst`),
    `local stratum ${ownStratum}`,
    ...clients.map((client) => `allow ${client}`),
    // Whom it answers is said above; nobody controls it, neither over the network nor by a socket.
    'cmdport 0',
    'bindcmdaddress /',
    `pidfile ${pidFile}`,
    '',
  ].join('\n');
