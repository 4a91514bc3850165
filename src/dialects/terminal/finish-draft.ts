/** What lines of a terminal said, made into a part of a stack when all are read. */
import { networkOf, printPrefix } from '../../net/prefix.ts';
import { type Interface, type Route } from '../../state/network-state.ts';
import { type Service } from '../../state/service.ts';
import { type Place, type Reading, type Remark } from '../dialect.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { type Draft, type GivenRoute, type InterfaceDraft, type RouteDraft } from './draft.ts';
import { isUntoldVrf, kindOf, kindRemarks } from './kinds.ts';
import { routeKey } from '../draft.ts';

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
