/** What answers a packet, as far as its header tells. */
import { isLinkLocal6 } from '../../net/address.ts';
import { type Packet } from '../packet.ts';
import { TCP } from './words.ts';

/** Who answers a datagram or an echo cuts the answer where it is too long (icmp_sk_init). */
export const answerTo = ({ fragmentBytes: _fragments, ...packet }: Packet, tcpFlags: number): Packet => ({
  ...packet,
  dontFragment: packet.dontFragment && packet.protocol === TCP,
  source: packet.destination,
  destination: packet.source,
  sourcePort: packet.destinationPort,
  destinationPort: packet.sourcePort,
  ...(packet.icmp === undefined ? {} : { icmp: { type: packet.family === 4 ? 0 : 129, code: 0 } }),
  tcpFlags,
  hopLimit: 64,
  mark: 0,
});

export const isSameFlow = (a: Packet, b: Packet): boolean =>
  a.source === b.source &&
  a.destination === b.destination &&
  a.sourcePort === b.sourcePort &&
  a.destinationPort === b.destinationPort &&
  a.protocol === b.protocol;

export const isLinkLocal = (packet: Packet): boolean => packet.family === 6 && isLinkLocal6(packet.destination);
