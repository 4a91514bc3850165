/**
 * Frames that are long for the port of a bridge: the bridge by itself drops them without a word, and where br_netfilter
 * shows them to IP they are cut like routed ones (br_nf_dev_queue_xmit, br_nf_ip_fragment, ip6_fragment).
 */
import { type InterfaceModel, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { frameBytesOf, pieceBytes, spareBytes, type Carried, type Payload } from './frames.ts';

/** `frameBytes`: of the longest piece afterwards; `isTold`: whether the sender hears of it. */
export type Fit =
  | { readonly kind: 'fits'; readonly frameBytes: number; readonly packet: Packet }
  | { readonly kind: 'lost'; readonly frameBytes: number; readonly isTold: boolean };

const fragmentHeaderBytes = 8;

/** `isBridged`: it came in by another port, and is none of the bridge's own. */
export const fitToPort = (
  stack: StackModel,
  bridge: InterfaceModel,
  port: InterfaceModel,
  carried: Carried,
  isBridged: boolean,
): Fit => {
  const { packet, arp } = carried.payload;
  const bytes = frameBytesOf(carried);
  const { mtuBytes } = port.it;
  const lost = (isTold: boolean): Fit => ({ kind: 'lost', frameBytes: bytes, isTold });
  const asLongAs = (frameBytes: number, now = packet): Fit =>
    frameBytes > mtuBytes + spareBytes ? lost(false) : { kind: 'fits', frameBytes, packet: now };
  const cutTo = (fragmentBytes: number, more: Pick<Packet, 'isCutAgain'> = {}): Fit =>
    asLongAs(fragmentBytes, { ...packet, fragmentBytes, ...more });
  if (arp !== undefined) return { kind: 'fits', frameBytes: bytes, packet };
  if (!isBridged || !stack.settings.bridgeFilter[packet.family]) return asLongAs(bytes);
  const most = bridge.it.mtuBytes;
  // Connection tracking put the pieces together: they are cut again as they came.
  const isWhole = stack.tracks[packet.family] && bytes < packet.lengthBytes;
  if (isWhole) return bytes > most ? lost(packet.family === 6) : asLongAs(bytes);
  if (bytes <= mtuBytes) return asLongAs(bytes);
  if (packet.family === 4) {
    if (packet.dontFragment) return lost(false);
    return bytes <= most ? asLongAs(bytes) : cutTo(pieceBytes(4, bytes, most));
  }
  if (bytes > most) return lost(true);
  // What is not too long for the bridge is cut all the same: with the header of a fragment it may be.
  const cutBytes = pieceBytes(6, bytes + fragmentHeaderBytes, most);
  return bytes < packet.lengthBytes ? cutTo(cutBytes, { isCutAgain: true }) : cutTo(cutBytes);
};

/** What connection tracking put together on the bridge comes up whole: of its pieces nothing is known there (ip_rcv_core). */
export const putTogether = ({ tracks }: StackModel, payload: Payload): Payload => {
  const { packet, hasPassedPrerouting } = payload;
  if (packet.fragmentBytes === undefined || hasPassedPrerouting !== true || !tracks[packet.family]) return payload;
  const { fragmentBytes: gatheredBytes, ...whole } = packet;
  const { frameBytes: _frame, ...rest } = payload;
  return { ...rest, packet: whole, gatheredBytes };
};
