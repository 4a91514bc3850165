/** Requests that a patch panel needs besides those of `src/linux`. */
import { ifinfomsg } from '../../../src/linux/link-requests.ts';
import { type NetlinkRequest } from '../../../src/linux/netlink-message.ts';
import { type Interface } from '../../../src/state/network-state.ts';

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_MACVLAN_MODE = 1;
const modes = { private: 1, vepa: 2, bridge: 4 } as const;

type MacvlanMode = NonNullable<Interface['macvlan']>['mode'];

/** Changes the mode of a macvlan child that exists. */
export const setMacvlanMode = (index: number, mode: MacvlanMode): NetlinkRequest => {
  const fixed = Buffer.alloc(16);
  fixed.writeInt32LE(index, 4);
  return {
    type: RTM_NEWLINK,
    flags: 0,
    fixed,
    attributes: [
      [
        IFLA_LINKINFO,
        [
          [IFLA_INFO_KIND, 'macvlan'],
          [IFLA_INFO_DATA, [[IFLA_MACVLAN_MODE, modes[mode]]]],
        ],
      ],
    ],
  };
};

/** One link. */
export const getLink = (index: number): NetlinkRequest => ({
  type: RTM_GETLINK,
  flags: 0,
  fixed: ifinfomsg(index, 0, 0),
  attributes: [],
});

/** IPCTNL_MSG_CT_DELETE without a tuple: all connections of the namespace. `nfgenmsg` is four bytes. */
export const forgetConnections: NetlinkRequest = {
  type: (1 << 8) | 2,
  flags: 0,
  fixed: Buffer.alloc(4),
  attributes: [],
};
