/**
 * Onto a link: which station each packet of a set goes to, by what was learned before or by asking now. Mirrors
 * `transmit` and `findStation` of the walker.
 */
import { ip, isLinkLocal6, type Family } from '../../net/address.ts';
import { interfaceOf, stackOf, type InterfaceModel, type NextHopModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { contestKey } from '../walker/contest.ts';
import { type Course } from '../walker/course.ts';
import { neighbourKey } from '../walker/neighbours.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { bySource, ownAddress, sourcesIn } from './askers.ts';
import { type Current } from './current.ts';
import { ofSet, type Passage } from './passage.ts';
import { type Way } from './frame-ways.ts';
import { type Resolution } from './links.ts';
import { type Node } from './nodes.ts';
import { type Segment } from './segments.ts';
import { blockOnAxis, offAxis, onAxis } from './space.ts';
import { oneForAll } from './stations.ts';
import { headerOf, packetOf, termIn } from './view.ts';
import { longestByDefault } from './world.ts';

/** Packets with the way that their frame takes. */
export interface Onward {
  readonly passage: Passage;
  readonly way: Way;
  readonly frame: { readonly sourceMac: string; readonly destinationMac: string };
}

/** A next hop, or all addresses of a group as destinations. */
interface Target {
  /** Destinations that it is asked for. */
  readonly values: PacketSet;
  /** The address to ask for. */
  readonly value: bigint;
  /** How it is called in what stacks have learned. */
  readonly name: string;
}

/** Addresses that a stack may look for on a link though no station has them: of static neighbours, and routers' anycast ones. */
const addressesOfNobody = (node: Node, from: InterfaceModel, segment: Segment, family: Family): readonly bigint[] => {
  const values: bigint[] = [];
  for (const it of node.stack.stack.neighbours ?? [])
    if (it.dev === from.name && it.family === family) values.push(ip(it.address).value);
  if (family === 4) return values;
  for (const { settings, addresses } of segment.stations)
    if (settings.forwarding6)
      for (const { family: own, value, prefixLength, scope } of addresses)
        if (own === 6 && scope === 'global')
          values.push((value >> BigInt(128 - prefixLength)) << BigInt(128 - prefixLength));
  return values.filter((value) => !isLinkLocal6(value));
};

const asName = (it: InterfaceModel, name: string): string => `${it.stack} ${it.name} ${name}`;

/** The addresses that somebody on the link may answer for, where the destination itself is on the link. */
const targetsOnLink = (
  current: Current,
  node: Node,
  from: InterfaceModel,
  segment: Segment,
  { view, set }: Passage,
): readonly Target[] => {
  const { space, links, routing, groupsOn } = current.world;
  const { family, destination } = view;
  if (typeof destination === 'bigint') {
    const { value } = offAxis(destination);
    return [{ values: EVERYTHING, value, name: String(value) }];
  }
  const targets: Target[] = [];
  const groups = segment.isPlain[family] ? (groupsOn.get(segment.id) ?? []) : [];
  for (const other of groups) {
    const values = routing.runSets.of(other.group!.runs[family], destination);
    if (!space.meets(set, destination, values)) continue;
    // A member that asks for its neighbours asks for another than itself.
    const own = ownAddress(other, family);
    const first = other.group!.addresses[family].find((value) => other !== node || value !== onAxis(family, own ?? 0n));
    if (first !== undefined) targets.push({ values, value: offAxis(first).value, name: other.id });
  }
  const add = (first: bigint, last: bigint): void => {
    const values = termIn(space, destination, first, last);
    if (space.meets(set, destination, values))
      targets.push({ values, value: offAxis(first).value, name: String(offAxis(first).value) });
  };
  if (segment.hasProxies) {
    const { address } = space.axes;
    const [least, most] = blockOnAxis(family, 0n, 0);
    const grouped = new Set(groups.flatMap(({ group }) => group!.addresses[family]));
    for (const { first, last } of address.runsBetween(least, most))
      if ((family === 4 || first >> 32n !== 0xffffn) && !grouped.has(first)) add(first, last);
    return targets;
  }
  const besides = links.addressesBesides(segment, family, groups);
  for (const place of routing.runSets.met(besides, set, destination)) {
    const { value, runs } = besides[place]!;
    targets.push({ values: routing.runSets.of(runs, destination), value, name: String(value) });
  }
  for (const value of new Set(addressesOfNobody(node, from, segment, family)))
    if (!links.ownersOn(segment, family).has(value)) add(onAxis(family, value), onAxis(family, value));
  return targets;
};

/** A station that is found again whenever it is looked for. */
const settle = ({ memory }: Current, key: string, mac: string): void => {
  if ((memory.settled.get(key) ?? mac) !== mac) memory.hasMoved = true;
  memory.settled.set(key, mac);
};

/** What is learned last counts. */
const remember = (current: Current, key: string, mac: string, course: Course | undefined, set: PacketSet): void => {
  const { memory, world } = current;
  const { bdd } = world.space;
  if ((memory.settled.get(key) ?? mac) !== mac) memory.hasMoved = true;
  const list = (memory.learned.get(key) ?? []).map((it) => {
    if (it.mac === mac && it.course === course) return it;
    const left = bdd.minus(it.set, set);
    if (left !== it.set) memory.hasMoved = true;
    return { ...it, set: left };
  });
  const at = list.findIndex((it) => it.mac === mac && it.course === course);
  const before = list[at];
  if (before === undefined) list.push({ mac, course, set });
  else list[at] = { ...before, set: bdd.or(before.set, set) };
  memory.learned.set(key, list);
};

const learn = (current: Current, key: string, mac: string, course: Course | undefined, set: PacketSet): void => {
  const { bdd } = current.world.space;
  let news = set;
  for (const first of current.memory.contested.get(key) ?? []) if (first.mac === mac) news = bdd.minus(news, first.set);
  if (news !== NOTHING) remember(current, key, mac, course, news);
};

const overhear = ({ memory, world }: Current, { overheard }: Resolution, set: PacketSet): void => {
  for (const key of overheard) memory.overheard.set(key, world.space.bdd.or(memory.overheard.get(key) ?? NOTHING, set));
};

/** Whether the others that have the address are heard before what is sent next, nobody knows. */
const learnContested = (
  current: Current,
  key: string,
  neighbour: string,
  { contested, course }: Resolution,
  set: PacketSet,
): void => {
  const { space } = current.world;
  const { memory } = current;
  memory.hasMoved = true;
  for (const [taken, mac] of contested.entries()) {
    const turn = space.unknown(contestKey(neighbour), contested.length, taken);
    remember(current, key, mac, course, space.bdd.and(set, turn));
    if (taken === 0) memory.contested.set(key, [...(memory.contested.get(key) ?? []), { mac, set }]);
  }
};

/** Once somebody was sent there, it is decided. */
const decide = ({ memory, world }: Current, key: string, set: PacketSet): void => {
  const list = memory.contested.get(key);
  if (list === undefined) return;
  memory.contested.set(
    key,
    list.map((it) => ({ ...it, set: world.space.bdd.minus(it.set, set) })),
  );
};

/** Headers and courses in which a question goes the way of a resolution. */
const turnsOf = (current: Current, { turns }: Resolution): PacketSet => {
  const { space } = current.world;
  let set: PacketSet = EVERYTHING;
  for (const { key, options, taken } of turns) set = space.bdd.and(set, space.unknown(key, options, taken));
  return set;
};

/** Splits by length, where the link does not take all lengths alike. */
const byLength = (current: Current, segment: Segment, set: PacketSet): readonly PacketSet[] => {
  const { space, options } = current.world;
  const { bdd } = space;
  if (options.allLengths !== true) return [set];
  const least = segment.leastMtuBytes;
  if (least >= 65535) return [set];
  const large = bdd.and(set, space.values('length', BigInt(least + 1), 65535n));
  if (large === NOTHING) return [set];
  const parts = [bdd.minus(set, large)];
  for (const { first, last } of space.axes.length.spans())
    for (const fragment of [0, 1])
      parts.push(
        bdd.and(bdd.and(large, space.codes('length', first, last)), space.codes('fragment', fragment, fragment)),
      );
  return parts.filter((part) => part !== NOTHING);
};

const natHooks = ['prerouting', 'input', 'output', 'postrouting'] as const;

/** Answers are translated on the way in by what any of the hooks did to their requests. */
const mayTranslate = ({ world: { model } }: Current, { bridges, stacks }: Segment, family: 4 | 6): boolean =>
  bridges.length > 0 &&
  [...stacks].some((name) => {
    const { hooks } = stackOf(model, name);
    return natHooks.some((hook) => hooks.get(`${family} ${hook}`)?.some(({ chain }) => chain.type === 'nat') === true);
  });

/** Packets that go out in pieces: these pass filters and links by themselves, as the walker knows. */
const inPieces = (
  { world: { space, options } }: Current,
  { it: { mtuBytes } }: InterfaceModel,
  set: PacketSet,
): PacketSet =>
  options.allLengths !== true || mtuBytes >= 65535
    ? NOTHING
    : space.bdd.and(set, space.values('length', BigInt(mtuBytes + 1), 65535n));

export const transmitSets = (current: Current, node: Node, hop: NextHopModel, sent: Passage): readonly Onward[] => {
  const { world } = current;
  const { space, links, frameWays } = world;
  const { bdd } = space;
  const { family } = sent.view;
  const from = interfaceOf(node.stack, hop.dev);
  const cut = from.it.kind === 'tunnel' ? sent.set : inPieces(current, from, sent.set);
  current.giveUp(cut);
  const passage = ofSet(sent, bdd.minus(sent.set, cut));
  if (passage.set === NOTHING) return [];
  const segment = world.segmentOf(from);
  const { destination } = passage.view;
  // Its members send to the one that stands for them, and who of them sends is not known here.
  if (node.group !== undefined && typeof destination === 'bigint' && hop.via === undefined) {
    if (offAxis(destination).value === ownAddress(node, family)) {
      current.giveUp(passage.set);
      return [];
    }
  }
  const targets =
    hop.via === undefined
      ? targetsOnLink(current, node, from, segment, passage)
      : [{ values: EVERYTHING, value: hop.via, name: String(hop.via) }];
  let asking: readonly bigint[] | undefined;
  const sources = (): readonly bigint[] => (asking ??= sourcesIn(current, node, passage));
  const onward: Onward[] = [];
  const carry = (set: PacketSet, mac: string, course: Course | undefined): void => {
    for (const part of byLength(current, segment, set)) {
      const isShort = world.options.allLengths !== true && segment.leastMtuBytes >= longestByDefault;
      const packet = (): Packet => packetOf(passage.view, headerOf(space, part));
      const way = frameWays.carry(segment, from, mac, course, isShort, packet);
      // A bridge that translates may take a frame up before it is found to go nowhere.
      if (way === 'unclear' || (typeof way === 'string' && mayTranslate(current, segment, family)))
        current.giveUp(part);
      else if (typeof way !== 'string')
        onward.push({ passage: ofSet(passage, part), way, frame: { sourceMac: from.mac, destinationMac: mac } });
    }
  };
  for (const target of targets) {
    const key = asName(from, target.name);
    let left = space.cut(passage.set, passage.view.destination, target.values);
    const isFixed = node.stack.neighbours.has(`${from.name} ${target.value}`);
    for (const known of isFixed ? [] : (current.memory.learned.get(key) ?? [])) {
      const part = bdd.and(left, known.set);
      if (part === NOTHING) continue;
      left = bdd.minus(left, part);
      decide(current, key, part);
      carry(part, known.mac, known.course);
    }
    if (left === NOTHING) continue;
    const mac = oneForAll(current, node, segment, from, family, target.value, sources);
    if (mac !== undefined) {
      settle(current, key, mac);
      carry(left, mac, undefined);
      continue;
    }
    for (const { set, source } of bySource(current, node, ofSet(passage, left)))
      for (const resolution of links.resolve(segment, from, family, target.value, source)) {
        const part = bdd.and(set, turnsOf(current, resolution));
        if (part === NOTHING) continue;
        const { course } = resolution;
        for (const [learnedKey, learnedMac] of resolution.learned) {
          const isTarget = learnedKey === neighbourKey(from.stack, from.name, target.value);
          if (isTarget && resolution.contested.length > 1) learnContested(current, key, learnedKey, resolution, part);
          else learn(current, isTarget ? key : groupKey(current, node, learnedKey, source), learnedMac, course, part);
        }
        if (resolution.mac !== undefined) carry(part, resolution.mac, course);
        // Whether it was overheard in time, the walker asks.
        else current.giveUp(bdd.and(part, current.memory.overheard.get(key) ?? NOTHING));
        overhear(current, resolution, part);
      }
  }
  return onward;
};

/** What a stack learns of a member of a group, it learns of all of them. */
const groupKey = (current: Current, node: Node, key: string, source: bigint): string => {
  if (node.group === undefined) return key;
  const [stack, dev, value] = key.split(' ');
  return value === String(source) ? `${stack ?? ''} ${dev ?? ''} ${node.id}` : key;
};
