/** One rtnetlink dump of what both families of IP have. */
import { dump, type NetlinkSocket } from './netlink-socket.ts';
import { AF_INET, AF_INET6 } from './rtnetlink-numbers.ts';

/** The bodies of the messages. AF_UNSPEC takes half the system calls of one dump for each; others are left out. */
export const dumpBothFamilies = (socket: NetlinkSocket, type: number, fixed: Buffer): Buffer[] =>
  dump(socket, { type, fixed, attributes: [] })
    .map(({ body }) => body)
    .filter((body) => body[0] === AF_INET || body[0] === AF_INET6);
