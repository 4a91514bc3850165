/**
 * WireGuard (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel", sections 2 and 5): which peer a packet goes to, and
 * which peer one may come from, is said by its allowed prefixes. Before the first packet two more have to get through,
 * one each way. Which private key a device has is not part of a state: keys are taken to belong together.
 */
import { parseIp } from '../../net/address.ts';
import { prefix } from '../../net/prefix.ts';
import { type WireguardPeer } from '../../state/network-state.ts';
import { stackOf, type InterfaceModel, type Model } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { answerTo } from './answers.ts';
import { assume, type Course } from './course.ts';
import { type Fate } from './fate.ts';
import { pieceBytes } from './frames.ts';
import { type ErrorKind } from './input-route.ts';
import { type TunnelPassage } from './ip-tunnel.ts';
import { deeper, outerPacket } from './tunnel.ts';
import { addressText, UDP } from './words.ts';

/** The port of a device that was not told one: any that is free. */
const anyPort = 50_001;
/** UDP, and what WireGuard puts before and behind a packet. */
const overheadBytes = 8 + 32;

/** The peer with the longest prefix around an address. */
const peerAround = ({ it }: InterfaceModel, { family }: Packet, address: bigint): WireguardPeer | undefined => {
  let best: { readonly peer: WireguardPeer; readonly length: number } | undefined;
  for (const peer of it.wireguard?.peers ?? [])
    for (const text of peer.allowedPrefixes) {
      const block = prefix(text);
      const bits = BigInt((family === 4 ? 32 : 128) - block.length);
      if (block.family !== family || address >> bits !== block.value >> bits) continue;
      if (best === undefined || block.length > best.length) best = { peer, length: block.length };
    }
  return best?.peer;
};

interface Endpoint {
  readonly family: 4 | 6;
  readonly address: bigint;
  readonly port: number;
}

const endpointOf = (text: string): Endpoint | undefined => {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  return address && { family: address.family, address: address.value, port: Number(port) };
};

const placeOf = ({ stack, name }: InterfaceModel, { publicKey }: WireguardPeer): string =>
  `${stack} ${name} wireguard ${publicKey}`;

/** Where a peer was last heard from, else where it is said to be. */
const whereabouts = (course: Course, it: InterfaceModel, peer: WireguardPeer): Endpoint | undefined => {
  const text = course.stations.get(placeOf(it, peer)) ?? peer.endpoint;
  return text === undefined ? undefined : endpointOf(text);
};

const portOf = ({ it }: InterfaceModel): number => it.wireguard?.listenPort ?? anyPort;

const deviceAt = (model: Model, stack: string, port: number): InterfaceModel | undefined =>
  [...stackOf(model, stack).interfaces.values()].find(
    (it) => it.it.kind === 'wireguard' && it.isUp && portOf(it) === port,
  );

const lost = (why: string, error?: ErrorKind): TunnelPassage => ({
  kind: 'lost',
  why,
  ...(error === undefined ? {} : { error }),
});

/** Whether the answer to what came out of the tunnel's outside gets back to where that began. */
const isAnswered = (course: Course, it: InterfaceModel, outer: Extract<Fate, { kind: 'delivered' }>): boolean => {
  const back = course.ways.send(course, { stack: outer.stack, packet: answerTo(outer.packet, 0), isBound: true });
  return back.kind === 'delivered' && back.stack === it.stack;
};

/** Sends a packet through a WireGuard device. */
export const sendThroughWireguard = (course: Course, it: InterfaceModel, packet: Packet): TunnelPassage => {
  const { stack, name } = it;
  const destination = addressText(packet.family, packet.destination);
  const peer = peerAround(it, packet, packet.destination);
  if (peer === undefined) return lost(`: no peer of ${name} may have ${destination}`, 'host-unreachable');
  const to = whereabouts(course, it, peer);
  if (to === undefined)
    return lost(`: where the peer of ${destination} is, is neither said nor known`, 'host-unreachable');
  const header = to.family === 4 ? 20 : 40;
  const outer = outerPacket(packet, to.family, 0n, to.address, {
    protocol: UDP,
    sourcePort: portOf(it),
    destinationPort: to.port,
    lengthBytes: pieceBytes(packet.family, packet.lengthBytes, it.it.mtuBytes) + header + overheadBytes,
  });
  const fate = deeper(course, () => course.ways.send(course, { stack, packet: outer, isBound: false }));
  if (fate === undefined) return lost(': it leads into itself');
  if (fate.kind === 'stopped') return lost(`: ${fate.stop.because.text}`);
  const far = deviceAt(course.model, fate.stack, fate.packet.destinationPort);
  if (far === undefined) return lost(`: no WireGuard device of ${fate.stack} listens on port ${to.port}`);
  const from = peerAround(far, packet, packet.source);
  if (from === undefined)
    return lost(`: no peer of ${far.name} of ${far.stack} may send from ${addressText(packet.family, packet.source)}`);
  if (deeper(course, () => isAnswered(course, it, fate)) !== true)
    return lost(`: the answer of ${far.stack} to its first packet does not come back`);
  assume(course, `the keys of ${name} of ${stack} and ${far.name} of ${far.stack} belong together`);
  const seen = addressText(to.family, fate.packet.source);
  course.stations.set(placeOf(far, from), `${to.family === 6 ? `[${seen}]` : seen}:${fate.packet.sourcePort}`);
  return { kind: 'through', far };
};
