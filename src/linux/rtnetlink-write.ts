/**
 * Links, addresses, routes, rules and neighbour proxies as rtnetlink requests (rtnetlink(7)).
 */
import { bytesOf, ip } from '../net/address.ts';
import { macBytes } from '../net/mac.ts';
import { prefix } from '../net/prefix.ts';
import { type InterfaceSettings } from '../plan/plan.ts';
import {
  type Interface,
  type InterfaceAddress,
  type NeighbourProxy,
  type PolicyRule,
  type Route,
} from '../state/network-state.ts';
import {
  attributesBytes as attributesOf,
  NLM_F_CREATE,
  NLM_F_EXCL,
  type Attribute,
  type NetlinkRequest,
} from './netlink-message.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;

const IFF_UP = 1;
const IFLA = { address: 1, ifname: 3, mtu: 4, master: 10, linkInfo: 18, netNsFd: 28 } as const;
const IFLA_INFO = { kind: 1, data: 2 } as const;
const VETH_INFO_PEER = 1;
const IFLA_BR = { forwardDelay: 1, stpState: 5 } as const;
const IFA = { address: 1, local: 2, label: 3, flags: 8, broadcast: 4 } as const;
const IFA_F_NODAD = 2;
const RTA = { destination: 1, oif: 4, gateway: 5, priority: 6, prefSource: 7, table: 15 } as const;
const RTPROT_STATIC = 4;
const RT_SCOPE = { universe: 0, link: 253 } as const;
const routeTypes: Readonly<Record<Route['type'], number>> = {
  unicast: 1,
  local: 2,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
};
const NTF_PROXY = 8;
const NUD_PERMANENT = 0x80;
const FRA = { destination: 1, source: 2, iifname: 3, priority: 6, table: 15 } as const;
const FR_ACT_TO_TBL = 1;

const afOf = (family: 4 | 6): number => (family === 4 ? 2 : 10);

const ifinfomsg = (index: number, flags: number, change: number): Buffer => {
  const bytes = Buffer.alloc(16);
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

const upFlags = (it: { readonly up: boolean }): number => (it.up ? IFF_UP : 0);

const forwardDelay = (seconds: number): number => Math.round(seconds * 100);

/** A bridge. The kernel takes a forward delay below 2 s only while STP is off (br_set_forward_delay). */
export const newBridge = (name: string, index: number, it: Interface): NetlinkRequest => {
  const settings = it.bridge ?? { stp: false, forwardDelaySeconds: 0 };
  const data: Attribute[] = [
    [IFLA_BR.forwardDelay, forwardDelay(settings.forwardDelaySeconds)],
    [IFLA_BR.stpState, settings.stp ? 1 : 0],
  ];
  return {
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    fixed: ifinfomsg(index, upFlags(it), IFF_UP),
    attributes: [
      ...linkAttributes(name, it),
      [
        IFLA.linkInfo,
        [
          [IFLA_INFO.kind, 'bridge'],
          [IFLA_INFO.data, data],
        ],
      ],
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
      [
        IFLA.linkInfo,
        [
          [IFLA_INFO.kind, 'veth'],
          [IFLA_INFO.data, [[VETH_INFO_PEER, peerBytes]]],
        ],
      ],
    ],
  };
};

export const deleteLink = (index: number): NetlinkRequest => ({
  type: RTM_DELLINK,
  flags: 0,
  fixed: ifinfomsg(index, 0, 0),
  attributes: [],
});

/** Settings of an interface that exists; `master` is the bridge's index, 0 for none, undefined to leave it. */
export const setLink = (index: number, to: InterfaceSettings, master: number | undefined): NetlinkRequest => {
  const bridge: Attribute[] =
    to.bridge === undefined
      ? []
      : [
          [
            IFLA.linkInfo,
            [
              [IFLA_INFO.kind, 'bridge'],
              [
                IFLA_INFO.data,
                [
                  [IFLA_BR.stpState, to.bridge.stp ? 1 : 0],
                  [IFLA_BR.forwardDelay, forwardDelay(to.bridge.forwardDelaySeconds)],
                ],
              ],
            ],
          ],
        ];
  return {
    type: RTM_NEWLINK,
    flags: 0,
    fixed: ifinfomsg(index, upFlags(to), IFF_UP),
    attributes: [
      [IFLA.mtu, to.mtuBytes],
      ...(to.mac === undefined ? [] : [[IFLA.address, macBytes(to.mac)] as const]),
      ...(master === undefined ? [] : [[IFLA.master, master] as const]),
      ...bridge,
    ],
  };
};

/** An address. The plan refuses duplicates, so IPv6 does not wait to detect them (IFA_F_NODAD). */
export const addressRequest = (verb: 'add' | 'remove', index: number, it: InterfaceAddress): NetlinkRequest => {
  const address = ip(it.address);
  const fixed = Buffer.from([afOf(it.family), it.prefixLength, 0, isLinkLocal(it) ? RT_SCOPE.link : 0, 0, 0, 0, 0]);
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

const isLinkLocal = (it: InterfaceAddress): boolean => it.family === 6 && it.address.toLowerCase().startsWith('fe80:');

export const routeRequest = (verb: 'add' | 'remove', route: Route, oif: number | undefined): NetlinkRequest => {
  const to = prefix(route.to);
  const isOnLink = route.type === 'unicast' && route.via === undefined && route.family === 4;
  const fixed = Buffer.from([
    afOf(route.family),
    to.length,
    0,
    0,
    route.table < 256 ? route.table : 0,
    RTPROT_STATIC,
    isOnLink ? RT_SCOPE.link : 0,
    routeTypes[route.type],
    0,
    0,
    0,
    0,
  ]);
  return {
    type: verb === 'add' ? RTM_NEWROUTE : RTM_DELROUTE,
    flags: verb === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0,
    fixed,
    attributes: [
      ...(to.length === 0 ? [] : [[RTA.destination, bytesOf(to)] as const]),
      ...(route.via === undefined ? [] : [[RTA.gateway, bytesOf(ip(route.via))] as const]),
      ...(oif === undefined ? [] : [[RTA.oif, oif] as const]),
      ...(route.metric === 0 ? [] : [[RTA.priority, route.metric] as const]),
      ...(route.source === undefined ? [] : [[RTA.prefSource, bytesOf(ip(route.source))] as const]),
      [RTA.table, route.table],
    ],
  };
};

export const ruleRequest = (verb: 'add' | 'remove', rule: PolicyRule): NetlinkRequest => {
  const to = rule.to === undefined ? undefined : prefix(rule.to);
  const from = rule.from === undefined ? undefined : prefix(rule.from);
  return {
    type: verb === 'add' ? RTM_NEWRULE : RTM_DELRULE,
    flags: verb === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0,
    fixed: Buffer.from([
      afOf(rule.family),
      to?.length ?? 0,
      from?.length ?? 0,
      0,
      rule.table < 256 ? rule.table : 0,
      0,
      0,
      FR_ACT_TO_TBL,
      0,
      0,
      0,
      0,
    ]),
    attributes: [
      ...(to === undefined ? [] : [[FRA.destination, bytesOf(to)] as const]),
      ...(from === undefined ? [] : [[FRA.source, bytesOf(from)] as const]),
      ...(rule.iif === undefined ? [] : [[FRA.iifname, rule.iif] as const]),
      [FRA.priority, rule.priority],
      [FRA.table, rule.table],
    ],
  };
};

export const proxyRequest = (verb: 'add' | 'remove', proxy: NeighbourProxy, index: number): NetlinkRequest => {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt8(afOf(proxy.family), 0);
  fixed.writeInt32LE(index, 4);
  fixed.writeUInt16LE(NUD_PERMANENT, 8);
  fixed.writeUInt8(NTF_PROXY, 10);
  return {
    type: verb === 'add' ? RTM_NEWNEIGH : RTM_DELNEIGH,
    flags: verb === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0,
    fixed,
    attributes: [[1, bytesOf(ip(proxy.address))]],
  };
};

/** Forgets a neighbour that the kernel learned; `address` is its 4 or 16 bytes. */
export const forgetNeighbour = (address: Uint8Array, index: number): NetlinkRequest => {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt8(afOf(address.length === 4 ? 4 : 6), 0);
  fixed.writeInt32LE(index, 4);
  return { type: RTM_DELNEIGH, flags: 0, fixed, attributes: [[1, address]] };
};
