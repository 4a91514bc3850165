/**
 * Everything that a model can be asked, answered at once: the request on its way, the answer back, and for TCP the first
 * data each way. Mirrors `walker/conversation.ts`.
 */
import { isLinkLocal6, type Family } from '../../net/address.ts';
import { ACK, SYN } from '../walker/connections.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { Current, type Delivered } from './current.ts';
import { flood } from './flood.ts';
import { emptyMemory, type Memory } from './memory.ts';
import { type Node } from './nodes.ts';
import { dataPasses, type Readings } from './readings.ts';
import { seedsOf, sendSeed, type Seed } from './seeds.ts';
import { sendSets } from './send-sets.ts';
import { having } from './sessions.ts';
import { onAxis } from './space.ts';
import { answerView, requestView, termsEqual, viewKey, type View } from './view.ts';
import { type World } from './world.ts';

/** What becomes of requests. */
interface Outcome {
  /** Requests that are answered, with the courses in which they are. */
  readonly answered: PacketSet;
  /** Requests that some course of leads where this engine does not follow: the walker has to be asked. */
  readonly unclear: PacketSet;
  /** Who read which chains. After edits these may be too many: nothing is taken out. */
  readonly readings: Readings;
}

export interface Prediction extends Outcome {
  readonly world: World;
  readonly seeds: ReadonlyMap<Node, readonly Seed[]>;
  /** Which prediction it is, and from which one it was made by looking at some headers again. */
  readonly edition: object;
  readonly since: { readonly edition: object; readonly touched: PacketSet } | undefined;
}

/** The part of a set that a node can have asked. The members of a group share no address with others. */
const ofSeed = ({ space, routing }: World, { node, family, all }: Seed, set: PacketSet): PacketSet =>
  node.group === undefined
    ? space.bdd.and(set, all)
    : space.cut(set, 'source', routing.runSets.of(node.group.runs[family], 'source'));

/** Whether some stack tracks requests of which it has not seen the answers, which went another way: their data is invalid to it. */
const isHalfSeen = ({ space }: World, { sessions }: Memory, answered: PacketSet): boolean =>
  [...sessions.values()].some((ofStack) =>
    [...ofStack.values()].some(
      (session) => !session.connection.hasAnswer && having(space, session, answered) !== NOTHING,
    ),
  );

/** Whether the data of some of the TCP connections that are answered may fare otherwise than its handshake did. */
const dataDiffers = (world: World, memory: Memory, answered: PacketSet): boolean => {
  const { space, filters } = world;
  const { readings, hasMoved } = memory;
  return (
    hasMoved ||
    readings.isStrange ||
    [...readings.all()].some((reading) => !dataPasses(space, filters, reading)) ||
    isHalfSeen(world, memory, answered)
  );
};

/** What comes to the very socket that others came to before. */
const toSameSocket = ({ space }: World, before: readonly Delivered[], it: Delivered): Delivered => {
  const { bdd } = space;
  const { source, destination, sourcePort, destinationPort } = it.view;
  const sets = before.map(({ node, view, set }): PacketSet => {
    if (node !== it.node || view.family !== it.view.family) return NOTHING;
    let same = bdd.and(it.set, set);
    if (same !== NOTHING) same = bdd.and(same, termsEqual(space, view.source, source));
    if (same !== NOTHING) same = bdd.and(same, termsEqual(space, view.destination, destination));
    if (same !== NOTHING) same = bdd.and(same, termsEqual(space, view.sourcePort, sourcePort));
    return same === NOTHING ? NOTHING : bdd.and(same, termsEqual(space, view.destinationPort, destinationPort));
  });
  return { ...it, set: bdd.union(sets) };
};

/** Echoes from whom was asked: to which of the asker's addresses, the walker minds. */
const echoFrom = ({ space }: World, { view, set }: Delivered): PacketSet => {
  const echo = space.bdd.and(set, space.protocol('icmp'));
  return echo === NOTHING ? NOTHING : space.bdd.and(echo, termsEqual(space, view.source, 'destination'));
};

/** Whether the packet that comes to a client is the answer to its request. */
const isAnswer = (world: World, { view, set }: Delivered): PacketSet => {
  const { space } = world;
  const { bdd } = space;
  let meant = bdd.and(set, termsEqual(space, view.source, 'destination'));
  if (meant !== NOTHING) meant = bdd.and(meant, termsEqual(space, view.destination, 'source'));
  if (meant === NOTHING) return NOTHING;
  const ports = bdd.and(
    termsEqual(space, view.sourcePort, 'destinationPort'),
    termsEqual(space, view.destinationPort, 'sourcePort'),
  );
  return ports === 1 ? meant : bdd.and(meant, bdd.or(ports, space.protocol('icmp')));
};

/**
 * By which interface the kernel answers ICMPv6 echoes, if it can: the one that they came in by (icmpv6_echo_reply). Those
 * that a stack sends itself came in by the one that has their address, which matters where their source was translated.
 */
const answeredBy = (
  { space }: World,
  { node, dev, view }: Delivered,
  echoes: PacketSet,
): readonly (readonly [dev: string | undefined, set: PacketSet])[] => {
  if (dev !== 'lo') return [[dev, echoes]];
  if (typeof view.source !== 'bigint') return [[undefined, echoes]];
  const { bdd } = space;
  let left = echoes;
  const parts: [string, PacketSet][] = [];
  for (const { name, addresses } of node.stack.interfaces.values())
    for (const { family, value } of addresses) {
      const own = family === 6 && left !== NOTHING ? onAxis(6, value) : undefined;
      const part = own === undefined ? NOTHING : bdd.and(left, termsEqual(space, view.destination, own));
      if (part !== NOTHING) parts.push([name, part]);
      left = bdd.minus(left, part);
    }
  return [...parts, [dev, left]];
};

interface Answering {
  readonly node: Node;
  readonly view: View;
  readonly set: PacketSet;
  readonly preferredDev?: string;
}

/** Whether packets of others may leave a stack together with its own. */
const isRouter = ({ stack }: Node): boolean =>
  [...stack.interfaces.values()].some(({ settings }) => settings.forwarding4 || settings.forwarding6);

/** Has all of them send, the routers later, unless hops are counted; what is delivered then. */
const floodFrom = <T extends { readonly node: Node }>(
  current: Current,
  senders: readonly T[],
  send: (it: T) => void,
  countsHops: boolean,
): readonly Delivered[] => {
  const isLate = countsHops ? () => false : isRouter;
  const late = senders.filter(({ node }) => isLate(node));
  for (const it of senders) if (!isLate(it.node)) send(it);
  return late.length === 0
    ? flood(current)
    : flood(current, () => {
        for (const it of late) send(it);
      });
};

/** Sends back from where packets were delivered; what is heard there in turn. */
const sendBack = (
  world: World,
  memory: Memory,
  delivered: readonly Delivered[],
  tcpFlags: number,
  countsHops: boolean,
): readonly Delivered[] => {
  const current = new Current(world, memory);
  const { bdd } = world.space;
  const joined = new Map<string, Answering>();
  const add = (node: Node, view: View, set: PacketSet, preferredDev?: string): void => {
    if (set === NOTHING) return;
    const key = `${node.id} ${viewKey(view)} ${preferredDev ?? ''}`;
    const all = bdd.or(joined.get(key)?.set ?? NOTHING, set);
    joined.set(key, { node, view, set: all, ...(preferredDev === undefined ? {} : { preferredDev }) });
  };
  for (const it of delivered) {
    const { node, view, set } = it;
    const answer = answerView(view, tcpFlags);
    // Answers from a link-local address have wishes: the walker knows them.
    if (view.family === 6 && typeof view.destination === 'bigint' && isLinkLocal6(view.destination))
      current.giveUp(bdd.and(set, world.space.protocol('udp')));
    const echo = view.family === 6 ? bdd.and(set, world.space.protocol('icmp')) : NOTHING;
    for (const [by, part] of answeredBy(world, it, echo)) add(node, answer, part, by);
    add(node, answer, bdd.minus(set, echo));
  }
  const send = ({ node, view, set, ...more }: Answering): void => sendSets(current, node, view, set, more);
  return floodFrom(current, [...joined.values()], send, countsHops);
};

const withoutIgnored = ({ space }: World, it: Delivered): Delivered =>
  it.node.stack.settings.echoIgnoreAll[it.view.family]
    ? { ...it, set: space.bdd.minus(it.set, space.protocol('icmp')) }
    : it;

/** What becomes of the requests that are `within` a set of headers. */
const converse = (world: World, seeds: Prediction['seeds'], within: PacketSet, countsHops = false): Outcome => {
  const { space } = world;
  const { bdd } = space;
  const memory = emptyMemory();
  const request = new Current(world, memory);
  const delivered = floodFrom(
    request,
    [...seeds.values()].flat(),
    (seed) => sendSeed(request, seed, within),
    countsHops,
  );
  const served = delivered.map((it) => withoutIgnored(world, it));
  const replies = sendBack(world, memory, served, SYN | ACK, countsHops);
  if (memory.isLastHopDoubtful) return converse(world, seeds, within, true);
  const seedOfNode = (node: Node, family: Family): Seed | undefined =>
    seeds.get(node)?.find((seed) => seed.family === family);
  const heardOf = (it: Delivered): PacketSet => {
    const seed = seedOfNode(it.node, it.view.family);
    return seed === undefined ? NOTHING : ofSeed(world, seed, isAnswer(world, it));
  };
  const heard: { node: Node; family: Family; set: PacketSet }[] = [];
  for (const it of replies) {
    const seed = seedOfNode(it.node, it.view.family);
    const set = heardOf(it);
    if (set !== NOTHING) heard.push({ node: it.node, family: it.view.family, set });
    if (seed !== undefined) request.giveUp(bdd.minus(ofSeed(world, seed, echoFrom(world, it)), set));
  }
  const answered = bdd.union(heard.map(({ set }) => set));
  const { readings } = memory;
  const tcp = space.protocol('tcp');
  if (!dataDiffers(world, memory, bdd.and(answered, tcp))) return { answered, unclear: memory.unclear, readings };
  const data = new Current(world, memory);
  for (const { node, family, set } of heard) {
    let left = bdd.and(set, tcp);
    for (const { set: own, hop } of seedOfNode(node, family)?.sends ?? []) {
      if (hop === undefined) continue;
      const part = bdd.and(left, own);
      left = bdd.minus(left, part);
      sendSets(data, node, requestView(family, ACK), part, { hop });
    }
    sendSets(data, node, requestView(family, ACK), left);
  }
  const taken = flood(data).map((it) => toSameSocket(world, delivered, it));
  const back = bdd.union(sendBack(world, memory, taken, ACK, true).map(heardOf));
  return { answered: bdd.or(bdd.minus(answered, tcp), back), unclear: memory.unclear, readings };
};

export const predict = (world: World): Prediction => {
  const seeds = seedsOf(world);
  return { world, seeds, ...converse(world, seeds, EVERYTHING), edition: {}, since: undefined };
};

/** A prediction for a world in which none but some headers fare otherwise than before. */
export const predictTouched = (before: Prediction, world: World, touched: PacketSet): Prediction => {
  const { bdd } = world.space;
  const seeds = new Map<Node, readonly Seed[]>();
  for (const [old, list] of before.seeds) {
    const node = world.nodeOf(old.stack.name);
    seeds.set(node, node === old ? list : list.map((seed) => ({ ...seed, node })));
  }
  const fresh = converse(world, seeds, touched);
  const joined = (old: PacketSet, now: PacketSet): PacketSet => bdd.or(bdd.minus(old, touched), now);
  before.readings.add(fresh.readings);
  return {
    world,
    seeds,
    answered: joined(before.answered, fresh.answered),
    unclear: joined(before.unclear, fresh.unclear),
    readings: before.readings,
    edition: {},
    since: { edition: before.edition, touched },
  };
};
