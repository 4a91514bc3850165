/**
 * The routes that routing daemons come to give to their kernels (OSPF): the shortest ways by cost to every network that one
 * of them is on (RFC 2328 section 16), and to the nearest of those who tell of what is beyond; of ways inside that cost the
 * same, that by the gateway with the lowest address. Whoever has a prefix itself is given none.
 */
import { parseIp, printIp, type Family } from '../net/address.ts';
import { daemonOf } from '../state/daemon-of.ts';
import { routedMetric } from '../state/routing-daemon.ts';
import { type LearnedRoute } from './facts.ts';
import { everywhere, mainTable } from './held-prefixes.ts';
import { type Model } from './model/model.ts';
import { neighboursAmong, speakersOf, type Neighbour, type Speaker } from './ospf-neighbours.ts';

type Prefixes = ReadonlySet<string>;

/** How far a router is, and by which of one's own neighbours. */
interface Way {
  readonly cost: number;
  readonly first: Neighbour;
}

/** The nearer of two. */
const nearer = (a: Way | undefined, b: Way): Way => {
  if (a === undefined || b.cost < a.cost) return b;
  return b.cost > a.cost || a.first.via <= b.first.via ? a : b;
};

/** By the names of the stacks that can be come to from one (Dijkstra). */
const waysFrom = (source: string, neighbours: ReadonlyMap<string, readonly Neighbour[]>): ReadonlyMap<string, Way> => {
  const open = new Map<string, Way>();
  const done = new Map<string, Way>();
  const visit = (name: string, cost: number, first: Neighbour | undefined): void => {
    for (const next of neighbours.get(name) ?? []) {
      const { stack } = next.to;
      if (stack === source || done.has(stack)) continue;
      open.set(stack, nearer(open.get(stack), { cost: cost + next.from.cost, first: first ?? next }));
    }
  };
  visit(source, 0, undefined);
  while (open.size > 0) {
    const [name, way] = [...open].reduce((best, each) => (each[1].cost < best[1].cost ? each : best));
    open.delete(name);
    done.set(name, way);
    visit(name, way.cost, way.first);
  }
  return done;
};

/** What a router hears of a prefix. */
export interface OspfWay {
  readonly to: string;
  readonly by: string;
  readonly way: Way;
}

/** Who hears whom, and what each is on. */
export interface Area {
  /** How each comes to the others. */
  readonly ways: ReadonlyMap<string, ReadonlyMap<string, Way>>;
  readonly speakers: ReadonlyMap<string, readonly Speaker[]>;
  /** Router IDs: 32 bits. */
  readonly ids: ReadonlyMap<string, bigint>;
}

/** One for each prefix; of equals the first. */
const bestOf = (told: readonly OspfWay[], isBetter: (a: OspfWay, b: OspfWay) => boolean): readonly OspfWay[] => {
  const best = new Map<string, OspfWay>();
  for (const each of told) {
    const known = best.get(each.to);
    if (known === undefined || isBetter(each, known)) best.set(each.to, each);
  }
  return [...best.values()];
};

export const ospfRoutes = (stack: string, family: Family, ways: readonly OspfWay[]): readonly LearnedRoute[] =>
  ways.map(({ to, by, way }): LearnedRoute => {
    const { from, via } = way.first;
    const what = to === everywhere[family] ? 'its default route' : `its route to ${to}`;
    return {
      ...{ stack, family, to, via: printIp({ family, value: via }), dev: from.it.name },
      ...{ metric: routedMetric, table: mainTable, from: 'ospf' },
      because: `${stack} has ${what} by OSPF from ${by}, at a cost of ${way.cost}`,
    };
  });

const grouped = <T>(all: readonly T[], keyOf: (each: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return groups;
};

export const areaOf = (model: Model, family: Family): Area => {
  const speakers = speakersOf(model, family);
  const neighbours = grouped(neighboursAmong(model, family, speakers), ({ from }) => from.stack);
  return {
    ways: new Map([...neighbours.keys()].map((stack) => [stack, waysFrom(stack, neighbours)])),
    speakers: grouped(speakers, ({ stack }) => stack),
    ids: new Map(
      [...model.stacks].flatMap(([name, { stack }]) => {
        const daemon = daemonOf(stack);
        return daemon === undefined ? [] : [[name, parseIp(daemon.routerId)?.value ?? 0n] as const];
      }),
    ),
  };
};

/** The networks of the area that a router hears of, but for those that it has. */
export const insideWays = ({ ways, speakers }: Area, stack: string, held: Prefixes): readonly OspfWay[] =>
  bestOf(
    [...(ways.get(stack) ?? [])].flatMap(([by, way]) =>
      (speakers.get(by) ?? []).flatMap(({ prefixes, cost }) =>
        prefixes.filter((to) => !held.has(to)).map((to) => ({ to, by, way: { ...way, cost: way.cost + cost } })),
      ),
    ),
    (a, b) => nearer(b.way, a.way) === a.way,
  );

/**
 * What lies beyond the area, by the nearest of those who tell of it (RFC 2328 section 16.4, all of one external cost); of two
 * as near, that with the higher router ID (bird(8), after RFC 3101 section 2.5 6e).
 */
export const outsideWays = (
  { ways, ids }: Area,
  stack: string,
  held: Prefixes,
  toldBy: (stack: string) => readonly string[],
): readonly OspfWay[] => {
  const idOf = (name: string): bigint => ids.get(name) ?? 0n;
  const isNearer = (a: OspfWay, b: OspfWay): boolean =>
    a.way.cost === b.way.cost ? idOf(a.by) > idOf(b.by) : a.way.cost < b.way.cost;
  const told = [...(ways.get(stack) ?? [])].flatMap(([by, way]) =>
    toldBy(by)
      .filter((to) => !held.has(to))
      .map((to) => ({ to, by, way })),
  );
  return bestOf(told, isNearer);
};
