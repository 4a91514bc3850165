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

export interface Draft {
  readonly interfaces: Map<string, InterfaceDraft>;
  readonly routes: RouteDraft[];
  readonly rules: PolicyRule[];
  readonly neighbours: Neighbour[];
  readonly proxies: NeighbourProxy[];
  readonly remarks: Remark[];
  isAny: boolean;
}

export const emptyDraft = (): Draft => ({
  ...{ interfaces: new Map(), routes: [], rules: [], neighbours: [], proxies: [], remarks: [], isAny: false },
});

export const interfaceIn = (draft: Draft, name: string, place: Place): InterfaceDraft => {
  draft.isAny = true;
  const known = draft.interfaces.get(name);
  if (known !== undefined) return known;
  const fresh: InterfaceDraft = {
    ...{ kind: undefined, mac: undefined, mtuBytes: undefined, up: false, addresses: [], master: undefined },
    ...{ isLeased: false, settings: {}, place },
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

export const canonical = (text: string): { readonly family: Family; readonly address: string } | undefined => {
  const address = parseIp(text.replace(/%.*$/, ''));
  return address === undefined ? undefined : { family: address.family, address: printIp(address) };
};

const isBridge = (name: string, draft: Draft): boolean =>
  [...draft.interfaces.values()].some(({ master }) => master === name);

const bornBridge = { stp: false, forwardDelaySeconds: 15 } as const;

const finishedInterface = (name: string, it: InterfaceDraft, draft: Draft): Interface => {
  const kind = it.kind ?? (name === 'lo' ? 'loopback' : isBridge(name, draft) ? 'bridge' : 'ethernet');
  return {
    kind,
    ...(it.mac === undefined || kind === 'loopback' ? {} : { mac: it.mac }),
    mtuBytes: it.mtuBytes ?? (kind === 'loopback' ? 65536 : 1500),
    up: it.up,
    addresses: it.addresses,
    ...(it.master === undefined ? {} : { master: it.master }),
    ...(kind === 'bridge' ? { bridge: bornBridge } : {}),
    ...it.settings,
  };
};

/** The kernel makes a route to each subnet that it has an address in. */
const connected = (draft: Draft): ReadonlySet<string> =>
  new Set(
    [...draft.interfaces].flatMap(([name, { addresses }]) =>
      addresses.map(({ address, prefixLength }) => `${printPrefix(networkOf(address, prefixLength))} ${name}`),
    ),
  );

const routeKey = ({ to, via, dev }: Route): string =>
  `${to}${via === undefined ? '' : ` via ${via}`}${dev === undefined ? '' : ` dev ${dev}`}`;

const leaseRemark = (name: string, at: Place): Remark => ({
  ...{ kind: 'assumed', code: 'assumed-dhcp', at },
  message: `\`${name}\` has an address that was given to it: it is taken to ask by DHCP`,
});

/** Nothing but `lo` as it always is says nothing. */
const isUsualLoopback = (name: string, it: Interface): boolean =>
  name === 'lo' && it.kind === 'loopback' && it.addresses.length === 0 && it.mtuBytes === 65536;

export const finished = (draft: Draft, stack: string): Reading => {
  if (!draft.isAny) return nothingRead(draft.remarks);
  const interfaces: Record<string, Interface> = {};
  const origins: Record<string, Place> = {};
  const services: Service[] = [];
  const remarks = [...draft.remarks];
  for (const [name, it] of draft.interfaces) {
    const whole = finishedInterface(name, it, draft);
    if (isUsualLoopback(name, whole)) continue;
    interfaces[name] = whole;
    origins[`${stack}/interfaces/${name}`] = it.place;
    if (!it.isLeased) continue;
    services.push({ kind: 'dhcp-client', interface: name, hostname: stack, metric: 0 });
    remarks.push(leaseRemark(name, it.place));
  }
  const own = connected(draft);
  const whole = draft.routes.filter(
    ({ type, via, dev, nexthops }) =>
      type !== 'unicast' || via !== undefined || dev !== undefined || nexthops !== undefined,
  );
  const routes = whole.filter(
    ({ to, dev, via, mayBeConnected }) =>
      !(mayBeConnected === true && via === undefined && own.has(`${to} ${dev ?? ''}`)),
  );
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
