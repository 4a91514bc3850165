/** `ip route` (ip-route(8)). */
import { type Family, parseIp, printIp } from '../../net/address.ts';
import { type NextHop, type Route } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { deviceOf } from './ip-address.ts';
import { addRoute } from '../draft.ts';
import { deviceToward, type RunningDraft, isOnLink } from './running-draft.ts';
import { isDefaultRoute } from '../default-route.ts';
import { done, type Effect, ignored, type RefusalCode, unsaid, wrong } from './effect.ts';
import { isInterfaceName, numberIn, prefixIn } from './values.ts';
import { argumentsOf, type Arguments, next, peek } from './options.ts';
import { ownEntry } from '../plain-values.ts';

const types: Readonly<Record<string, Route['type'] | 'unknown'>> = {
  unicast: 'unicast',
  unreachable: 'unreachable',
  blackhole: 'blackhole',
  prohibit: 'prohibit',
  throw: 'throw',
  local: 'local',
  broadcast: 'unknown',
  multicast: 'unknown',
  anycast: 'unknown',
  nat: 'unknown',
};

/** rt_tables(5) as it comes. */
export const tableIn = (text: string | undefined): number | undefined =>
  text === 'main' ? 254 : text === 'local' ? 255 : text === 'default' ? 253 : numberIn(text);

type Words = { -readonly [K in keyof Route]?: Route[K] };

const readVia = (args: Arguments, route: Words, isAnyFamily: boolean): Effect | undefined => {
  const word = next(args);
  const text = word === 'inet' || word === 'inet6' ? next(args) : word;
  const via = parseIp(text ?? '');
  if (via === undefined) return wrong(`\`${text ?? ''}\` is no address of a gateway`);
  if (route.family !== undefined && via.family !== route.family) {
    if (!isAnyFamily) return unsaid('a gateway of the other family is not modelled');
    route.family = via.family;
    route.to = via.family === 6 ? '::/0' : '0.0.0.0/0';
  }
  route.family = via.family;
  route.via = printIp(via);
  return undefined;
};

/** `nexthop via A dev D weight N`, as often as it stands there. */
const readNextHops = (args: Arguments): readonly NextHop[] | undefined => {
  const hops: { via?: string; dev: string; weight: number; onlink?: true }[] = [];
  let hop: { via?: string; dev: string; weight: number; onlink?: true } = { dev: '', weight: 1 };
  for (let word: string | undefined = 'nexthop'; word !== undefined; word = next(args)) {
    if (word === 'nexthop') hops.push((hop = { dev: '', weight: 1 }));
    else if (word === 'via') {
      const via = parseIp(next(args) ?? '');
      if (via === undefined) return undefined;
      hop.via = printIp(via);
    } else if (word === 'dev') hop.dev = next(args) ?? '';
    else if (word === 'weight') hop.weight = numberIn(next(args), 256) ?? 1;
    else if (word === 'onlink') hop.onlink = true;
    else return undefined;
  }
  return hops.length > 0 && hops.every(({ dev }) => isInterfaceName(dev)) ? hops : undefined;
};

const silentPairs = new Set([
  'proto',
  'protocol',
  'scope',
  'mtu',
  'advmss',
  'initcwnd',
  'initrwnd',
  'pref',
  'expires',
  'realm',
  'rtt',
  'window',
  'quickack',
  'congctl',
]);

/** `family`: as `-4` or `-6` says. */
export const readRoute = (words: readonly string[], family: Family | undefined): Words | Effect => {
  const args = argumentsOf(words);
  const route: Words = { type: 'unicast' };
  if (family !== undefined) route.family = family;
  const type = ownEntry(types, peek(args) ?? '');
  if (type === 'unknown') return unsaid('routes of this type are not modelled');
  if (type !== undefined) {
    route.type = type;
    next(args);
  }
  if (peek(args) === 'to') next(args);
  const target = next(args) ?? '';
  const to = prefixIn(target, family);
  if (to === undefined) return wrong(`\`${target}\` is no prefix, or has bits set beyond its length`);
  route.family = to.family;
  route.to = to.to;
  const isDefault = !/[.:]/.test(target) && family === undefined;
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'via' || word === 'gw') {
      const effect = readVia(args, route, isDefault);
      if (effect !== undefined) return effect;
    } else if (word === 'dev' || word === 'oif') {
      route.dev = deviceOf(next(args) ?? '');
      if (!isInterfaceName(route.dev)) return wrong('it names no device');
    } else if (word === 'metric' || word === 'preference' || word === 'priority') {
      const metric = numberIn(next(args));
      if (metric === undefined) return wrong('the metric is no number');
      route.metric = metric;
    } else if (word === 'table') {
      const table = tableIn(next(args));
      if (table === undefined) return unsaid('which number a named table has stands in /etc/iproute2/rt_tables');
      route.table = table;
    } else if (word === 'src') {
      const source = parseIp(next(args) ?? '');
      if (source === undefined) return wrong('the source is no address');
      route.source = printIp(source);
    } else if (word === 'onlink') route.onlink = true;
    else if (word === 'nexthop') {
      const nexthops = readNextHops(args);
      if (nexthops === undefined) return wrong('its next hops are not said rightly');
      route.nexthops = nexthops;
    } else if (silentPairs.has(word)) {
      if (next(args) === 'lock') next(args);
    } else return unsaid(`\`${word}\` of a route is not modelled`);
  }
  return route;
};

export const isEffectOfRoute = (value: Words | Effect): value is Effect => 'kind' in value;

const refusalOf = (to: string): RefusalCode =>
  isDefaultRoute(to) ? 'unreachable-default-gateway' : 'unreachable-gateway';

/** The kernel's defaults, and the device it finds for a gateway that is given without one. */
export const settledRoute = (draft: RunningDraft, words: Words): Route | Effect => {
  const { family = 4, to = '0.0.0.0/0', type = 'unicast', via, nexthops, ...rest } = words;
  const metric =
    words.metric === undefined || (words.metric === 0 && family === 6) ? (family === 6 ? 1024 : 0) : words.metric;
  const table = words.table ?? (type === 'local' ? 255 : 254);
  const base = { ...rest, family, to, type, metric, table };
  if (type !== 'unicast') return base;
  if (nexthops !== undefined) return { ...base, nexthops };
  if (via === undefined) return rest.dev === undefined ? wrong('it says neither gateway nor device') : base;
  if (rest.dev !== undefined) return { ...base, via };
  const dev = deviceToward(draft, via);
  if (dev !== undefined) return { ...base, via, dev };
  // An address that a DHCP server gives later may make the gateway a neighbour.
  const client = draft.services.find((service) => service.kind === 'dhcp-client');
  if (client?.kind === 'dhcp-client' && family === 4) return { ...base, via, dev: client.interface };
  return wrong(
    `the gateway \`${via}\` is in no subnet of this machine: the kernel says that the network is unreachable`,
    refusalOf(to),
  );
};

const isSameRoute = (a: Route, b: { readonly [K in keyof Route]?: Route[K] | undefined }): boolean =>
  a.to === b.to &&
  a.table === (b.table ?? 254) &&
  (b.via === undefined || a.via === b.via) &&
  (b.dev === undefined || a.dev === b.dev) &&
  (b.metric === undefined || a.metric === b.metric);

const addIt = (draft: RunningDraft, words: Words, isReplace: boolean, at: Place): Effect => {
  const route = settledRoute(draft, words);
  if ('message' in route) return route;
  if ('kind' in route) return done;
  if (
    route.via !== undefined &&
    route.dev !== undefined &&
    route.onlink !== true &&
    mustBeOnLink(draft, route.via, route.dev)
  )
    return wrong(
      `the gateway \`${route.via}\` is in no subnet of \`${route.dev}\`: the kernel says that it is not reachable`,
      refusalOf(route.to),
    );
  const isKnown = draft.routes.some(
    (known) =>
      known.to === route.to &&
      known.table === route.table &&
      known.metric === route.metric &&
      known.family === route.family,
  );
  if (isKnown && !isReplace)
    return wrong(`there is a route to \`${route.to}\` of this metric: the kernel says that it exists`);
  if (isReplace)
    draft.routes = draft.routes.filter(
      (known) => known.to !== route.to || known.table !== route.table || known.metric !== route.metric,
    );
  addRoute(draft, route, at);
  return done;
};

/** A gateway is checked where the addresses of its device are known, and not given by a DHCP server. */
const mustBeOnLink = (draft: RunningDraft, via: string, dev: string): boolean =>
  !isOnLink(draft, via, dev) &&
  !draft.services.some((service) => service.kind === 'dhcp-client' && service.interface === dev) &&
  via.includes('.');

export const ipRoute = (
  draft: RunningDraft,
  action: string,
  words: readonly string[],
  family: Family | undefined,
  at: Place,
): Effect => {
  if (action === 'flush')
    return words[0] === 'cache' ? ignored('the kernel keeps no cache of routes') : flush(draft, words, family);
  if (action === 'show' || action === 'list' || action === 'get') return ignored('this only looks');
  const read = readRoute(words, family);
  if (isEffectOfRoute(read)) return read;
  if (action === 'delete') {
    const index = draft.routes.findIndex((route) => isSameRoute(route, read));
    if (index < 0) return ignored('there is no such route among those said here');
    draft.routes.splice(index, 1);
    return done;
  }
  return addIt(draft, read, action === 'replace' || action === 'change', at);
};

const flush = (draft: RunningDraft, words: readonly string[], family: Family | undefined): Effect => {
  const table = words[0] === 'table' ? tableIn(words[1]) : undefined;
  if (table === undefined || words.length > 2) return unsaid('which routes this takes away is not followed');
  draft.routes = draft.routes.filter((route) => route.table !== table || route.family !== (family ?? 4));
  return done;
};
