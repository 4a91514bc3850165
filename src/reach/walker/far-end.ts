/** Who a packet in a tunnel goes to: the far end that is given, or the IPv4 address in one of IPv6 (RFC 3056, RFC 5969). */
import { ip } from '../../net/address.ts';
import { prefix } from '../../net/prefix.ts';
import { type TunnelSettings } from '../../state/network-state.ts';
import { type Packet } from '../packet.ts';

/** RFC 3056, where nothing else is said. */
const sixToFour = '2002::/16';

/** The IPv4 address that stands in an IPv6 address of the tunnel's prefix (check_6rd). */
export const embedded = ({ sixRd }: TunnelSettings, address: bigint): bigint | undefined => {
  const { value, length } = prefix(sixRd?.prefix ?? sixToFour);
  const relay = prefix(sixRd?.relayPrefix ?? '0.0.0.0/0');
  const rest = BigInt(128 - length);
  if (address >> rest !== value >> rest) return undefined;
  const bits = BigInt(32 - relay.length);
  return relay.value | ((address >> (rest - bits)) & ((1n << bits) - 1n));
};

/** How long the prefix of one site is: what stands before the IPv4 address, and what of it differs between sites. */
export const siteLength = ({ sixRd }: TunnelSettings): number =>
  prefix(sixRd?.prefix ?? sixToFour).length + 32 - prefix(sixRd?.relayPrefix ?? '0.0.0.0/0').length;

/** `::192.0.2.1` (RFC 4291 section 2.5.5.1): so a gateway behind such a tunnel is written. */
export const compatible = (address: bigint): bigint | undefined =>
  address > 1n && address >> 32n === 0n ? address : undefined;

/** `nexthop`: the gateway, or the destination itself. */
export const remoteOf = (tunnel: TunnelSettings, packet: Packet, nexthop: bigint): bigint | undefined => {
  if (tunnel.remote !== undefined) return ip(tunnel.remote).value;
  return tunnel.mode === 'sit' ? (embedded(tunnel, packet.destination) ?? compatible(nexthop)) : undefined;
};
