/** What lines of a terminal have said so far, to be made into a part of a stack when all are read. */
import { parseIp, printIp, type Family } from '../../net/address.ts';
import { networkOf, printPrefix } from '../../net/prefix.ts';
import {
  type Interface,
  type InterfaceAddress,
  type Neighbour,
  type NeighbourProxy,
  type PolicyRule,
  type Route,
} from '../../state/network-state.ts';
import { type Place, type Reading, type Remark } from '../dialect.ts';
import { isUntoldVrf, kindOf, kindRemarks } from './kinds.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { type Service } from '../../state/service.ts';

export interface InterfaceDraft {
  /** Undefined: not told yet; a NIC, unless others are its ports. */
  kind: Interface['kind'] | undefined;
  mac: string | undefined;
  mtuBytes: number | undefined;
  up: boolean;
  readonly addresses: InterfaceAddress[];
  master: string | undefined;
  /** Flags and kinds that are printed without a word for what it is; see kinds.ts. */
  hint: 'bond' | 'vrf' | 'point-to-point' | 'above-another' | undefined;
  /** What is behind an address of its own with a far end: a prefix, mostly of one address. */
  readonly far: { readonly family: Family; readonly to: string }[];
  /** It has an address that it was given. */
  isLeased: boolean;
  settings: Partial<Interface>;
  readonly place: Place;
}

export interface RouteDraft extends Route {
  readonly place: Place;
  /** Nothing says whether it is the kernel's own, as routes to connected subnets are. */
  readonly mayBeConnected?: true;
}

/** A route that DHCP or a router advertisement made, not the configuration. */
export interface GivenRoute {
  readonly text: string;
  readonly to: string;
  readonly dev: string | undefined;
  readonly by: 'DHCP' | 'a router advertisement' | 'a redirect';
  readonly metric: number;
  readonly place: Place;
}

export interface Draft {
  readonly interfaces: Map<string, InterfaceDraft>;
  readonly routes: RouteDraft[];
  readonly given: GivenRoute[];
  readonly rules: PolicyRule[];
  readonly neighbours: Neighbour[];
  readonly proxies: NeighbourProxy[];
  readonly remarks: Remark[];
  isAny: boolean;
}

export const emptyDraft = (): Draft => ({
  ...{
    interfaces: new Map(),
    routes: [],
    given: [],
    rules: [],
    neighbours: [],
    proxies: [],
    remarks: [],
    isAny: false,
  },
});

export const interfaceIn = (draft: Draft, name: string, place: Place): InterfaceDraft => {
  draft.isAny = true;
  const known = draft.interfaces.get(name);
  if (known !== undefined) return known;
  const fresh: InterfaceDraft = {
    ...{ kind: undefined, mac: undefined, mtuBytes: undefined, up: false, addresses: [], master: undefined },
    ...{ hint: undefined, far: [], isLeased: false, settings: {}, place },
  };
  draft.interfaces.set(name, fresh);
  return fresh;
};

/** Each once, whichever command printed it. */
export const addAddress = (it: InterfaceDraft, address: InterfaceAddress): void => {
  const isKnown = it.addresses.some(
    (own) => own.address === address.address && own.prefixLength === address.prefixLength,
  );
  if (!isKnown) it.addresses.push(address);
};

/** Far ends, each once. */
export const addFar = (it: InterfaceDraft, far: { readonly family: Family; readonly to: string }): void => {
  if (it.far.every(({ to }) => to !== far.to)) it.far.push(far);
};

/**
 * The kernel and network managers make link-local addresses of a MAC or a hash; `fe80::1` nobody makes but a person. Tunnels make theirs of an
 * IPv4 address, which may be as short.
 */
export const isLinkLocalByHand = (address: string, it: InterfaceDraft): boolean =>
  it.kind !== 'tunnel' && /^fe80::[0-9a-f]{1,4}$/.test(address);

export const canonical = (text: string): { readonly family: Family; readonly address: string } | undefined => {
  const address = parseIp(text.replace(/%.*$/, ''));
  return address === undefined ? undefined : { family: address.family, address: printIp(address) };
};

/** `192.0.2.0/24`, or one address; host bits are cleared. */
export const prefixOf = (text: string | undefined): { readonly family: Family; readonly to: string } | undefined => {
  const [host = '', length] = (text ?? '').split('/');
  const own = canonical(host);
  if (own === undefined) return undefined;
  const whole = own.family === 4 ? 32 : 128;
  const bits = length === undefined ? whole : /^\d{1,3}$/.test(length) ? Number(length) : whole + 1;
  return bits > whole ? undefined : { family: own.family, to: printPrefix(networkOf(own.address, bits)) };
};

const bornBridge = { stp: false, forwardDelaySeconds: 15 } as const;

const finishedInterface = (name: string, it: InterfaceDraft, draft: Draft): Interface => {
  const kind = kindOf(name, it, draft);
  return {
    kind,
    ...(it.mac === undefined || kind === 'loopback' ? {} : { mac: it.mac }),
    mtuBytes: it.mtuBytes ?? (kind === 'loopback' ? 65536 : 1500),
    up: it.up,
    addresses: it.addresses,
    ...(it.master === undefined || isUntoldVrf(it.master, draft) ? {} : { master: it.master }),
    ...(kind === 'bridge' ? { bridge: bornBridge } : {}),
    ...(kind === 'bond' ? { bond: { mode: 'balance-rr' } } : {}),
    ...it.settings,
  };
};

/** The kernel makes a route to each subnet that it has an address in. */
const connected = (draft: Draft): ReadonlySet<string> =>
  new Set(
    [...draft.interfaces].flatMap(([name, { addresses, far }]) => [
      ...addresses.map(({ address, prefixLength }) => `${printPrefix(networkOf(address, prefixLength))} ${name}`),
      ...far.map(({ to }) => `${to} ${name}`),
    ]),
  );

const routeKey = ({ to, via, dev }: Route): string =>
  `${to}${via === undefined ? '' : ` via ${via}`}${dev === undefined ? '' : ` dev ${dev}`}`;

const leaseRemark = (name: string, at: Place): Remark => ({
  ...{ kind: 'assumed', code: 'assumed-dhcp', at },
  message: `\`${name}\` has what was given to it: it is taken to ask by DHCP`,
});

const farRemark = (name: string, to: string, at: Place): Remark => ({
  ...{ kind: 'assumed', code: 'peer', at },
  message: `\`${to}\` is the far end of \`${name}\`: it was taken for a route to it`,
});

/** What was given is asked for again, by an interface that is known; else it is lost, and told. */
const givenRemark = ({ text, by, place }: GivenRoute): Remark => ({
  ...{ kind: 'not-said', code: 'given-route', at: place },
  message: `\`${text}\` was made by ${by}, and is left out`,
  help: 'paste `ip address` too: it tells who asks',
});

const farRoutes = (draft: Draft): readonly RouteDraft[] =>
  [...draft.interfaces].flatMap(([dev, { far, up, place }]) =>
    far.flatMap(({ family, to }) =>
      up
        ? [{ ...{ family, to, dev, type: 'unicast', table: 254, place }, metric: family === 4 ? 0 : 256 } as const]
        : [],
    ),
  );

/** Nothing but `lo` as it always is says nothing. */
const isUsualLoopback = (name: string, it: Interface): boolean =>
  name === 'lo' && it.kind === 'loopback' && it.addresses.length === 0 && it.mtuBytes === 65536;

export const finished = (draft: Draft, stack: string): Reading => {
  if (!draft.isAny) return nothingRead(draft.remarks);
  const interfaces: Record<string, Interface> = {};
  const origins: Record<string, Place> = {};
  const services: Service[] = [];
  const remarks = [...draft.remarks];
  for (const route of draft.given) {
    const it = draft.interfaces.get(route.dev ?? '');
    if (it === undefined) remarks.push(givenRemark(route));
    else if (route.by === 'DHCP') it.isLeased = true;
  }
  for (const [name, it] of draft.interfaces) {
    remarks.push(...kindRemarks(name, it, draft));
    if (isUntoldVrf(name, draft)) continue;
    const whole = finishedInterface(name, it, draft);
    if (isUsualLoopback(name, whole)) continue;
    interfaces[name] = whole;
    origins[`${stack}/interfaces/${name}`] = it.place;
    remarks.push(...it.far.map(({ to }) => farRemark(name, to, it.place)));
    if (!it.isLeased) continue;
    const metric = draft.given.find(({ dev, to, by }) => dev === name && to === '0.0.0.0/0' && by === 'DHCP')?.metric;
    services.push({ kind: 'dhcp-client', interface: name, hostname: stack, metric: metric ?? 0 });
    remarks.push(leaseRemark(name, it.place));
  }
  const own = connected(draft);
  const whole = draft.routes.filter(
    ({ type, via, dev, nexthops }) =>
      type !== 'unicast' || via !== undefined || dev !== undefined || nexthops !== undefined,
  );
  const laid = whole.filter(
    ({ to, dev, via, mayBeConnected }) =>
      !(mayBeConnected === true && via === undefined && own.has(`${to} ${dev ?? ''}`)),
  );
  const routes = [...laid, ...farRoutes(draft)];
  for (const route of routes) origins[`${stack}/routes/${routeKey(route)}`] ??= route.place;
  const part = {
    interfaces,
    routes: routes.map(({ place: _, mayBeConnected: __, ...route }): Route => route),
    rules: draft.rules,
    neighbourProxies: draft.proxies,
    ...(draft.neighbours.length === 0 ? {} : { neighbours: draft.neighbours }),
    services,
  };
  return readingOf(stack, part, remarks, origins);
};
