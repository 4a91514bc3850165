/**
 * Routes that bring a packet nearer to its destination: at each stack on the way that has none, or one that leads
 * astray. The default route where an end machine has no other, else a route to the destination's own network.
 */
import { bitsOf, ip, printIp, type Family } from '../../net/address.ts';
import { overlaps, prefixOf, printPrefix } from '../../net/prefix.ts';
import { type Route } from '../../state/network-state.ts';
import { type StackModel } from '../model/model.ts';
import { lookUpRoute, type RouteAnswer } from '../walker/route-lookup.ts';
import { type Proposal } from './proposal.ts';
import { type RoutedHop, type Situation } from './situation.ts';
import { distancesTo, gatewaysTowards, legsOf, ownerOf, type Gateway, type Leg, type Terrain } from './terrain.ts';

const mainTable = 254;
const everything: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

const answerFor = (stack: StackModel, family: Family, destination: bigint, source = 0n): RouteAnswer =>
  lookUpRoute(stack, {
    ...{ family, destination, source },
    iif: 'lo',
    mark: 0,
    protocol: 0,
    sourcePort: 0,
    destinationPort: 0,
  });

const writtenRoute = (stack: StackModel, family: Family, to: string): Route | undefined =>
  stack.stack.routes.find((route) => route.family === family && route.to === to && route.table === mainTable);

const defaultMetric: Readonly<Record<Family, number>> = { 4: 0, 6: 1024 };

const routeVia = (family: Family, to: string, { dev, leg }: Gateway, was: Route | undefined): Route => ({
  ...{ family, to, type: 'unicast' },
  via: printIp({ family, value: leg.address.value }),
  dev,
  metric: was?.metric ?? defaultMetric[family],
  table: mainTable,
});

/** A machine that has but one way out. */
const isEndMachine = (terrain: Terrain, { name, interfaces, settings }: StackModel, family: Family): boolean => {
  const forwards = family === 6 ? settings.forwarding6 : [...interfaces.values()].some((it) => it.settings.forwarding4);
  const global = legsOf(terrain, name, family).filter(({ address }) => address.scope === 'global');
  return !forwards && new Set(global.map(({ it }) => it.name)).size < 2;
};

const gatewayText = ({ leg }: Gateway): string =>
  `${printIp({ family: leg.address.family, value: leg.address.value })} (${leg.stack})`;

/** What becomes of packets to it as things are. */
const nowText = (answer: RouteAnswer): string => {
  if (answer.kind === 'none') return 'there is no route to it now';
  if (answer.kind === 'rule') return `rule ${answer.rule.priority} refuses them now`;
  const { route, nexthops } = answer;
  if (route.type !== 'unicast') return `a route of type ${route.type} refuses them now`;
  const via = nexthops[0]?.via;
  const by = route.length === 0 ? 'by the default route ' : '';
  return via === undefined
    ? `packets to it are sent on the link of ${nexthops[0]?.dev ?? ''} now, as if it were there`
    : `packets to it go ${by}to ${printIp({ family: route.family, value: via })} now`;
};

interface Choice {
  readonly stack: StackModel;
  readonly family: Family;
  readonly gateway: Gateway;
  readonly answer: RouteAnswer;
}

const routeProposal = (
  { stack, family, gateway, answer }: Choice,
  to: string,
  effort: number,
  sideEffects: readonly string[] = [],
): Proposal => {
  const was = writtenRoute(stack, family, to);
  const route = routeVia(family, to, gateway, was);
  const named = to === everything[family] ? 'default route' : `route to ${to}`;
  return {
    kind: 'route',
    edits: [
      was === undefined
        ? { kind: 'add-route', stack: stack.name, route }
        : { kind: 'replace-route', stack: stack.name, was, route },
    ],
    change:
      was === undefined
        ? `add the ${named} via ${gatewayText(gateway)} on ${stack.name}: ${nowText(answer)}`
        : `lead the ${named} on ${stack.name} via ${gatewayText(gateway)}: ${was.via === undefined ? nowText(answer) : `it says ${was.via} now`}`,
    effort,
    sideEffects,
  };
};

/** The prefix that a route to an address is for: its network, or the address alone where the network is here too. */
const blockTowards = (
  terrain: Terrain,
  stack: StackModel,
  owner: Leg,
  destination: bigint,
  answer: RouteAnswer,
): string => {
  const { family, prefixLength } = owner.address;
  const network = prefixOf({ family, value: destination }, prefixLength);
  const isHereToo = legsOf(terrain, stack.name, family).some(
    ({ address }) => address.scope === 'global' && overlaps(prefixOf(address, address.prefixLength), network),
  );
  const isOverruled = answer.kind === 'route' && answer.route.length > prefixLength;
  return printPrefix(isHereToo || isOverruled ? prefixOf({ family, value: destination }, bitsOf(family)) : network);
};

/** Whether the packet goes on to the destination's own link, or to a stack that is nearer to it. */
const isOnTrack = (
  terrain: Terrain,
  stack: StackModel,
  owner: Leg,
  distances: ReadonlyMap<string, number>,
  answer: RouteAnswer,
): boolean => {
  if (answer.kind !== 'route' || answer.route.type !== 'unicast') return false;
  const own = distances.get(stack.name) ?? Infinity;
  return answer.nexthops.every(({ via, dev }) => {
    const segment = terrain.segmentOf(stack.name, dev);
    if (via === undefined) return segment === terrain.segmentOf(owner.stack, owner.it.name);
    return (terrain.legs.get(segment) ?? []).some(
      (leg) =>
        leg.address.family === owner.address.family &&
        leg.address.value === via &&
        (distances.get(leg.stack) ?? Infinity) < own,
    );
  });
};

/** Whether the gateway of a route is somebody. */
const hasGateway = (terrain: Terrain, family: Family, route: Route | undefined): boolean =>
  route?.via !== undefined && ownerOf(terrain, family, ip(route.via).value) !== undefined;

const proposalsVia = (terrain: Terrain, choice: Choice, owner: Leg, destination: bigint): readonly Proposal[] => {
  const { stack, family, answer } = choice;
  const isEnd = isEndMachine(terrain, stack, family);
  const all = everything[family];
  const written = writtenRoute(stack, family, all);
  const block = blockTowards(terrain, stack, owner, destination, answer);
  const toBlock = (effort: number): Proposal => routeProposal(choice, block, effort);
  if (answer.kind === 'none')
    return [routeProposal(choice, all, isEnd || written !== undefined ? 2 : 5), toBlock(isEnd ? 4 : 3)];
  if (!isEnd) return [toBlock(3)];
  // A default route that others gave (DHCP, router advertisements) is theirs to change.
  if (answer.kind !== 'route' || answer.route.length > 0 || written === undefined) return [toBlock(7)];
  if (!hasGateway(terrain, family, written)) return [routeProposal(choice, all, 2), toBlock(7)];
  return [
    toBlock(7),
    routeProposal(choice, all, 9, [`all that ${stack.name} sends to other networks goes the new way`]),
  ];
};

const mostGateways = 3;

/** Towards one destination, at one stack. */
export const routesAt = (
  { terrain, model, family }: Situation,
  name: string,
  destination: bigint,
  source: bigint | undefined,
  isMeant: (gateway: Gateway) => boolean = () => true,
): readonly Proposal[] => {
  const stack = model.stacks.get(name);
  const owner = ownerOf(terrain, family, destination);
  if (stack === undefined || owner === undefined || owner.stack === name) return [];
  const distances = distancesTo(terrain, owner.stack, family);
  const answer = answerFor(stack, family, destination, source);
  if (isOnTrack(terrain, stack, owner, distances, answer)) return [];
  return gatewaysTowards(terrain, name, family, distances)
    .filter(isMeant)
    .slice(0, mostGateways)
    .flatMap((gateway) => proposalsVia(terrain, { stack, family, gateway, answer }, owner, destination));
};

/** At every stack that the packet has passed, once. */
export const proposeRoutes = (situation: Situation): readonly Proposal[] => {
  const seen = new Set<string>();
  const places: RoutedHop[] = [];
  for (const hop of situation.hops) {
    if (seen.has(hop.stack)) continue;
    seen.add(hop.stack);
    places.push(hop);
  }
  return places.flatMap(({ stack, destination, source }) => routesAt(situation, stack, destination, source));
};

/** A way back to the source by the interface that the packet came in by, for reverse-path filters. */
export const proposeRouteBack = (situation: Situation): readonly Proposal[] => {
  const { stop, packet } = situation;
  if (packet.source === undefined) return [];
  return routesAt(situation, stop.stack, packet.source, undefined, ({ dev }) => dev === stop.interface);
};
