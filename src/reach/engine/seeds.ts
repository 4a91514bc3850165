/** What can be asked: every request that a stack can send, with the source address that its kernel gives it. */
import { isLinkLocal6, type Family } from '../../net/address.ts';
import { type NextHopModel, type RouteModel } from '../model/model.ts';
import { type RouteAnswer } from '../walker/route-lookup.ts';
import { selectAddress6, sourceFor, speaksAs } from '../walker/source-address.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { type Current } from './current.ts';
import { type Node } from './nodes.ts';
import { sendSets } from './send-sets.ts';
import { hasOwnRules, inRuns, isFromItself } from './route-classes.ts';
import { blockOnAxis, offAxis, onAxis, protocolCodes, type ProtocolName } from './space.ts';
import { headerOf, requestView, termIn } from './view.ts';
import { defaultLength, usualRequests, type World } from './world.ts';

/** Requests of one node and family. */
export interface Seed {
  readonly node: Node;
  readonly family: Family;
  /** Those whose source the kernel chooses, with the source that it chooses. */
  readonly unbound: PacketSet;
  /** All, bound ones included. */
  readonly all: PacketSet;
  /** Those that would go out with an address that is good on one link or in one stack only, as others have it too: the walker's. */
  readonly unclear: PacketSet;
  /** How all go out: by the next hop that was found before their source, which TCP keeps, or else as the routes say. */
  readonly sends: readonly { readonly set: PacketSet; readonly hop: NextHopModel | undefined }[];
}

const outside: Readonly<Record<Family, readonly (readonly [value: bigint, length: number])[]>> = {
  4: [
    [0n, 8],
    [127n << 24n, 8],
    [0xe0n << 24n, 4],
    [0xffffffffn, 32],
  ],
  6: [
    [0n, 128],
    [1n, 128],
    [0x3fan << 118n, 10],
    [0xffn << 120n, 8],
  ],
};

/**
 * Destinations and headers that sets speak of: unicast addresses that are good beyond one link. Whatever else is asked,
 * the walker answers.
 */
export const universeOf = ({ space, options }: World, family: Family): PacketSet => {
  const { bdd } = space;
  let set = space.family(family);
  for (const [value, length] of outside[family])
    set = bdd.minus(set, space.values('destination', ...blockOnAxis(family, value, length)));
  const kinds = (Object.keys(protocolCodes) as ProtocolName[]).map((protocol) => {
    const { length } = space.axes;
    const code = length.codeOf(BigInt(defaultLength(family, protocol)));
    const usual = length.spanOf(code);
    const lengths = options.allLengths === true ? 1 : space.codes('length', usual.first, usual.last);
    return bdd.and(space.protocol(protocol), lengths);
  });
  return bdd.and(bdd.and(set, bdd.union(kinds)), usualRequests(space, options));
};

const ofGroup = ({ space, routing }: World, node: Node, family: Family, universe: PacketSet): Seed => {
  const all = space.bdd.and(routing.runSets.of(node.group!.runs[family], 'source'), universe);
  return { node, family, unbound: all, all, unclear: NOTHING, sends: [{ set: all, hop: undefined }] };
};

/** The one next hop of an answer, and its route, where that leads away from the stack. */
const onlyHop = (answer: RouteAnswer): { readonly route: RouteModel; readonly hop: NextHopModel } | undefined => {
  if (answer.kind !== 'route' || answer.route.type !== 'unicast') return undefined;
  const { route, nexthops } = answer;
  const [hop, another] = nexthops;
  return hop === undefined || another !== undefined ? undefined : { route, hop };
};

/** Everything that a node can ask. */
export const seedOf = (world: World, node: Node, family: Family, universe: PacketSet): Seed => {
  if (node.group !== undefined) return ofGroup(world, node, family, universe);
  const { space, origins, routing } = world;
  const { bdd } = space;
  const { stack } = node;
  const origin = origins.get(stack.name);
  const own = origin === undefined ? universe : bdd.and(universe, space.codes('origin', origin, origin));
  const isBound = space.codes('bound', 1, 1);
  const addresses = [...stack.interfaces.values()].flatMap((it) =>
    it.addresses.filter(
      (address) =>
        address.family === family &&
        address.scope === 'global' &&
        !address.isUnusable &&
        speaksAs(stack, family, address.value),
    ),
  );
  const sources = bdd.union(
    addresses.map(({ value }) => termIn(space, 'source', onAxis(family, value), onAxis(family, value))),
  );
  const bound = bdd.and(bdd.and(own, isBound), sources);
  const asked = { ...requestView(family), source: onAxis(family, 0n) };
  const free = bdd.minus(own, isBound);
  let unclear: PacketSet = NOTHING;
  const chosen: PacketSet[] = [];
  const direct: { set: PacketSet; hop: NextHopModel }[] = [];
  const settled: PacketSet[] = [];
  /** Without a route at the first look. */
  const again: PacketSet[] = [];
  const give = (
    set: PacketSet,
    source: bigint | undefined,
    hop: NextHopModel | undefined,
    isSettled: boolean,
  ): void => {
    if (set === NOTHING) return;
    if (source === undefined || source === 0n) return;
    if (family === 6 && (isLinkLocal6(source) || source === 1n)) {
      unclear = bdd.or(unclear, set);
      return;
    }
    const { first, last } = space.axes.address.spanOf(space.axes.address.codeOf(onAxis(family, source)));
    const given = bdd.and(set, space.codes('source', first, last));
    chosen.push(given);
    if (hop !== undefined && family === 6) direct.push({ set: given, hop });
    else if (hop !== undefined && isSettled) {
      // A connected IPv4 socket looks its route up again, an echo does not, nor does IPv6.
      const echo = bdd.and(given, space.protocol('icmp'));
      if (echo !== NOTHING) direct.push({ set: echo, hop });
      settled.push(bdd.minus(given, echo));
    } else settled.push(given);
  };
  const isSensitive = hasOwnRules(stack, family);
  const isPlain = family === 4 && !isSensitive && stack.redirects.size === 0;
  /** Destinations by the source that is chosen for them, where nothing else matters of their routes. */
  const alike = new Map<string, { source: bigint; within: PacketSet; destinations: PacketSet[] }>();
  for (const { within, destinations, result } of routing.routesFor(node, asked, free)) {
    const { answer, sample, runs } = result;
    const only = isPlain ? onlyHop(answer) : undefined;
    if (only !== undefined) {
      const source = sourceFor(stack, family, only.route, only.hop, sample) ?? 0n;
      const key = `${within} ${source}`;
      const same = alike.get(key);
      if (same === undefined) alike.set(key, { source, within, destinations: [destinations] });
      else same.destinations.push(destinations);
      continue;
    }
    const set = space.cut(within, asked.destination, destinations);
    if (answer.kind !== 'route' || answer.nexthops.length === 0 || answer.route.type === 'broadcast') {
      if (family === 6 && isSensitive)
        for (const run of runs) again.push(bdd.and(set, inRuns(space, 'destination', [run])));
      continue;
    }
    const { route, nexthops } = answer;
    const redirected = stack.redirects.get(String(sample));
    const hops: readonly NextHopModel[] =
      route.type === 'unicast' ? nexthops : [{ via: undefined, dev: 'lo', weight: 1 }];
    for (const [index, plain] of hops.entries()) {
      const hop = redirected === undefined || route.type !== 'unicast' ? plain : { ...plain, via: redirected };
      const key = `nexthop ${stack.name} ${asked.source} ${asked.destination} ${hops.length}`;
      const part = hops.length < 2 ? set : bdd.and(set, space.unknown(key, hops.length, index));
      const isSettled = isSensitive || hops.length > 1;
      if (family === 4 && !isFromItself(route)) {
        give(part, sourceFor(stack, family, route, hop, sample), hop, isSettled);
        continue;
      }
      const bySource = new Map<bigint | undefined, PacketSet>();
      const all = isFromItself(route)
        ? runs.flatMap((run) => [...space.axes.address.runsBetween(run.first, run.last)])
        : runs;
      for (const run of all) {
        const meant = bdd.and(part, inRuns(space, 'destination', [run]));
        if (meant === NOTHING) continue;
        const { value } = offAxis(run.first);
        const source = family === 4 ? value : sourceFor(stack, family, route, hop, value);
        bySource.set(source, bdd.or(bySource.get(source) ?? NOTHING, meant));
      }
      for (const [source, meant] of bySource) give(meant, source, hop, isSettled);
    }
  }
  for (const { source, within, destinations } of alike.values())
    give(space.cut(within, asked.destination, bdd.union(destinations)), source, undefined, false);
  // IPv6 looks again once it has a source (ip6_dst_lookup_tail), which only rules of its own can make a difference to.
  for (const set of again) {
    if (set === NOTHING) continue;
    const source = selectAddress6(stack, undefined, headerOf(space, set).destination);
    give(set, source, undefined, false);
  }
  const unbound = bdd.union(chosen);
  const sends = [...direct, { set: bdd.union([bound, ...settled]), hop: undefined }];
  return { node, family, unbound, all: bdd.or(unbound, bound), unclear, sends };
};

/** Sends what a node can ask, as far as it is `within` a set. */
export const sendSeed = (current: Current, { node, family, sends }: Seed, within: PacketSet = EVERYTHING): void => {
  for (const { set, hop } of sends)
    sendSets(current, node, requestView(family), current.world.space.bdd.and(set, within), hop && { hop });
};

/** Sends what a node can ask, as far as it is `within` a set, and says what it can ask in all. */
export const sow = (current: Current, node: Node, family: Family, universe: PacketSet, within: PacketSet): Seed => {
  const seed = seedOf(current.world, node, family, universe);
  sendSeed(current, seed, within);
  return seed;
};

/** Of all nodes. */
export const seedsOf = (world: World): ReadonlyMap<Node, readonly Seed[]> => {
  const universes = { 4: universeOf(world, 4), 6: universeOf(world, 6) };
  return new Map(
    world.nodes.map((node) => [
      node,
      ([4, 6] as const).map((family) => seedOf(world, node, family, universes[family])),
    ]),
  );
};
