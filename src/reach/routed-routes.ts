/**
 * The routes that routing daemons come to give to their kernels: those of OSPF inside an area, those of BGP, and those of OSPF
 * to what its routers have otherwise: a default route, and what other ASes told them.
 */
import { printIp, type Family, type Ip } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { routedMetric } from '../state/routing-daemon.ts';
import { settledWays, type BgpWay } from './bgp-routes.ts';
import { bgpRoutersOf, standingSessions, type Hop } from './bgp-sessions.ts';
import { type LearnedRoute } from './facts.ts';
import { everywhere, hasDefault, heldPrefixes, mainTable } from './held-prefixes.ts';
import { buildModel } from './model/build-model.ts';
import { type Model } from './model/model.ts';
import { areaOf, insideWays, ospfRoutes, outsideWays, type OspfWay } from './ospf-routes.ts';

const pathText = ({ path, by }: BgpWay): string =>
  path.length === 0
    ? `in its own AS ${by.from.speaker.asNumber}`
    : `over ${path.map((asNumber) => `AS ${asNumber}`).join(', ')}`;

const bgpRoute = (stack: string, family: Family, way: BgpWay): LearnedRoute => {
  const { to, by } = way;
  const what = to === everywhere[family] ? 'its default route' : `its route to ${to}`;
  return {
    ...{ stack, family, to, via: printIp({ family, value: by.hop.via }), dev: by.hop.dev },
    ...{ metric: routedMetric, table: mainTable, from: 'bgp' },
    because: `${stack} has ${what} by BGP from ${by.to.stack}, ${pathText(way)}`,
  };
};

const withRoutes = (model: Model, routes: readonly LearnedRoute[]): Model =>
  routes.length === 0
    ? model
    : buildModel(model.state, { ...model.facts, routes: [...(model.facts.routes ?? []), ...routes] });

/** The longest prefix counts (bird(8): recursive next hops). */
const hopIn = (ways: readonly OspfWay[], address: Ip): Hop | undefined => {
  const [nearest] = ways
    .filter(({ to }) => containsIp(prefix(to), address))
    .sort((a, b) => prefix(b.to).length - prefix(a.to).length);
  if (nearest === undefined) return undefined;
  const { cost, first } = nearest.way;
  return { via: first.via, dev: first.from.it.name, cost };
};

const ofFamily = (model: Model, family: Family): readonly LearnedRoute[] => {
  const own = heldPrefixes(model, family);
  const area = areaOf(model, family);
  const stacks = [...own.keys()];
  const inside = new Map(stacks.map((stack) => [stack, insideWays(area, stack, own.get(stack) ?? new Set())]));
  const held = new Map(
    stacks.map((stack) => [
      stack,
      new Set([...(own.get(stack) ?? []), ...(inside.get(stack) ?? []).map(({ to }) => to)]),
    ]),
  );
  const insideRoutes = stacks.flatMap((stack) => ospfRoutes(stack, family, inside.get(stack) ?? []));
  const routers = bgpRoutersOf(model);
  const sessions =
    routers.length === 0
      ? []
      : standingSessions(withRoutes(model, insideRoutes), family, routers, (stack, address) =>
          hopIn(inside.get(stack) ?? [], { family, value: address }),
        );
  const ways = settledWays(routers, sessions, (stack) => held.get(stack) ?? new Set());
  const toldOutside = (stack: string): readonly string[] => {
    const it = model.stacks.get(stack);
    const fromOthers = [...(ways.get(stack)?.values() ?? [])].filter(({ by }) => !by.isInternal);
    return [
      ...(it !== undefined && hasDefault(it, family) ? [everywhere[family]] : []),
      ...fromOthers.map(({ to }) => to),
    ];
  };
  const others = stacks.flatMap((stack) => {
    const chosen = ways.get(stack) ?? new Map<string, BgpWay>();
    const taken = new Set([...(held.get(stack) ?? []), ...chosen.keys()]);
    return [
      ...[...chosen.values()].map((way) => bgpRoute(stack, family, way)),
      ...ospfRoutes(stack, family, outsideWays(area, stack, taken, toldOutside)),
    ];
  });
  return [...insideRoutes, ...others];
};

/** `model`: with all else that comes by itself. */
export const routedRoutes = (model: Model): readonly LearnedRoute[] => [...ofFamily(model, 4), ...ofFamily(model, 6)];
