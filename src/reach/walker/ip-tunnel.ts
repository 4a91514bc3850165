/**
 * IP inside IPv4: IPv6 to a given far end or to one that stands in its address (6in4, 6to4, 6rd: RFC 4213, RFC 3056,
 * RFC 5969), IPv4 in IPv4 (RFC 2003), either in GRE (RFC 2784). As the kernel's sit.c and ip_tunnel.c have it.
 */
import { ip } from '../../net/address.ts';
import { type TunnelSettings } from '../../state/network-state.ts';
import { stackOf, type InterfaceModel, type Model } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { deeper, outerPacket } from './tunnel.ts';
import { note, type Course } from './course.ts';
import { embedded, remoteOf, siteLength } from './far-end.ts';
import { type Fate } from './fate.ts';
import { pieceBytes } from './frames.ts';
import { type ErrorKind } from './input-route.ts';
import { keptRoute, type KeptRoute } from './kept-route.ts';
import { addressText, byInterface, packetText } from './words.ts';

export type TunnelPassage =
  | { readonly kind: 'through'; readonly far: InterfaceModel }
  /** `error`: what the sender of the inner packet is told. What is told of outer packets on their way, it does not hear. */
  | { readonly kind: 'lost'; readonly why: string; readonly error?: ErrorKind };

const protocolOf = { sit: 41, ipip: 4, gre: 47 } as const;
/** An IPv4 header, and that of GRE. */
const overheadBytes = { sit: 20, ipip: 20, gre: 24 } as const;

const carries = ({ mode }: TunnelSettings, { family }: Packet): boolean =>
  mode === 'gre' || family === (mode === 'sit' ? 6 : 4);

/** The site of an address of its own: a router before it may have translated the outer destination (only_dnatted). */
const isOfOwnSite = ({ addresses }: InterfaceModel, tunnel: TunnelSettings, inner: bigint): boolean => {
  const rest = BigInt(128 - siteLength(tunnel));
  return addresses.some(({ family, value }) => family === 6 && value >> rest === inner >> rest);
};

/** Where no far end is given, outer and inner addresses have to fit (packet_is_spoofed). */
const isSpoofed = (far: InterfaceModel, tunnel: TunnelSettings, outer: Packet, inner: Packet): boolean => {
  if (tunnel.mode !== 'sit' || tunnel.remote !== undefined) return false;
  const [from, to] = [embedded(tunnel, inner.source), embedded(tunnel, inner.destination)];
  if (from !== undefined && from !== outer.source) return true;
  return to !== undefined && to !== outer.destination && !isOfOwnSite(far, tunnel, inner.destination);
};

/** How well a tunnel fits what came in, the far end before the near one; undefined: it does not (ip_tunnel_lookup). */
const fitOf = ({ remote, local }: TunnelSettings, outer: Packet): number | undefined => {
  if (remote !== undefined && ip(remote).value !== outer.source) return undefined;
  if (local !== undefined && ip(local).value !== outer.destination) return undefined;
  return (remote === undefined ? 0 : 2) + (local === undefined ? 0 : 1);
};

const farEndOf = (
  model: Model,
  stack: string,
  mode: TunnelSettings['mode'],
  outer: Packet,
): InterfaceModel | undefined => {
  let best: { readonly it: InterfaceModel; readonly fit: number } | undefined;
  for (const it of stackOf(model, stack).interfaces.values()) {
    const { tunnel } = it.it;
    if (tunnel?.mode !== mode || !it.isUp) continue;
    const fit = fitOf(tunnel, outer);
    if (fit !== undefined && (best === undefined || fit > best.fit)) best = { it, fit };
  }
  return best?.it;
};

const keptText = ({ name }: InterfaceModel, { end }: KeptRoute): string =>
  `for all ends ${name} keeps the route of the one it sent to first, here ${addressText(4, end)}`;

/** The kernel sends no outer packet, and may tell the sender of the inner one. `more`: what else is to be said of it. */
const notSent = (
  it: InterfaceModel,
  inner: Packet,
  outer: Extract<Fate, { kind: 'stopped' }>,
  more: string,
): TunnelPassage => {
  const why = `: ${outer.stop.because.text}${more}`;
  const isTold = it.it.tunnel?.mode === 'sit';
  if (outer.local === 'message-too-long')
    return { kind: 'lost', why, ...(inner.dontFragment ? { error: 'packet-too-big' } : {}) };
  const hasNoWay = outer.local !== undefined && outer.local !== 'not-permitted';
  return { kind: 'lost', why, ...(hasNoWay && isTold ? { error: 'host-unreachable' } : {}) };
};

/** Sends a packet through a tunnel, by way of `nexthop`. */
export const sendThroughTunnel = (
  course: Course,
  it: InterfaceModel,
  packet: Packet,
  nexthop: bigint,
): TunnelPassage => {
  const { tunnel } = it.it;
  if (tunnel === undefined || !carries(tunnel, packet))
    return { kind: 'lost', why: `: it carries no IPv${packet.family}` };
  const remote = remoteOf(tunnel, packet, nexthop);
  if (remote === undefined)
    return {
      kind: 'lost',
      why: ': its far end is not known',
      ...(tunnel.mode === 'sit' ? { error: 'host-unreachable' } : {}),
    };
  const source = tunnel.local === undefined ? 0n : ip(tunnel.local).value;
  const outer = outerPacket(packet, 4, source, remote, {
    protocol: protocolOf[tunnel.mode],
    lengthBytes: pieceBytes(packet.family, packet.lengthBytes, it.it.mtuBytes) + overheadBytes[tunnel.mode],
    // As tunnels are made unless they are told otherwise (nopmtudisc in ip-link(8)).
    dontFragment: true,
    hopLimit: tunnel.ttl ?? packet.hopLimit,
  });
  const kept = keptRoute(course, it, packet, outer);
  const why = kept === undefined ? '' : `; ${keptText(it, kept)}`;
  if (kept !== undefined) {
    const because = byInterface(it.stack, it.name, keptText(it, kept));
    note(course, () => ({ stage: 'tunnel', action: 'note', because, packet: packetText(packet) }));
  }
  const sent = kept === undefined ? outer : { ...outer, source: kept.source };
  const fate = deeper(course, () =>
    course.ways.send(course, {
      stack: it.stack,
      packet: sent,
      isBound: sent.source !== 0n,
      ...(kept === undefined ? {} : { kept: kept.way }),
    }),
  );
  if (fate === undefined) return { kind: 'lost', why: ': it leads into itself' };
  if (fate.kind === 'stopped') return notSent(it, packet, fate, why);
  const far = farEndOf(course.model, fate.stack, tunnel.mode, fate.packet);
  if (far?.it.tunnel === undefined || !carries(far.it.tunnel, packet))
    return { kind: 'lost', why: `: ${fate.stack} has no tunnel for it${why}` };
  return isSpoofed(far, far.it.tunnel, fate.packet, packet)
    ? { kind: 'lost', why: `: ${far.name} of ${far.stack} takes it for forged, as its addresses do not fit` }
    : { kind: 'through', far };
};
