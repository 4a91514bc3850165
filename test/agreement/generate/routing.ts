/** Routes that lead everywhere, then what makes them interesting. */
import { type Family } from '../../../src/net/address.ts';
import { type Route } from '../../../src/state/network-state.ts';
import {
  addressOn,
  interfaceOf,
  linkLocalAt,
  ownedTargets,
  segmentsAt,
  shifted,
  single,
  stackOf,
  subnetText,
  type Draft,
  type DraftStack,
  type Member,
  type Segment,
} from './draft.ts';

const families = [4, 6] as const;
const everywhere = { 4: '0.0.0.0/0', 6: '::/0' } as const;
const defaultMetric = { 4: 0, 6: 1024 } as const;

/** The first hop on the way to somewhere: by which interface, to which neighbour. */
export interface Hop {
  readonly dev: string;
  readonly via: Member;
}

const isRouter = (draft: Draft, stack: string): boolean => segmentsAt(draft, stack).length > 1;

/** First hops by segment id, for all that can be reached over routers (breadth first). */
const hopsFrom = (draft: Draft, start: string): ReadonlyMap<number, Hop> => {
  const hops = new Map<number, Hop>();
  const own = new Set(segmentsAt(draft, start).map(({ id }) => id));
  const seen = new Set([start]);
  const queue: { stack: string; hop: Hop | undefined }[] = [{ stack: start, hop: undefined }];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const segment of segmentsAt(draft, next.stack)) {
      if (next.hop !== undefined && !own.has(segment.id) && !hops.has(segment.id)) hops.set(segment.id, next.hop);
      const near = segment.members.find(({ stack }) => stack === next.stack);
      for (const far of segment.members) {
        if (seen.has(far.stack) || near === undefined || !isRouter(draft, far.stack)) continue;
        seen.add(far.stack);
        queue.push({ stack: far.stack, hop: next.hop ?? { dev: near.interface, via: far } });
      }
    }
  }
  return hops;
};

const gatewayOf = (draft: Draft, hop: Hop, family: Family): string | undefined => {
  if (family === 6 && draft.has('link-local-gateway') && draft.chance.flip(0.6)) return linkLocalAt(draft, hop.via);
  return addressOn(draft, hop.via, family);
};

const routeBy = (
  draft: Draft,
  stack: DraftStack,
  to: string,
  family: Family,
  hop: Hop,
  more: Partial<Route> = {},
): void => {
  const via = gatewayOf(draft, hop, family);
  if (via === undefined || (draft.has('missing-route') && draft.chance.flip(0.3))) return;
  const own = draft.has('route-source') && draft.chance.flip(0.4);
  const source = own
    ? draft.chance.maybe(
        Object.values(stack.interfaces).flatMap(({ addresses }) => addresses.filter((it) => it.family === family)),
      )?.address
    : undefined;
  stack.routes.push({
    family,
    to,
    type: 'unicast',
    via,
    dev: hop.dev,
    metric: defaultMetric[family],
    table: 254,
    ...(source === undefined ? {} : { source }),
    ...more,
  });
};

const subnetsOf = (draft: Draft, { members }: Segment): { family: Family; to: string }[] => {
  const texts = new Map<string, Family>();
  for (const member of members)
    for (const address of interfaceOf(draft, member).addresses) texts.set(subnetText(address), address.family);
  return [...texts].map(([to, family]) => ({ family, to }));
};

const loopbacks = (draft: Draft): { stack: string; family: Family; to: string }[] =>
  draft.stacks.flatMap(({ name, interfaces }) =>
    (interfaces['lo']?.addresses ?? []).map((address) => ({
      stack: name,
      family: address.family,
      to: subnetText(address),
    })),
  );

/** The way to another stack: over a segment of both, or to a segment it is on. */
export const hopTo = (draft: Draft, from: string, to: string): Hop | undefined => {
  const hops = hopsFrom(draft, from);
  for (const segment of segmentsAt(draft, to)) {
    const near = segment.members.find(({ stack }) => stack === from);
    const far = segment.members.find(({ stack }) => stack === to);
    if (near !== undefined && far !== undefined) return { dev: near.interface, via: far };
    const hop = hops.get(segment.id);
    if (hop !== undefined) return hop;
  }
  return undefined;
};

const leadEverywhere = (draft: Draft): void => {
  for (const stack of draft.stacks) {
    const hops = hopsFrom(draft, stack.name);
    const [first] = hops.values();
    const useDefault = !isRouter(draft, stack.name) ? draft.chance.flip(0.75) : draft.chance.flip(0.15);
    for (const family of families)
      if (useDefault && first !== undefined) routeBy(draft, stack, everywhere[family], family, first);
    if (useDefault && draft.chance.flip(0.7)) continue;
    for (const segment of draft.segments) {
      const hop = hops.get(segment.id);
      if (hop !== undefined)
        for (const { family, to } of subnetsOf(draft, segment)) routeBy(draft, stack, to, family, hop);
    }
    for (const { stack: owner, family, to } of loopbacks(draft)) {
      const hop = owner === stack.name ? undefined : hopTo(draft, stack.name, owner);
      if (hop !== undefined) routeBy(draft, stack, to, family, hop);
    }
  }
};

/** Members that a stack shares a segment with. */
export const neighboursOf = (draft: Draft, stack: string): Hop[] =>
  segmentsAt(draft, stack).flatMap(({ members }) => {
    const near = members.find((member) => member.stack === stack);
    return near === undefined
      ? []
      : members.filter((member) => member.stack !== stack).map((via) => ({ dev: near.interface, via }));
  });

/** Some prefix of the variant: a whole subnet, or one address of it. */
export const somePrefix = (draft: Draft, family: Family): string | undefined => {
  const addresses = draft.stacks.flatMap(({ interfaces }) =>
    Object.values(interfaces).flatMap(({ addresses: list }) => list.filter((it) => it.family === family)),
  );
  const address = draft.chance.maybe(addresses);
  if (address === undefined) return undefined;
  return draft.chance.flip(0.5) ? subnetText(address) : single(address.address);
};

const addMetrics = (draft: Draft): void => {
  for (const stack of draft.stacks) {
    const hop = draft.chance.maybe(neighboursOf(draft, stack.name));
    const route = draft.chance.maybe(stack.routes);
    if (hop === undefined || route === undefined) continue;
    const metric = draft.chance.pick([1, 50, 2000]);
    routeBy(draft, stack, route.to, route.family, hop, { metric });
  }
};

const addMultipath = (draft: Draft): void => {
  for (const stack of draft.stacks) {
    const family = draft.chance.pick(families);
    const hops = draft.chance.shuffle(neighboursOf(draft, stack.name)).slice(0, 2);
    const nexthops = hops.flatMap((hop) => {
      const via = addressOn(draft, hop.via, family);
      return via === undefined ? [] : [{ via, dev: hop.dev, weight: draft.chance.pick([1, 1, 2]) }];
    });
    const to = draft.chance.flip(0.6) ? everywhere[family] : somePrefix(draft, family);
    if (nexthops.length < 2 || to === undefined) continue;
    stack.routes.push({ family, to, type: 'unicast', nexthops, metric: family === 4 ? 7 : 512, table: 254 });
  }
};

const addRefusals = (draft: Draft, type: 'blackhole' | 'unreachable' | 'prohibit'): void => {
  for (const stack of draft.chance.shuffle(draft.stacks).slice(0, 2)) {
    const family = draft.chance.pick(families);
    const to = draft.chance.flip(0.2) ? everywhere[family] : somePrefix(draft, family);
    if (to === undefined) continue;
    const metric = draft.chance.pick([defaultMetric[family], 4000]);
    stack.routes.push({ family, to, type, metric, table: 254 });
  }
};

/** A prefix that is delivered here without being anybody's address, and the others' way to it. */
const addLocalPrefix = (draft: Draft): void => {
  const stack = draft.chance.pick(draft.stacks);
  const prefixes = [
    { family: 4, to: `10.${draft.universe}.240.0/24` },
    { family: 6, to: `fd00:${draft.universe.toString(16)}:240::/64` },
  ] as const;
  for (const { family, to } of prefixes) {
    stack.routes.push({ family, to, type: 'local', dev: 'lo', metric: defaultMetric[family], table: 255 });
    draft.others.push({ stack: stack.name, family, address: shifted(to.slice(0, to.indexOf('/')), 9) });
    for (const other of draft.stacks) {
      const hop = other === stack ? undefined : hopTo(draft, other.name, stack.name);
      if (hop !== undefined) routeBy(draft, other, to, family, hop);
    }
  }
};

/** A gateway that no subnet of the interface holds. */
const addOnlink = (draft: Draft): void => {
  const stack = draft.chance.pick(draft.stacks);
  const hop = draft.chance.maybe(neighboursOf(draft, stack.name));
  const family = draft.chance.pick(families);
  const via = draft.chance.maybe(ownedTargets(draft).filter((it) => it.family === family && it.stack !== stack.name));
  const to = somePrefix(draft, family);
  if (hop === undefined || via === undefined || to === undefined) return;
  const metric = family === 4 ? draft.chance.pick([0, 3]) : 300;
  stack.routes.push({ family, to, type: 'unicast', via: via.address, dev: hop.dev, metric, table: 254, onlink: true });
};

export const route = (draft: Draft): void => {
  leadEverywhere(draft);
  if (draft.has('metric')) addMetrics(draft);
  if (draft.has('ecmp')) addMultipath(draft);
  for (const type of ['blackhole', 'unreachable', 'prohibit'] as const) if (draft.has(type)) addRefusals(draft, type);
  if (draft.has('local-route')) addLocalPrefix(draft);
  if (draft.has('onlink')) addOnlink(draft);
};

/** A default route of a table, by any neighbour. */
export const fillTable = (draft: Draft, stack: DraftStack, family: Family, table: number): void => {
  const { chance } = draft;
  const hop = chance.maybe(neighboursOf(draft, stackOf(draft, stack.name).name));
  const to = chance.flip(0.6) ? everywhere[family] : (somePrefix(draft, family) ?? everywhere[family]);
  const metric = defaultMetric[family];
  if (draft.has('throw') && chance.flip(0.7)) {
    const thrown = somePrefix(draft, family);
    if (thrown !== undefined) stack.routes.push({ family, to: thrown, type: 'throw', metric, table });
  }
  if (chance.flip(0.15)) {
    stack.routes.push({
      family,
      to,
      type: chance.pick(['blackhole', 'unreachable', 'prohibit'] as const),
      metric,
      table,
    });
    return;
  }
  const via = hop && addressOn(draft, hop.via, family);
  if (hop !== undefined && via !== undefined)
    stack.routes.push({ family, to, type: 'unicast', via, dev: hop.dev, metric, table });
};
