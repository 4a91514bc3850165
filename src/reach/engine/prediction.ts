/**
 * Everything that a model can be asked, answered at once: the request on its way, the answer back, and for TCP the first
 * data each way. Mirrors `walker/conversation.ts`.
 */
import { type Family } from '../../net/address.ts';
import { ACK, SYN } from '../walker/connections.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { Current, type Delivered } from './current.ts';
import { flood } from './flood.ts';
import { dataPasses } from './passages.ts';
import { emptyMemory, type Memory } from './memory.ts';
import { type Node } from './nodes.ts';
import { sow, universeOf, type Seed } from './seeds.ts';
import { sendSets } from './send-sets.ts';
import { answerView, requestView, termsEqual, viewKey, type View } from './view.ts';
import { type World } from './world.ts';

export interface Prediction {
  readonly world: World;
  /** Requests that are answered, with the courses in which they are. */
  readonly answered: PacketSet;
  /** Requests that some course of leads where this engine does not follow: the walker has to be asked. */
  readonly unclear: PacketSet;
  /** Requests that reach a far end, as what they get there. */
  readonly delivered: readonly Delivered[];
  readonly seeds: ReadonlyMap<Node, readonly Seed[]>;
}

const families: readonly Family[] = [4, 6];

/** Whether the data of some connection may fare otherwise than its handshake did. */
const dataDiffers = ({ space, filters }: World, { readings }: Memory): boolean =>
  [...(readings?.values() ?? [])].some((reading) => !dataPasses(space, filters, reading));

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
 * Sends back from where packets were delivered; what is heard there in turn. The kernel answers an ICMPv6 echo by the
 * interface that it came in by, if it can (icmpv6_echo_reply).
 */
const sendBack = (
  world: World,
  memory: Memory,
  delivered: readonly Delivered[],
  tcpFlags: number,
): readonly Delivered[] => {
  const current = new Current(world, memory);
  const { bdd } = world.space;
  const joined = new Map<string, { node: Node; view: View; set: PacketSet; preferredDev?: string }>();
  const add = (node: Node, view: View, set: PacketSet, preferredDev?: string): void => {
    if (set === NOTHING) return;
    const key = `${node.id} ${viewKey(view)} ${preferredDev ?? ''}`;
    const all = bdd.or(joined.get(key)?.set ?? NOTHING, set);
    joined.set(key, { node, view, set: all, ...(preferredDev === undefined ? {} : { preferredDev }) });
  };
  for (const { node, dev, view, set } of delivered) {
    const answer = answerView(view, tcpFlags);
    const echo = view.family === 6 && dev !== 'lo' ? bdd.and(set, world.space.protocol('icmp')) : NOTHING;
    add(node, answer, echo, dev);
    add(node, answer, bdd.minus(set, echo));
  }
  for (const { node, view, set, ...more } of joined.values()) sendSets(current, node, view, set, more);
  return flood(current);
};

const withoutIgnored = ({ space }: World, it: Delivered): Delivered =>
  it.node.stack.settings.echoIgnoreAll[it.view.family]
    ? { ...it, set: space.bdd.minus(it.set, space.protocol('icmp')) }
    : it;

export const predict = (world: World): Prediction => {
  const { space } = world;
  const { bdd } = space;
  const memory = emptyMemory();
  const seeds = new Map<Node, Seed[]>();
  const request = new Current(world, memory);
  for (const family of families) {
    const universe = universeOf(world, family);
    for (const node of world.nodes) {
      const seed = sow(request, node, family, universe);
      const list = seeds.get(node);
      if (list === undefined) seeds.set(node, [seed]);
      else list.push(seed);
    }
  }
  const requested = flood(request);
  const served = requested.map((it) => withoutIgnored(world, it));
  const replies = sendBack(world, memory, served, SYN | ACK);
  const isOfNode = (node: Node, family: Family): PacketSet =>
    seeds.get(node)?.find((seed) => seed.family === family)?.all ?? NOTHING;
  const heard: { node: Node; family: Family; set: PacketSet }[] = [];
  for (const it of replies) {
    const set = bdd.and(isAnswer(world, it), isOfNode(it.node, it.view.family));
    if (set !== NOTHING) heard.push({ node: it.node, family: it.view.family, set });
  }
  let answered: PacketSet;
  const differs = dataDiffers(world, memory);
  memory.readings = undefined;
  if (!differs) answered = bdd.union(heard.map(({ set }) => set));
  else {
    const tcp = space.protocol('tcp');
    const data = new Current(world, memory);
    for (const { node, family, set } of heard) {
      const kept = seeds.get(node)?.find((seed) => seed.family === family)?.kept ?? [];
      let left = bdd.and(set, tcp);
      for (const { set: own, hop } of kept) {
        const part = bdd.and(left, own);
        left = bdd.minus(left, part);
        sendSets(data, node, requestView(family, ACK), part, { hop });
      }
      sendSets(data, node, requestView(family, ACK), left);
    }
    const back = sendBack(world, memory, flood(data), ACK);
    answered = bdd.or(bdd.minus(bdd.union(heard.map(({ set }) => set)), tcp), bdd.union(back.map(({ set }) => set)));
  }
  return { world, answered, unclear: memory.unclear, delivered: requested, seeds };
};
