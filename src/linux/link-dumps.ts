/** Links, VLANs of bridge ports and far ends of VXLAN segments, read by rtnetlink dumps (rtnetlink(7)). */
import { printIpBytes } from '../net/address.ts';
import { macFromBytes } from '../net/mac.ts';
import { type BridgePort, type BridgeSettings, type Interface, type PortVlan } from '../state/network-state.ts';
import { bondIn, IFLA_BOND_SLAVE_PERMANENT_MAC, isCarryingIn, tunnelIn, vrfIn, type ReadBond } from './link-kinds.ts';
import { readAttributes, readEach, readText, readU16, readU16be, readU32 } from './netlink-message.ts';
import { dump, type NetlinkSocket } from './netlink-socket.ts';
import {
  AF_BRIDGE,
  BRIDGE_VLAN,
  IFF_UP,
  IFLA,
  IFLA_BR,
  IFLA_BRIDGE,
  IFLA_BRPORT,
  IFLA_INFO,
  IFLA_MACVLAN_MODE,
  IFLA_VLAN_ID,
  IFLA_VXLAN,
  macvlanModes,
  NDA,
  NTF,
} from './rtnetlink-numbers.ts';

const RTM_GETLINK = 18;
const RTM_GETNEIGH = 30;
const IFF_LOOPBACK = 8;
const IFF_LOWER_UP = 0x10000;
const RTEXT_FILTER_BRVLAN = 2;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFLA_VLAN_PROTOCOL = 5;
const ETH_P_8021Q = 0x8100;

/** What a link of a kind is; empty where it is of another kind, or in a way that NetworkState does not know. */
interface Nature {
  readonly bridge?: BridgeSettings;
  readonly vlanId?: number;
  readonly macvlanMode?: NonNullable<Interface['macvlan']>['mode'];
  /** Without its far ends, which `readVxlanRemotes` reads. */
  readonly vxlan?: { readonly id: number; readonly local?: string; readonly port: number };
  readonly tunnel?: NonNullable<Interface['tunnel']>;
  readonly bond?: ReadBond;
  readonly vrf?: NonNullable<Interface['vrf']>;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  /** The kernel's word, such as `veth`; empty for `lo`. */
  readonly kind: string;
  readonly nature: Nature;
  readonly mac: string | undefined;
  readonly mtuBytes: number;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  readonly isLoopback: boolean;
  /** Index of the bridge it is a port of. */
  readonly master: number | undefined;
  /** Index of the veth peer, in whichever namespace. */
  readonly peer: number | undefined;
  /** Index of the link that it rests on. */
  readonly base: number | undefined;
  /** What it is as a bridge port, but for its VLANs; undefined where it is none. */
  readonly port: BridgePort | undefined;
  /** A bridge port's STP state: 3 is forwarding. */
  readonly portState: number | undefined;
  /** Whether a member of a bond carries frames yet, by LACP; undefined where there is none. */
  readonly isCarrying: boolean | undefined;
}

type Attributes = ReadonlyMap<number, Buffer>;

const isOn = (value: Buffer | undefined): boolean => value !== undefined && value[0] !== 0;
const isOff = (value: Buffer | undefined): boolean => value?.[0] === 0;

const addressIn = (bytes: Buffer | undefined): string | undefined =>
  bytes === undefined || bytes.every((byte) => byte === 0) ? undefined : printIpBytes(bytes);

const bridgeOf = (data: Attributes): BridgeSettings => ({
  forwardDelaySeconds: (readU32(data.get(IFLA_BR.forwardDelay)) ?? 0) / 100,
  stp: (readU32(data.get(IFLA_BR.stpState)) ?? 0) !== 0,
  ...(isOn(data.get(IFLA_BR.vlanFiltering)) ? { vlanFiltering: true } : {}),
});

const vxlanOf = (data: Attributes): Nature => {
  const local = addressIn(data.get(IFLA_VXLAN.local) ?? data.get(IFLA_VXLAN.local6));
  return {
    vxlan: {
      id: readU32(data.get(IFLA_VXLAN.id)) ?? 0,
      ...(local === undefined ? {} : { local }),
      port: readU16be(data.get(IFLA_VXLAN.port)) ?? 0,
    },
  };
};

const vlanOf = (data: Attributes): Nature => {
  const vlanId = readU16(data.get(IFLA_VLAN_ID));
  const protocol = readU16be(data.get(IFLA_VLAN_PROTOCOL)) ?? ETH_P_8021Q;
  return vlanId === undefined || protocol !== ETH_P_8021Q ? {} : { vlanId };
};

const macvlanOf = (data: Attributes): Nature => {
  const mode = readU32(data.get(IFLA_MACVLAN_MODE));
  for (const macvlanMode of ['bridge', 'private', 'vepa'] as const)
    if (macvlanModes[macvlanMode] === mode) return { macvlanMode };
  return {};
};

const readers: Readonly<Record<string, (data: Attributes) => Nature>> = {
  bridge: (data) => ({ bridge: bridgeOf(data) }),
  vxlan: vxlanOf,
  vlan: vlanOf,
  macvlan: macvlanOf,
  sit: (data) => ({ tunnel: tunnelIn('sit')(data) }),
  ipip: (data) => ({ tunnel: tunnelIn('ipip')(data) }),
  gre: (data) => ({ tunnel: tunnelIn('gre')(data) }),
  bond: (data) => ({ bond: bondIn(data) }),
  vrf: (data) => ({ vrf: vrfIn(data) }),
};

const natureOf = (kind: string, data: Buffer | undefined): Nature =>
  data === undefined ? {} : (readers[kind]?.(readAttributes(data)) ?? {});

const portOf = (attributes: Attributes): BridgePort => ({
  ...(isOn(attributes.get(IFLA_BRPORT.isolated)) ? { isolated: true } : {}),
  ...(isOn(attributes.get(IFLA_BRPORT.hairpin)) ? { hairpin: true } : {}),
  ...(isOff(attributes.get(IFLA_BRPORT.learning)) ? { learning: false } : {}),
  ...(isOff(attributes.get(IFLA_BRPORT.flood)) ? { flood: false } : {}),
});

/** A bridge that lost its last port, and `lo`, have zeros for an address. */
const macOf = (bytes: Buffer | undefined): string | undefined =>
  bytes?.length === 6 && bytes.some((byte) => byte !== 0) ? macFromBytes(bytes) : undefined;

/** `body`: `struct ifinfomsg` and attributes. */
export const linkOf = (body: Buffer): Link => {
  const flags = body.readUInt32LE(8);
  const attributes = readAttributes(body.subarray(16));
  const info = readAttributes(attributes.get(IFLA.linkInfo) ?? Buffer.alloc(0));
  const kind = readText(info.get(IFLA_INFO.kind)) ?? '';
  const slave = info.get(IFLA_INFO.slaveData);
  const masterKind = readText(info.get(IFLA_INFO.slaveKind));
  const membership = slave === undefined ? undefined : readAttributes(slave);
  const port = masterKind === 'bridge' ? membership : undefined;
  const bonded = masterKind === 'bond' ? membership : undefined;
  const ownMac = bonded?.get(IFLA_BOND_SLAVE_PERMANENT_MAC);
  const under = readU32(attributes.get(IFLA.link));
  return {
    index: body.readInt32LE(4),
    name: readText(attributes.get(IFLA.ifname)) ?? '',
    kind,
    nature: kind === 'veth' ? {} : natureOf(kind, info.get(IFLA_INFO.data)),
    mac: macOf(ownMac ?? attributes.get(IFLA.address)),
    mtuBytes: readU32(attributes.get(IFLA.mtu)) ?? 0,
    isUp: (flags & IFF_UP) !== 0,
    hasCarrier: (flags & IFF_LOWER_UP) !== 0,
    isLoopback: (flags & IFF_LOOPBACK) !== 0,
    master: readU32(attributes.get(IFLA.master)),
    peer: kind === 'veth' ? under : undefined,
    base: kind === 'veth' ? undefined : under,
    port: port === undefined ? undefined : portOf(port),
    portState: port?.get(IFLA_BRPORT.state)?.[0],
    isCarrying: isCarryingIn(bonded),
  };
};

/** Without counters of packets, which nobody asks for here and which are most of what a link has to say. */
export const readLinks = (socket: NetlinkSocket): Link[] =>
  dump(socket, {
    type: RTM_GETLINK,
    fixed: Buffer.alloc(16),
    attributes: [[IFLA.extMask, RTEXT_FILTER_SKIP_STATS]],
  }).map(({ body }) => linkOf(body));

/** One entry a VLAN: nobody asked for ranges (RTEXT_FILTER_BRVLAN_COMPRESSED). */
export const vlansOf = (body: Buffer): PortVlan[] => {
  const spec = readAttributes(body.subarray(16)).get(IFLA.afSpec) ?? Buffer.alloc(0);
  return readEach(spec, IFLA_BRIDGE.vlanInfo).map((entry) => {
    const flags = entry.readUInt16LE(0);
    return {
      id: entry.readUInt16LE(2),
      ...((flags & BRIDGE_VLAN.pvid) === 0 ? {} : { pvid: true }),
      ...((flags & BRIDGE_VLAN.untagged) === 0 ? {} : { untagged: true }),
    };
  });
};

/** The VLANs of bridge ports and of bridges themselves, by index. */
export const readVlans = (socket: NetlinkSocket): Map<number, PortVlan[]> => {
  const fixed = Buffer.alloc(16);
  fixed.writeUInt8(AF_BRIDGE, 0);
  const attributes = [[IFLA.extMask, RTEXT_FILTER_BRVLAN] as const];
  return new Map(
    dump(socket, { type: RTM_GETLINK, fixed, attributes }).map(({ body }) => [body.readInt32LE(4), vlansOf(body)]),
  );
};

/** The far ends of VXLAN segments, by index: where frames to nobody in particular go. */
export const readVxlanRemotes = (socket: NetlinkSocket): Map<number, string[]> => {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt8(AF_BRIDGE, 0);
  const remotes = new Map<number, string[]>();
  for (const { body } of dump(socket, { type: RTM_GETNEIGH, fixed, attributes: [] })) {
    const attributes = readAttributes(body.subarray(12));
    const isForNobody = attributes.get(NDA.lladdr)?.every((byte) => byte === 0) === true;
    const remote = addressIn(attributes.get(NDA.destination));
    if ((body.readUInt8(10) & NTF.self) === 0 || !isForNobody || remote === undefined) continue;
    const index = body.readInt32LE(4);
    remotes.set(index, [...(remotes.get(index) ?? []), remote]);
  }
  return remotes;
};
