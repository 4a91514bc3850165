/** Who is at the other end of a unix socket (SO_PEERCRED, unix(7)), as this user namespace numbers users. */
import { type Socket } from 'node:net';
import { getOption } from '../linux/libc.ts';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** Node shows a socket's descriptor only this way. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

export const peerUser = (connection: Socket): number | undefined => {
  const fd = (connection as unknown as WithHandle)._handle?.fd;
  if (fd === undefined || fd < 0) return undefined;
  return Buffer.from(getOption(fd, SOL_SOCKET, SO_PEERCRED, 12)).readUInt32LE(4);
};
