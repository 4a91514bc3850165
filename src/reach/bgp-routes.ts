/**
 * The ways that BGP settles on, for every prefix that somebody announces: of those that are heard, the one over the fewest
 * ASes, then one from another AS before one from within, then that which OSPF leads to at the lowest cost, then that of the router
 * with the lowest identifier, then of its lowest address (RFC 4271 section 9.1.2.2, as bird(8) does it, with equal preferences, origins and metrics).
 */
import { type BgpRouter, type StandingSession } from './bgp-sessions.ts';

/** What a router has chosen for a prefix. */
export interface BgpWay {
  readonly to: string;
  /** The ASes that it leads over, the nearest first; empty: it ends in the router's own. */
  readonly path: readonly number[];
  readonly by: StandingSession;
}

/** By the name of the stack, then by prefix. */
export type BgpWays = ReadonlyMap<string, ReadonlyMap<string, BgpWay>>;

/** What a stack has without BGP, which goes before it: told of, where it is announced. */
export type Held = (stack: string) => ReadonlySet<string>;

/** The better of two: negative where it is the first. */
const compareWays = (a: BgpWay, b: BgpWay): number => {
  if (a.path.length !== b.path.length) return a.path.length - b.path.length;
  if (a.by.isInternal !== b.by.isInternal) return a.by.isInternal ? 1 : -1;
  if (a.by.hop.cost !== b.by.hop.cost) return a.by.hop.cost - b.by.hop.cost;
  if (a.by.to.id !== b.by.to.id) return a.by.to.id < b.by.to.id ? -1 : 1;
  return a.by.remote < b.by.remote ? -1 : 1;
};

const isAnnounced = ({ speaker: { announced, aggregates } }: BgpRouter, to: string): boolean =>
  announced.includes(to) || aggregates.includes(to);

/** The path that a partner in a session tells of; undefined: it tells of none. */
const toldPath = (session: StandingSession, to: string, chosen: BgpWays, held: Held): readonly number[] | undefined => {
  const { to: teller, isInternal, number } = session;
  if (held(teller.stack).has(to)) return isAnnounced(teller, to) ? [] : undefined;
  const way = chosen.get(teller.stack)?.get(to);
  // Nothing goes back over the session that it came by, nor on inside the AS (RFC 4271 section 9.2).
  if (way === undefined || way.by.number === number || (way.by.isInternal && isInternal)) return undefined;
  return teller.speaker.isStub === true && !isInternal && way.path.length > 0 ? undefined : way.path;
};

const heardBy = (sessions: readonly StandingSession[], to: string, chosen: BgpWays, held: Held): BgpWay | undefined => {
  let best: BgpWay | undefined;
  for (const by of sessions) {
    const told = toldPath(by, to, chosen, held);
    if (told === undefined) continue;
    const path = by.isInternal ? told : [by.to.speaker.asNumber, ...told];
    if (path.includes(by.from.speaker.asNumber)) continue;
    const way = { to, path, by };
    if (best === undefined || compareWays(way, best) < 0) best = way;
  }
  return best;
};

const isSame = (a: BgpWay | undefined, b: BgpWay | undefined): boolean =>
  a?.by === b?.by && a?.path.join() === b?.path.join();

/** All routers choose again from what all told before, until nobody chooses otherwise. */
export const settledWays = (
  routers: readonly BgpRouter[],
  sessions: readonly StandingSession[],
  held: Held,
): BgpWays => {
  const prefixes = new Set(routers.flatMap(({ speaker }) => [...speaker.announced, ...speaker.aggregates]));
  const bySpeaker = new Map(routers.map(({ stack }) => [stack, sessions.filter(({ from }) => from.stack === stack)]));
  let chosen: BgpWays = new Map();
  // A way grows by one AS in two rounds at most, one of them inside the AS.
  const mostRounds = 2 * routers.length + 2;
  for (let round = 0, hasChanged = true; hasChanged && round < mostRounds; round += 1) {
    const before = chosen;
    hasChanged = false;
    chosen = new Map(
      routers.map(({ stack }) => {
        const ways = new Map<string, BgpWay>();
        for (const to of prefixes) {
          if (held(stack).has(to)) continue;
          const way = heardBy(bySpeaker.get(stack) ?? [], to, before, held);
          if (way !== undefined) ways.set(to, way);
          if (!isSame(way, before.get(stack)?.get(to))) hasChanged = true;
        }
        return [stack, ways] as const;
      }),
    );
  }
  return chosen;
};
