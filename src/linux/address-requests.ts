/** Addresses as rtnetlink requests (rtnetlink(7), ip-address(8)). */
import { bytesOf, ip } from '../net/address.ts';
import { type InterfaceAddress } from '../state/network-state.ts';
import { NLM_F_CREATE, NLM_F_EXCL, type NetlinkRequest } from './netlink-message.ts';
import { afOf } from './rtnetlink-numbers.ts';

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RT_SCOPE_LINK = 253;
const IFA = { address: 1, local: 2, label: 3, flags: 8, broadcast: 4 } as const;
const IFA_F_NODAD = 2;

const isLinkLocal = (it: InterfaceAddress): boolean => it.family === 6 && it.address.toLowerCase().startsWith('fe80:');

/** An address. The plan refuses duplicates, so IPv6 does not wait to detect them (IFA_F_NODAD). */
export const addressRequest = (verb: 'add' | 'remove', index: number, it: InterfaceAddress): NetlinkRequest => {
  const address = ip(it.address);
  const fixed = Buffer.from([afOf(it.family), it.prefixLength, 0, isLinkLocal(it) ? RT_SCOPE_LINK : 0, 0, 0, 0, 0]);
  fixed.writeUInt32LE(index, 4);
  const hostBits = BigInt(32 - it.prefixLength);
  const broadcast =
    it.family === 4 && it.prefixLength < 31
      ? [[IFA.broadcast, bytesOf({ family: 4, value: address.value | ((1n << hostBits) - 1n) })] as const]
      : [];
  return {
    type: verb === 'add' ? RTM_NEWADDR : RTM_DELADDR,
    flags: verb === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0,
    fixed,
    attributes: [
      [IFA.local, bytesOf(address)],
      [IFA.address, bytesOf(address)],
      ...(verb === 'add' ? broadcast : []),
      ...(it.label === undefined ? [] : [[IFA.label, it.label] as const]),
      ...(it.family === 6 && verb === 'add' ? [[IFA.flags, IFA_F_NODAD] as const] : []),
    ],
  };
};
