/**
 * Where stacks stand to each other: whose an address is, which interfaces hear each other (whatever ports, VLANs or
 * links that are down do to it), how many stacks lie between. Repairs look for their gateways and ports here.
 */
import { printIp, type Family } from '../../net/address.ts';
import { containsIp, prefix, prefixOf } from '../../net/prefix.ts';
import { segmentsOf } from '../../state/segments.ts';
import { type AddressModel, type InterfaceModel, type Model } from '../model/model.ts';

/** An address of a stack on one interface. */
export interface Leg {
  readonly stack: string;
  readonly it: InterfaceModel;
  readonly address: AddressModel;
}

export interface Terrain {
  readonly model: Model;
  readonly segmentOf: (stack: string, name: string) => string;
  /** Legs by segment. */
  readonly legs: ReadonlyMap<string, readonly Leg[]>;
}

export const terrainOf = (model: Model): Terrain => {
  const wired = segmentsOf(model.state);
  const segmentOf = (stack: string, name: string): string => {
    const it = model.state.stacks[stack]?.interfaces[name];
    if (it?.macvlan !== undefined) return segmentOf(stack, it.macvlan.link);
    if (it?.vlan !== undefined) return `${segmentOf(stack, it.vlan.link)} vlan ${it.vlan.id}`;
    return wired(stack, name);
  };
  const legs = new Map<string, Leg[]>();
  for (const [stack, { interfaces }] of model.stacks) {
    for (const it of interfaces.values()) {
      if (it.it.kind === 'loopback') continue;
      const segment = segmentOf(stack, it.name);
      for (const address of it.addresses) {
        const leg = { stack, it, address };
        const list = legs.get(segment);
        if (list === undefined) legs.set(segment, [leg]);
        else list.push(leg);
      }
    }
  }
  return { model, segmentOf, legs };
};

/** Whose address it is. Link-local ones are many people's: nobody's here. */
export const ownerOf = ({ model }: Terrain, family: Family, value: bigint): Leg | undefined => {
  for (const [stack, { interfaces }] of model.stacks)
    for (const it of interfaces.values())
      for (const address of it.addresses)
        if (address.family === family && address.value === value && address.scope === 'global')
          return { stack, it, address };
  return undefined;
};

export const legsOf = ({ model }: Terrain, stack: string, family: Family): readonly Leg[] =>
  [...(model.stacks.get(stack)?.interfaces.values() ?? [])].flatMap((it) =>
    it.it.kind === 'loopback'
      ? []
      : it.addresses.filter((address) => address.family === family).map((address) => ({ stack, it, address })),
  );

/** How many segments lie between each stack and `target`; stacks that no chain of stacks leads to are absent. */
export const distancesTo = (terrain: Terrain, target: string, family: Family): ReadonlyMap<string, number> => {
  const distances = new Map([[target, 0]]);
  const seen = new Set<string>();
  let edge = [target];
  for (let distance = 1; edge.length > 0; distance += 1) {
    const next: string[] = [];
    for (const stack of edge) {
      for (const { it } of legsOf(terrain, stack, family)) {
        const segment = terrain.segmentOf(stack, it.name);
        if (seen.has(segment)) continue;
        seen.add(segment);
        for (const leg of terrain.legs.get(segment) ?? []) {
          if (leg.address.family !== family || distances.has(leg.stack)) continue;
          distances.set(leg.stack, distance);
          next.push(leg.stack);
        }
      }
    }
    edge = next;
  }
  return distances;
};

export const isInSubnet = (address: AddressModel, value: bigint): boolean =>
  prefixOf(address, address.prefixLength).value ===
  prefixOf({ family: address.family, value }, address.prefixLength).value;

/** A neighbour of a stack that is nearer to a target: a gateway, whether it is fit to be one or not. */
export interface Gateway {
  /** The interface of the stack that it is reached by. */
  readonly dev: string;
  readonly leg: Leg;
}

/** Whether the stack can send to an address on the link: by an address of its own there, or by a route that says so. */
const reachesOnLink = ({ model }: Terrain, { stack, it, address }: Leg, other: AddressModel): boolean => {
  if (isInSubnet(address, other.value)) return true;
  const block = { family: other.family, value: other.value };
  return (model.stacks.get(stack)?.stack.routes ?? []).some(
    (route) => route.dev === it.name && route.via === undefined && containsIp(prefix(route.to), block),
  );
};

/** Whether DHCP keeps the address for this interface: it is the one that others on the link know. */
const isReserved = ({ model }: Terrain, { stack, it, address }: Leg): boolean => {
  if (address.fact === undefined || address.family !== 4) return false;
  const text = printIp({ family: 4, value: address.value });
  const isKept = (model.facts.addresses ?? []).some((learned) => learned.stack === stack && learned.address === text);
  const reserved = Object.values(model.state.stacks).flatMap(({ services }) =>
    services.flatMap((service) => (service.kind === 'dhcp-server' ? service.reservations : [])),
  );
  return isKept && reserved.some((reservation) => reservation.address === text && reservation.mac === it.mac);
};

/** Lower is better: in a subnet of the stack's own, with an address that stays and is known. */
const gatewayRank = (terrain: Terrain, mine: Leg, leg: Leg): number =>
  (isInSubnet(mine.address, leg.address.value) ? 0 : 4) +
  (leg.address.scope === 'global' ? 0 : 2) +
  (isReserved(terrain, leg) ? 0 : 1);

/** Neighbours of `stack` that are nearer to a target: one for each neighbour, the nearest first. */
export const gatewaysTowards = (
  terrain: Terrain,
  stack: string,
  family: Family,
  distances: ReadonlyMap<string, number>,
): readonly Gateway[] => {
  const own = distances.get(stack) ?? Infinity;
  const found = new Map<string, Gateway & { readonly rank: number }>();
  for (const mine of legsOf(terrain, stack, family)) {
    for (const leg of terrain.legs.get(terrain.segmentOf(stack, mine.it.name)) ?? []) {
      if (leg.stack === stack || leg.address.family !== family || leg.address.scope !== mine.address.scope) continue;
      if ((distances.get(leg.stack) ?? Infinity) >= own || !reachesOnLink(terrain, mine, leg.address)) continue;
      const key = `${mine.it.name} ${leg.stack}`;
      const rank = gatewayRank(terrain, mine, leg);
      if (rank < (found.get(key)?.rank ?? Infinity)) found.set(key, { dev: mine.it.name, leg, rank });
    }
  }
  const distance = ({ leg }: Gateway): number => distances.get(leg.stack) ?? Infinity;
  return [...found.values()].sort((a, b) => distance(a) - distance(b) || a.rank - b.rank);
};
