/** What a bridge port is, and the VLANs of ports and of bridges themselves, as rtnetlink requests (bridge(8)). */
import { type BridgePort, type PortVlan } from '../state/network-state.ts';
import { bornVlans } from '../state/normal-interface.ts';
import { ifinfomsg } from './link-requests.ts';
import { u16, u8, type Attribute, type NetlinkRequest } from './netlink-message.ts';
import {
  AF_BRIDGE,
  BRIDGE_FLAGS_SELF,
  BRIDGE_VLAN,
  IFLA,
  IFLA_BRIDGE,
  IFLA_BRPORT,
  IFLA_INFO,
} from './rtnetlink-numbers.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_SETLINK = 19;

/** The flags of a port, all of them; it must be a port already. */
export const setPort = (index: number, port: BridgePort): NetlinkRequest => ({
  type: RTM_NEWLINK,
  flags: 0,
  fixed: ifinfomsg(index, 0, 0),
  attributes: [
    [
      IFLA.linkInfo,
      [
        [IFLA_INFO.slaveKind, 'bridge'],
        [
          IFLA_INFO.slaveData,
          [
            [IFLA_BRPORT.hairpin, u8(port.hairpin === true ? 1 : 0)],
            [IFLA_BRPORT.learning, u8(port.learning === false ? 0 : 1)],
            [IFLA_BRPORT.flood, u8(port.flood === false ? 0 : 1)],
            [IFLA_BRPORT.isolated, u8(port.isolated === true ? 1 : 0)],
          ],
        ],
      ],
    ],
  ],
});

/** Whose VLANs: a port's, which its bridge keeps, or those of a bridge device itself. */
export type VlanOwner = 'port' | 'bridge';

/** One VLAN more, or with other flags, or one less. */
export const vlanRequest = (
  verb: 'add' | 'remove',
  owner: VlanOwner,
  index: number,
  { id, pvid, untagged }: PortVlan,
): NetlinkRequest => {
  const flags = (pvid === true ? BRIDGE_VLAN.pvid : 0) | (untagged === true ? BRIDGE_VLAN.untagged : 0);
  const self: Attribute[] = owner === 'bridge' ? [[IFLA_BRIDGE.flags, u16(BRIDGE_FLAGS_SELF)]] : [];
  return {
    type: verb === 'add' ? RTM_SETLINK : RTM_DELLINK,
    flags: 0,
    fixed: ifinfomsg(index, 0, 0, AF_BRIDGE),
    attributes: [
      [IFLA.afSpec, [...self, [IFLA_BRIDGE.vlanInfo, Buffer.concat([u16(verb === 'add' ? flags : 0), u16(id)])]]],
    ],
  };
};

/** From some VLANs to others; absent: those that ports are born with. */
export const vlanRequests = (
  owner: VlanOwner,
  index: number,
  from: readonly PortVlan[] = bornVlans,
  to: readonly PortVlan[] = bornVlans,
): NetlinkRequest[] => {
  const same = (a: PortVlan, b: PortVlan): boolean => a.id === b.id && a.pvid === b.pvid && a.untagged === b.untagged;
  return [
    ...from
      .filter(({ id }) => !to.some((other) => other.id === id))
      .map((vlan) => vlanRequest('remove', owner, index, vlan)),
    ...to
      .filter((vlan) => !from.some((other) => same(other, vlan)))
      .map((vlan) => vlanRequest('add', owner, index, vlan)),
  ];
};
