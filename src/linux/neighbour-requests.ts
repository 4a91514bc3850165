/** Neighbours, static, proxied and learned, as rtnetlink requests (ip-neighbour(8)). */
import { bytesOf, ip } from '../net/address.ts';
import { macBytes } from '../net/mac.ts';
import { type Neighbour, type NeighbourProxy } from '../state/network-state.ts';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, type NetlinkRequest } from './netlink-message.ts';
import { afOf, NDA, NTF, NUD } from './rtnetlink-numbers.ts';

const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;

const ndmsg = (af: number, index: number, flags: number): Buffer => {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt8(af, 0);
  fixed.writeInt32LE(index, 4);
  fixed.writeUInt16LE(NUD.permanent, 8);
  fixed.writeUInt8(flags, 10);
  return fixed;
};

export const proxyRequest = (verb: 'add' | 'remove', proxy: NeighbourProxy, index: number): NetlinkRequest => ({
  type: verb === 'add' ? RTM_NEWNEIGH : RTM_DELNEIGH,
  flags: verb === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0,
  fixed: ndmsg(afOf(proxy.family), index, NTF.proxy),
  attributes: [[NDA.destination, bytesOf(ip(proxy.address))]],
});

/** A static neighbour, in place of what the kernel may have learned about the address. */
export const neighbourRequest = (verb: 'add' | 'remove', neighbour: Neighbour, index: number): NetlinkRequest => ({
  type: verb === 'add' ? RTM_NEWNEIGH : RTM_DELNEIGH,
  flags: verb === 'add' ? NLM_F_CREATE | NLM_F_REPLACE : 0,
  fixed: ndmsg(afOf(neighbour.family), index, 0),
  attributes: [
    [NDA.destination, bytesOf(ip(neighbour.address))],
    ...(verb === 'add' ? [[NDA.lladdr, macBytes(neighbour.mac)] as const] : []),
  ],
});

/** Forgets a neighbour that the kernel learned; `address` is its 4 or 16 bytes. */
export const forgetNeighbour = (address: Uint8Array, index: number): NetlinkRequest => {
  const fixed = ndmsg(afOf(address.length === 4 ? 4 : 6), index, 0);
  return { type: RTM_DELNEIGH, flags: 0, fixed, attributes: [[NDA.destination, address]] };
};
