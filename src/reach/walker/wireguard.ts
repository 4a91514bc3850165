/**
 * WireGuard (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel", sections 2 and 5): which peer a packet goes to, and
 * which peer one may come from, is said by its allowed prefixes. Before the first packet two more have to get through,
 * one each way. Where a state does not say the public key of a device, its keys are taken to belong together.
 */
import { bitsOf } from '../../net/address.ts';
import { parseEndpoint, printEndpoint, type Endpoint } from '../../net/endpoint.ts';
import { prefix, type Prefix } from '../../net/prefix.ts';
import { type WireguardPeer } from '../../state/network-state.ts';
import { stackOf, type InterfaceModel, type Model } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { answerTo } from './answers.ts';
import { assume, note, quietly, type Course } from './course.ts';
import { type Fate } from './fate.ts';
import { pieceBytes } from './frames.ts';
import { type ErrorKind } from './input-route.ts';
import { type TunnelPassage } from './ip-tunnel.ts';
import { deeper, outerPacket } from './tunnel.ts';
import { addressText, byInterface, packetText, UDP } from './words.ts';

/** The port of a device that was not told one: any that is free. */
const anyPort = 50_001;
/** UDP, and what WireGuard puts before and behind a packet. */
const overheadBytes = 8 + 32;

const blocks = new WeakMap<WireguardPeer, readonly Prefix[]>();

/** What a peer may have: it is asked for each packet. */
const blocksOf = (peer: WireguardPeer): readonly Prefix[] => {
  const known = blocks.get(peer) ?? peer.allowedPrefixes.map(prefix);
  blocks.set(peer, known);
  return known;
};

/** The peer with the longest prefix around an address. */
const peerAround = ({ it }: InterfaceModel, { family }: Packet, address: bigint): WireguardPeer | undefined => {
  let best: { readonly peer: WireguardPeer; readonly length: number } | undefined;
  for (const peer of it.wireguard?.peers ?? [])
    for (const block of blocksOf(peer)) {
      const bits = BigInt(bitsOf(family) - block.length);
      if (block.family !== family || address >> bits !== block.value >> bits) continue;
      if (best === undefined || block.length > best.length) best = { peer, length: block.length };
    }
  return best?.peer;
};

const placeOf = ({ stack, name }: InterfaceModel, { publicKey }: WireguardPeer): string =>
  `${stack} ${name} wireguard ${publicKey}`;

const isEnd = ({ it }: InterfaceModel): boolean => it.kind === 'wireguard';

/** Each device has a port of its own. */
const portsOf = (model: Model, stack: string): ReadonlyMap<InterfaceModel, number> => {
  const ends = [...stackOf(model, stack).interfaces.values()].filter(isEnd);
  const said = new Set(ends.map(({ it }) => it.wireguard?.listenPort));
  let free = anyPort;
  return new Map(
    ends.map((end) => {
      const port = end.it.wireguard?.listenPort;
      if (port !== undefined) return [end, port];
      while (said.has(free)) free += 1;
      free += 1;
      return [end, free - 1];
    }),
  );
};

const portOf = (model: Model, it: InterfaceModel): number => portsOf(model, it.stack).get(it) ?? anyPort;

const deviceAt = (model: Model, stack: string, port: number): InterfaceModel | undefined =>
  [...portsOf(model, stack)].find(([it, own]) => it.isUp && own === port)?.[0];

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

/** What goes around a packet of `lengthBytes`; the source is chosen by the route. */
const around = (
  model: Model,
  it: InterfaceModel,
  { address, port }: Endpoint,
  inner: Packet,
  lengthBytes: number,
): Packet =>
  outerPacket(inner, address.family, 0n, address.value, {
    protocol: UDP,
    sourcePort: portOf(model, it),
    destinationPort: port,
    lengthBytes: lengthBytes + (address.family === 4 ? 20 : 40) + overheadBytes,
  });

const seenFrom = ({ family, source, sourcePort }: Packet): string =>
  printEndpoint({ address: { family, value: source }, port: sourcePort });

const keyOf = ({ it }: InterfaceModel): string | undefined => it.wireguard?.publicKey;

const byKey = new WeakMap<Model, ReadonlyMap<string, readonly InterfaceModel[]>>();

/** Devices of the whole network by their public keys. */
const endsOf = (model: Model): ReadonlyMap<string, readonly InterfaceModel[]> => {
  const known = byKey.get(model);
  if (known !== undefined) return known;
  const found = new Map<string, InterfaceModel[]>();
  for (const { interfaces } of model.stacks.values())
    for (const it of interfaces.values()) {
      const key = isEnd(it) ? keyOf(it) : undefined;
      if (key !== undefined) found.set(key, [...(found.get(key) ?? []), it]);
    }
  byKey.set(model, found);
  return found;
};

/** The device that has the key, and keeps sending to one that it was told the place of, so that it is always known there. */
const keeperOf = (
  course: Course,
  it: InterfaceModel,
  { publicKey }: WireguardPeer,
): { readonly far: InterfaceModel; readonly endpoint: Endpoint } | undefined => {
  const own = keyOf(it);
  if (own === undefined) return undefined;
  for (const far of endsOf(course.model).get(publicKey) ?? []) {
    if (!far.isUp) continue;
    const me = far.it.wireguard?.peers.find((peer) => peer.publicKey === own);
    const endpoint = me?.endpoint === undefined ? undefined : parseEndpoint(me.endpoint);
    if ((me?.keepaliveSeconds ?? 0) > 0 && endpoint !== undefined) return { far, endpoint };
  }
  return undefined;
};

/** From where a peer keeps a way open (persistent keepalive of wg(8)), as it is seen here. */
const keptOpen = (course: Course, it: InterfaceModel, peer: WireguardPeer, packet: Packet): string | undefined => {
  const kept = keeperOf(course, it, peer);
  if (kept === undefined) return undefined;
  const { far, endpoint } = kept;
  const outer = around(course.model, far, endpoint, { ...packet, lengthBytes: 0 }, 0);
  const fate = deeper(course, () =>
    quietly(course, () => course.ways.send(course, { stack: far.stack, packet: outer, isBound: false })),
  );
  if (fate?.kind !== 'delivered' || deviceAt(course.model, fate.stack, fate.packet.destinationPort) !== it)
    return undefined;
  return quietly(course, () => deeper(course, () => isAnswered(course, far, fate))) === true
    ? seenFrom(fate.packet)
    : undefined;
};

/** Where a peer was last heard from, else where it is said to be, else from where it keeps a way open. */
const whereabouts = (course: Course, it: InterfaceModel, peer: WireguardPeer, packet: Packet): Endpoint | undefined => {
  const text = course.stations.get(placeOf(it, peer)) ?? peer.endpoint ?? keptOpen(course, it, peer, packet);
  return text === undefined ? undefined : parseEndpoint(text);
};

/** Whether two devices take each other for whom they are; undefined where a state does not say their keys. */
const knowEachOther = (it: InterfaceModel, peer: WireguardPeer, far: InterfaceModel): boolean | undefined => {
  const [own, theirs] = [keyOf(it), keyOf(far)];
  if (theirs !== undefined && theirs !== peer.publicKey) return false;
  if (own !== undefined && far.it.wireguard?.peers.some(({ publicKey }) => publicKey === own) !== true) return false;
  return own === undefined || theirs === undefined ? undefined : true;
};

/** Sends a packet through a WireGuard device. */
export const sendThroughWireguard = (course: Course, it: InterfaceModel, packet: Packet): TunnelPassage => {
  const { stack, name } = it;
  const destination = addressText(packet.family, packet.destination);
  const peer = peerAround(it, packet, packet.destination);
  if (peer === undefined) return lost(`: no peer of ${name} may have ${destination}`, 'host-unreachable');
  const to = whereabouts(course, it, peer, packet);
  if (to === undefined)
    return lost(`: where the peer of ${destination} is, is neither said nor known`, 'host-unreachable');
  note(course, () => ({
    ...{ stage: 'tunnel', action: 'note', packet: packetText(packet) },
    because: byInterface(stack, name, `${name} enciphers it for peer ${peer.publicKey} at ${printEndpoint(to)}`),
  }));
  const outer = around(course.model, it, to, packet, pieceBytes(packet.family, packet.lengthBytes, it.it.mtuBytes));
  const fate = deeper(course, () => course.ways.send(course, { stack, packet: outer, isBound: false }));
  if (fate === undefined) return lost(': it leads into itself');
  if (fate.kind === 'stopped') return lost(`: ${fate.stop.because.text}`);
  const far = deviceAt(course.model, fate.stack, fate.packet.destinationPort);
  if (far === undefined) return lost(`: no WireGuard device of ${fate.stack} listens on port ${to.port}`);
  const areKnown = knowEachOther(it, peer, far);
  if (areKnown === false)
    return lost(`: the keys of ${name} and of ${far.name} of ${far.stack} do not belong together`);
  const from = peerAround(far, packet, packet.source);
  if (from === undefined || (areKnown === true && from.publicKey !== keyOf(it)))
    return lost(`: no peer of ${far.name} of ${far.stack} may send from ${addressText(packet.family, packet.source)}`);
  if (deeper(course, () => isAnswered(course, it, fate)) !== true)
    return lost(`: the answer of ${far.stack} to its first packet does not come back`);
  if (areKnown === undefined)
    assume(course, `the keys of ${name} of ${stack} and ${far.name} of ${far.stack} belong together`);
  course.stations.set(placeOf(far, from), seenFrom(fate.packet));
  return { kind: 'through', far };
};
