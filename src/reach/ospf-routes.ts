/**
 * The routes that routing daemons come to give to their kernels (OSPF): the shortest ways by cost to every network that one
 * of them is on (RFC 2328 section 16), and to the nearest of those who have a default route otherwise; of ways that cost the
 * same, that by the gateway with the lowest address. Whoever is on a network, or has a default route itself, is given none.
 */
import { printIp, type Family } from '../net/address.ts';
import { prefixOf, printPrefix } from '../net/prefix.ts';
import { routedMetric } from '../state/routing-daemon.ts';
import { type LearnedRoute } from './facts.ts';
import { type Model, type StackModel } from './model/model.ts';
import { neighboursAmong, speakersOf, type Neighbour, type Speaker } from './ospf-neighbours.ts';

const mainTable = 254;
const everywhere: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

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

const ownPrefixes = ({ interfaces }: StackModel, family: Family): ReadonlySet<string> =>
  new Set(
    [...interfaces.values()]
      .filter(({ isUp }) => isUp)
      .flatMap(({ addresses }) => addresses)
      .filter((address) => address.family === family)
      .map(({ value, prefixLength }) => printPrefix(prefixOf({ family, value }, prefixLength))),
  );

const hasDefault = ({ routing }: StackModel, family: Family): boolean =>
  routing[family].tables.get(mainTable)?.lengths.some(({ length }) => length === 0) === true;

interface Told {
  readonly to: string;
  readonly by: string;
  readonly way: Way;
}

const routesOf = (stack: string, family: Family, told: readonly Told[]): readonly LearnedRoute[] => {
  const best = new Map<string, Told>();
  for (const each of told) {
    const known = best.get(each.to);
    if (known === undefined || nearer(known.way, each.way) === each.way) best.set(each.to, each);
  }
  return [...best.values()].map(({ to, by, way }): LearnedRoute => {
    const { from, via } = way.first;
    const what = to === everywhere[family] ? 'its default route' : `its route to ${to}`;
    return {
      ...{ stack, family, to, via: printIp({ family, value: via }), dev: from.it.name },
      ...{ metric: routedMetric, table: mainTable, from: 'ospf' },
      because: `${stack} has ${what} by OSPF from ${by}, at a cost of ${way.cost}`,
    };
  });
};

const ofFamily = (model: Model, family: Family): readonly LearnedRoute[] => {
  const speakers = speakersOf(model, family);
  const neighbours = new Map<string, Neighbour[]>();
  for (const each of neighboursAmong(model, family, speakers))
    neighbours.set(each.from.stack, [...(neighbours.get(each.from.stack) ?? []), each]);
  const byStack = new Map<string, Speaker[]>();
  for (const speaker of speakers) byStack.set(speaker.stack, [...(byStack.get(speaker.stack) ?? []), speaker]);
  return [...model.stacks].flatMap(([name, stack]) => {
    if (!neighbours.has(name)) return [];
    const own = ownPrefixes(stack, family);
    const told = [...waysFrom(name, neighbours)].flatMap(([by, way]): readonly Told[] => {
      const there = model.stacks.get(by);
      const leads = there !== undefined && hasDefault(there, family) && !hasDefault(stack, family);
      return [
        ...(byStack.get(by) ?? []).flatMap(({ prefixes, cost }) =>
          prefixes.filter((to) => !own.has(to)).map((to): Told => ({ to, by, way: { ...way, cost: way.cost + cost } })),
        ),
        ...(leads ? [{ to: everywhere[family], by, way }] : []),
      ];
    });
    return routesOf(name, family, told);
  });
};

/** `model`: with all else that comes by itself. */
export const routedRoutes = (model: Model): readonly LearnedRoute[] => [...ofFamily(model, 4), ...ofFamily(model, 6)];
