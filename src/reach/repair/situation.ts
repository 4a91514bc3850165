/**
 * A flow that does not get through, as far as it came: the stacks that handled the packet as IP, and what the packet
 * was there. Read from the walk's trace.
 */
import { ip, type Family } from '../../net/address.ts';
import { type Model } from '../model/model.ts';
import { type Flow, type Hop, type Stop, type Walk } from '../walk.ts';
import { terrainOf, type Terrain } from './terrain.ts';

export interface PacketEnds {
  /** Undefined where it was not chosen yet. */
  readonly source: bigint | undefined;
  readonly destination: bigint;
  /** Of TCP and UDP. */
  readonly ports?: readonly [source: number, destination: number];
}

/** One stack on the way that looked at the packet as IP. */
export interface RoutedHop extends PacketEnds {
  readonly stack: string;
  /** Null where the stack sends by itself. */
  readonly in: string | null;
  readonly out: string | null;
}

export interface Situation {
  readonly terrain: Terrain;
  readonly model: Model;
  readonly flow: Flow;
  readonly walk: Walk;
  readonly stop: Stop;
  readonly family: Family;
  /** In the direction that failed; the last is where it stopped. */
  readonly hops: readonly RoutedHop[];
  /** Those of the request. */
  readonly request: readonly RoutedHop[];
  /** The packet where it stopped. */
  readonly packet: PacketEnds;
  /** The port by which the packet came into the bridge that it stopped in; undefined where it stopped as IP. */
  readonly bridgedFrom: string | undefined;
}

/** `192.0.2.1:80`, `[2001:db8::1]:80` or an address alone. */
const addressIn = (text: string, hasPort: boolean): bigint =>
  ip(hasPort ? text.slice(0, text.lastIndexOf(':')).replaceAll(/[[\]]/g, '') : text).value;

const portIn = (text: string): number => Number(text.slice(text.lastIndexOf(':') + 1));

/** Reads the two ends of `TraceStep.packet`; undefined for what is no IP packet. */
const endsOf = (text: string): PacketEnds | undefined => {
  const [source, arrow, destination, protocol = ''] = text.split(' ');
  if (source === undefined || arrow !== '>' || destination === undefined) return undefined;
  const hasPort = protocol === 'tcp' || protocol === 'udp';
  const ends = { source: addressIn(source, hasPort), destination: addressIn(destination, hasPort) };
  return hasPort ? { ...ends, ports: [portIn(source), portIn(destination)] } : ends;
};

const lastEnds = (hop: Hop): PacketEnds | undefined => {
  for (const step of hop.steps.toReversed()) {
    const ends = endsOf(step.packet);
    if (ends !== undefined) return ends;
  }
  return undefined;
};

const isBridged = (hop: Hop): boolean => hop.steps[0]?.stage === 'bridge';

interface Read {
  readonly hops: readonly RoutedHop[];
  readonly last: PacketEnds;
}

const readHops = (hops: readonly Hop[], first: PacketEnds): Read => {
  let last = first;
  const routed: RoutedHop[] = [];
  for (const hop of hops) {
    last = lastEnds(hop) ?? last;
    if (!isBridged(hop)) routed.push({ stack: hop.stack, in: hop.in, out: hop.out, ...last });
  }
  return { hops: routed, last };
};

/** Undefined where nothing stopped. */
export const situationOf = (model: Model, flow: Flow, walk: Walk): Situation | undefined => {
  const { stop } = walk;
  if (stop === null) return undefined;
  const source = flow.source === undefined ? undefined : ip(flow.source).value;
  const request = readHops(walk.forward, { source, destination: ip(flow.destination).value });
  const { last } = request;
  const reply = readHops(walk.reply, { source: last.destination, destination: last.source ?? 0n });
  const isReply = stop.direction === 'reply';
  const failed = isReply ? reply : request;
  const hop = (isReply ? walk.reply : walk.forward).at(-1);
  const isInBridge = hop !== undefined && isBridged(hop) && hop.stack === stop.stack;
  return {
    terrain: terrainOf(model),
    ...{ model, flow, walk, stop },
    family: flow.family,
    hops: failed.hops,
    request: request.hops,
    packet: failed.last,
    bridgedFrom: isInBridge ? (hop.in ?? undefined) : undefined,
  };
};
