/** Neighbours, static, proxied and learned, read by rtnetlink dumps (rtnetlink(7)). */
import { printIpBytes } from '../net/address.ts';
import { macFromBytes } from '../net/mac.ts';
import { type Neighbour, type NeighbourProxy } from '../state/network-state.ts';
import { dumpBothFamilies } from './ip-dump.ts';
import { readAttributes } from './netlink-message.ts';
import { type NetlinkSocket } from './netlink-socket.ts';
import { familyOf, NDA, NTF, NUD } from './rtnetlink-numbers.ts';

const RTM_GETNEIGH = 30;

const ndmsg = (flags: number): Buffer => {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt8(flags, 10);
  return fixed;
};

/** Holds the index of the interface in place of its name. */
type ByIndex<T> = Omit<T, 'dev'> & { readonly index: number };

export const readProxies = (socket: NetlinkSocket): ByIndex<NeighbourProxy>[] =>
  dumpBothFamilies(socket, RTM_GETNEIGH, ndmsg(NTF.proxy))
    .filter((body) => (body.readUInt8(10) & NTF.proxy) !== 0)
    .map((body) => ({
      family: familyOf(body.readUInt8(0)),
      address: printIpBytes(readAttributes(body.subarray(12)).get(NDA.destination) ?? Buffer.alloc(4)),
      index: body.readInt32LE(4),
    }));

/** Those that were configured. */
export const readNeighbours = (socket: NetlinkSocket): ByIndex<Neighbour>[] =>
  dumpBothFamilies(socket, RTM_GETNEIGH, ndmsg(0))
    .filter((body) => (body.readUInt16LE(8) & NUD.permanent) !== 0)
    .flatMap((body) => {
      const attributes = readAttributes(body.subarray(12));
      const address = attributes.get(NDA.destination);
      const mac = attributes.get(NDA.lladdr);
      return address === undefined || mac?.length !== 6
        ? []
        : [
            {
              family: familyOf(body.readUInt8(0)),
              address: printIpBytes(address),
              mac: macFromBytes(mac),
              index: body.readInt32LE(4),
            },
          ];
    });

/** Those of both families that were learned: not configured ones, nor multicast and loopback. */
export const readLearnedNeighbours = (
  socket: NetlinkSocket,
): { readonly address: Uint8Array; readonly index: number }[] =>
  dumpBothFamilies(socket, RTM_GETNEIGH, ndmsg(0))
    .filter((body) => (body.readUInt16LE(8) & (NUD.noarp | NUD.permanent)) === 0)
    .flatMap((body) => {
      const bytes = readAttributes(body.subarray(12)).get(NDA.destination);
      return bytes === undefined ? [] : [{ address: bytes, index: body.readInt32LE(4) }];
    });
