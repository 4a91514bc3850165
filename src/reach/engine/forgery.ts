/**
 * Packets with forged sources: whatever unicast address a program writes into the header, it goes out by the route that
 * the stack has for its destination, through the stack's own filters. One sender at a time, as no source tells who sent.
 */
import { type Family } from '../../net/address.ts';
import { ownAddressesOf } from '../model/own-addresses.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { Current, type Delivered } from './current.ts';
import { redirects, surely, type Denied } from './denial.ts';
import { flood } from './flood.ts';
import { emptyMemory } from './memory.ts';
import { flowIn } from './prove.ts';
import { regionSet, type Region } from './regions.ts';
import { hasOwnRules } from './route-classes.ts';
import { universeOf } from './seeds.ts';
import { sendSets, waysOut } from './send-sets.ts';
import { blockOnAxis, onAxis, type Space } from './space.ts';
import { requestView, termIn, type View } from './view.ts';
import { type World } from './world.ts';

/** No such packet of one sender is delivered, as it is sent or as a translation on the way makes of it. */
export interface ForgedDenial {
  readonly family: Family;
  /** The stack that sends from addresses that are not its own. */
  readonly sender: string;
  /** Of both, `from` is about the source that is written. */
  readonly asked: Region;
  readonly except: readonly Region[];
}

export interface Forged {
  /** What the sender can send. */
  readonly sent: PacketSet;
  /** What others get of it. */
  readonly delivered: readonly Delivered[];
  readonly unclear: PacketSet;
}

/** In the place of none the kernel puts an address of its own; with one of the loopback it finds no neighbour (arp_solicit). */
const unusable: Readonly<Record<Family, readonly (readonly [value: bigint, length: number])[]>> = {
  4: [
    [0n, 32],
    [127n << 24n, 8],
  ],
  6: [
    [0n, 128],
    [1n, 128],
  ],
};

const sourcesOf = (space: Space, family: Family): PacketSet => {
  const four = space.values('source', ...blockOnAxis(4, 0n, 0));
  const barred = unusable[family].map((block) => space.values('source', ...blockOnAxis(family, ...block)));
  return space.bdd.minus(family === 4 ? four : space.bdd.not(four), space.bdd.union(barred));
};

/** Sends all that a stack can forge within a set of headers. The world has no groups: members share no sources. */
export const forge = (world: World, name: string, family: Family, within: PacketSet): Forged => {
  const { space, origins } = world;
  const { bdd } = space;
  const node = world.nodeOf(name);
  if (node.group !== undefined) throw new Error(`\`${name}\` is followed as one of a group, which cannot forge`);
  const own = [...ownAddressesOf(node.stack)[family === 4 ? 'told' : 'globals'][family]].map((it) =>
    onAxis(family, it),
  );
  const among = (term: 'source' | 'destination'): PacketSet =>
    bdd.union(own.map((value) => termIn(space, term, value, value)));
  const origin = origins.get(name) ?? 0;
  const mine = bdd.and(space.codes('bound', 1, 1), space.codes('origin', origin, origin));
  const headers = bdd.and(bdd.and(mine, universeOf(world, family)), bdd.and(sourcesOf(space, family), within));
  const sent = bdd.minus(bdd.minus(headers, among('source')), among('destination'));
  const current = new Current(world, emptyMemory());
  const view = requestView(family);
  const ways = waysOut(current, node, { ...view, source: onAxis(family, 0n) }, sent);
  for (const { hop, set } of ways) sendSets(current, node, view, set, { hop });
  // IPv6 looks again with a source of its own where it found nothing, which only rules make a difference to.
  if (family === 6 && hasOwnRules(node.stack, 6))
    current.giveUp(bdd.minus(sent, bdd.union(ways.map(({ set }) => set))));
  const delivered = flood(current).filter((it) => it.node !== node);
  return { sent, delivered, unclear: current.memory.unclear };
};

/** The part of a set from addresses that somebody has, if there is any: people know these. */
const fromSomebody = ({ space, model }: World, family: Family, set: PacketSet): PacketSet => {
  const { bdd } = space;
  for (const stack of model.stacks.values())
    for (const value of ownAddressesOf(stack).globals[family]) {
      const from = bdd.and(set, termIn(space, 'source', onAxis(family, value), onAxis(family, value)));
      if (from !== NOTHING) return from;
    }
  return set;
};

export const proveForged = (world: World, { family, sender, asked, except }: ForgedDenial): Denied => {
  const { space } = world;
  const { bdd } = space;
  const spokenOf = (view: View): PacketSet =>
    bdd.minus(regionSet(space, view, asked), bdd.union(except.map((region) => regionSet(space, view, region))));
  const meant = spokenOf(requestView(family));
  // What is not asked for arrives as something that was only where destinations are translated.
  const { sent, delivered, unclear } = forge(world, sender, family, redirects(world) ? 1 : meant);
  const wrong = bdd.union(delivered.map(({ set, view }) => bdd.and(set, bdd.or(meant, spokenOf(view)))));
  const dark = bdd.and(sent, bdd.exists(unclear, space.headerEnd, space.end));
  const flowFrom = (set: PacketSet): Denied & { kind: 'delivered' | 'open' } => ({
    kind: 'open',
    flow: { ...flowIn(world, family, sender, fromSomebody(world, family, set)), isForged: true },
  });
  const sure = surely(space, bdd.minus(wrong, dark));
  if (sure !== NOTHING) return { ...flowFrom(sure), kind: 'delivered' };
  const perhaps = bdd.or(wrong, dark);
  return perhaps !== NOTHING ? flowFrom(perhaps) : { kind: 'proven', isEmpty: bdd.and(sent, meant) === NOTHING };
};
