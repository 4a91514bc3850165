/**
 * Everything that a model can be asked, answered at once: the request on its way, the answer back, and for TCP the first
 * data each way. Mirrors `walker/conversation.ts`.
 */
import { type Family } from '../../net/address.ts';
import { ACK, SYN } from '../walker/connections.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { emptyMemory, Flood, type Delivered, type Memory } from './flood.ts';
import { type Node } from './nodes.ts';
import { sow, universeOf, type Seed } from './seeds.ts';
import { answerView, requestView, termsEqual, type View } from './view.ts';
import { type World } from './world.ts';

export interface Prediction {
  readonly world: World;
  /** Requests that are answered, with the courses in which they are. */
  readonly answered: PacketSet;
  /** Requests that some course of leads where this engine does not follow: the walker has to be asked. */
  readonly unclear: PacketSet;
  /** Requests that reach a far end, by its node. */
  readonly arrived: ReadonlyMap<string, PacketSet>;
  /** Where the others stop: sets by `reason stack`. */
  readonly stopped: ReadonlyMap<string, PacketSet>;
  readonly seeds: ReadonlyMap<Node, readonly Seed[]>;
}

const families: readonly Family[] = [4, 6];

/** Whether data can fare otherwise than the handshake did: filters that see TCP flags or connections. */
const dataDiffers = ({ model }: World): boolean =>
  [...model.stacks.values()].some(
    ({ tracks, stack }) =>
      tracks[4] ||
      tracks[6] ||
      stack.filter.some(({ chains, subchains }) =>
        [...chains, ...(subchains ?? [])].some(({ rules }) =>
          rules.some(({ matches }) => matches.some(({ kind }) => kind === 'tcp-flags')),
        ),
      ),
  );

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

/** Sends back from where packets were delivered; what is heard there in turn. */
const sendBack = (
  world: World,
  memory: Memory,
  delivered: readonly Delivered[],
  viewOf: (view: View) => View,
): readonly Delivered[] => {
  const flood = new Flood(world, memory);
  for (const { node, view, set } of delivered) flood.send(node, viewOf(view), set);
  return flood.run();
};

const withoutIgnored = (memory: Memory, world: World, it: Delivered): Delivered => {
  if (!it.node.stack.settings.echoIgnoreAll[it.view.family]) return it;
  const { space } = world;
  const echo = space.bdd.and(it.set, space.protocol('icmp'));
  const key = `no_listener ${it.node.stack.name}`;
  memory.stopped.set(key, space.bdd.or(memory.stopped.get(key) ?? NOTHING, echo));
  return { ...it, set: space.bdd.minus(it.set, echo) };
};

export const predict = (world: World): Prediction => {
  const { space } = world;
  const { bdd } = space;
  const memory = emptyMemory();
  const seeds = new Map<Node, Seed[]>();
  const request = new Flood(world, memory);
  for (const family of families) {
    const universe = universeOf(world, family);
    for (const node of world.nodes) {
      const seed = sow(request, node, family, universe);
      const list = seeds.get(node);
      if (list === undefined) seeds.set(node, [seed]);
      else list.push(seed);
    }
  }
  const requested = request.run();
  const arrived = new Map<string, PacketSet>();
  for (const { node, set } of requested) arrived.set(node.id, bdd.or(arrived.get(node.id) ?? NOTHING, set));
  const served = requested.map((it) => withoutIgnored(memory, world, it));
  const replies = sendBack(world, memory, served, (view) => answerView(view, SYN | ACK));
  const isOfNode = (node: Node, family: Family): PacketSet =>
    seeds.get(node)?.find((seed) => seed.family === family)?.all ?? NOTHING;
  const heard: { node: Node; family: Family; set: PacketSet }[] = [];
  for (const it of replies) {
    const set = bdd.and(isAnswer(world, it), isOfNode(it.node, it.view.family));
    const lost = bdd.minus(it.set, set);
    const key = `no_listener ${it.node.stack.name}`;
    if (lost !== NOTHING) memory.stopped.set(key, bdd.or(memory.stopped.get(key) ?? NOTHING, lost));
    if (set !== NOTHING) heard.push({ node: it.node, family: it.view.family, set });
  }
  let answered: PacketSet;
  if (!dataDiffers(world)) answered = bdd.union(heard.map(({ set }) => set));
  else {
    const tcp = space.protocol('tcp');
    const open = heard.map(({ node, family, set }) => ({
      node,
      view: requestView(family, ACK),
      set: bdd.and(set, tcp),
    }));
    const sent = sendBack(world, memory, open, (view) => view);
    const back = sendBack(world, memory, sent, (view) => answerView(view, ACK));
    answered = bdd.or(bdd.minus(bdd.union(heard.map(({ set }) => set)), tcp), bdd.union(back.map(({ set }) => set)));
  }
  return { world, answered, unclear: memory.unclear, arrived, stopped: memory.stopped, seeds };
};
