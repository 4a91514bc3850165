/**
 * The one spelling of an interface: settings of its own kind only, and of a bridge port only where it is one. VLANs of
 * a port mean nothing until its bridge filters by them, and are absent where they are those every port is born with.
 */
import { inKernelOrder } from './address-order.ts';
import {
  type BondSettings,
  type BridgePort,
  type BridgeSettings,
  type Interface,
  type InterfaceAddress,
  type PortVlan,
  type TunnelSettings,
  type VxlanSettings,
  type WireguardPeer,
  type WireguardSettings,
} from './network-state.ts';
import { canonicalIp, compareText, field, flag, specifiedIp } from './spelling.ts';

/** What a bridge that filters gives each port and itself (vlan_default_pvid, ip-link(8)). */
export const bornVlans: readonly PortVlan[] = [{ id: 1, pvid: true, untagged: true }];

const normalVlans = (vlans: readonly PortVlan[] | undefined): readonly PortVlan[] | undefined => {
  if (vlans === undefined) return undefined;
  const sorted = vlans
    .map(({ id, pvid, untagged }) => ({ id, ...flag('pvid', pvid, true), ...flag('untagged', untagged, true) }))
    .sort((a, b) => a.id - b.id);
  const [only] = sorted;
  const isBorn = sorted.length === 1 && only?.id === 1 && only.pvid === true && only.untagged === true;
  return isBorn ? undefined : sorted;
};

const normalBridge = (bridge: BridgeSettings): BridgeSettings => ({
  stp: bridge.stp,
  forwardDelaySeconds: bridge.forwardDelaySeconds,
  ...flag('vlanFiltering', bridge.vlanFiltering, true),
  ...(bridge.vlanFiltering === true ? field('vlans', normalVlans(bridge.vlans)) : {}),
});

const normalPort = (port: BridgePort | undefined, bridge: Interface | undefined): BridgePort | undefined => {
  if (port === undefined) return undefined;
  const normal = {
    ...flag('isolated', port.isolated, true),
    ...flag('hairpin', port.hairpin, true),
    ...flag('learning', port.learning, false),
    ...flag('flood', port.flood, false),
    ...(bridge?.bridge?.vlanFiltering === true ? field('vlans', normalVlans(port.vlans)) : {}),
  };
  return Object.keys(normal).length === 0 ? undefined : normal;
};

const normalVxlan = (vxlan: VxlanSettings): VxlanSettings => ({
  id: vxlan.id,
  ...field('local', specifiedIp(vxlan.local)),
  remotes: [...new Set(vxlan.remotes.map(canonicalIp))].sort(compareText),
  port: vxlan.port,
});

const normalTunnel = ({ mode, local, remote, ttl, sixRd }: TunnelSettings): TunnelSettings => ({
  mode,
  ...field('local', specifiedIp(local)),
  ...field('remote', specifiedIp(remote)),
  ...field('ttl', ttl === 0 ? undefined : ttl),
  ...field('sixRd', mode === 'sit' ? sixRd : undefined),
});

/** These modes look at carriers whatever they are told (bond_option_mode_set of the kernel). */
const watchfulModes: ReadonlySet<BondSettings['mode']> = new Set(['802.3ad', 'balance-tlb', 'balance-alb']);

const miimonOf = ({ mode, miimonMilliseconds = 0 }: BondSettings): number | undefined =>
  miimonMilliseconds === 0 ? (watchfulModes.has(mode) ? 100 : undefined) : miimonMilliseconds;

const normalBond = (bond: BondSettings): BondSettings => ({
  mode: bond.mode,
  ...field('miimonMilliseconds', miimonOf(bond)),
  ...field('primary', bond.primary),
  ...field('lacpRate', bond.mode === '802.3ad' ? bond.lacpRate : undefined),
  ...field('hashPolicy', bond.hashPolicy),
});

const normalPeer = (peer: WireguardPeer): WireguardPeer => ({
  publicKey: peer.publicKey,
  ...field('endpoint', peer.endpoint),
  allowedPrefixes: [...new Set(peer.allowedPrefixes)].sort(compareText),
  ...field('keepaliveSeconds', peer.keepaliveSeconds === 0 ? undefined : peer.keepaliveSeconds),
});

const normalWireguard = (wireguard: WireguardSettings): WireguardSettings => ({
  ...field('privateKeyFile', wireguard.privateKeyFile),
  ...field('publicKey', wireguard.publicKey),
  ...field('listenPort', wireguard.listenPort === 0 ? undefined : wireguard.listenPort),
  peers: wireguard.peers.map(normalPeer).sort((a, b) => compareText(a.publicKey, b.publicKey)),
});

const normalAddress = (address: InterfaceAddress): InterfaceAddress => ({
  family: address.family,
  address: canonicalIp(address.address),
  prefixLength: address.prefixLength,
  ...field('label', address.label),
});

/** `others`: the interfaces of the same stack, by name. */
export const normalInterface = (it: Interface, others: Readonly<Record<string, Interface>>): Interface => ({
  kind: it.kind,
  ...field('mac', it.mac?.toLowerCase()),
  mtuBytes: it.mtuBytes,
  up: it.up,
  addresses: inKernelOrder(it.addresses.map(normalAddress)),
  ...field('master', it.master),
  ...field('bridge', it.kind === 'bridge' && it.bridge !== undefined ? normalBridge(it.bridge) : undefined),
  ...field('port', it.master === undefined ? undefined : normalPort(it.port, others[it.master])),
  ...field('vlan', it.kind === 'vlan' && it.vlan !== undefined ? { link: it.vlan.link, id: it.vlan.id } : undefined),
  ...field(
    'macvlan',
    it.kind === 'macvlan' && it.macvlan !== undefined ? { link: it.macvlan.link, mode: it.macvlan.mode } : undefined,
  ),
  ...field('vxlan', it.kind === 'vxlan' && it.vxlan !== undefined ? normalVxlan(it.vxlan) : undefined),
  ...field('tunnel', it.kind === 'tunnel' && it.tunnel !== undefined ? normalTunnel(it.tunnel) : undefined),
  ...field('bond', it.kind === 'bond' && it.bond !== undefined ? normalBond(it.bond) : undefined),
  ...field('vrf', it.kind === 'vrf' && it.vrf !== undefined ? { table: it.vrf.table } : undefined),
  ...field(
    'wireguard',
    it.kind === 'wireguard' && it.wireguard !== undefined ? normalWireguard(it.wireguard) : undefined,
  ),
});
