/** Numbers of rtnetlink that are both written and read (linux/rtnetlink.h, if_link.h, if_bridge.h, fib_rules.h, neighbour.h). */
import { type Family } from '../net/address.ts';
import { type Interface, type PolicyRule, type Route } from '../state/network-state.ts';

export const AF_INET = 2;
export const AF_BRIDGE = 7;
export const AF_INET6 = 10;

export const afOf = (family: Family): number => (family === 4 ? AF_INET : AF_INET6);
export const familyOf = (af: number): Family => (af === AF_INET ? 4 : 6);

export const IFF_UP = 1;

export const IFLA = {
  address: 1,
  ifname: 3,
  mtu: 4,
  link: 5,
  master: 10,
  linkInfo: 18,
  afSpec: 26,
  netNsFd: 28,
  extMask: 29,
  carrier: 33,
} as const;
export const IFLA_INFO = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const;
export const IFLA_BR = { forwardDelay: 1, stpState: 5, vlanFiltering: 7 } as const;
export const IFLA_BRPORT = { state: 1, hairpin: 4, learning: 8, flood: 9, isolated: 33 } as const;
export const IFLA_VLAN_ID = 1;
export const IFLA_MACVLAN_MODE = 1;
export const IFLA_VXLAN = { id: 1, local: 4, port: 15, local6: 17 } as const;

export const macvlanModes: Readonly<Record<NonNullable<Interface['macvlan']>['mode'], number>> = {
  private: 1,
  vepa: 2,
  bridge: 4,
};

export const IFLA_BRIDGE = { flags: 0, vlanInfo: 2 } as const;
export const BRIDGE_FLAGS_SELF = 2;
/** Flags of `struct bridge_vlan_info`. */
export const BRIDGE_VLAN = { pvid: 2, untagged: 4 } as const;

export const RTA = {
  destination: 1,
  oif: 4,
  gateway: 5,
  priority: 6,
  prefSource: 7,
  multipath: 9,
  table: 15,
  via: 18,
} as const;
export const RTNH_F_ONLINK = 4;
/** Says that a person or program configured the route, not the kernel (2) or a protocol. */
export const RTPROT_STATIC = 4;
export const routeTypes: Readonly<Record<Route['type'], number>> = {
  unicast: 1,
  local: 2,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
};

export const FRA = {
  destination: 1,
  source: 2,
  iifname: 3,
  priority: 6,
  mark: 10,
  suppressPrefixLength: 14,
  table: 15,
  mask: 16,
  oifname: 17,
  protocol: 22,
  sourcePorts: 23,
  destinationPorts: 24,
  l3mdev: 19,
} as const;
export const FIB_RULE_INVERT = 2;
export const FR_ACT_TO_TBL = 1;
export const ruleActions: Readonly<Record<NonNullable<PolicyRule['action']>, number>> = {
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
};

export const NDA = { destination: 1, lladdr: 2 } as const;
export const NTF = { self: 2, proxy: 8 } as const;
export const NUD = { noarp: 0x40, permanent: 0x80 } as const;
