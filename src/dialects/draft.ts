/** A stack in the making, and where each part of it was said. */
import {
  type Interface,
  type Neighbour,
  type NeighbourProxy,
  type PolicyRule,
  type Resolver,
  type Route,
} from '../state/network-state.ts';
import { type FilterTable } from '../state/packet-filter.ts';
import { type Service } from '../state/service.ts';
import { portsOfThemselves } from '../state/master-cycles.ts';
import { field } from '../state/spelling.ts';
import { type Place, type Remark, type StackPart } from './dialect.ts';
import { leastPortMtus, unsaidMtuBytes } from './born-mtu.ts';
import { plainNic } from './reading.ts';
import { placeOfService } from '../state/service.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type Tell = (kind: Remark['kind'], code: string, message: string, at: Place, help?: string) => void;

export const tellInto =
  (remarks: Remark[]): Tell =>
  (kind, code, message, at, help) => {
    remarks.push({ kind, code, message, at, ...field('help', help) });
  };

export interface Draft {
  readonly stack: string;
  readonly tell: Tell;
  readonly origins: Record<string, Place>;
  readonly interfaces: Map<string, Mutable<Interface>>;
  /** Interfaces whose MTU was said. */
  readonly sized: Set<string>;
  routes: Route[];
  rules: PolicyRule[];
  neighbourProxies: NeighbourProxy[];
  neighbours: Neighbour[];
  readonly sysctls: Record<string, string>;
  services: Service[];
  readonly filter: FilterTable[];
  readonly nameservers: string[];
  readonly search: string[];
}

export const newDraft = (stack: string, tell: Tell): Draft => ({
  stack,
  tell,
  origins: {},
  interfaces: new Map(),
  sized: new Set(),
  routes: [],
  rules: [],
  neighbourProxies: [],
  neighbours: [],
  sysctls: {},
  services: [],
  filter: [],
  nameservers: [],
  search: [],
});

export const loopback: Interface = { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] };

/** The interface of that name; `born`: as it is where nothing was said of it yet. */
export const interfaceIn = (draft: Draft, name: string, at: Place, born = plainNic): Mutable<Interface> => {
  const known = draft.interfaces.get(name);
  if (known !== undefined) return known;
  const fresh: Mutable<Interface> = name === 'lo' ? { ...loopback } : { ...born };
  draft.interfaces.set(name, fresh);
  draft.origins[`${draft.stack}/interfaces/${name}`] = at;
  return fresh;
};

export const routeKey = ({ to, via, dev }: Route): string =>
  `${to}${via === undefined ? '' : ` via ${via}`}${dev === undefined ? '' : ` dev ${dev}`}`;

export const addRoute = (draft: Draft, route: Route, at: Place): void => {
  draft.routes.push(route);
  draft.origins[`${draft.stack}/routes/${routeKey(route)}`] ??= at;
};

export const setSysctl = (draft: Draft, key: string, value: string, at: Place): void => {
  draft.sysctls[key] = value.trim().replaceAll(/\s+/g, ' ');
  draft.origins[`${draft.stack}/sysctls/${key}`] = at;
};

export const addService = (draft: Draft, service: Service, at: Place): void => {
  draft.services.push(service);
  draft.origins[`${draft.stack}/services/${service.kind} ${placeOfService(service)}`] = at;
};

/** Lower ones first: what is stacked upon others takes after them, at most as deep as there are interfaces. */
const settleSizes = ({ interfaces, sized }: Draft): void => {
  for (let rounds = interfaces.size, isSettled = false; rounds > 0 && !isSettled; rounds -= 1) {
    isSettled = true;
    const all = Object.fromEntries(interfaces);
    const least = leastPortMtus(interfaces.values());
    for (const [name, it] of interfaces) {
      const mtuBytes = sized.has(name) ? undefined : unsaidMtuBytes(name, it, all, least);
      if (mtuBytes === undefined || mtuBytes === it.mtuBytes) continue;
      it.mtuBytes = mtuBytes;
      isSettled = false;
    }
  }
};

/** The kernel makes no interface a port of itself. */
const freePortsOfThemselves = (draft: Draft): void => {
  for (const name of portsOfThemselves(Object.fromEntries(draft.interfaces))) {
    const { master: _, ...freed } = draft.interfaces.get(name) ?? plainNic;
    const at = draft.origins[`${draft.stack}/interfaces/${name}`];
    if (at !== undefined)
      draft.tell('error', 'port-of-itself', `\`${name}\` would be a port of itself: the kernel refuses that`, at);
    draft.interfaces.set(name, freed);
  }
};

const resolverOf = ({ nameservers, search }: Draft): Resolver | undefined =>
  nameservers.length + search.length === 0 ? undefined : { nameservers, search };

const filled = <T>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list === undefined || list.length === 0 ? undefined : list;

/** What the draft says as it stands, and nothing of what it does not speak of. */
export const partAsItStands = (draft: Draft): StackPart => {
  freePortsOfThemselves(draft);
  return {
    ...field('interfaces', draft.interfaces.size === 0 ? undefined : Object.fromEntries(draft.interfaces)),
    ...field('routes', filled(draft.routes)),
    ...field('rules', filled(draft.rules)),
    ...field('neighbourProxies', filled(draft.neighbourProxies)),
    ...field('neighbours', filled(draft.neighbours)),
    ...field('sysctls', Object.keys(draft.sysctls).length === 0 ? undefined : draft.sysctls),
    ...field('filter', filled(draft.filter)),
    ...field('services', filled(draft.services)),
    ...field('resolver', resolverOf(draft)),
  };
};

/** The same of files that say everything at once: sizes that nobody said follow from all others. */
export const partOf = (draft: Draft): StackPart => {
  freePortsOfThemselves(draft);
  settleSizes(draft);
  return partAsItStands(draft);
};
