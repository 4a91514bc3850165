/**
 * Statements that packets are delivered nowhere: as they are sent, or also as what a translation on the way makes of
 * them. Over all packets at once; whatever contradicts is a packet that the walker follows.
 */
import { type Family } from '../../net/address.ts';
import { type InterfaceModel } from '../model/model.ts';
import { type Flow } from '../walk.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { type Delivered } from './current.ts';
import { type Delivery } from './delivery.ts';
import { type Node } from './nodes.ts';
import { flowIn } from './prove.ts';
import { regionSet, type Region } from './regions.ts';
import { onAxis, type Space } from './space.ts';
import { requestView, termIn, type View } from './view.ts';
import { type World } from './world.ts';

export interface Denial {
  readonly family: Family;
  /** Stacks that send, each from all addresses of its own that are good beyond its link. */
  readonly senders: readonly string[];
  readonly asked: Region;
  /** What is decided elsewhere and not spoken of. */
  readonly except: readonly Region[];
  /** Packets that become some of those on the way, by translation, are spoken of too. */
  readonly isAboutDelivery: boolean;
}

export type Denied =
  /** `isEmpty`: there is no such packet. */
  | { readonly kind: 'proven'; readonly isEmpty: boolean }
  /** A packet that is delivered. */
  | { readonly kind: 'delivered'; readonly flow: Flow }
  /** A packet of which only the walker can tell, or whose delivery hangs on a match that is not modelled. */
  | { readonly kind: 'open'; readonly flow: Flow };

/** Whether any filter of the model gives packets another destination. */
export const redirects = ({ model }: World): boolean =>
  [...model.stacks.values()].some(({ stack }) =>
    stack.filter.some(({ chains, subchains = [] }) =>
      [...chains, ...subchains].some(({ rules }) =>
        rules.some(({ verdict: { kind } }) => kind === 'dnat' || kind === 'redirect'),
      ),
    ),
  );

/** Headers that matter to some statements: no others arrive as what they speak of, unless destinations are translated. */
export const concerned = (world: World, denials: readonly Denial[]): PacketSet => {
  if (redirects(world)) return EVERYTHING;
  const { space } = world;
  return space.bdd.union(
    denials.map(({ family, asked }) =>
      space.bdd.and(space.family(family), regionSet(space, requestView(family), asked)),
    ),
  );
};

const isGlobal =
  (family: Family) =>
  (address: InterfaceModel['addresses'][number]): boolean =>
    address.family === family && address.scope === 'global';

const ownOf = ({ model }: World, name: string, family: Family): readonly bigint[] =>
  [...(model.stacks.get(name)?.interfaces.values() ?? [])].flatMap(({ addresses }) =>
    addresses.filter(isGlobal(family)).map(({ value }) => onAxis(family, value)),
  );

interface Sender {
  readonly name: string;
  readonly node: Node;
  readonly own: readonly bigint[];
  /** All that it can send beyond itself. */
  readonly set: PacketSet;
}

const sendersOf = ({ world, seeds }: Delivery, { family, senders }: Denial): readonly Sender[] => {
  const { bdd } = world.space;
  const among = (name: 'source' | 'destination', values: readonly bigint[]): PacketSet =>
    bdd.union(values.map((value) => termIn(world.space, name, value, value)));
  return senders.flatMap((name): Sender[] => {
    const node = world.nodeOf(name);
    const seed = seeds.get(node)?.find((it) => it.family === family);
    if (seed === undefined) return [];
    const own = ownOf(world, name, family);
    const mine = node.group === undefined ? seed.all : bdd.and(seed.all, among('source', own));
    return [{ name, node, own, set: bdd.minus(mine, among('destination', own)) }];
  });
};

/** What comes back to the sender itself has gone nowhere. */
const beyond = (space: Space, { node, own }: Sender, it: Delivered): PacketSet => {
  if (it.node !== node) return it.set;
  if (node.group === undefined) return NOTHING;
  return space.bdd.minus(it.set, space.bdd.union(own.map((value) => termIn(space, it.view.destination, value, value))));
};

/** Headers that are in some course in the set, whatever chance does: surely, and only if an unmodelled match has it so. */
export const surely = (space: Space, set: PacketSet): PacketSet => {
  const { bdd } = space;
  let sure = set;
  for (const [key, { first, bits }] of space.unknownKeys)
    sure = key.startsWith('unknown ') ? bdd.forAll(sure, first, first + bits) : bdd.exists(sure, first, first + bits);
  return sure;
};

export const proveDenied = (delivery: Delivery, denial: Denial): Denied => {
  const { world, delivered, unclear } = delivery;
  const { space } = world;
  const { bdd } = space;
  const { family, asked, except, isAboutDelivery } = denial;
  const spokenOf = (view: View): PacketSet =>
    bdd.minus(regionSet(space, view, asked), bdd.union(except.map((region) => regionSet(space, view, region))));
  const sent = spokenOf(requestView(family));
  const arrivals = delivered
    .filter(({ view }) => view.family === family)
    .map((it) => ({ it, meant: bdd.and(it.set, isAboutDelivery ? bdd.or(sent, spokenOf(it.view)) : sent) }))
    .filter(({ meant }) => meant !== NOTHING);
  const somewhere = bdd.union(arrivals.map(({ meant }) => meant));
  // On a way that is not followed anything may become of a packet.
  const dark = bdd.exists(unclear, space.headerEnd, space.end);
  const senders = sendersOf(delivery, denial);
  const suspects = bdd.or(somewhere, dark);
  let open: Denied | undefined;
  for (const sender of senders) {
    if (!bdd.meets(sender.set, suspects)) continue;
    const wrong = bdd.and(
      sender.set,
      bdd.union(arrivals.map(({ it, meant }) => bdd.and(meant, beyond(space, sender, it)))),
    );
    const sure = surely(space, bdd.minus(wrong, dark));
    if (sure !== NOTHING) return { kind: 'delivered', flow: flowIn(world, family, sender.name, sure) };
    const perhaps = bdd.or(wrong, bdd.and(bdd.and(sender.set, dark), isAboutDelivery ? EVERYTHING : sent));
    if (open === undefined && perhaps !== NOTHING)
      open = { kind: 'open', flow: flowIn(world, family, sender.name, perhaps) };
  }
  const isEmpty = senders.every(({ set }) => !bdd.meets(set, sent));
  return open ?? { kind: 'proven', isEmpty };
};
