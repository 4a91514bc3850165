/**
 * Links as rtnetlink requests (rtnetlink(7), ip-link(8)): bridges, cables and what rests on other links; settings of
 * those that exist. Kinds are named as the kernel names them, tunnels by their mode.
 */
import { bytesOf, ip } from '../net/address.ts';
import { macBytes } from '../net/mac.ts';
import { type InterfaceSettings } from '../plan/plan.ts';
import { type BridgeSettings, type Interface, type VxlanSettings } from '../state/network-state.ts';
import { bondAttributes, tunnelAttributes, vrfAttributes } from './link-kinds.ts';
import {
  attributesBytes as attributesOf,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  u16,
  u16be,
  u8,
  type Attribute,
  type NetlinkRequest,
} from './netlink-message.ts';
import {
  AF_BRIDGE,
  IFF_UP,
  IFLA,
  IFLA_BR,
  IFLA_INFO,
  IFLA_MACVLAN_MODE,
  IFLA_VLAN_ID,
  IFLA_VXLAN,
  macvlanModes,
  NDA,
  NTF,
  NUD,
} from './rtnetlink-numbers.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWNEIGH = 28;
const VETH_INFO_PEER = 1;

/** `struct ifinfomsg` of an interface by its index. */
export const ifinfomsg = (index: number, flags: number, change: number, af = 0): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt8(af, 0);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(change, 12);
  return bytes;
};

const linkAttributes = (name: string, it: Interface): Attribute[] => [
  [IFLA.ifname, name],
  [IFLA.mtu, it.mtuBytes],
  ...(it.mac === undefined ? [] : [[IFLA.address, macBytes(it.mac)] as const]),
];

const linkInfo = (kind: string, data: readonly Attribute[]): Attribute => [
  IFLA.linkInfo,
  [
    [IFLA_INFO.kind, kind],
    [IFLA_INFO.data, data],
  ],
];

const upFlags = (it: { readonly up: boolean }): number => (it.up ? IFF_UP : 0);

/** In hundredths of a second (USER_HZ). */
const forwardDelay = ({ forwardDelaySeconds }: BridgeSettings): Attribute => [
  IFLA_BR.forwardDelay,
  Math.round(forwardDelaySeconds * 100),
];

const stpState = ({ stp }: BridgeSettings): Attribute => [IFLA_BR.stpState, stp ? 1 : 0];

/** A bridge. The kernel takes a forward delay below 2 s only while STP is off (br_set_forward_delay). */
export const newBridge = (name: string, index: number, it: Interface): NetlinkRequest => {
  const settings = it.bridge ?? { stp: false, forwardDelaySeconds: 0 };
  return {
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    fixed: ifinfomsg(index, upFlags(it), IFF_UP),
    attributes: [
      ...linkAttributes(name, it),
      linkInfo('bridge', [
        forwardDelay(settings),
        stpState(settings),
        ...(settings.vlanFiltering === true ? [[IFLA_BR.vlanFiltering, u8(1)] as const] : []),
      ]),
    ],
  };
};

export interface VethEnd {
  readonly name: string;
  readonly index: number;
  readonly interface: Interface;
}

/**
 * A cable: `near` in the namespace of the socket, `far` in that of `farNamespaceFd`. The far end stays down: it cannot
 * come up before the two are joined (veth_open gives ENOTCONN).
 */
export const newVeth = (
  near: VethEnd,
  far: VethEnd,
  farNamespaceFd: number,
  nearMaster: number | undefined,
): NetlinkRequest => {
  const peer: Attribute[] = [...linkAttributes(far.name, far.interface), [IFLA.netNsFd, farNamespaceFd]];
  const peerBytes = Buffer.concat([ifinfomsg(far.index, 0, 0), attributesOf(peer)]);
  return {
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    fixed: ifinfomsg(near.index, upFlags(near.interface), IFF_UP),
    attributes: [
      ...linkAttributes(near.name, near.interface),
      ...(nearMaster === undefined ? [] : [[IFLA.master, nearMaster] as const]),
      linkInfo('veth', [[VETH_INFO_PEER, peerBytes]]),
    ],
  };
};

const addressBytes = (text: string): Uint8Array => bytesOf(ip(text));

/** Far ends of IPv6 need a local address of IPv6, `::` where none is set: the kernel takes the family from it. */
const vxlanData = ({ id, local, remotes, port }: VxlanSettings): Attribute[] => {
  const from = local ?? (remotes.some((remote) => remote.includes(':')) ? '::' : undefined);
  return [
    [IFLA_VXLAN.id, id],
    ...(from === undefined
      ? []
      : [[from.includes(':') ? IFLA_VXLAN.local6 : IFLA_VXLAN.local, addressBytes(from)] as const]),
    [IFLA_VXLAN.port, u16be(port)],
  ];
};

/** `base`: the link that it rests on; of a bond, its primary member. */
const kindAttributes = (it: Interface, base: number | undefined): Attribute[] => {
  const on: Attribute[] = base === undefined ? [] : [[IFLA.link, base]];
  if (it.vlan !== undefined) return [...on, linkInfo('vlan', [[IFLA_VLAN_ID, u16(it.vlan.id)]])];
  if (it.macvlan !== undefined)
    return [...on, linkInfo('macvlan', [[IFLA_MACVLAN_MODE, macvlanModes[it.macvlan.mode]]])];
  if (it.vxlan !== undefined) return [linkInfo('vxlan', vxlanData(it.vxlan))];
  if (it.tunnel !== undefined) return [linkInfo(it.tunnel.mode, tunnelAttributes(it.tunnel))];
  if (it.bond !== undefined) return [linkInfo('bond', bondAttributes(it.bond, base))];
  return [linkInfo(it.kind, it.vrf === undefined ? [] : vrfAttributes(it.vrf))];
};

/** A link of one of the other kinds; `base` is the index of the link that it rests on. */
export const newLink = (
  name: string,
  index: number,
  it: Interface,
  base: number | undefined,
  master: number | undefined,
): NetlinkRequest => ({
  type: RTM_NEWLINK,
  flags: NLM_F_CREATE | NLM_F_EXCL,
  fixed: ifinfomsg(index, upFlags(it), IFF_UP),
  attributes: [
    ...linkAttributes(name, it),
    ...(master === undefined ? [] : [[IFLA.master, master] as const]),
    ...kindAttributes(it, base),
  ],
});

/** A far end of a VXLAN segment: frames to nobody in particular go there (the entry of the MAC of zeros, bridge(8)). */
export const vxlanRemote = (index: number, remote: string): NetlinkRequest => {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt8(AF_BRIDGE, 0);
  fixed.writeInt32LE(index, 4);
  fixed.writeUInt16LE(NUD.permanent | NUD.noarp, 8);
  fixed.writeUInt8(NTF.self, 10);
  return {
    type: RTM_NEWNEIGH,
    flags: NLM_F_CREATE | NLM_F_APPEND,
    fixed,
    attributes: [
      [NDA.lladdr, new Uint8Array(6)],
      [NDA.destination, addressBytes(remote)],
    ],
  };
};

export const deleteLink = (index: number): NetlinkRequest => ({
  type: RTM_DELLINK,
  flags: 0,
  fixed: ifinfomsg(index, 0, 0),
  attributes: [],
});

export const renameLink = (index: number, name: string): NetlinkRequest => ({
  type: RTM_NEWLINK,
  flags: 0,
  fixed: ifinfomsg(index, 0, 0),
  attributes: [[IFLA.ifname, name]],
});

/** Settings of an interface that exists; `master` is the bridge's index, 0 for none, undefined to leave it. */
export const setLink = (index: number, to: InterfaceSettings, master: number | undefined): NetlinkRequest => ({
  type: RTM_NEWLINK,
  flags: 0,
  fixed: ifinfomsg(index, upFlags(to), IFF_UP),
  attributes: [
    [IFLA.mtu, to.mtuBytes],
    ...(to.mac === undefined ? [] : [[IFLA.address, macBytes(to.mac)] as const]),
    ...(master === undefined ? [] : [[IFLA.master, master] as const]),
    ...(to.bridge === undefined ? [] : [linkInfo('bridge', [stpState(to.bridge), forwardDelay(to.bridge)])]),
  ],
});

/** Whether a tap has a carrier, apart from that of who holds its descriptor (tun_net_change_carrier). */
export const setCarrier = (index: number, isOn: boolean): NetlinkRequest => ({
  type: RTM_NEWLINK,
  flags: 0,
  fixed: ifinfomsg(index, 0, 0),
  attributes: [[IFLA.carrier, u8(isOn ? 1 : 0)]],
});

/** Whether a bridge that exists keeps frames apart by 802.1Q tag. */
export const setVlanFiltering = (index: number, isOn: boolean): NetlinkRequest => ({
  type: RTM_NEWLINK,
  flags: 0,
  fixed: ifinfomsg(index, 0, 0),
  attributes: [linkInfo('bridge', [[IFLA_BR.vlanFiltering, u8(isOn ? 1 : 0)]])],
});
